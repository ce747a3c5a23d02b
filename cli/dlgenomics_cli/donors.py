"""Packaged models that a spec builds on, found by any name that the catalogue knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlgenomics.spec import Spec
    from dlgenomics.spec.packaged import Packaged
    from dlgenomics.train.pretrained import Donor


def package_folder(name: str) -> Path:
    """Return the folder of a packaged model; one of Kipoi's becomes a package first."""
    from dlgenomics_zoo.client import open_package

    return open_package(name)[0]


def packaged_model(name: str) -> Packaged:
    """Return a packaged model as a spec may take it as a block; reads no weights."""
    from dlgenomics.package.donors import packaged_in

    return packaged_in(package_folder(name))


def models_to_start_from(spec: Spec) -> dict[str, Donor]:
    """Return the models that a spec's training takes weights from, by name."""
    from dlgenomics.package.donors import read_donors
    from dlgenomics_zoo.client import get_model

    return read_donors(spec, get_model)
