"""Learns to tell topics apart: multinomial logistic regression on the sparse vectors, in mini-batches, on the CPU.

Runs in a process of its own: scipy and the whole matrix are needed here only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from intents.index import Floats, Ints

EPOCHS = 6
BATCH = 384
RATE = 0.025
SMOOTHING = 0.05
"""Share of each label spread over all others: keeps the scores honest (Szegedy et al. 2016, section 7)."""
DROPPED = 0.1
"""Share of features left out at random in each step: a word misspelt is a feature missing."""
SEED = 7


def learn(
    vectors: Sequence[tuple[Ints, Floats]],
    labels: Sequence[int],
    classes: int,
    features: int,
    progress: Callable[[float], None] = lambda share: None,
) -> tuple[Floats, Floats]:
    """Weights (features x classes) and biases. The same input gives the same output. `progress` gets 0..1."""
    from scipy import sparse

    starts = np.zeros(len(vectors) + 1, np.int64)
    np.cumsum([len(places) for places, _ in vectors], out=starts[1:])
    data = np.concatenate([weights for _, weights in vectors])
    matrix = sparse.csr_matrix((data, np.concatenate([p for p, _ in vectors]), starts), (len(vectors), features))
    chance = np.random.default_rng(SEED)
    targets = np.asarray(labels)
    weights = np.zeros((features, classes), np.float32)
    bias = np.zeros(classes, np.float32)
    mean, spread = np.zeros_like(weights), np.zeros_like(weights)
    steps = EPOCHS * -(-len(vectors) // BATCH)
    step = 0
    for _ in range(EPOCHS):
        order = chance.permutation(len(vectors))
        for at in range(0, len(vectors), BATCH):
            picked = order[at : at + BATCH]
            rows = matrix[picked]
            rows.data *= (chance.random(len(rows.data)) >= DROPPED) / np.float32(1 - DROPPED)
            error = _error(rows @ weights + bias, targets[picked])
            step += 1
            _adam(
                weights, mean, spread, np.asarray(rows.T @ error), step, RATE * (1 + np.cos(np.pi * step / steps)) / 2
            )
            bias -= 0.1 * error.sum(0)
            progress(step / steps)
    return weights, bias


def _error(scores: Floats, labels: NDArray[np.int64]) -> Floats:
    scores -= scores.max(1, keepdims=True)
    chances = np.exp(scores)
    chances /= chances.sum(1, keepdims=True)
    chances -= SMOOTHING / chances.shape[1]
    chances[np.arange(len(labels)), labels] -= 1 - SMOOTHING
    return (chances / np.float32(len(labels))).astype(np.float32)


def _adam(weights: Floats, mean: Floats, spread: Floats, gradient: Floats, step: int, rate: float) -> None:
    """One step of Adam (Kingma & Ba 2015), only on the rows that this batch touched: the others' gradient is zero."""
    touched = np.flatnonzero(gradient.any(1))
    part = gradient[touched]
    mean[touched] = m = 0.9 * mean[touched] + 0.1 * part
    spread[touched] = s = 0.99 * spread[touched] + 0.01 * part * part
    factor = np.float32(rate * np.sqrt(1 - 0.99**step) / (1 - 0.9**step))
    weights[touched] -= factor * m / (np.sqrt(s) + 1e-8)
