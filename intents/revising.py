"""What a changed answer means for the others: a figure changed in one language must not stay in the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SAID = ("title", "text", "unknown")


def changed_forms(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """The written forms in which the answer of a topic's body says something else than before."""
    old = before["answers"] if before else {}
    return [
        form
        for form, answer in after["answers"].items()
        if form not in old or any((answer.get(name) or "") != (old[form].get(name) or "") for name in _SAID)
    ]


def with_reviews(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> dict[str, Any]:
    """`after` (a topic's body) in which what changed waits for review and what did not is stale, once anything
    changed."""
    changed = changed_forms(before, after)
    if not changed:
        return dict(after)
    answers = {
        form: {**answer, "review": {"state": "pending" if form in changed else "stale", "by": "", "on": None}}
        for form, answer in after["answers"].items()
    }
    return {**after, "answers": answers}
