"""Where labelled examples come from and how they are divided and drawn."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dlgenomics.spec.node import Node, Several


class Source(Node):
    """Where examples come from. Relative paths start at the data folder."""

    fasta: str | None = None
    """A FASTA of sequences, one an example; plain or gzip."""
    intervals: str | None = None
    """A BED (3 to 6 columns and more) or narrowPeak file, one line an example; plain or gzip."""
    table: str | None = None
    """A tab-separated table with a header, one line an example, where no sequences are needed."""
    arrays: str | None = None
    """An .npz or HDF5 file with the arrays of `kind: array`, one row an example; beside another
    source in the same order, or alone."""
    labels: str | None = None
    """A tab-separated table with a header; its first column joins by name to the examples.
    Without it, labels are columns of the intervals file, which then needs a header line."""


class Genome(Node):
    """The genome that intervals refer to."""

    fasta: str
    """A FASTA, plain or bgzip."""


class RandomSplit(Node):
    """Examples are dealt at random, seeded by `training.seed`."""

    by: Literal["random"]
    """How the split is made."""
    test: float | int = 0.15
    """Share (below 1) or number of examples held out for the test."""
    validation: float | int = 0.15
    """Share (below 1) or number of examples for validation."""
    stratify: str | None = None
    """A label column whose proportions each part keeps."""


class ChromosomeSplit(Node):
    """Whole chromosomes are held out."""

    by: Literal["chromosome"]
    """How the split is made."""
    test: Several[str]
    """Chromosomes of the test set."""
    validation: Several[str]
    """Chromosomes of the validation set."""
    exclude: Several[str] = ()
    """Chromosomes that are not used."""


class ColumnSplit(Node):
    """A label column says train, validation or test; other words leave the example out."""

    by: Literal["column"]
    """How the split is made."""
    column: str
    """The column's name."""


class FileSplit(Node):
    """Each part has files of its own: `data.train`, `data.validation` and `data.test`."""

    by: Literal["file"]
    """How the split is made."""


Split = Annotated[RandomSplit | ChromosomeSplit | ColumnSplit | FileSplit,
                  Field(discriminator="by")]


class Sampling(Node):
    """How training batches are filled; validation and test stay as they are found."""

    of: str
    """The target whose labels are looked at."""
    positives: float | None = Field(default=None, gt=0, lt=1)
    """The share of each training batch that has a label above `threshold`."""
    threshold: float = 0.5
    """A label above it makes an example positive."""
    balance: bool = False
    """Each training batch holds equally many examples of each class."""
