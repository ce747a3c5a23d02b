"""What one source of examples holds, opened but not yet made into arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from dlgenomics.data.arrays import check_finite, open_array
from dlgenomics.data.banks import Bank, GenomeBank, Held
from dlgenomics.data.encoding import DNA, PROTEIN, RNA, Alphabet
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals, make_intervals, read_intervals
from dlgenomics.data.places import fit_length
from dlgenomics.data.sequences import read_sequences
from dlgenomics.data.tables import Table, read_table
from dlgenomics.data.tracks import TrackBank
from dlgenomics.errors import DataError
from dlgenomics.files import require_file
from dlgenomics.spec.inputs import SequenceInput
from dlgenomics.spec.sources import Source
from dlgenomics.spec.types import Data

_COORDINATES: Final = re.compile(r"([^:\s]+):([\d,]+)-([\d,]+)")


@dataclass(frozen=True)
class Loaded:
    """One source.

    Attributes:
        names: a name for each example.
        table: columns of labels and numbers, one row an example.
        sequences: uint8 codes, shape (examples, window + 2 margin), where they are needed.
        places: the intervals as the file gives them, or as the names state them; else None.
        arrays: the file of arrays, or None.
    """

    names: tuple[str, ...]
    table: Table
    sequences: Bank | None = None
    places: Intervals | None = None
    arrays: Path | None = None

    def array(self, key: str, shape: tuple[int, ...], *, may_miss: bool) -> Bank:
        """Return an array of the source's file, one row an example.

        Args:
            key: its name in the file.
            shape: what each row must have.
            may_miss: whether NaN is a number that is missing; otherwise it is refused.

        Raises:
            DataError: see `open_array`; or the array has another number of rows, or a number that
                is not finite.
        """
        assert self.arrays is not None  # noqa: S101 - the spec's checks
        bank = open_array(self.arrays, key, shape)
        if bank.shape[0] != len(self.names):
            raise DataError(f"array {key!r} must have one row for each of the {len(self.names)} "
                            f"examples. Received: {bank.shape[0]}.", path=self.arrays)
        check_finite(bank, key, self.arrays, may_miss=may_miss)
        return bank

    def signal(self, paths: Sequence[Path], length: int, margin: int, missing: float, *,
               stranded: bool) -> Bank:
        """Return the signal around each interval's centre, with a margin at both ends."""
        assert self.places is not None  # noqa: S101 - the spec's checks
        windows = self.places.resized(length).widened(margin)
        return TrackBank(paths, windows, missing, stranded)


def load_source(data: Data, source: Source, folder: Path, margin: int) -> Loaded:
    """Open one source of examples.

    Args:
        data: the spec's section.
        source: one of its sources.
        folder: where relative paths start.
        margin: bp more at both ends of each sequence.

    Raises:
        DataError: a file is missing or is not what it must be.
    """
    if source.intervals is not None:
        loaded = _from_intervals(data, source, folder, margin)
    elif source.fasta is not None:
        loaded = _from_fasta(data, source, folder, margin)
    elif source.table is not None:
        table = read_table(folder / source.table)
        loaded = Loaded(tuple(map(str, next(iter(table.columns.values())))), table)
    else:
        return _from_arrays(data, source, folder)
    if source.arrays is None:
        return loaded
    path = require_file(folder / source.arrays, "the arrays")
    return Loaded(loaded.names, loaded.table, loaded.sequences, loaded.places, path)


def alphabet_of(inputs: Sequence[SequenceInput]) -> Alphabet:
    """Return the alphabet that inputs from one source share; the spec's checks made it one."""
    kinds = {one.kind for one in inputs}
    return PROTEIN if "protein" in kinds else RNA if "rna" in kinds else DNA


def _from_fasta(data: Data, source: Source, folder: Path, margin: int) -> Loaded:
    assert source.fasta is not None  # noqa: S101 - the caller looked
    inputs = list(data.sequences.values())
    alphabet = alphabet_of(inputs)
    sequences = read_sequences(folder / source.fasta, window_of(inputs), alphabet=alphabet,
                               anchor="center" if any(one.center for one in inputs) else None)
    unknown = len(alphabet.letters)
    codes = np.pad(sequences.codes, ((0, 0), (margin, margin)), constant_values=unknown)
    table = _joined(source, folder, sequences.names, source.fasta)
    return Loaded(sequences.names, table, Held(codes), _named_places(sequences.names))


def _joined(source: Source, folder: Path, names: tuple[str, ...], of: str) -> Table:
    """Return the labels of some examples; without a file, a table with their names alone."""
    if source.labels is None:
        return Table(of, {"name": np.array(names, object)})
    return read_table(folder / source.labels).joined(names, of)


def window_of(inputs: Sequence[SequenceInput]) -> int:
    """Return the length of the longest input."""
    return max(one.length for one in inputs)


def _named_places(names: tuple[str, ...]) -> Intervals | None:
    """Return the intervals that names such as ``chr1:100-200`` state; None if one states none."""
    found = [_COORDINATES.match(name) for name in names]
    rows = [(m[1], _number(m[2]), _number(m[3]), ".") for m in found if m]
    return make_intervals(rows) if len(rows) == len(names) else None


def _number(text: str) -> int:
    """Return a number that may be written with commas between thousands."""
    return int(text.replace(",", "") or 0)


def _from_intervals(data: Data, source: Source, folder: Path, margin: int) -> Loaded:
    assert source.intervals is not None  # noqa: S101 - the caller looked
    intervals = read_intervals(folder / source.intervals)
    names = interval_names(intervals)
    if source.labels is None:
        columns = {name: texts.astype(object) for name, texts in intervals.columns.items()}
        table = Table(intervals.path, columns, intervals.line)
    else:
        table = _joined(source, folder, names, source.intervals)
    if not data.sequences:
        return Loaded(names, table, None, intervals)
    inputs = list(data.sequences.values())
    center = any(one.center for one in inputs)
    windows = fit_length(intervals, window_of(inputs), "center" if center else None)
    assert data.reference is not None  # noqa: S101 - the spec's checks
    genome = Genome(folder / data.reference.fasta)
    genome.check(windows)
    return Loaded(names, table, GenomeBank(genome, windows.widened(margin)), windows)


def _from_arrays(data: Data, source: Source, folder: Path) -> Loaded:
    assert source.arrays is not None  # noqa: S101 - the spec's checks
    path = folder / source.arrays
    keys = [(one.key or name, one.shape) for name, one in (*data.inputs.items(),
            *data.targets.items()) if one.kind == "array"]
    count = open_array(path, *keys[0]).shape[0]
    names = tuple(map(str, range(count)))
    table = Table(str(path), {"name": np.array(names, object)})
    return Loaded(names, table, arrays=path)


def interval_names(intervals: Intervals) -> tuple[str, ...]:
    """Return the intervals' names, or ``contig:start-end`` where there is none or only ``.``."""
    labels = intervals.labels()
    names = intervals.columns.get("name", labels)
    return tuple(label if name == "." else str(name)
                 for name, label in zip(names, labels, strict=True))
