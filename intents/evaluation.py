"""Measures understanding on labelled questions: `main.py evaluate`."""

from __future__ import annotations

import csv
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from intents.decision import OUT_OF_SCOPE
from intents.matching import Example, Matcher, Understanding
from intents.models import FORMS

LONGEST_LINE = 1_000_000


class DataError(ValueError):
    """A file of questions cannot be used; says file, row and what to do."""


@dataclass(frozen=True)
class Question:
    """A labelled question."""

    text: str
    topic: str
    also_ok: frozenset[str] = frozenset()
    lang: str = ""


@dataclass
class Figures:
    """What came of the questions of one form (shares are 0..1)."""

    questions: int = 0
    top1: float = 0.0
    top3: float = 0.0
    served: float = 0.0
    """Answered right, or the right topic offered."""
    wrong: float = 0.0
    """Answered, and wrongly, though the question had a topic."""
    fallback: float = 0.0
    language: float | None = None
    """Written form recognised, of messages of four words or more."""
    outside: int = 0
    outside_answered: float = 0.0
    p50_ms: float = 0.0
    p95_ms: float = 0.0


@dataclass
class Report:
    """All figures, and what was confused."""

    forms: dict[str, Figures] = field(default_factory=dict)
    macro_f1: float = 0.0
    confused: list[tuple[str, str, int, str]] = field(default_factory=list)
    """(right topic, topic given first, how often, an example), most frequent first."""


def read_questions(path: Path, label: str = "topic") -> list[Question]:
    """The questions of a CSV file (`text,topic[,also_ok][,lang]`, or `intent` for `topic`). Raises DataError with the
    first row that cannot be used."""
    csv.field_size_limit(LONGEST_LINE)
    found: list[Question] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = reader.fieldnames or []
            if label not in names and label == "topic" and "intent" in names:
                label = "intent"
            if missing := [name for name in ("text", label) if name not in names]:
                raise DataError(
                    f"{path}, row 1: no column {' and '.join(missing)}; found: {', '.join(names) or 'nothing'}"
                )
            for row in reader:
                found.append(_question(path, reader.line_num, row, label))
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start}). Save it as UTF-8.") from error
    except csv.Error as error:
        raise DataError(f"{path}, row {len(found) + 2}: {error}.") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error
    if not found:
        raise DataError(f"{path}: no questions.")
    return found


def _question(path: Path, row: int, values: dict[str, str | None], label: str) -> Question:
    text, topic = (values.get("text") or "").strip(), (values.get(label) or "").strip()
    if None in values:
        raise DataError(f"{path}, row {row}: more cells than columns; put texts with commas in quotes.")
    if not text or not topic:
        raise DataError(f"{path}, row {row}: the {'text' if not text else label} is empty.")
    also = frozenset(part for part in (values.get("also_ok") or "").split("|") if part)
    return Question(text, topic, also, (values.get("lang") or "").strip())


def check_topics(path: Path, questions: Iterable[Question], known: Iterable[str]) -> None:
    """Raises DataError for the first question whose topic does not exist."""
    topics = {*known, OUT_OF_SCOPE}
    for row, question in enumerate(questions, 2):
        for topic in (question.topic, *sorted(question.also_ok)):
            if topic not in topics:
                raise DataError(f"{path}, row {row}: there is no topic {topic!r}.")


def examples(questions: Iterable[Question]) -> list[Example]:
    """The questions of a training file, to learn from."""
    return [Example(one.text, one.topic, one.lang if one.lang in FORMS else None) for one in questions]


def ask(
    matcher: Matcher, questions: Sequence[Question], progress: Callable[[Sequence[Question]], Iterable[Question]] = iter
) -> Iterator[tuple[Question, Understanding, float]]:
    """Puts each question; yields what was understood and how many milliseconds that took."""
    for question in progress(questions):
        began = time.perf_counter()
        understood = matcher.understand(question.text)
        yield question, understood, (time.perf_counter() - began) * 1000


def report(results: Sequence[tuple[Question, Understanding, float]]) -> Report:
    """The figures per form (of the file's `lang` column) and over all."""
    made = Report()
    by_form: dict[str, list[tuple[Question, Understanding, float]]] = defaultdict(list)
    for result in results:
        by_form[result[0].lang or "?"].append(result)
    order = [form for form in FORMS if form in by_form] + sorted(set(by_form) - set(FORMS))
    for form in order:
        made.forms[form] = _figures(by_form[form])
    made.forms["all"] = _figures(results)
    made.macro_f1 = _macro_f1(results)
    made.confused = _confused(results)
    return made


def _first(understood: Understanding) -> str:
    best = understood.ranked[0] if understood.ranked else None
    return best.topic if best and best.score >= understood.out_of_scope else OUT_OF_SCOPE


