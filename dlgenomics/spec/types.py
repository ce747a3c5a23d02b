"""What a spec says, as immutable types. The text under a field is its documentation everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import BaseModel, Field, InstanceOf

from dlgenomics.spec.arguments import Reference, plain
from dlgenomics.spec.inputs import SEQUENCE_KINDS, Input, SequenceInput, TrackInput
from dlgenomics.spec.node import Node, Several
from dlgenomics.spec.pretrained import Pretrained
from dlgenomics.spec.search import Search
from dlgenomics.spec.sources import Genome, RandomSplit, Sampling, Source, Split
from dlgenomics.spec.targets import InputTarget, OutputShape, SpecTask, Target, Task

SPEC_VERSION = 1
NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"
"""The name of a spec."""


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
    datasets: Several[str] = ()
    """Public data sets that it was trained on, as `org/name` on the Hugging Face Hub, or by
    accession."""
    doc: str | None = None
    """Anything else a user should know; Markdown."""


class Data(Node):
    """Inputs, targets, and where the examples come from."""

    inputs: Mapping[str, Input]
    """Inputs by name."""
    targets: Mapping[str, Target]
    """Targets by name; each is an output of the model."""
    train: Source | Several[Source] | None = None
    """The labelled examples; several sources in a list are joined."""
    validation: Source | Several[Source] | None = None
    """Examples for validation, where the split is by file."""
    test: Source | Several[Source] | None = None
    """Examples for the test, where the split is by file."""
    reference: Genome | None = None
    """The genome, where examples are intervals."""
    split: Split = RandomSplit(by="random")
    """How examples are divided into training, validation and test sets."""
    weights: str | None = None
    """A column of weights: how much each training example counts in the loss."""
    sampling: Sampling | None = None
    """How training batches are filled; default: every example once an epoch."""
    augment: Several[InstanceOf[Reference]] = ()
    """Changes made to training examples only: `reverse_complement`, `shift`."""

    def sources(self, part: Literal["train", "validation", "test"]) -> tuple[Source, ...]:
        """Return the sources of a part, none if it has no files of its own."""
        found = getattr(self, part)
        return found if isinstance(found, tuple) else () if found is None else (found,)

    @property
    def sequences(self) -> dict[str, SequenceInput]:
        """The inputs made of letters, by name."""
        return {k: v for k, v in self.inputs.items() if isinstance(v, SEQUENCE_KINDS)}

    @property
    def tracks(self) -> dict[str, TrackInput]:
        """The inputs that are signal along an interval, by name."""
        return {k: v for k, v in self.inputs.items() if isinstance(v, TrackInput)}

    def output_shape(self, target: str) -> OutputShape:
        """Return the shape of a target without the batch axis; None is a number not known yet."""
        found = self.targets[target]
        if isinstance(found, InputTarget):
            given = self.inputs.get(found.input)
            return tuple(given.shape) if given else ()  # a missing input is noted elsewhere
        return tuple(found.shape)


@dataclass(frozen=True)
class Origin:
    """Where the weights of a layer come from: a layer of a packaged model.

    Attributes:
        model: the packaged model's name.
        sha256: of its manifest.
        layer: the layer there.
        frozen: whether training leaves it alone.
    """

    model: str
    sha256: str
    layer: str
    frozen: bool


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
        origin: where its weights come from, while a spec with ``Package`` blocks is read.
    """

    kind: str
    name: str
    arguments: Mapping[str, Any]
    inputs: tuple[str, ...]
    reasons: Mapping[str, str] = field(default_factory=dict, compare=False)
    wrapped: Layer | None = None
    path: tuple[str | int, ...] = field(default=(), compare=False)
    shares: str | None = None
    origin: Origin | None = field(default=None, compare=False)

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


ClassWeight = Literal["balanced"] | Mapping[str, float]


Precision = Literal["float32", "mixed_float16", "mixed_bfloat16"]


Calibration = Literal["platt", "isotonic", "temperature"]


class Training(Node):
    """How the network is fitted."""

    seed: int = Field(default=1, ge=0, lt=2**32)
    """Seeds initial weights, split, order, augmentation and dropout."""
    optimizer: InstanceOf[Reference] = Reference("Adam")
    """An optimizer of Keras, by name or with arguments. Its `learning_rate` is a number or a
    schedule, whose lengths are in steps or in epochs: `decay_steps` or `decay_epochs`."""
    reference_batch_size: int | None = Field(default=None, ge=1, le=1_000_000)
    """The batch size that the learning rate is meant for: with another `batch_size` every rate is
    multiplied by batch_size / reference_batch_size. Default: rates are as they are written."""
    precision: Precision = "float32"
    """What layers compute in: `float32`, or half of it by `mixed_float16` (with loss scaling) or
    `mixed_bfloat16`. Weights and outputs are float32 always; predictions are computed in it."""
    loss: Mapping[str, InstanceOf[Reference]]
    """The loss of each target; default: from the task."""
    loss_weights: Mapping[str, float] = {}
    """How much each target's loss counts in the sum; default: 1."""
    metrics: Mapping[str, Several[str]]
    """The metrics of each target; default: from the task."""
    class_weight: Mapping[str, ClassWeight] = {}
    """For each target `balanced`, or a weight for each class: "0" and "1", or the classes' names.
    With one target its name may be left out."""
    pretrained: Several[Pretrained] = Field(default=(), max_length=100)
    """Packaged models whose weights layers take before training: a name, `{from, layers, except}`,
    or a list of these."""
    freeze: Several[str] = Field(default=(), max_length=1000)
    """Layers that training leaves as they are, by name or by patterns with `*`; a
    BatchNormalization among them keeps its statistics."""
    calibrate: Mapping[str, Calibration] = {}
    """For each target `platt`, `isotonic` or `temperature`: its probabilities are corrected after
    training, on the validation set. With one target its name may be left out."""
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
    name: str = Field(pattern=NAME_PATTERN)
    """The model's name; a slash makes groups."""
    description: str = ""
    """One sentence: what goes in, what comes out."""
    cite: str | None = None
    """A DOI or address."""
    license: str | None = None
    """SPDX identifier of the weights' licence."""
    task: SpecTask
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

    def task_of(self, target: str) -> Task:
        """Return what one target is: its own task in a multitask spec, else the spec's."""
        own = self.data.targets[target].task
        if self.task == "multitask":
            assert own is not None  # noqa: S101 - the parser fills it in
            return own
        return self.task

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
        return {fields[k].alias or k: _fields(v) for k, v in found.items()
                if not (v in (None, (), {}) and v == fields[k].default)}
    if isinstance(value, Mapping):
        return {k: _fields(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_fields(v) for v in value]
    return value
