"""Two texts compared word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_PIECES = re.compile(r"\s+|[^\W_]+|[\W_]")


def word_diff(before: str, after: str) -> list[tuple[str, str]]:
    """The pieces of both texts in order: ("same" | "gone" | "new", text). Joined without the new ones they give
    `before`, without those that are gone `after`."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    found: list[tuple[str, str]] = []
    for tag, left, left_end, right, right_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(old[left:left_end])))
            continue
        if left < left_end:
            found.append(("gone", "".join(old[left:left_end])))
        if right < right_end:
            found.append(("new", "".join(new[right:right_end])))
    return found
