"""Files → batches for prediction: a genome with intervals, a FASTA of sequences, or a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.banks import Held
from dlgenomics.data.encoding import Codes
from dlgenomics.data.features import Feature, Plain, Signal, draw_change
from dlgenomics.data.feed import encode_inputs, interval_batches
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals, read_intervals
from dlgenomics.data.loaded import alphabet_of, fit_length, interval_names, window_of
from dlgenomics.data.sequences import read_sequences
from dlgenomics.data.tables import Table, read_table
from dlgenomics.data.tracks import TrackBank
from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.spec.inputs import SEQUENCE_KINDS, ArrayInput, Input, NumericInput, SequenceInput

Records = dict[str, NDArray[Any]]
"""Columns that say what each row is, by name."""

Batch = dict[str, Any]
"""As in Kipoi: ``inputs`` and ``metadata``, each leaf with the batch on axis 0."""


class Loader(ABC):
    """Batches in a fixed order, with the records they belong to.

    Attributes:
        inputs: the model's inputs.
        others: what is fed to the inputs that are not made of letters.
    """

    inputs: Mapping[str, Input]
    others: Mapping[str, Feature]

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of rows."""

    @abstractmethod
    def code_batches(self, batch_size: int) -> Iterator[tuple[Codes, slice]]:
        """Yield uint8 codes, shape (batch, window), and the rows they are."""

    @abstractmethod
    def records(self, rows: slice) -> Records:
        """Return the columns that name some rows in an output table."""

    @abstractmethod
    def metadata(self, rows: slice) -> dict[str, Any]:
        """Return Kipoi's metadata of some rows."""

    def array_batches(self, batch_size: int) -> Iterator[tuple[dict[str, NDArray[Any]], slice]]:
        """Yield the arrays of the model's inputs, by name, and the rows they are."""
        letters = letter_inputs(self.inputs)
        for codes, rows in self.code_batches(batch_size):
            found = encode_inputs(codes, letters)
            unchanged = draw_change((), 0, len(codes), np.random.default_rng(0))
            numbers = np.arange(rows.start, rows.stop)
            found.update({k: one.batch(numbers, unchanged) for k, one in self.others.items()})
            yield {name: found[name] for name in self.inputs}, rows

    def batch_iter(self, batch_size: int = 32) -> Iterator[Batch]:
        """Yield ``{"inputs": arrays, "metadata": {...}}``, as Kipoi's loaders do."""
        for arrays, rows in self.array_batches(batch_size):
            single = next(iter(arrays.values())) if len(arrays) == 1 else arrays
            yield {"inputs": single, "metadata": self.metadata(rows)}

    def load_all(self) -> Batch:
        """Return all rows as one batch."""
        return next(self.batch_iter(batch_size=len(self)))


def letter_inputs(inputs: Mapping[str, Input]) -> dict[str, SequenceInput]:
    """Return the inputs that are made of letters."""
    return {name: one for name, one in inputs.items() if isinstance(one, SEQUENCE_KINDS)}


def _numbers(inputs: Mapping[str, Input], table: Table) -> dict[str, Feature]:
    """Return the features of the inputs that are columns of a table.

    Raises:
        DlgError: an input takes arrays that were made elsewhere, which no file here holds.
    """
    for name, one in inputs.items():
        if isinstance(one, ArrayInput):
            raise DlgError(f"a file must hold what input {name!r} takes: {one.doc}. Received: "
                           "none. Use predict_on_batch, which takes arrays.")
    return {name: Plain(Held(np.stack([table.numbers(c) for c in one.columns], axis=1)))
            for name, one in inputs.items() if isinstance(one, NumericInput)}


def _table_for(names: tuple[str, ...], table_file: Path | str | None, of: str,
               columns: Mapping[str, NDArray[Any]]) -> Table:
    """Return the columns of some rows: those of a table, joined by name, or their own."""
    return Table(of, columns) if table_file is None else read_table(table_file).joined(names, of)


