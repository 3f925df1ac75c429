"""What learning leaves, and its file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from intents.index import Floats, Ints, Vocabulary


@dataclass(frozen=True)
class Example:
    """One phrasing, its label, and its written form where known."""

    text: str
    label: str
    form: str | None = None


@dataclass(frozen=True)
class Learned:
    """What learning leaves: vocabulary, weights, and the vectors of the phrasings."""

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    weights: Any
    """features x labels, float16; empty where there was too little to learn from."""
    bias: Floats
    form_weights: Floats
    form_bias: Floats
    examples: tuple[Example, ...]
    vectors: Callable[[], Vectors]
    """The vectors of the examples: read from the file when needed, since they are large and rarely needed."""


@dataclass(frozen=True)
class Vectors:
    """Many vectors in one piece."""

    starts: Any
    places: Ints
    values: Any

    def __iter__(self) -> Iterator[tuple[Ints, Floats]]:
        for start, end in pairwise(self.starts):
            yield self.places[start:end], self.values[start:end].astype(np.float32)


def write_learned(path: Path, learned: Learned) -> None:
    """Writes `learned` to `path` (.npz), whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    one, vectors = learned, learned.vectors()
    texts = json.dumps([[e.text, e.label, e.form] for e in one.examples], ensure_ascii=False)
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    with partial.open("wb") as file:
        np.savez(
            file,
            features=one.vocabulary.features,
            idf=one.vocabulary.idf,
            channels=one.vocabulary.channels,
            weights=one.weights,
            bias=one.bias,
            form_weights=one.form_weights,
            form_bias=one.form_bias,
            starts=vectors.starts,
            places=vectors.places,
            values=vectors.values,
            labels=np.array(json.dumps(one.labels)),
            examples=np.array(texts),
        )
    partial.replace(path)


def read_learned(path: Path) -> Learned:
    """What a file holds. The vectors are read from it when they are needed. Raises ValueError or
    OSError for a file that cannot be read."""

    def vectors() -> Vectors:
        with np.load(path) as again:
            return Vectors(again["starts"], again["places"], again["values"])

    with np.load(path) as kept:
        return Learned(
            vocabulary=Vocabulary(kept["features"], kept["idf"], kept["channels"]),
            labels=tuple(json.loads(str(kept["labels"]))),
            weights=kept["weights"],
            bias=kept["bias"],
            form_weights=kept["form_weights"],
            form_bias=kept["form_bias"],
            examples=tuple(Example(*row) for row in json.loads(str(kept["examples"]))),
            vectors=vectors,
        )
