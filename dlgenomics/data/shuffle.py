"""Shuffles that keep the counts of all dinucleotides, after Altschul and Erickson (1985).

https://doi.org/10.1093/oxfordjournals.molbev.a040370. A sequence is a walk from letter to letter.
Each sequence with the same pairs in another order is a walk over the same steps, and is given by
the order in which the steps leave each letter. An order leads all the way to the end exactly if the
last steps out of the letters, followed one after the other, lead to the last letter: if they are a
tree with the last letter as its root. So a tree is drawn, in proportion to the orders that it
belongs to, and the other steps are put in any order. There are few letters, hence few trees, which
are all listed; nothing is tried in vain, and many sequences are shuffled at once.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import UNKNOWN, Codes

_BLOCK: Final = 2048
"""Sequences that are shuffled together: enough for speed, few enough for memory."""

_LETTERS: Final = UNKNOWN + 1
_LETTER_BITS: Final = np.uint64(3)
_RANDOM: Final = np.uint64(2**58 - 1)


def dinucleotide_shuffle(codes: Codes, rng: np.random.Generator) -> Codes:
    """Return each sequence in another order with the same dinucleotides, all orders equally likely.

    The first and the last letter stay what they are, which follows from the counts unless the two
    are the same.

    Args:
        codes: uint8, shape (sequences, length): A, C, G, T and N. Other ambiguity codes count, and
            come back, as N.
        rng: where the randomness comes from.

    Returns:
        uint8, of the same shape.
    """
    plain = np.minimum(codes, UNKNOWN).astype(np.uint8)
    if plain.shape[1] < 4:  # three letters between two fixed ends leave no choice
        return plain
    blocks = [_shuffled(plain[i:i + _BLOCK], rng) for i in range(0, len(plain), _BLOCK)]
    return np.concatenate([plain[:0], *blocks])


def dinucleotide_counts(codes: Codes) -> NDArray[np.int64]:
    """Return how often each letter follows each: shape (sequences, 5, 5), first letter first."""
    pairs = codes[:, :-1].astype(np.int64) * _LETTERS + codes[:, 1:]
    rows = np.arange(len(codes))[:, None] * _LETTERS**2
    size = len(codes) * _LETTERS**2
    return np.bincount((pairs + rows).ravel(), minlength=size).reshape(-1, _LETTERS, _LETTERS)


def _shuffled(codes: Codes, rng: np.random.Generator) -> Codes:
    counts = dinucleotide_counts(codes)
    exits = _last_exits(counts, codes[:, -1], rng)
    steps = _ordered_steps(codes, exits, rng)
    return _walk(codes[:, 0], steps, counts.sum(axis=2))


@cache
def _trees(letters: int) -> NDArray[np.int64]:
    """Return where each letter leads in each tree: shape (roots, trees, letters).

    The root leads to itself.
    """
    found = [[tree for tree in product(range(letters), repeat=letters)
              if tree[root] == root and _all_lead_to(root, tree)] for root in range(letters)]
    return np.array(found)


def _all_lead_to(root: int, tree: tuple[int, ...]) -> bool:
    ends = list(range(len(tree)))
    for _ in tree:
        ends = [tree[end] for end in ends]
    return set(ends) == {root}


def _last_exits(counts: NDArray[np.int64], root: Codes, rng: np.random.Generator) -> Codes:
    """Draw a tree for each sequence: the letter that follows the last of each letter."""
    rows = np.arange(len(counts))
    weights = counts.astype(np.float64)
    # A letter that is not there leads to the root, for a tree must hold it; the root counts once.
    absent_row, absent = np.nonzero(counts.sum(axis=2) == 0)
    weights[absent_row, absent, root[absent_row]] = 1
    weights[rows, root, root] = 1
    trees = _trees(_LETTERS)[root]
    letters = np.arange(_LETTERS)
    chances = weights[rows[:, None, None], letters, trees].prod(axis=2).cumsum(axis=1)
    drawn = (rng.random(len(rows))[:, None] * chances[:, -1:] >= chances).sum(axis=1)
    exits: Codes = trees[rows, drawn].astype(np.uint8)
    return exits


def _ordered_steps(codes: Codes, exits: Codes, rng: np.random.Generator) -> Codes:
    """Return where the steps lead, grouped by the letter they leave, in the order of the walk.

    Each step is one number: the letter that it leaves, a random number, the letter where it leads.
    Sorting groups and shuffles at once; the step of the tree has the greatest random number.
    """
    source, target = codes[:, :-1], codes[:, 1:]
    chance = rng.integers(0, _RANDOM, source.shape, dtype=np.uint64)
    in_tree = target == np.take_along_axis(exits, source.astype(np.intp), axis=1)
    for letter in range(_LETTERS):
        candidates = in_tree & (source == letter) & (codes[:, -1:] != letter)
        some = np.flatnonzero(candidates.any(axis=1))
        chance[some, candidates[some].argmax(axis=1)] = _RANDOM
    steps = source.astype(np.uint64) << np.uint64(61) | chance << _LETTER_BITS | target
    steps.sort(axis=1)
    return (steps & np.uint64(7)).astype(np.uint8)


def _walk(first: Codes, steps: Codes, leaving: NDArray[np.int64]) -> Codes:
    """Follow the steps of all sequences at once, from their first letters."""
    count, length = steps.shape[0], steps.shape[1] + 1
    group = np.cumsum(leaving, axis=1) - leaving + np.arange(count)[:, None] * (length - 1)
    following, flat = group.ravel(), steps.ravel()
    place = np.arange(count) * _LETTERS
    walked = np.empty((length, count), np.uint8)
    walked[0] = first
    for step in range(1, length):
        here = place + walked[step - 1]
        walked[step] = flat[following[here]]
        following[here] += 1
    return np.ascontiguousarray(walked.T)