class IntervalLoader(Loader):
    """Sequences of intervals in a genome; minus-strand intervals are reverse-complemented.

    Args:
        inputs: the model's inputs.
        fasta_file: the genome, plain or bgzip.
        intervals_file: BED3 to BED6 and more, or narrowPeak; plain, gzip or ``-``.
        resize: ``"center"`` takes the model's length around each centre; None refuses intervals
            of another length.
        pad: fill positions past a contig's ends with N; otherwise they are refused.
        table_file: a table with the columns of numeric inputs, joined by the intervals' names;
            without it they are columns of the intervals file.
        data_folder: where the relative paths of bigWig inputs start.

    Raises:
        DataError: a file is missing or malformed, or an interval is not in the genome.
    """

    def __init__(
        self,
        inputs: Mapping[str, Input],
        fasta_file: Path | str,
        intervals_file: Path | str,
        *,
        resize: Literal["center"] | None = None,
        pad: bool = False,
        table_file: Path | str | None = None,
        data_folder: Path | str = ".",
    ) -> None:
        self.inputs = inputs
        self.intervals: Intervals = read_intervals(intervals_file)
        letters = list(letter_inputs(inputs).values())
        center = resize == "center" or any(one.center for one in letters)
        self.windows = fit_length(self.intervals, window_of(letters), center=center)
        table = _table_for(interval_names(self.intervals), table_file, self.intervals.path,
                           self.intervals.columns)
        self.others = {**_numbers(inputs, table), **self._signals(Path(data_folder))}
        self.pad = pad
        self.genome = Genome(fasta_file)
        self.genome.check(self.windows, pad=pad)

    def _signals(self, folder: Path) -> dict[str, Feature]:
        found: dict[str, Feature] = {}
        for name, one in self.inputs.items():
            if one.kind == "bigwig":
                paths = [folder / file for file in one.files]
                bank = TrackBank(paths, self.windows.resized(one.length), one.missing, one.stranded)
                found[name] = Signal(bank, 0, one.bin, "mean", one.transform, one.stranded)
        return found

    def __len__(self) -> int:
        return len(self.intervals)

    def code_batches(self, batch_size: int) -> Iterator[tuple[Codes, slice]]:
        """Yield uint8 codes, shape (batch, window), and the rows they are."""
        return interval_batches(self.genome, self.windows, batch_size, pad=self.pad)

    def records(self, rows: slice) -> Records:
        """Return chrom, start, end (as in the file), name where there is one, and strand."""
        part = self.intervals[rows]
        found: Records = {"chrom": part.contig_names, "start": part.start, "end": part.end}
        if "name" in part.columns:
            found["name"] = part.columns["name"]
        return {**found, "strand": part.strand}

    def metadata(self, rows: slice) -> dict[str, Any]:
        """Return ``ranges``: the windows that were read, after resizing; ``id`` is the row."""
        part = self.windows[rows]
        numbers = np.arange(rows.start, rows.stop).astype(str)
        return {"ranges": {"chr": part.contig_names, "start": part.start, "end": part.end,
                           "id": numbers, "strand": part.strand}}


class SequenceLoader(Loader):
    """Sequences of a FASTA, each a row.

    Args:
        inputs: the model's inputs.
        sequences_file: plain, gzip or ``-``.
        resize: ``"center"`` takes the central part of longer sequences.
        table_file: a table with the columns of numeric inputs, joined by the sequences' names.

    Raises:
        DataError: the file is missing or malformed, or a sequence has another length.
        DlgError: an input is signal along an interval, which a sequence does not have.
    """

    def __init__(
        self,
        inputs: Mapping[str, Input],
        sequences_file: Path | str,
        *,
        resize: Literal["center"] | None = None,
        table_file: Path | str | None = None,
    ) -> None:
        _refuse_signal(inputs, "a FASTA of sequences")
        self.inputs = inputs
        letters = list(letter_inputs(inputs).values())
        center = resize == "center" or any(one.center for one in letters)
        self.sequences = read_sequences(sequences_file, window_of(letters), center=center,
                                        alphabet=alphabet_of(letters))
        table = _table_for(self.sequences.names, table_file, self.sequences.path, {})
        self.others = _numbers(inputs, table)

    def __len__(self) -> int:
        return len(self.sequences)

    def code_batches(self, batch_size: int) -> Iterator[tuple[Codes, slice]]:
        """Yield uint8 codes, shape (batch, window), and the rows they are."""
        for first in range(0, len(self), batch_size):
            rows = slice(first, min(first + batch_size, len(self)))
            yield self.sequences.codes[rows], rows

    def records(self, rows: slice) -> Records:
        """Return the sequences' names."""
        return {"name": np.array(self.sequences.names[rows], object)}

    def metadata(self, rows: slice) -> dict[str, Any]:
        """Return the sequences' names as ``id``."""
        return {"id": np.array(self.sequences.names[rows], object)}


