"""What learning leaves, and its file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from intents.index import Floats, Index, Vocabulary


@dataclass(frozen=True)
class Example:
    """One phrasing, its label, and its written form where known."""

    text: str
    label: str
    form: str | None = None


@dataclass(frozen=True)
class Learned:
    """What learning leaves: vocabulary, weights, and the index of the phrasings."""

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    weights: Any
    """features x labels, float16; empty where there was too little to learn from."""
    bias: Floats
    form_weights: Floats
    form_bias: Floats
    examples: tuple[Example, ...]
    index: Index
    """Of the examples: kept, because making it takes half as much memory again as the whole program."""


def write_learned(path: Path, learned: Learned) -> None:
    """Writes `learned` to `path` (.npz), whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    one = learned
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
            starts=one.index.starts,
            rows=one.index.rows,
            likeness=one.index.weights,
            labels=np.array(json.dumps(one.labels)),
            examples=np.array(texts),
        )
    partial.replace(path)


def read_learned(path: Path) -> Learned:
    """What a file holds. Raises ValueError, KeyError or OSError for a file that cannot be read."""
    with np.load(path) as kept:
        vocabulary = Vocabulary(kept["features"], kept["idf"], kept["channels"])
        examples = tuple(Example(*row) for row in json.loads(str(kept["examples"])))
        return Learned(
            vocabulary=vocabulary,
            labels=tuple(json.loads(str(kept["labels"]))),
            weights=kept["weights"],
            bias=kept["bias"],
            form_weights=kept["form_weights"],
            form_bias=kept["form_bias"],
            examples=examples,
            index=Index(kept["starts"], kept["rows"], kept["likeness"], len(examples), vocabulary.length),
        )
