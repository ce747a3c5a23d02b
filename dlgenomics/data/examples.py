"""Labelled examples as a spec's ``data`` section describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.banks import Bank, Held, hold, join
from dlgenomics.data.features import Feature, Plain, Signal, draw_change
from dlgenomics.data.intervals import Intervals, join_intervals
from dlgenomics.data.labels import class_labels, column_labels, example_weights
from dlgenomics.data.loaded import Loaded, load_source
from dlgenomics.data.split import Parts, Rows, split_rows
from dlgenomics.errors import DataError
from dlgenomics.files import sha256_of
from dlgenomics.spec.inputs import ArrayInput, NumericInput, TrackInput
from dlgenomics.spec.sources import ColumnSplit, FileSplit, RandomSplit
from dlgenomics.spec.targets import (
    ArrayTarget,
    ClassTarget,
    ColumnTarget,
    CountTarget,
    ProfileTarget,
)
from dlgenomics.spec.types import Spec

_PARTS: Final = ("train", "validation", "test")


@dataclass(frozen=True)
class Examples:
    """Labelled examples and how they are divided.

    Attributes:
        names: a name for each example.
        sequences: uint8 codes, shape (examples, window): the longest input's window, with
            ``margin`` more at both ends for shifts; None where no input is made of letters.
        margin: see ``sequences``.
        inputs: the inputs that are not made of letters, by name.
        labels: the labels by target; a target that is an input has none of its own.
        weights: how much each example counts, shape (examples,), or None.
        parts: the rows of the training, validation and test sets.
        places: where the examples lie in the genome, if that is known.
        files: SHA-256 of each file read, by its path as the spec writes it.
    """

    names: tuple[str, ...]
    sequences: Bank | None
    margin: int
    inputs: Mapping[str, Feature]
    labels: Mapping[str, Feature]
    weights: NDArray[np.float32] | None
    parts: Parts
    places: Intervals | None
    files: Mapping[str, str]


def load_examples(spec: Spec, folder: Path) -> Examples:
    """Read the labelled examples of a spec, into memory where they are not too large.

    Args:
        spec: its ``data`` section says what to read; `resolve_columns` has been there.
        folder: where relative paths start.

    Raises:
        DataError: a file is missing or is not what it must be.
    """
    data = spec.data
    if data.train is None:
        raise DataError("data.train must say where the examples are. Received: none. "
                        "Add data.train to the spec.", path=spec.name)
    margin = max((a.arguments["max"] for a in data.augment if a.name == "shift"), default=0)
    sources = [(part, source) for part in _PARTS for source in data.sources(part)]
    loaded = [load_source(data, source, folder, margin) for _, source in sources]
    owners = np.repeat([part for part, _ in sources], [len(one.names) for one in loaded])
    reader = _Reader(spec, loaded, folder, margin)
    return Examples(
        names=tuple(name for one in loaded for name in one.names),
        sequences=hold(join([one.sequences for one in loaded if one.sequences is not None]))
        if data.sequences else None,
        margin=margin, inputs=reader.inputs(), labels=reader.labels(),
        weights=example_weights(data, [one.table for one in loaded]),
        parts=_parts(spec, loaded, owners), places=_all_places(loaded),
        files=_hashes(spec, folder),
    )


@dataclass(frozen=True)
class _Reader:
    """Makes the features of one spec from what its sources hold."""

    spec: Spec
    loaded: list[Loaded]
    folder: Path
    margin: int

    def inputs(self) -> dict[str, Feature]:
        found: dict[str, Feature] = {}
        for name, one in self.spec.data.inputs.items():
            if isinstance(one, NumericInput):
                columns = [np.stack([p.table.numbers(c) for c in one.columns], axis=1)
                           for p in self.loaded]
                found[name] = Plain(Held(np.concatenate(columns)))
            if isinstance(one, ArrayInput):
                found[name] = self._array(one.key or name, one.shape, may_miss=False)
            if isinstance(one, TrackInput):
                found[name] = self._signal(one, one.bin, "mean", one.missing)
        return found

    def labels(self) -> dict[str, Feature]:
        found: dict[str, Feature] = {}
        tables = [one.table for one in self.loaded]
        for name, target in self.spec.data.targets.items():
            if isinstance(target, ColumnTarget):
                task = self.spec.task_of(name)
                found[name] = Plain(Held(column_labels(name, target, task, tables)))
            if isinstance(target, ClassTarget):
                found[name] = Plain(Held(class_labels(target, tables)))
            if isinstance(target, ArrayTarget):
                found[name] = self._array(target.key or name, target.shape,
                                          may_miss=target.missing == "mask")
            if isinstance(target, ProfileTarget):
                found[name] = self._signal(target, target.bin, target.pool, target.missing)
            if isinstance(target, CountTarget):
                found[name] = self._signal(target, target.length, "sum", 0.0)
        return found

    def _array(self, key: str, shape: tuple[int, ...], *, may_miss: bool) -> Feature:
        banks = [one.array(key, shape, may_miss=may_miss) for one in self.loaded]
        return Plain(hold(join(banks)))

    def _signal(self, one: TrackInput | ProfileTarget | CountTarget, width: int,
                how: Literal["mean", "sum"], missing: float) -> Feature:
        bank = join([p.signal([self.folder / f for f in one.files], one.length, self.margin,
                              missing, stranded=one.stranded) for p in self.loaded])
        return Signal(hold(bank), self.margin, width, how, one.transform, one.stranded,
                      total=isinstance(one, CountTarget))


def _parts(spec: Spec, loaded: list[Loaded], owners: NDArray[np.str_]) -> Parts:
    split = spec.data.split
    if isinstance(split, FileSplit):
        return Parts(**{part: np.flatnonzero(owners == part) for part in _PARTS})
    places = _all_places(loaded)
    path = loaded[0].table.path
    if split.by == "chromosome" and places is None:
        raise DataError("a split by chromosome needs intervals, or sequences named "
                        f"contig:start-end. Received: {loaded[0].names[0]!r}.", path=path)
    stratify = split.stratify if isinstance(split, RandomSplit) else None
    words = split.column if isinstance(split, ColumnSplit) else None
    return split_rows(
        split, len(owners), seed=spec.training.seed, path=path,
        strata=_column(loaded, stratify), words=_column(loaded, words),
        clusters=None if places is None else places.clusters(),
        chromosomes=None if places is None else places.contig_names,
    )


def _column(loaded: list[Loaded], column: str | None) -> NDArray[Any] | None:
    if column is None:
        return None
    return np.concatenate([one.table.texts(column) for one in loaded])


def _all_places(loaded: list[Loaded]) -> Intervals | None:
    places = [one.places for one in loaded if one.places is not None]
    return join_intervals(places) if len(places) == len(loaded) else None


def labels_of(examples: Examples, target: str, rows: Rows) -> NDArray[np.float32]:
    """Return the labels of some examples as they are, NaN where they are missing."""
    unchanged = draw_change((), examples.margin, len(rows), np.random.default_rng(0))
    return examples.labels[target].batch(rows, unchanged)


def _hashes(spec: Spec, folder: Path) -> dict[str, str]:
    data = spec.data
    named = [data.reference.fasta] if data.reference else []
    for part in _PARTS:
        for source in data.sources(part):
            named += [f for f in (source.fasta, source.intervals, source.table, source.arrays,
                                  source.labels) if f is not None]
    for one in (*data.inputs.values(), *data.targets.values()):
        named += list(getattr(one, "files", ()))
    return {name: sha256_of(folder / name) for name in dict.fromkeys(named)}
