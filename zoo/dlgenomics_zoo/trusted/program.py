"""A model of Kipoi that is a program, used as a `Model` is: its graph, or its authors' classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dlgenomics.errors import DlgError
from dlgenomics.predict.dataloader import Dataloader
from dlgenomics.predict.schema import Schema
from dlgenomics_zoo.catalogue import Location
from dlgenomics_zoo.feeder import dataloader_of, fetched_root, source_root
from dlgenomics_zoo.imports.kipoi import fetched_files
from dlgenomics_zoo.kipoi.described import described_schema
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.standing import GRAPH, OF_TENSORFLOW
from dlgenomics_zoo.trusted.pipeline import ProgramPipeline
from dlgenomics_zoo.trusted.statement import announce, statement

if TYPE_CHECKING:
    from dlgenomics_zoo.client import Terms

_SAVED_MODEL: Final = "kipoi.model.TensorFlow2Model"


@dataclass(frozen=True, eq=False)
class Program:
    """A program that predicts, with what is known of it and what feeds it.

    Attributes:
        name: of the model.
        info: its descriptor: authors, license, doc and so on.
        model: what runs: a `Graph`, a `SavedModel`, or an object of kipoi's.
        source: the source that has it.
        dataloader: what feeds it; None without.
    """

    name: str
    info: Descriptor
    model: Any
    source: str
    dataloader: Dataloader | None

    @property
    def type(self) -> str:
        """The class that runs it in Kipoi."""
        return self.info.defined_as

    @property
    def args(self) -> Mapping[str, Any]:
        """The arguments of that class, besides its files."""
        return self.info.arguments

    @property
    def schema(self) -> Schema:
        """Shapes of inputs and targets by name, as the descriptor states them."""
        return described_schema(self.info)

    @property
    def inputs(self) -> dict[str, tuple[int | None, ...]]:
        """The shape of one sample of each input, as the descriptor states it."""
        return {name: one.shape for name, one in self.schema.inputs.items()}

    @property
    def columns(self) -> list[str]:
        """The names of the only output's columns, or of the outputs."""
        arrays = self.info.targets.arrays
        labels = arrays[0].labels if len(arrays) == 1 else ()
        return list(labels or self.schema.targets)

    @property
    def default_dataloader(self) -> Dataloader:
        """What feeds it, used as Kipoi's dataloader classes are."""
        if self.dataloader is None:
            raise DlgError("a model must be loaded with its dataloader to read files. Received: "
                           "with_dataloader=False.")
        return self.dataloader

    @cached_property
    def pipeline(self) -> ProgramPipeline:
        """Whole-pipeline prediction from files."""
        return ProgramPipeline(self)

    def predict_on_batch(self, x: Any) -> Any:
        """Return predictions for a batch, as the dataloader gives it."""
        return self.model.predict_on_batch(x)

    def predict_activation_on_batch(self, x: Any, layer: str | int,
                                    pre_nonlinearity: bool = False) -> Any:
        """Return what a layer, or an operation of a graph, says of a batch.

        Raises:
            DlgError: the program has no way to tell.
        """
        return self._call("predict_activation_on_batch", x, layer, pre_nonlinearity)

    def input_grad(self, x: Any, **how: Any) -> Any:
        """Return the gradient of an output with respect to the input.

        Raises:
            DlgError: the program has no way to tell.
        """
        return self._call("input_grad", x, **how)

    def _call(self, method: str, *arguments: Any, **named: Any) -> Any:
        found = getattr(self.model, method, None)
        if found is None:
            raise DlgError(f"{method} needs a program that has it. Received: "
                           f"{self.name!r}, a {type(self.model).__name__} without.")
        return found(*arguments, **named)


def run_program(location: Location, descriptor: Descriptor, terms: Terms, *,
                with_dataloader: bool) -> Program:
    """Return a model of Kipoi that is a program, after saying what will run. Only with trust.

    Args:
        location: where it was found.
        descriptor: what it says of itself.
        terms: on what terms its files are fetched.
        with_dataloader: whether it takes files.

    Raises:
        DlgError: it cannot be run here; the message holds what it said.
    """
    model = _run(location, descriptor, terms)
    dataloader = _fed(location, descriptor) if with_dataloader else None
    return Program(location.name, descriptor, model, location.source, dataloader)


def _fed(location: Location, descriptor: Descriptor) -> Dataloader | None:
    if descriptor.defined_as.startswith(OF_TENSORFLOW) or not descriptor.dataloader.own:
        return dataloader_of(location, descriptor, {}, trust=True)
    from dlgenomics_zoo.trusted.dataloader import trusted_dataloader  # noqa: PLC0415 - on demand

    # That it runs was said together with the model's class.
    return trusted_dataloader(descriptor, {}, fetched_root(location, descriptor))


def _run(location: Location, descriptor: Descriptor, terms: Terms) -> Any:
    if descriptor.defined_as == GRAPH:
        from dlgenomics_zoo.trusted.kipoi_graph import run_graph  # noqa: PLC0415 - TensorFlow

        return run_graph(location, descriptor, terms, source_root(location, descriptor))
    if (folder := _saved_model(location, descriptor)) is not None:
        from dlgenomics_zoo.trusted.saved_model import SavedModel  # noqa: PLC0415 - on demand

        announce(location.name, f"a SavedModel, the program in {folder}.")
        return SavedModel(folder)
    from dlgenomics_zoo.trusted.kipoi_package import run_model_code  # noqa: PLC0415 - on demand

    root = fetched_root(location, descriptor)
    fetched = fetched_files(descriptor, terms.confirm, terms.progress)
    announce(location.name, statement(descriptor, root))
    return run_model_code(descriptor, root, fetched)


def _saved_model(location: Location, descriptor: Descriptor) -> Path | None:
    """Return the folder of a SavedModel that lies beside the descriptor."""
    named = descriptor.arguments.get("savedmodel_path")
    root = source_root(location, descriptor)
    if descriptor.defined_as != _SAVED_MODEL or not isinstance(named, str) or root is None:
        return None
    return root / descriptor.name / named
