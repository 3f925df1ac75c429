"""What each threshold of `intents/decision.py` would bring: `python -m tests.bench.thresholds [FILE.csv ...]`.

Prints, per written form, served / wrong / out-of-scope answered for a grid of settings, on our own questions and on
the files given (questions of other people)."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

from intents import decision
from intents.evaluation import Question, ask, read_questions, report
from intents.models import FORMS
from tests import learned

ANSWER, OFFER, OUTSIDE = (0.5, 0.55, 0.6, 0.65), (0.05, 0.08), (0.5, 0.7, 0.95)


def main(files: list[str]) -> None:
    sets: dict[str, list[Question]] = {
        "own": [one for form in FORMS for one in read_questions(Path(f"tests/understanding/{form}.csv"))]
    }
    sets |= {Path(name).stem: read_questions(Path(name)) for name in files}
    print(f"{'answer':>6} {'offer':>6} {'outside':>7}  form      set            served  wrong  outside answered")
    for answer, offer, outside in product(ANSWER, OFFER, OUTSIDE):
        limits = decision.Thresholds(answer, offer, outside)
        decision.THRESHOLDS.update(dict.fromkeys(FORMS, limits))
        for name, questions in sets.items():
            figures = report(list(ask(learned.matcher(), questions))).forms
            for form in FORMS:
                one = figures[form]
                print(
                    f"{answer:6} {offer:6} {outside:7}  {form:9} {name:14} {one.served:.3f}  {one.wrong:.3f}  {one.outside_answered:.3f}"
                )


if __name__ == "__main__":
    main(sys.argv[1:])
