"""What a spec says, as immutable types. The text under a field is its documentation everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, InstanceOf

from dlgenomics.spec.arguments import Reference, plain
from dlgenomics.spec.node import Node, Several
from dlgenomics.spec.search import Search

SPEC_VERSION = 1

Task = Literal[
    "binary_classification",
    "multilabel_classification",
    "multiclass_classification",
    "regression",
]


class Author(Node):
    """A person."""

    name: str
    """Full name."""
    email: str | None = None
    """Where to write to."""
    github: str | None = None
    """Account name on GitHub."""


class Info(Node):
    """Who made the model and from what; goes into the model card."""

    authors: Several[Author] = ()
    """Who made it."""
    version: str = "0.1.0"
    """The model's own version."""
    tags: Several[str] = ()
    """Words to find it by."""
    trained_on: str | None = None
    """The training data in words."""
    doc: str | None = None
    """Anything else a user should know; Markdown."""


class DnaInput(Node):
    """DNA around an interval or from a FASTA of sequences: float32, (length, 4), order A C G T."""

    kind: Literal["dna"]
    """The kind of input."""
    length: int = Field(ge=1, le=10_000_000)
    """Length in bp."""
    encoding: Literal["one_hot"] = "one_hot"
    """How a base becomes numbers."""
    n: Literal["zeros", "quarter"] = "zeros"
    """What N and other ambiguity codes become: all zeros, or 0.25 in each channel."""
    center: bool = False
    """Take `length` bp around each interval's centre; otherwise intervals must have that length."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape without the batch axis."""
        return (self.length, 4)


class Target(Node):
    """What is predicted: one or more columns of the labels, by name."""

    column: str | None = None
    """The column of a target with one value."""
    columns: Several[str] = ()
    """The columns of a target with several values, in the order of the outputs."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in output order."""
        return (self.column,) if self.column is not None else self.columns


class Source(Node):
    """Where examples come from. Relative paths start at the data folder."""

    fasta: str | None = None
    """A FASTA of sequences, one an example; plain or gzip."""
    intervals: str | None = None
    """A BED (3 to 6 columns and more) or narrowPeak file, one line an example; plain or gzip."""
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


Split = Annotated[RandomSplit | ChromosomeSplit | ColumnSplit, Field(discriminator="by")]


class Data(Node):
    """Inputs, targets, and where the examples come from."""

    inputs: Mapping[str, DnaInput]
    """Inputs by name."""
    targets: Mapping[str, Target]
    """Targets by name; each is an output of the model."""
    train: Source | None = None
    """The labelled examples."""
    reference: Genome | None = None
    """The genome, where examples are intervals."""
    split: Split = RandomSplit(by="random")
    """How examples are divided into training, validation and test sets."""
    augment: Several[InstanceOf[Reference]] = ()
    """Changes made to training examples only: `reverse_complement`, `shift`."""


@dataclass(frozen=True)
class Layer:
    """One layer of the graph, with every choice made.

    Attributes:
        kind: the Keras class name.
        name: unique in the model.
        arguments: what was written, ``model.defaults``, and the initializer chosen.
        inputs: names of the layers or inputs that it follows.
        reasons: why an argument that was not written has its value.
        wrapped: the layer inside a wrapper such as ``Bidirectional``.
        path: where it stands in the document.
        shares: the layer above whose weights it uses; kind, arguments and wrapped are that one's.
    """

    kind: str
    name: str
    arguments: Mapping[str, Any]
    inputs: tuple[str, ...]
    reasons: Mapping[str, str] = field(default_factory=dict, compare=False)
    wrapped: Layer | None = None
    path: tuple[str | int, ...] = field(default=(), compare=False)
    shares: str | None = None

    def to_data(self) -> Any:
        """Return the layer as a resolved spec writes it."""
        place = {"from": self.inputs[0] if len(self.inputs) == 1 else list(self.inputs)}
        if self.shares:
            return {"Shared": {**place, "of": self.shares, "name": self.name}}
        arguments = {k: plain(v) for k, v in self.arguments.items()}
        if self.wrapped:
            inner = self.wrapped
            arguments["layer"] = {inner.kind: {k: plain(v) for k, v in inner.arguments.items()}}
        return {self.kind: {**place, **arguments, "name": self.name}}


class Model(Node):
    """The network: layers in order, each following the one above it unless ``from:`` says else."""

    inputs: Several[str]
    """Names of the inputs used, in order; default: all of `data.inputs`."""
    outputs: Several[str]
    """Names of the layers whose outputs are the targets; default: the last layer."""
    layers: Several[InstanceOf[Layer]]
    """The layers. `repeat: {times, layers}`, `Residual: {layers}`, `Siamese: {from, layers, merge}`
    and `ReverseComplementAverage: {layers}` stand for several; `Shared: {of, from}` applies a layer
    above again, with its weights."""


class Training(Node):
    """How the network is fitted."""

    seed: int = Field(default=1, ge=0, lt=2**32)
    """Seeds initial weights, split, order, augmentation and dropout."""
    optimizer: InstanceOf[Reference] = Reference("Adam")
    """An optimizer of Keras, by name or with arguments."""
    loss: Mapping[str, InstanceOf[Reference]]
    """The loss of each target; default: from the task."""
    metrics: Mapping[str, Several[str]]
    """The metrics of each target; default: from the task."""
    class_weight: Literal["balanced"] | Mapping[str, float] | None = None
    """`balanced`, or a weight for each class ("0", "1"); binary targets only."""
    batch_size: int = Field(default=128, ge=1, le=1_000_000)
    """Examples in a batch."""
    epochs: int = Field(default=100, ge=1, le=1_000_000)
    """Passes over the training set at the most."""
    callbacks: Several[InstanceOf[Reference]] = (
        Reference("EarlyStopping", {"monitor": "val_loss", "patience": 5,
                                    "restore_best_weights": True}),
    )
    """`EarlyStopping` (default: patience 5, best weights restored), `ReduceLROnPlateau`,
    `TerminateOnNaN`."""


class Spec(Node):
    """A model from data to training, checked and complete."""

    spec: Literal[1]
    """The version of the format."""
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$")
    """The model's name; a slash makes groups."""
    description: str = ""
    """One sentence: what goes in, what comes out."""
    cite: str | None = None
    """A DOI or address."""
    license: str | None = None
    """SPDX identifier of the weights' licence."""
    task: Task
    """Fills in and checks the output's activation, the loss and the metrics."""
    info: Info = Info()
    """Who made it and from what."""
    data: Data
    """Inputs, targets and examples."""
    model: Model
    """The network."""
    training: Training
    """How it is fitted."""
    search: Search | None = None
    """What `dlg search` varies; a resolved spec, which says what was trained, leaves it out."""

    def to_data(self) -> dict[str, Any]:
        """Return the resolved spec as plain data, ready to be written as YAML and read again."""
        found: dict[str, Any] = plain(_fields(self.model_copy(update={"search": None})))
        return found


def _fields(value: Any) -> Any:
    """Return a node's fields as a mapping, in the order they are declared, recursively.

    Fields that hold nothing by default are left out while they hold nothing.
    """
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        found = {k: getattr(value, k) for k in fields}
        return {k: _fields(v) for k, v in found.items()
                if not (v in (None, ()) and v == fields[k].default)}
    if isinstance(value, Mapping):
        return {k: _fields(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_fields(v) for v in value]
    return value
