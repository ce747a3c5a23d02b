"""In which order an epoch's batches draw the training examples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.split import Rows
from dlgenomics.errors import DataError
from dlgenomics.spec.sources import Sampling


def sampling_groups(sampling: Sampling, labels: NDArray[np.float32]) -> list[tuple[Rows, float]]:
    """Return the groups that batches draw from: places in ``labels`` and their share of a batch.

    Args:
        sampling: the spec's section.
        labels: of the training examples, shape (examples, columns); NaN is missing.

    Raises:
        DataError: a group that would be drawn from is empty.
    """
    positive = (labels > sampling.threshold).any(axis=1)
    if sampling.balance and labels.shape[1] > 1:
        of = np.where(positive, np.nan_to_num(labels).argmax(axis=1), labels.shape[1])
        values = np.unique(of[positive])
        groups = [(np.flatnonzero(of == value), 1 / len(values)) for value in values]
    else:
        share = 0.5 if sampling.positives is None else sampling.positives
        groups = [(np.flatnonzero(positive), share), (np.flatnonzero(~positive), 1 - share)]
    if not all(len(rows) for rows, _ in groups):
        raise DataError("sampling needs training examples with and without a label above "
                        f"{sampling.threshold:g}. Received: {int(positive.sum())} of {len(labels)} "
                        f"above it. Change data.sampling.", path=sampling.of)
    return groups


def draw_order(groups: list[tuple[Rows, float]], count: int, batch_size: int,
               rng: np.random.Generator) -> Rows:
    """Return an order of ``count`` places in which each batch has each group's share.

    A group is gone through in random order, again and again if it is small; what a batch draws is
    shuffled. Shares are rounded so that they hold over the batches together.
    """
    cycles = [_cycle(rows, round(share * count) + batch_size, rng) for rows, share in groups]
    used = np.zeros(len(groups), np.int64)
    order = []
    for first in range(0, count, batch_size):
        done = min(first + batch_size, count)
        wanted = _rounded([share * done for _, share in groups], done)
        drawn = [cycle[a:b] for cycle, a, b in zip(cycles, used, wanted, strict=True)]
        used = wanted
        order.append(rng.permutation(np.concatenate(drawn)))
    return np.concatenate(order)


def _cycle(rows: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Return at least ``count`` rows: one permutation after the other."""
    return np.concatenate([rng.permutation(rows) for _ in range(count // len(rows) + 1)])


def _rounded(shares: list[float], total: int) -> NDArray[np.int64]:
    """Return whole numbers near ``shares`` that add up to ``total``; the last takes the rest."""
    found = np.array([round(share) for share in shares[:-1]], np.int64)
    return np.append(found, total - found.sum())
