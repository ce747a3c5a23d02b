"""What a Kipoi descriptor says, as types. Nothing here loads or runs a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int | None, ...]
"""The shape of one sample, without the batch; None is any length."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that lies elsewhere.

    Attributes:
        role: what the model calls it, such as ``weights``, ``arch`` or ``checkpoint_path/meta``.
        url: where it lies.
        md5, sha256: its hash in lower-case hexadecimal; empty where none is given.
        name: the file name that its user wants it to have; empty where any will do.
    """

    role: str
    url: str
    md5: str = ""
    sha256: str = ""
    name: str = ""


@dataclass(frozen=True)
class Array:
    """One array of a model's inputs or targets.

    Attributes:
        path: its keys in a nested schema, joined by ``/``; empty where the schema is one array.
        shape: of one sample; None where it is not stated.
        name, special_type, doc: as stated. special_type is DNASeq, DNAStringSeq, bigwig, v-plot or
            Array.
        labels: the names of its columns.
        labels_file: the file that the names come from, relative to the models' folder.
        metadata: names of the metadata that go with it.
    """

    path: str
    shape: Shape | None = None
    name: str = ""
    special_type: str = ""
    doc: str = ""
    labels: tuple[str, ...] = ()
    labels_file: str = ""
    metadata: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """The arrays that a model takes or gives.

    Attributes:
        form: ``array`` (one array, by itself), ``list`` or ``dict``; a dict may be nested.
        arrays: in the order in which they are written.
    """

    form: str = "array"
    arrays: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Argument:
    """An argument of a dataloader; ``example`` and ``default`` are values or remote files."""

    name: str
    doc: str = ""
    type: str = ""
    optional: bool = False
    default: Any = None
    example: Any = None


@dataclass(frozen=True)
class Dataloader:
    """What feeds a model.

    Attributes:
        defined_as: the class: a dotted name of the kipoiseq package, or of the model's own code.
        own: the name of the dataloader whose own Python code it is; empty for one of kipoiseq.
        kind: Dataset, SampleIterator and so on; empty where not stated.
        default_args: what the model passes to it.
        arguments: what it takes, where its own descriptor says so.
    """

    defined_as: str = ""
    own: str = ""
    kind: str = ""
    default_args: Mapping[str, Any] = field(default_factory=dict)
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Person:
    """An author or contributor; what is not stated is empty."""

    name: str
    github: str = ""
    email: str = ""


@dataclass(frozen=True)
class Descriptor:
    """One model of Kipoi or of a source in Kipoi's form.

    Attributes:
        name: its path in the source, such as ``DeepSEA/predict``.
        path: the descriptor file, relative to the source's folder.
        defined_as: the class that runs it: ``kipoi.model.KerasModel`` or one of its own code.
        framework: keras, pytorch, tensorflow, sklearn, or empty where it is left open.
        files: what it must fetch, in the order of its arguments.
        arguments: its other arguments.
        code: Python files of its own that it names.
        requirements: the packages that it pins, as written for conda or pip.
        inputs, targets, dataloader: see there.
        license: as stated; empty where it is not (Kipoi then takes it for MIT).
        license_file: a licence text beside it, relative to the source's folder.
        expectation: predictions for its example input.
        precision: the decimals to which predictions must agree with these.
        problems: why it, or some of it, cannot be used; each a sentence.
    """

    name: str
    path: str = ""
    defined_as: str = ""
    framework: str = ""
    files: tuple[RemoteFile, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    code: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    inputs: Schema = Schema()
    targets: Schema = Schema()
    dataloader: Dataloader = Dataloader()
    license: str = ""
    license_file: str = ""
    authors: tuple[Person, ...] = ()
    contributors: tuple[Person, ...] = ()
    cite: str = ""
    tags: tuple[str, ...] = ()
    doc: str = ""
    trained_on: str = ""
    training_procedure: str = ""
    version: str = ""
    expectation: RemoteFile | None = None
    precision: int = 7
    problems: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The part of the name before the first slash."""
        return self.name.partition("/")[0]

    def file(self, role: str) -> RemoteFile | None:
        """Return the file of a role, or None."""
        return next((file for file in self.files if file.role == role), None)

    def all_files(self) -> Iterator[RemoteFile]:
        """Yield the model's files and those that its dataloader fetches by default."""
        yield from self.files
        for argument in self.dataloader.arguments:
            if isinstance(argument.default, RemoteFile):
                yield argument.default
