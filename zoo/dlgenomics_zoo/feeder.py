"""What feeds a model of Kipoi: our own loader in its terms, its authors' code, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlgenomics.predict.dataloader import Dataloader
from dlgenomics.predict.schema import LoaderSchema
from dlgenomics.spec.inputs import Input
from dlgenomics_zoo.catalogue import KIPOI, Location
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.feeding import kipoi_dataloader
from dlgenomics_zoo.kipoi.index import kipoi_index
from dlgenomics_zoo.kipoi.standing import NATIVE, standing_of
from dlgenomics_zoo.sources.checkouts import source_folder
from dlgenomics_zoo.sources.declared import declared_source
from dlgenomics_zoo.sources.git import clone
from dlgenomics_zoo.sources.permalink import parse_permalink
from dlgenomics_zoo.sources.wheel_models import PYPI
from dlgenomics_zoo.trusted.statement import NeedsTrustError, announce, statement


def dataloader_of(location: Location, descriptor: Descriptor, inputs: Mapping[str, Input], *,
                  trust: bool) -> Dataloader | None:
    """Return what feeds a model; None is our own loader, as its spec describes it.

    Args:
        location: where the model was found.
        descriptor: the model.
        inputs: of its network.
        trust: whether code of its authors may run.

    Raises:
        DlgError: with trust: that code cannot be run.
    """
    if location.source == PYPI:
        return None
    if standing_of(descriptor).feeding == NATIVE:
        return kipoi_dataloader(descriptor, inputs, source_root(location, descriptor))
    if not trust:
        return refusing(location.name, descriptor)
    from dlgenomics_zoo.trusted.dataloader import trusted_dataloader  # noqa: PLC0415 - on demand

    root = fetched_root(location, descriptor)
    announce(location.name, statement(descriptor, root))
    return trusted_dataloader(descriptor, inputs, root)


def source_root(location: Location, descriptor: Descriptor) -> Path | None:
    """Return the folder of a model's source; None for Kipoi's own, of which only facts are here."""
    if location.source == KIPOI:
        return None
    if link := parse_permalink(location.name):
        return clone(link.repository, link.commit)
    if location.source == "folder":
        folder = Path(location.name).expanduser().resolve()
        return folder.parents[len(Path(descriptor.name).parts) - 1]
    return source_folder(declared_source(location.source))


def fetched_root(location: Location, descriptor: Descriptor) -> Path:
    """Return the folder of a model's source; Kipoi's is fetched, at the commit of the index.

    Raises:
        SourceError: it cannot be fetched.
    """
    origin = kipoi_index().origin
    return source_root(location, descriptor) or clone(origin.url, origin.commit)


def refusing(name: str, descriptor: Descriptor) -> Dataloader:
    """Return a dataloader that says why it cannot be used without trust."""
    def refuse(_: Any) -> Any:
        raise NeedsTrustError(name, f"{standing_of(descriptor).feeding_reason} Make the inputs "
                              "yourself and use predict_on_batch, or run its code.")

    return Dataloader(descriptor.dataloader.defined_as or "unknown", (), refuse,
                      LoaderSchema({}), refuse)