class TableLoader(Loader):
    """Rows of a table, for models that take numbers alone.

    Args:
        inputs: the model's inputs.
        table_file: tab-separated with a header; its first column names the rows.

    Raises:
        DataError: the file is missing or malformed, or lacks a column.
    """

    def __init__(self, inputs: Mapping[str, Input], table_file: Path | str) -> None:
        self.inputs = inputs
        table = read_table(table_file)
        self.names = next(iter(table.columns.values()))
        self.others = _numbers(inputs, table)

    def __len__(self) -> int:
        return len(self.names)

    def code_batches(self, batch_size: int) -> Iterator[tuple[Codes, slice]]:
        """Yield empty codes, shape (batch, 0), and the rows they are."""
        for first in range(0, len(self), batch_size):
            rows = slice(first, min(first + batch_size, len(self)))
            yield np.empty((rows.stop - rows.start, 0), np.uint8), rows

    def records(self, rows: slice) -> Records:
        """Return the rows' names."""
        return {"name": self.names[rows]}

    def metadata(self, rows: slice) -> dict[str, Any]:
        """Return the rows' names as ``id``."""
        return {"id": self.names[rows]}


def _refuse_signal(inputs: Mapping[str, Input], came: str) -> None:
    for name, one in inputs.items():
        if one.kind == "bigwig":
            raise DlgError(f"input {name!r} is signal along an interval and needs a genome with "
                           f"intervals. Received: {came}.")


_INTERVAL_ARGUMENTS: Final = ("fasta_file", "intervals_file", "resize", "pad", "table_file",
                              "data_folder")
_SEQUENCE_ARGUMENTS: Final = ("sequences_file", "resize", "table_file")
_TABLE_ARGUMENTS: Final = ("table_file",)


def open_loader(inputs: Mapping[str, Input], arguments: Mapping[str, Any]) -> Loader:
    """Return the loader for the files that are given.

    These are ``fasta_file`` with ``intervals_file``, or ``sequences_file``; or, for a model that
    takes numbers alone, ``table_file``.

    Raises:
        DlgError: an argument is unknown or missing.
        DataError: a file is not what it must be.
    """
    kind, known, needed = _kind_of_loader(inputs, arguments)
    for name in arguments:
        if name not in known:
            raise DlgError(f"a dataloader takes {', '.join(known)}. Received: {name!r}."
                           f"{did_you_mean(name, known)}")
    missing = [name for name in needed if name not in arguments]
    if missing:
        wanted = ("table_file" if kind is TableLoader
                  else "fasta_file and intervals_file, or sequences_file")
        raise DlgError(f"a dataloader needs {wanted}. Received: no {missing[0]}.")
    opened: Loader = kind(inputs, **arguments)
    return opened


def _kind_of_loader(
    inputs: Mapping[str, Input], arguments: Mapping[str, Any]
) -> tuple[Callable[..., Loader], tuple[str, ...], tuple[str, ...]]:
    """Return the loader for a model and some files, what it takes, and what it must have."""
    if not letter_inputs(inputs):
        return TableLoader, _TABLE_ARGUMENTS, ("table_file",)
    if "sequences_file" in arguments:
        return SequenceLoader, _SEQUENCE_ARGUMENTS, ("sequences_file",)
    return IntervalLoader, _INTERVAL_ARGUMENTS, ("fasta_file", "intervals_file")
