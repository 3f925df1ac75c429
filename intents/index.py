"""Sparse vectors over a known vocabulary, and the nearest of many texts, in numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intents.features import BITS, CHANNELS

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

# Weight of each channel: words, letters, skeleton words, skeleton letters, concepts. Each channel is normalised to
# length 1 first. Chosen on ArBanking77 and CLINC150 training rows (README, table "what each part adds").
LEARNED_WEIGHTS = (1.0, 0.8, 0.9, 0.8, 0.8)
# The same where there is too little to learn from and likeness alone decides, often across scripts: what both scripts
# share counts, and meanings count most (our answers of one form looked up among another's, 231 sentences, 2026-11-29:
# Darija letters -> Arabizi .957 with the weights above, .970 with these; MSA -> Arabizi .606 -> .71).
LIKENESS_WEIGHTS = (0.3, 0.3, 0.5, 1.0, 1.1)
# Features that stand in more than this share of the texts say little about which text is near, and cost the most.
COMMON = 0.04
# Postings read for one question, the rarest features first: the rare ones already tell which phrasings are near. Of 289
# questions of other people and 1,104 of our own 1,157 are served with 1,500, 2,500, 4,000, 6,000 and 10,000 alike, give
# or take one (2026-11-29, `main.py evaluate` on artisan_dev.csv and tests/understanding with each); a question costs
# .26 to .36 ms.
MOST_POSTINGS = 3_000


@dataclass(frozen=True)
class Vocabulary:
    """The features seen in training, sorted, with their inverse document frequencies."""

    features: NDArray[np.int64]
    idf: Floats
    channels: Floats
    """The weight of each channel."""

    @cached_property
    def kinds(self) -> NDArray[np.int8]:
        """The channel of each feature."""
        return (self.features >> BITS).astype(np.int8)

    @property
    def length(self) -> float:
        """Squared length of a whole vector."""
        return float(np.dot(self.channels, self.channels))

    def vector(self, found: NDArray[np.int64]) -> tuple[Ints, Floats]:
        """Positions and weights of the known features of one text; each channel has length 1 before its weight."""
        return self.weighed(self.places(found))

    def places(self, found: NDArray[np.int64]) -> Ints:
        """Positions of those of these features that are known, in order, as often as they occur."""
        places = self.features.searchsorted(found)
        places[places == len(self.features)] = 0
        known = places[self.features[places] == found] if len(self.features) else places[:0]
        return known.astype(np.int32)

    def weighed(self, places: Ints) -> tuple[Ints, Floats]:
        """Positions, each once, and their weights, of the known features of one text."""
        places = np.sort(places)
        new = np.ones(len(places) + 1, bool)
        np.not_equal(places[1:], places[:-1], out=new[1:-1])
        (bounds,) = new.nonzero()
        places, counts = places[bounds[:-1]], bounds[1:] - bounds[:-1]
        weights = (1.0 + np.log(counts)).astype(np.float32) * self.idf[places]
        channels = self.kinds[places]
        lengths = np.sqrt(np.bincount(channels, weights * weights, CHANNELS))
        lengths[lengths == 0] = 1.0
        return places, weights * (self.channels / lengths).astype(np.float32)[channels]


@dataclass(frozen=True)
class Index:
    """Which texts have which feature, and how much: for each feature its texts (`rows`) and weights."""

    starts: NDArray[np.int64]
    rows: NDArray[Any]
    weights: NDArray[np.float16]
    size: int
    length: float
    """Squared length of a whole vector: the sum of the squared weights of the channels."""

    def nearest(self, places: Ints, weights: Floats, many: int) -> tuple[Ints, Floats]:
        """The `many` texts most like a vector, nearest first, with similarities 0..1 (cosine over the features
        that are not too common, against the whole length of both)."""
        counts = self.starts[places + 1] - self.starts[places]
        rare = np.flatnonzero(counts)
        if not len(rare):
            return np.empty(0, np.int32), np.empty(0, np.float32)
        rare = rare[np.argsort(counts[rare], kind="stable")]
        rare = rare[: max(1, np.searchsorted(np.cumsum(counts[rare]), MOST_POSTINGS))]
        begins, counts = self.starts[places[rare]], counts[rare]
        # All postings at once: for each feature the run of numbers from where its postings begin.
        ends = np.cumsum(counts)
        postings = np.arange(ends[-1]) + np.repeat(begins - (ends - counts), counts)
        products = self.weights[postings] * np.repeat(weights[rare], counts)
        totals = np.bincount(self.rows[postings], products, self.size)
        # Only texts at least half as near as the nearest can matter: sorting these few is cheap.
        best = np.flatnonzero(totals >= 0.5 * totals.max())
        best = best[np.argsort(-totals[best], kind="stable")[:many]]
        return best.astype(np.int32), (totals[best] / self.length).astype(np.float32)


def build_index(vectors: Sequence[tuple[Ints, Floats]], vocabulary: Vocabulary) -> Index:
    """The index of `vectors` over their vocabulary, without the features that are too common to be looked up."""
    features = len(vocabulary.features)
    lengths = [len(places) for places, _ in vectors]
    places = np.concatenate([vector[0] for vector in vectors]) if vectors else np.empty(0, np.int32)
    weights = np.concatenate([vector[1] for vector in vectors]) if vectors else np.empty(0, np.float32)
    narrow = np.uint16 if len(vectors) <= 1 << 16 else np.int32
    rows = np.repeat(np.arange(len(vectors), dtype=narrow), lengths)
    counts = np.bincount(places, minlength=features)
    counts[counts > max(len(vectors) * COMMON, 20)] = 0
    kept = np.flatnonzero(counts[places])
    order = kept[np.argsort(places[kept], kind="stable")]
    starts = np.zeros(features + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return Index(starts, rows[order], weights[order].astype(np.float16), len(vectors), vocabulary.length)


def build_vocabulary(
    found: Sequence[NDArray[np.int64]], rarest: int, weights: tuple[float, ...] = LEARNED_WEIGHTS
) -> Vocabulary:
    """The features that occur in at least `rarest` texts."""
    channels = np.array(weights, np.float32)
    if not found:
        return Vocabulary(np.empty(0, np.int64), np.empty(0, np.float32), channels)
    unique, counts = np.unique(np.concatenate([np.unique(one) for one in found]), return_counts=True)
    kept = counts >= rarest
    idf = np.log((1 + len(found)) / (1 + counts[kept])) + 1
    return Vocabulary(unique[kept], idf.astype(np.float32), channels)
