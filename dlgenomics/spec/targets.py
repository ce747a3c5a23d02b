"""What a network predicts, by kind. The text under a field is its documentation everywhere."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from dlgenomics.spec.inputs import TRANSFORM_WORDS, Length, Transform
from dlgenomics.spec.node import Node, Several

Task = Literal[
    "binary_classification",
    "multilabel_classification",
    "multiclass_classification",
    "regression",
    "profile",
    "language_model",
]
"""What one target is."""

SpecTask = Literal[
    "binary_classification",
    "multilabel_classification",
    "multiclass_classification",
    "regression",
    "profile",
    "language_model",
    "multitask",
]
"""What a whole spec is for: one task for all targets, or `multitask`."""

Missing = Literal["refuse", "mask"]
OutputShape = tuple[int | None, ...]


class _Target(Node):
    """What all targets share."""

    task: Task | None = None
    """In a spec with `task: multitask`, what this target is; default: what its loss implies."""


class ColumnTarget(_Target):
    """One or more columns of numbers, by name."""

    kind: Literal["columns"] = "columns"
    """The kind of target."""
    column: str | None = None
    """The column of a target with one value."""
    columns: Several[str] = ()
    """The columns of a target with several values, in the order of the outputs."""
    columns_from: str | None = None
    """A text file that names the columns, one a line, in the order of the outputs."""
    missing: Missing = "refuse"
    """What an empty, `NA`, `nan` or `.` label means: an error, or `mask`, which leaves it out of
    loss and metrics."""
    transform: Transform = "none"
    """Applied to each value; the network predicts transformed values."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in output order; none while `columns_from` has not been read."""
        return (self.column,) if self.column is not None else self.columns

    @property
    def shape(self) -> OutputShape:
        """The output's shape without the batch axis; None is a number not known yet."""
        return (None if self.columns_from is not None and not self.columns else len(self.names),)

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return "float32" + _after(self.transform)


class ClassTarget(_Target):
    """A column of words, each one of several classes; the output is a probability of each."""

    kind: Literal["classes"]
    """The kind of target."""
    column: str
    """The column that names the class."""
    classes: Several[str] = Field(min_length=2)
    """The classes in the order of the outputs."""
    missing: Missing = "refuse"
    """What an empty label or an unknown word means: an error, or `mask`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The classes."""
        return self.classes

    @property
    def shape(self) -> OutputShape:
        """The output's shape without the batch axis."""
        return (len(self.classes),)

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return "float32, probability of each class"


class _TrackTarget(_Target):
    """What targets from bigWig files share."""

    files: Several[str] = Field(min_length=1)
    """bigWig files, one a track. Relative paths start at the data folder."""
    length: Length
    """Number of bp around the interval's centre."""
    stranded: bool = False
    """Files come in pairs, plus strand then minus strand, which change places where an example is
    reverse-complemented."""

    @property
    def names(self) -> tuple[str, ...]:
        """The tracks, named by their files."""
        return tuple(name.rsplit("/", 1)[-1] for name in self.files)


class ProfileTarget(_TrackTarget):
    """Signal along an interval from bigWig files: (length / bin, tracks)."""

    kind: Literal["bigwig_profile"]
    """The kind of target."""
    bin: int = Field(default=1, ge=1)
    """Neighbouring positions that become one; divides `length`."""
    pool: Literal["mean", "sum"] = "mean"
    """What becomes of the positions of a bin."""
    missing: float = 0.0
    """The value of positions that a file does not cover."""
    transform: Transform = "none"
    """Applied to each value, after binning; the network predicts transformed values."""

    @property
    def shape(self) -> OutputShape:
        """The output's shape without the batch axis."""
        return (self.length // self.bin, len(self.files))

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return (f"float32, signal along the interval, {self.bin} bp a position"
                f"{_after(self.transform)}")


class CountTarget(_TrackTarget):
    """The sum of the signal over an interval from bigWig files: (tracks,)."""

    kind: Literal["bigwig_counts"]
    """The kind of target."""
    transform: Transform = "log1p"
    """Applied to each sum; the network predicts transformed values."""

    @property
    def shape(self) -> OutputShape:
        """The output's shape without the batch axis."""
        return (len(self.files),)

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return f"float32, total signal over the interval{_after(self.transform)}"


class ArrayTarget(_Target):
    """Labels that were made elsewhere, from an .npz or HDF5 file; NaN is a missing label."""

    kind: Literal["array"]
    """The kind of target."""
    shape: Several[Length] = Field(min_length=1, max_length=8)
    """The shape without the batch axis; the last axis holds columns, tracks or classes."""
    key: str | None = None
    """The array's name in `data.train.arrays`; default: the target's name."""
    columns: Several[str] = ()
    """Names along the last axis; default: 0, 1, 2 …"""
    missing: Missing = "refuse"
    """What NaN means: an error, or `mask`."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names along the last axis."""
        return self.columns or tuple(map(str, range(self.shape[-1])))

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return "float32"


class TokenTarget(_Target):
    """Numbers at each token of a language model: (tokens, size)."""

    kind: Literal["tokens"]
    """The kind of target."""
    size: int = Field(ge=1, le=10_000_000)
    """How many numbers a token has: scores of the vocabulary, or channels of an embedding."""

    @property
    def names(self) -> tuple[str, ...]:
        """No names of its own."""
        return ()

    @property
    def shape(self) -> OutputShape:
        """The output's shape without the batch axis."""
        return (None, self.size)

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return "float32, at each token; those at pads mean nothing"


class InputTarget(_Target):
    """An input of the same network, which an autoencoder is to give back."""

    kind: Literal["input"]
    """The kind of target."""
    input: str
    """The input's name."""

    @property
    def names(self) -> tuple[str, ...]:
        """No names of its own."""
        return ()

    @property
    def shape(self) -> OutputShape:
        """Not known here: the shape is that of the input."""
        return ()

    @property
    def doc(self) -> str:
        """What the numbers are, in words."""
        return f"float32, the input {self.input} given back"


def _after(transform: Transform) -> str:
    return "" if transform == "none" else f"; {TRANSFORM_WORDS[transform]}"


def _kind_of(value: Any) -> Any:
    """Return the kind of target; a target that names none is one of columns."""
    if isinstance(value, dict):
        return str(value.get("kind", "columns"))
    return getattr(value, "kind", None)


Target = Annotated[
    Annotated[ColumnTarget, Tag("columns")]
    | Annotated[ClassTarget, Tag("classes")]
    | Annotated[ProfileTarget, Tag("bigwig_profile")]
    | Annotated[CountTarget, Tag("bigwig_counts")]
    | Annotated[ArrayTarget, Tag("array")]
    | Annotated[TokenTarget, Tag("tokens")]
    | Annotated[InputTarget, Tag("input")],
    Discriminator(_kind_of, custom_error_type="target_kind", custom_error_message=(
        "a mapping whose kind is one of 'columns', 'classes', 'bigwig_profile', 'bigwig_counts', "
        "'array', 'tokens', 'input'")),
]