def _figures(results: Sequence[tuple[Question, Understanding, float]]) -> Figures:
    inside = [(q, u) for q, u, _ in results if q.topic != OUT_OF_SCOPE]
    outside = [u for q, u, _ in results if q.topic == OUT_OF_SCOPE]
    times = np.array([ms for _, _, ms in results])
    figures = Figures(questions=len(inside), outside=len(outside))
    figures.p50_ms, figures.p95_ms = (round(float(np.percentile(times, at)), 3) for at in (50, 95))
    if outside:
        figures.outside_answered = _share(sum(u.decision == "answer" for u in outside), len(outside))
    if inside:
        count = len(inside)
        right = [({q.topic, *q.also_ok}, q, u) for q, u in inside]
        figures.top1 = _share(sum(bool(u.ranked) and u.ranked[0].topic in ok for ok, _, u in right), count)
        figures.top3 = _share(sum(any(one.topic in ok for one in u.ranked[:3]) for ok, _, u in right), count)
        figures.served = _share(sum(_served(u, ok) for ok, _, u in right), count)
        figures.wrong = _share(sum(u.decision == "answer" and u.ranked[0].topic not in ok for ok, _, u in right), count)
        figures.fallback = _share(sum(u.decision == "fallback" and OUT_OF_SCOPE not in ok for ok, _, u in right), count)
    long = [(q, u) for q, u, _ in results if q.lang in FORMS and len(q.text.split()) >= 4]
    if long:
        figures.language = _share(sum(u.form == q.lang for q, u in long), len(long))
    return figures


def _served(understood: Understanding, ok: set[str]) -> bool:
    if understood.decision == "answer":
        return understood.ranked[0].topic in ok
    return any(topic in ok for topic in understood.options) or (
        OUT_OF_SCOPE in ok and understood.decision == "fallback"
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4)


def _macro_f1(results: Sequence[tuple[Question, Understanding, float]]) -> float:
    """Mean F1 over the labels of the questions, of the label ranked first."""
    hits: Counter[str] = Counter()
    given: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for question, understood, _ in results:
        first = _first(understood)
        wanted[question.topic] += 1
        given[first] += 1
        hits[question.topic] += first == question.topic
    scores = [2 * hits[label] / (wanted[label] + given[label]) for label in wanted]
    return round(sum(scores) / len(scores), 4) if scores else 0.0


def _confused(results: Sequence[tuple[Question, Understanding, float]]) -> list[tuple[str, str, int, str]]:
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for question, understood, _ in results:
        first = _first(understood)
        if first not in {question.topic, *question.also_ok}:
            pairs[question.topic, first].append(question.text)
    ordered = sorted(pairs.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(right, first, len(texts), texts[0]) for (right, first), texts in ordered]


def as_json(made: Report) -> dict[str, object]:
    """The report as JSON."""
    return {
        "forms": {form: asdict(figures) for form, figures in made.forms.items()},
        "macro_f1": made.macro_f1,
        "confused": [dict(zip(("topic", "first", "count", "example"), row, strict=True)) for row in made.confused],
    }


def as_table(made: Report) -> str:
    """The report for people: figures per form, then what was confused most."""
    head = (
        "form",
        "questions",
        "top-1",
        "top-3",
        "served",
        "wrong",
        "fallback",
        "form ok",
        "outside",
        "answered",
        "p50 ms",
        "p95 ms",
    )
    lines = ["  ".join(f"{name:>9}" for name in head)]
    for form, one in made.forms.items():
        language = "" if one.language is None else f"{one.language:.3f}"
        cells = (
            form, one.questions, f"{one.top1:.3f}", f"{one.top3:.3f}", f"{one.served:.3f}", f"{one.wrong:.3f}",
            f"{one.fallback:.3f}", language, one.outside, f"{one.outside_answered:.3f}", f"{one.p50_ms:.2f}",
            f"{one.p95_ms:.2f}",
        )  # fmt: skip
        lines.append("  ".join(f"{cell!s:>9}" for cell in cells))
    lines.append(f"\nmacro-F1 {made.macro_f1:.4f}")
    if made.confused:
        lines.append("\nMost confused (right topic -> topic ranked first):")
        lines += [f"  {count:3}  {right} -> {first}: {text[:80]}" for right, first, count, text in made.confused[:15]]
    return "\n".join(lines)


def write_predictions(path: Path, results: Iterable[tuple[Question, Understanding, float]]) -> None:
    """One row a question, in order: text,lang,decision,ranked,scores,ms."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "lang", "decision", "ranked", "scores", "ms"))
        for question, understood, ms in results:
            first = understood.ranked[:3]
            writer.writerow(
                (question.text, understood.form, understood.decision, "|".join(one.topic for one in first),
                 "|".join(f"{one.score:.4f}" for one in first), f"{ms:.3f}")
            )  # fmt: skip
