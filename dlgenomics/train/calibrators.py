"""Scores → probabilities: what fits a few labelled examples best, in NumPy.

All take one column: scores or probabilities, and labels 0 and 1, both of shape (examples,).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.train.metrics import softmax

Floats = NDArray[np.float64]

_MOST_STEPS: Final = 200
_SMALL: Final = 1e-12
_TEMPERATURES: Final = (0.01, 100.0)


def sigmoid(scores: Floats) -> Floats:
    """Return 1 / (1 + exp(-score)) without overflow."""
    falling = np.exp(-np.abs(scores))
    found: Floats = np.where(scores >= 0, 1.0, falling) / (1.0 + falling)
    return found


def fit_platt(scores: Floats, labels: Floats) -> tuple[float, float]:
    """Return slope and offset of Platt's scaling: probability = sigmoid(slope x score + offset).

    Labels are smoothed as Platt does, to (positives + 1) / (positives + 2) and
    1 / (negatives + 2), so that separable scores give finite numbers. Newton's method with
    halved steps, after Lin, Lin and Weng, A note on Platt's probabilistic outputs for support
    vector machines, Machine Learning 68, 2007, https://doi.org/10.1007/s10994-007-5018-6
    """
    positives = float(labels.sum())
    negatives = len(labels) - positives
    wanted = np.where(labels > 0.5, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    found = np.array([0.0, np.log((positives + 1) / (negatives + 1))])
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    loss = _cross_entropy(design @ found, wanted)
    for _ in range(_MOST_STEPS):
        chance = sigmoid(design @ found)
        gradient = design.T @ (chance - wanted)
        weights = chance * (1 - chance)
        curvature = design.T @ (weights[:, None] * design) + _SMALL * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > _SMALL and _cross_entropy(design @ (found - size * step), wanted) > loss:
            size /= 2
        found = found - size * step
        before, loss = loss, _cross_entropy(design @ found, wanted)
        if np.abs(size * step).max() < 1e-10 or before - loss <= 0:
            break
    return float(found[0]), float(found[1])


def _cross_entropy(scores: Floats, wanted: Floats) -> float:
    """Return -sum(t log p + (1 - t) log(1 - p)) for p = sigmoid(score)."""
    return float((np.logaddexp(0.0, scores) - wanted * scores).sum())


def fit_temperature(scores: Floats, labels: Floats) -> float:
    """Return the temperature by which scores must be divided for the least cross-entropy.

    Guo et al., On calibration of modern neural networks, ICML 2017, arXiv:1706.04599. The
    cross-entropy is convex in 1 / temperature, so its only minimum is bisected for, between 0.01
    and 100.

    Args:
        scores: of one column, (examples,), before a sigmoid; or of all classes,
            (examples, classes), before a softmax.
        labels: of the same shape.
    """
    low, high = 1 / _TEMPERATURES[1], 1 / _TEMPERATURES[0]
    for _ in range(_MOST_STEPS):
        middle = float(np.sqrt(low * high))
        if _slope(middle, scores, labels) > 0:
            high = middle
        else:
            low = middle
    return 1 / float(np.sqrt(low * high))


def _slope(factor: float, scores: Floats, labels: Floats) -> float:
    """Return the derivative of the cross-entropy by the factor that scores are multiplied by."""
    chance = sigmoid(factor * scores) if scores.ndim == 1 else softmax(factor * scores, axis=1)
    return float(((chance - labels) * scores).sum())


def fit_isotonic(chances: Floats, labels: Floats) -> tuple[Floats, Floats]:
    """Return places and values of the knots of the rising line with the least squared error.

    Neighbours that would fall are pooled until none does; between blocks the line is straight.

    Returns:
        Both (knots,), places rising, values not falling.
    """
    places, positions = np.unique(chances, return_inverse=True)
    counts = np.bincount(positions).astype(np.float64)
    sums = np.bincount(positions, weights=labels)
    blocks: list[tuple[float, float, int]] = []  # sum, count, position of the last place
    for position, (total, count) in enumerate(zip(sums, counts, strict=True)):
        blocks.append((total, count, position))
        while len(blocks) > 1 and (
                blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]):
            last = blocks.pop()
            blocks[-1] = (blocks[-1][0] + last[0], blocks[-1][1] + last[1], last[2])
    ends = np.array([end for _, _, end in blocks])
    starts = np.concatenate([[0], ends[:-1] + 1])
    heights = np.array([total / count for total, count, _ in blocks])
    both = np.stack([starts, ends], axis=1).ravel()
    kept = np.concatenate([[True], both[1:] != both[:-1]])
    return places[both][kept], np.repeat(heights, 2)[kept]


def to_knots(places: Floats, values: Floats, count: int) -> tuple[Floats, Floats]:
    """Return exactly ``count`` knots: all of them and the last one again, or evenly chosen ones."""
    index = np.arange(count).clip(max=len(places) - 1)
    if len(places) > count:
        index = np.round(np.linspace(0, len(places) - 1, count)).astype(int)
    return places[index], values[index]
