"""What a change of the content would change in understanding: the same questions, asked before and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol


class Understands(Protocol):
    """A matcher, or what stands for one."""

    def understand(self, text: str, *, hint_form: str | None = None) -> Any:
        """An `Understanding`."""
        ...


@dataclass(frozen=True)
class Answered:
    """What becomes of a question."""

    decision: str
    topic: str | None
    """The topic answered with; None where the bot asks back or does not know."""


@dataclass(frozen=True)
class Difference:
    """A question that would be answered otherwise."""

    text: str
    form: str
    before: Answered
    after: Answered


def compare(before: Understands, after: Understands, questions: Iterable[tuple[str, str]]) -> list[Difference]:
    """Those of `questions` (text, form) that are answered otherwise, in their order."""
    found = []
    for text, form in questions:
        old, new = (_answered(one.understand(text, hint_form=form)) for one in (before, after))
        if old != new:
            found.append(Difference(text, form, old, new))
    return found


def _answered(understood: Any) -> Answered:
    best = understood.ranked[0].topic if understood.decision == "answer" and understood.ranked else None
    return Answered(understood.decision, best)
