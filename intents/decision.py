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
    """Lowest scores: to answer, to offer a topic at all, and for the first three together to ask back."""

    answer: float
    offer: float
    ask: float


THRESHOLDS = {
    "fr": Thresholds(0.55, 0.05, 0.30),
    "ar": Thresholds(0.55, 0.05, 0.30),
    "ary": Thresholds(0.55, 0.05, 0.30),
    "ary-Latn": Thresholds(0.55, 0.05, 0.30),
}


def decide(ranked: Sequence[tuple[str, float]], form: str) -> tuple[Decision, tuple[str, ...]]:
    """The decision on topics ranked by score (out of scope among them), and the topics to offer (up to three)."""
    limits = THRESHOLDS[form]
    topics = [(topic, score) for topic, score in ranked if topic != OUT_OF_SCOPE]
    outside = next((score for topic, score in ranked if topic == OUT_OF_SCOPE), 0.0)
    if not topics:
        return "fallback", ()
    if topics[0][1] >= limits.answer and topics[0][1] > outside:
        return "answer", ()
    offered = tuple(topic for topic, score in topics[:MOST_OPTIONS] if score >= limits.offer)
    if offered and sum(score for _, score in topics[:MOST_OPTIONS]) >= max(limits.ask, outside):
        return "clarify", offered
    return "fallback", ()
