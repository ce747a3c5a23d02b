"""Kipoi's calls about models and sources, for those who change only the import.

`get_model` and `list_models` stand beside them in `dlgenomics`. Names and meaning are Kipoi's;
nothing is run or fetched to describe a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dlgenomics.errors import DlgError, ModelNotFoundError
from dlgenomics.predict.dataloader import Dataloader
from dlgenomics.predict.schema import Schema
from dlgenomics_zoo.catalogue import Location, locate
from dlgenomics_zoo.client import get_model, qualified
from dlgenomics_zoo.feeder import dataloader_of
from dlgenomics_zoo.kipoi import descriptor as kipoi
from dlgenomics_zoo.kipoi.dataloader import LIBRARY
from dlgenomics_zoo.kipoi.described import described_schema
from dlgenomics_zoo.kipoi.feeding import kipoi_dataloader
from dlgenomics_zoo.model_table import ModelTable, list_models
from dlgenomics_zoo.sources import declared
from dlgenomics_zoo.sources.checkouts import source_folder, update_source
from dlgenomics_zoo.sources.wheel_models import PYPI


@dataclass(frozen=True)
class ModelDescription:
    """What a model's ``model.yaml`` says, under the names that Kipoi gives it.

    Attributes:
        facts: everything, as our own catalogue has it; authors, licence, tags and so on are there
            and under ``info``.
    """

    facts: kipoi.Descriptor

    @property
    def info(self) -> kipoi.Descriptor:
        """Authors, doc, license, tags, version, trained_on."""
        return self.facts

    @property
    def type(self) -> str:
        """The class that runs it in Kipoi."""
        return self.facts.defined_as

    @property
    def args(self) -> Mapping[str, Any]:
        """The arguments of that class; files are `RemoteFile`s."""
        return {**self.facts.arguments, **{file.role: file for file in self.facts.files}}

    @property
    def schema(self) -> Schema:
        """Shapes of inputs and targets by name; ``input`` and ``target`` where they have none."""
        return described_schema(self.facts)

    @property
    def default_dataloader(self) -> kipoi.Dataloader:
        """What feeds it: class, arguments and their defaults."""
        return self.facts.dataloader

    @property
    def dependencies(self) -> tuple[str, ...]:
        """The packages that it pins."""
        return self.facts.requirements


def get_model_descr(model: str, source: str = "kipoi") -> ModelDescription:
    """Return what a model's descriptor says; names and sources as in `get_model`.

    Raises:
        ModelNotFoundError: no such model in Kipoi's form.
    """
    return ModelDescription(_described(model, source)[1])


def get_dataloader_descr(dataloader: str, source: str = "kipoi") -> kipoi.Dataloader:
    """Return what feeds the model of that name: class, arguments and their defaults.

    Raises:
        ModelNotFoundError: no such model in Kipoi's form.
    """
    return _described(dataloader, source)[1].dataloader


def get_dataloader_factory(dataloader: str, source: str = "kipoi", *,
                           trust: bool = False) -> Dataloader:
    """Return what opens the loader of a model; use it as Kipoi's dataloader class.

    Args:
        dataloader: the name of the model; with the source ``py`` a class of kipoiseq.
        source: as in `get_model`, or ``py``.
        trust: whether code of the model's authors may run.

    Raises:
        ModelNotFoundError: no such model in Kipoi's form.
        DlgError: the class is none of kipoiseq's, or there is no trust.
    """
    if source == "py":
        if not dataloader.startswith(LIBRARY):
            raise DlgError("a dataloader's class must be one of kipoiseq. Received: "
                           f"{dataloader!r}. Import your own class and call it yourself.")
        return kipoi_dataloader(kipoi.Descriptor(dataloader, dataloader=kipoi.Dataloader(
            dataloader)), {})
    location, one = _described(dataloader, source)
    if location.source == PYPI:
        return get_model(location.name).default_dataloader
    found = dataloader_of(location, one, {}, trust=trust)
    assert found is not None  # noqa: S101 - only models in wheels have no loader of Kipoi's
    return found


def _described(name: str, source: str) -> tuple[Location, kipoi.Descriptor]:
    location = locate(qualified(name, source))
    if not isinstance(location.found, kipoi.Descriptor):
        raise ModelNotFoundError(name, list_models(source="kipoi")["model"])
    return location, location.found


@dataclass(frozen=True)
class Source:
    """A source of models.

    Attributes:
        source: its name.
        type: ``index`` (comes with dlgenomics), ``folder``, ``git`` or ``permalink``.
        location: folder or address.
        by: whose settings list it.
    """

    source: str
    type: str
    location: str
    by: str = "dlgenomics"

    def list_models(self) -> ModelTable:
        """Return its models."""
        return list_models(source=self.source)

    def get_model_descr(self, model: str) -> ModelDescription:
        """Return what a descriptor of this source says."""
        return get_model_descr(model, self.source)


def list_sources() -> list[Source]:
    """Return Kipoi's zoo, the models in wheels, and the sources that you declared."""
    shipped = [Source("kipoi", "index", "https://github.com/kipoi/models"),
               Source(PYPI, "index", "the package index of your pip")]
    return shipped + [Source(one.name, one.kind, one.location, one.by)
                      for one in declared.declared_sources()]


def get_source(source: str) -> Source:
    """Return a source by its name.

    Raises:
        DlgError: there is none; with the nearest name.
    """
    known = {one.source: one for one in list_sources()}
    if source not in known:
        raise declared.unknown_source(source, known)
    return known[source]


def add_source(name: str, location: str) -> Source:
    """Declare a source from now on, fetching it if need be; as ``dlg source add``.

    Args:
        name: letters, digits, ``-`` and ``_``.
        location: a folder, the address of a git repository, or a link to a commit.

    Raises:
        DlgError: the name is taken or cannot be used, or nothing is there.
    """
    added = declared.prepare_source(name, location)
    update_source(added)
    source_folder(added)
    declared.add_source(added)
    return get_source(name)
