"""Packaged models that a spec builds on: as blocks while it is read, as weights when it trains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dlgenomics.package.manifest import read_manifest
from dlgenomics.spec.packaged import Packaged
from dlgenomics.spec.types import Spec

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model
    from dlgenomics.train.pretrained import Donor

Find = Callable[[str], Path]
"""A model's name → the folder of its package."""


def packaged_in(folder: Path) -> Packaged:
    """Return the packaged model in a folder, without its weights and without TensorFlow.

    Raises:
        PackageError, HashMismatchError, SpecError: see `read_manifest`.
    """
    manifest = read_manifest(folder)
    return Packaged(manifest.spec, manifest.sha256)


def read_donors(spec: Spec, get_model: Callable[[str], Model]) -> dict[str, Donor]:
    """Return the weights of the models that a spec's training starts from, by name.

    Args:
        spec: its ``training.pretrained`` names the models.
        get_model: loads a model by name.

    Raises:
        DlgError: a model is not there, or not whole.
    """
    if not spec.training.pretrained:
        return {}
    from dlgenomics.train.pretrained import Donor, weights_of  # noqa: PLC0415 - starts TensorFlow

    found = {}
    for name in dict.fromkeys(entry.model for entry in spec.training.pretrained):
        model = get_model(name)
        found[name] = Donor(model.source.location, model.source.sha256, weights_of(model.model))
    return found
