"""Files → batches for prediction: a genome with intervals, or a FASTA of sequences."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes
from dlgenomics.data.examples import fit_length
from dlgenomics.data.feed import encode_inputs, interval_batches
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals, read_intervals
from dlgenomics.data.sequences import read_sequences
from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.spec.types import DnaInput

Records = dict[str, NDArray[Any]]
"""Columns that say what each row is, by name."""

Batch = dict[str, Any]
"""As in Kipoi: ``inputs`` and ``metadata``, each leaf with the batch on axis 0."""


class Loader(ABC):
    """Batches of codes in a fixed order, with the records they belong to.

    Attributes:
        inputs: the model's inputs.
    """

    inputs: Mapping[str, DnaInput]

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

    def batch_iter(self, batch_size: int = 32) -> Iterator[Batch]:
        """Yield ``{"inputs": one-hot arrays, "metadata": {...}}``, as Kipoi's loaders do."""
        for codes, rows in self.code_batches(batch_size):
            arrays = encode_inputs(codes, self.inputs)
            single = next(iter(arrays.values())) if len(arrays) == 1 else arrays
            yield {"inputs": single, "metadata": self.metadata(rows)}

    def load_all(self) -> Batch:
        """Return all rows as one batch."""
        return next(self.batch_iter(batch_size=len(self)))


class IntervalLoader(Loader):
    """Sequences of intervals in a genome; minus-strand intervals are reverse-complemented.

    Args:
        inputs: the model's inputs.
        fasta_file: the genome, plain or bgzip.
        intervals_file: BED3 to BED6 and more, or narrowPeak; plain, gzip or ``-``.
        resize: ``"center"`` takes the model's length around each centre; None refuses intervals
            of another length.
        pad: fill positions past a contig's ends with N; otherwise they are refused.

    Raises:
        DataError: a file is missing or malformed, or an interval is not in the genome.
    """

    def __init__(
        self,
        inputs: Mapping[str, DnaInput],
        fasta_file: Path | str,
        intervals_file: Path | str,
        *,
        resize: Literal["center"] | None = None,
        pad: bool = False,
    ) -> None:
        self.inputs = inputs
        self.intervals: Intervals = read_intervals(intervals_file)
        length = max(one.length for one in inputs.values())
        center = resize == "center" or any(one.center for one in inputs.values())
        self.windows = fit_length(self.intervals, length, center=center)
        self.pad = pad
        self.genome = Genome(fasta_file)
        self.genome.check(self.windows, pad=pad)

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

    Raises:
        DataError: the file is missing or malformed, or a sequence has another length.
    """

    def __init__(
        self,
        inputs: Mapping[str, DnaInput],
        sequences_file: Path | str,
        *,
        resize: Literal["center"] | None = None,
    ) -> None:
        self.inputs = inputs
        length = max(one.length for one in inputs.values())
        self.sequences = read_sequences(sequences_file, length, center=resize == "center")

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


_INTERVAL_ARGUMENTS = ("fasta_file", "intervals_file", "resize", "pad")
_SEQUENCE_ARGUMENTS = ("sequences_file", "resize")


def open_loader(inputs: Mapping[str, DnaInput], arguments: Mapping[str, Any]) -> Loader:
    """Return the loader for ``fasta_file`` with ``intervals_file``, or for ``sequences_file``.

    Raises:
        DlgError: an argument is unknown or missing.
        DataError: a file is not what it must be.
    """
    known = _SEQUENCE_ARGUMENTS if "sequences_file" in arguments else _INTERVAL_ARGUMENTS
    for name in arguments:
        if name not in known:
            raise DlgError(f"a dataloader takes {', '.join(known)}. Received: {name!r}."
                           f"{did_you_mean(name, known)}")
    missing = [name for name in known if name.endswith("_file") and name not in arguments]
    if missing:
        raise DlgError("a dataloader needs fasta_file and intervals_file, or sequences_file. "
                       f"Received: no {missing[0]}.")
    if "sequences_file" in arguments:
        return SequenceLoader(inputs, **arguments)
    return IntervalLoader(inputs, **arguments)
