"""Labelled examples as a spec's ``data`` section describes them, in memory as codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import UNKNOWN, Codes
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals, make_intervals, read_intervals
from dlgenomics.data.sequences import read_sequences
from dlgenomics.data.split import Parts, split_rows
from dlgenomics.data.tables import Table, read_table
from dlgenomics.errors import DataError
from dlgenomics.files import sha256_of
from dlgenomics.spec.types import ColumnSplit, Data, RandomSplit, Source, Spec

_COORDINATES: Final = re.compile(r"([^:\s]+):([\d,]+)-([\d,]+)")


@dataclass(frozen=True)
class Examples:
    """Labelled examples and how they are divided.

    Attributes:
        names: a name for each example.
        codes: uint8, shape (examples, window): the longest input's window, with ``margin`` bp
            more at both ends for shifts.
        margin: see ``codes``.
        labels: float32, shape (examples, columns), by target.
        parts: the rows of the training, validation and test sets.
        files: SHA-256 of each file read, by its path as the spec writes it.
    """

    names: tuple[str, ...]
    codes: Codes
    margin: int
    labels: Mapping[str, NDArray[np.float32]]
    parts: Parts
    files: Mapping[str, str]


@dataclass(frozen=True)
class _Loaded:
    names: tuple[str, ...]
    codes: Codes
    table: Table
    places: Intervals | None


def load_examples(spec: Spec, folder: Path) -> Examples:
    """Read the labelled examples of a spec.

    Args:
        spec: its ``data`` section says what to read.
        folder: where relative paths start.

    Raises:
        DataError: a file is missing or is not what it must be.
    """
    source = spec.data.train
    if source is None:
        raise DataError("data.train must say where the examples are. Received: none. "
                        "Add data.train to the spec.", path=spec.name)
    margin = max((a.arguments["max"] for a in spec.data.augment if a.name == "shift"), default=0)
    length = max(one.length for one in spec.data.inputs.values())
    center = any(one.center for one in spec.data.inputs.values())
    load = _from_intervals if source.intervals else _from_fasta
    loaded = load(spec.data, source, folder, length, margin, center=center)
    labels = _labels(spec, loaded.table)
    return Examples(
        names=loaded.names, codes=loaded.codes, margin=margin, labels=labels,
        parts=_parts(spec, loaded), files=_hashes(spec.data, source, folder),
    )


def _from_fasta(_data: Data, source: Source, folder: Path, length: int, margin: int, *,
                center: bool) -> _Loaded:
    assert source.fasta is not None  # noqa: S101 - the spec's checks
    assert source.labels is not None  # noqa: S101
    sequences = read_sequences(folder / source.fasta, length, center=center)
    table = read_table(folder / source.labels).joined(sequences.names, source.fasta)
    codes = np.pad(sequences.codes, ((0, 0), (margin, margin)), constant_values=UNKNOWN)
    return _Loaded(sequences.names, codes, table, _named_places(sequences.names))


def _named_places(names: tuple[str, ...]) -> Intervals | None:
    """Return the intervals that names such as ``chr1:100-200`` state; None if one states none."""
    found = [_COORDINATES.match(name) for name in names]
    rows = [(m[1], _number(m[2]), _number(m[3]), ".") for m in found if m]
    return make_intervals(rows) if len(rows) == len(names) else None


def _number(text: str) -> int:
    """Return a number that may be written with commas between thousands."""
    return int(text.replace(",", "") or 0)


def _from_intervals(data: Data, source: Source, folder: Path, length: int, margin: int, *,
                    center: bool) -> _Loaded:
    assert source.intervals is not None  # noqa: S101 - the spec's checks
    assert data.reference is not None  # noqa: S101
    intervals = read_intervals(folder / source.intervals)
    windows = fit_length(intervals, length, center=center)
    with Genome(folder / data.reference.fasta) as genome:
        genome.check(windows)
        codes = genome.fetch(windows.widened(margin), pad=True)
    names = interval_names(intervals)
    if source.labels is None:
        table = Table(intervals.path, intervals.columns, intervals.line)
    else:
        table = read_table(folder / source.labels).joined(names, source.intervals)
    return _Loaded(names, codes, table, windows)


def interval_names(intervals: Intervals) -> tuple[str, ...]:
    """Return the intervals' names, or ``contig:start-end`` where there is none or only ``.``."""
    labels = intervals.labels()
    names = intervals.columns.get("name", labels)
    return tuple(label if name == "." else str(name)
                 for name, label in zip(names, labels, strict=True))


def fit_length(intervals: Intervals, length: int, *, center: bool) -> Intervals:
    """Return intervals of ``length`` bp.

    Args:
        intervals: as read.
        length: what the model takes.
        center: take ``length`` bp around each centre; otherwise they must have that length.

    Raises:
        DataError: ``center`` is false and an interval has another length.
    """
    if center:
        return intervals.resized(length)
    wrong = np.flatnonzero(intervals.end - intervals.start != length)
    if len(wrong):
        row = wrong[0]
        received = int(intervals.end[row] - intervals.start[row])
        raise DataError(
            f"every interval must have the {length} bp that the model takes. Received: {received} "
            f"bp at {intervals[wrong[:1]].labels()[0]}. Resize around the centre with "
            "--resize center (resize='center'), or data.inputs.*.center: true in the spec.",
            path=intervals.path,
            line=None if intervals.line is None else int(intervals.line[row]),
        )
    return intervals


def _labels(spec: Spec, table: Table) -> dict[str, NDArray[np.float32]]:
    labels = {}
    for name, target in spec.data.targets.items():
        found = np.stack([table.numbers(column) for column in target.names], axis=1)
        if spec.task != "regression" and not np.isin(found, (0, 1)).all():
            bad = found[~np.isin(found, (0, 1))][0]
            raise DataError(f"labels for {spec.task} must be 0 or 1. Received: {bad:g} in target "
                            f"{name!r}. Use task: regression for measured values.",
                            path=table.path)
        labels[name] = found
    return labels


def _parts(spec: Spec, loaded: _Loaded) -> Parts:
    split = spec.data.split
    if split.by == "chromosome" and loaded.places is None:
        raise DataError("a split by chromosome needs intervals, or sequences named "
                        f"contig:start-end. Received: {loaded.names[0]!r}.", path=loaded.table.path)
    stratify = split.stratify if isinstance(split, RandomSplit) else None
    words: Any = loaded.table.texts(split.column) if isinstance(split, ColumnSplit) else None
    return split_rows(
        split, len(loaded.names), seed=spec.training.seed, path=loaded.table.path,
        strata=loaded.table.numbers(stratify) if stratify else None,
        clusters=None if loaded.places is None else loaded.places.clusters(),
        chromosomes=None if loaded.places is None else loaded.places.contig_names,
        words=words,
    )


def _hashes(data: Data, source: Source, folder: Path) -> dict[str, str]:
    reference = data.reference.fasta if data.reference else None
    named = [source.fasta, source.intervals, source.labels, reference]
    return {name: sha256_of(folder / name) for name in named if name is not None}
