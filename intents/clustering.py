"""Groups questions by likeness, so that staff see one row for what many people ask in many ways."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz import fuzz, process

from intents.folding import fold

# Likeness of two questions (0..100): rapidfuzz's ratio of their word skeletons, sorted. At 75 "chhal kayekhles
# lcredit" and "ch7al kaykhalless credi" meet; at 65 unrelated short questions are drawn together.
ALIKE = 75
_BLOCK = 256
"""Leaders compared at once: one matrix of a block against all questions takes a few MB."""


@dataclass
class Cluster:
    """Questions that say the same, the most frequent wording first."""

    key: str
    """The fold of the first wording: names the cluster as long as that wording leads."""
    count: int = 0
    texts: dict[str, int] = field(default_factory=dict)
    folds: list[str] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    """Places of the questions in what was given."""

    def join(self, other: Cluster) -> None:
        """Takes in the questions of `other`."""
        self.count += other.count
        for text, count in other.texts.items():
            self.texts[text] = self.texts.get(text, 0) + count
        self.folds += other.folds
        self.items += other.items


def cluster(questions: Iterable[tuple[str, int]]) -> list[Cluster]:
    """The clusters of `questions` (text, how often), largest first. The most frequent wordings lead; each other one
    joins the first leader it is like."""
    by_fold: dict[str, Cluster] = {}
    for at, (text, count) in enumerate(questions):
        key = key_of(text)
        by_fold.setdefault(key, Cluster(key, folds=[key])).join(Cluster(key, count, {text: count}, [], [at]))
    wordings = sorted(by_fold.values(), key=lambda one: -one.count)
    leaders = _lead(wordings, [" ".join(sorted(one.key.split())) for one in wordings])
    return sorted(leaders, key=lambda one: -one.count)


def key_of(text: str) -> str:
    """What names a wording whatever its spelling."""
    return fold(text)[:200]


def _lead(wordings: Sequence[Cluster], keys: Sequence[str]) -> list[Cluster]:
    free = np.ones(len(wordings), dtype=bool)
    leaders = []
    while free.any():
        waiting: list[int] = np.flatnonzero(free).tolist()
        block = waiting[:_BLOCK]
        likeness = process.cdist(
            [keys[at] for at in block], [keys[at] for at in waiting], scorer=fuzz.ratio, score_cutoff=ALIKE,
            dtype=np.uint8,
        )  # fmt: skip
        for row, leader in enumerate(block):
            if not free[leader]:
                continue
            free[leader] = False
            for place in np.flatnonzero(likeness[row]).tolist():
                at = waiting[place]
                if free[at]:
                    free[at] = False
                    wordings[leader].join(wordings[at])
            leaders.append(wordings[leader])
    return leaders
