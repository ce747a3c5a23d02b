"""Which examples train, which validate, which test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError, near_contig
from dlgenomics.spec.sources import ChromosomeSplit, ColumnSplit, RandomSplit, Split

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """Row numbers of the three parts, ascending; no row is in two of them."""

    train: Rows
    validation: Rows
    test: Rows

    def by_name(self) -> dict[str, Rows]:
        """Return the rows by part."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def sizes(self) -> dict[str, int]:
        """Return the number of rows of each part."""
        return {name: len(rows) for name, rows in self.by_name().items()}


def split_rows(
    split: Split,
    count: int,
    *,
    seed: int,
    path: str,
    strata: NDArray[Any] | None = None,
    clusters: NDArray[np.int64] | None = None,
    chromosomes: NDArray[np.str_] | None = None,
    words: NDArray[np.object_] | None = None,
) -> Parts:
    """Divide rows as a spec's ``split`` says.

    Args:
        split: the spec's section.
        count: the number of rows.
        seed: for a random split.
        path: the data file, for messages.
        strata: a value for each row whose proportions a random split keeps.
        clusters: a number for each row; rows that share it, because they overlap, are never divided
            by a random split. Shares are then shares of clusters.
        chromosomes: the chromosome of each row, for a split by chromosome.
        words: the word of each row, for a split by column.

    Raises:
        DataError: a part that is asked for would be empty.
    """
    if isinstance(split, RandomSplit):
        parts = _random_whole(split, count, seed, strata, clusters)
    elif isinstance(split, ChromosomeSplit):
        assert chromosomes is not None  # noqa: S101 - the caller's part of the contract
        parts = _by_chromosome(split, chromosomes, path)
    else:
        assert isinstance(split, ColumnSplit)  # noqa: S101
        assert words is not None  # noqa: S101
        parts = _by_word(words)
    for name in ("train", "validation"):
        if not len(getattr(parts, name)):
            raise DataError(f"the split must leave examples for {name}. Received: none of {count}. "
                            "Change data.split.", path=path)
    return parts


def _random_whole(split: RandomSplit, count: int, seed: int, strata: NDArray[Any] | None,
                  clusters: NDArray[np.int64] | None) -> Parts:
    """Deal rows at random; rows of one cluster go together, with the first one's stratum."""
    first = np.arange(count) if clusters is None else np.unique(clusters, return_index=True)[1]
    if clusters is None or len(first) == count:
        return _random(split, count, seed, strata)
    sizes = {name: size if isinstance(size, float) else size / count
             for name, size in (("test", split.test), ("validation", split.validation))}
    dealt = _random(split.model_copy(update=sizes), len(first), seed,
                    None if strata is None else strata[first])
    return Parts(**{name: np.flatnonzero(np.isin(clusters, clusters[first[getattr(dealt, name)]]))
                    for name in ("train", "validation", "test")})


def _random(split: RandomSplit, count: int, seed: int,
            strata: NDArray[Any] | None) -> Parts:
    rng = np.random.default_rng([seed, 1])
    groups = [np.arange(count)] if strata is None else [
        np.flatnonzero(strata == value) for value in np.unique(strata)]
    sizes = [len(group) for group in groups]
    tests = _dealt(_number(split.test, count), sizes)
    left = [size - test for size, test in zip(sizes, tests, strict=True)]
    validations = _dealt(_number(split.validation, count), left)
    dealt: dict[str, list[Rows]] = {"train": [], "validation": [], "test": []}
    for group, test, validation in zip(groups, tests, validations, strict=True):
        shuffled = rng.permutation(group)
        dealt["test"].append(shuffled[:test])
        dealt["validation"].append(shuffled[test:test + validation])
        dealt["train"].append(shuffled[test + validation:])
    return Parts(**{name: np.sort(np.concatenate(rows)) for name, rows in dealt.items()})


def _number(size: float, count: int) -> int:
    """Return a part's rows: ``size`` is a share of ``count``, or their number."""
    return min(round(size * count) if isinstance(size, float) else size, count)


def _dealt(number: int, sizes: list[int]) -> list[int]:
    """Deal a number of rows to groups in proportion to their sizes.

    What is left after rounding down goes, one each, to the groups with the largest remainders.
    """
    number = min(number, sum(sizes))
    exact = [number * size / max(sum(sizes), 1) for size in sizes]
    dealt = [int(share) for share in exact]
    by_remainder = sorted(range(len(sizes)), key=lambda i: dealt[i] - exact[i])
    for i in by_remainder[:number - sum(dealt)]:
        dealt[i] += 1
    return dealt


def _by_chromosome(split: ChromosomeSplit, chromosomes: NDArray[np.str_], path: str) -> Parts:
    known = sorted(set(chromosomes))
    for name in (*split.test, *split.validation):
        if name not in known:
            near = near_contig(name, known)
            hint = f" Did you mean {near!r}?" if near else ""
            raise DataError("a chromosome of the split must be in the data, which has "
                            f"{', '.join(known[:8])}. Received: {name!r}.{hint}", path=path)
    test = np.isin(chromosomes, list(split.test))
    validation = np.isin(chromosomes, list(split.validation))
    excluded = np.isin(chromosomes, list(split.exclude))
    return Parts(train=np.flatnonzero(~(test | validation | excluded)),
                 validation=np.flatnonzero(validation), test=np.flatnonzero(test))


def _by_word(words: NDArray[np.object_]) -> Parts:
    return Parts(train=np.flatnonzero(words == "train"),
                 validation=np.flatnonzero(words == "validation"),
                 test=np.flatnonzero(words == "test"))
