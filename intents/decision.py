"""Answer, ask back, or admit not knowing: thresholds on calibrated scores, per written form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Decision = Literal["answer", "clarify", "fallback"]
OUT_OF_SCOPE = "out_of_scope"
MOST_OPTIONS = 3


@dataclass(frozen=True)
class Thresholds:
    """When to answer, to ask back, to admit not knowing."""

    answer: float
    """Lowest score of the best topic for an answer; it must also beat out of scope."""
    offer: float
    """Lowest share among all topics (out of scope aside) for a topic to be offered."""
    outside: float
    """Highest score of out of scope for asking back at all: above it, nothing here is meant."""


# Chosen with `python -m tests.bench.thresholds artisan_dev.csv` (2026-11-29; 289 questions of other people and 1,104 of
# our own, which no phrasing repeats). Lowering `answer` from .6 to .5 answers 6 points more at once (.77 -> .83 on
# other people's) but triples the out-of-scope questions answered (.03 -> .08): wrong answers cost more. Lowering
# `outside` from .95 to .5 costs .4 to .8 points served (.984 -> .976) and lets the bot admit in 64 instead of 15 of 100
# cases that a question is not for it, instead of asking back nonsense. The forms agree within what 60 questions each
# can tell, so one setting serves all; a form may be given its own here.
_COMMON = Thresholds(answer=0.6, offer=0.05, outside=0.5)
THRESHOLDS = {"fr": _COMMON, "ar": _COMMON, "ary": _COMMON, "ary-Latn": _COMMON}


def decide(ranked: Sequence[tuple[str, float]], form: str) -> tuple[Decision, tuple[str, ...]]:
    """The decision on topics ranked by score (out of scope among them; the scores of all add up to 1 at most), and the
    topics to offer when asking back (one to three)."""
    limits = THRESHOLDS[form]
    topics = [(topic, score) for topic, score in ranked if topic != OUT_OF_SCOPE]
    outside = next((score for topic, score in ranked if topic == OUT_OF_SCOPE), 0.0)
    if not topics:
        return "fallback", ()
    if topics[0][1] >= limits.answer and topics[0][1] > outside:
        return "answer", ()
    inside = max(1.0 - outside, 1e-6)
    offered = tuple(topic for topic, score in topics[:MOST_OPTIONS] if score / inside >= limits.offer)
    if offered and outside < limits.outside:
        return "clarify", offered
    return "fallback", ()
