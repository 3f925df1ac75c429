"""What each part of the matcher adds: it is taken away and everything learned anew. `python -m tests.bench.parts [FILE.csv]`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.seeding import lexicons
from intents import matching
from intents.decision import OUT_OF_SCOPE
from intents.evaluation import Question, ask, read_questions, report
from intents.lexicon import Lexicons
from intents.matching import Example, Matcher, examples_of
from intents.models import FORMS
from tests import learned


@contextmanager
def _without(channel: int) -> Iterator[None]:
    kept = matching.LEARNED_WEIGHTS
    matching.LEARNED_WEIGHTS = tuple(0.0 if at == channel else weight for at, weight in enumerate(kept))
    yield
    matching.LEARNED_WEIGHTS = kept


@contextmanager
def _with(name: str, value: float) -> Iterator[None]:
    kept = getattr(matching, name)
    setattr(matching, name, value)
    yield
    setattr(matching, name, kept)


@contextmanager
def _as_is() -> Iterator[None]:
    yield


def main(files: list[str]) -> None:
    sets: dict[str, list[Question]] = {
        "own": [one for form in FORMS for one in read_questions(Path(f"tests/understanding/{form}.csv"))]
    }
    sets |= {Path(name).stem: read_questions(Path(name)) for name in files}
    examples = examples_of(learned.content())
    whole = lexicons()
    bare = Lexicons({}, whole.function_words, whole.courtesies)
    rude = Lexicons(whole.concepts, whole.function_words, {})
    inside = [one for one in examples if one.label != OUT_OF_SCOPE]
    print(f"{'without':28} {'set':14} top-1  served  wrong  outside answered")
    for name, part, words, learnt in (
        ("(nothing taken away)", _as_is(), whole, examples),
        ("plain words", _without(0), whole, examples),
        ("letters of plain words", _without(1), whole, examples),
        ("skeleton words", _without(2), whole, examples),
        ("letters of skeletons", _without(3), whole, examples),
        ("concepts (lexicons)", _as_is(), bare, examples),
        ("courtesies", _as_is(), rude, examples),
        ("nearest phrasings", _with("NEAR_WEIGHT", 0.0), whole, examples),
        ("learning (nearest alone)", _with("LEARNABLE", 1e9), whole, examples),
        ("out-of-scope examples", _as_is(), whole, inside),
    ):
        with part:
            _measure(name, words, learnt, sets)


def _measure(name: str, words: Lexicons, learnt: list[Example], sets: dict[str, list[Question]]) -> None:
    matcher = Matcher.build(learnt, words)
    for which, questions in sets.items():
        one = report(list(ask(matcher, questions))).forms["all"]
        print(
            f"{name:28} {which:14} {one.top1:.3f}  {one.served:.3f}   {one.wrong:.3f}  {one.outside_answered:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
