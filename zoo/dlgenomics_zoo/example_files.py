"""Example files of a model, and the arguments with which its dataloader reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from dlgenomics.data.encoding import UNKNOWN
from dlgenomics.data.sequences import write_sequences
from dlgenomics.errors import DlgError
from dlgenomics.files import write_text
from dlgenomics.package.manifest import read_manifest, verify_files
from dlgenomics.predict.dataloader import LoaderArgument
from dlgenomics.spec.inputs import DnaInput
from dlgenomics_zoo.catalogue import locate
from dlgenomics_zoo.client import qualified
from dlgenomics_zoo.feeder import source_root
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.feeding import kipoi_dataloader
from dlgenomics_zoo.kipoi.feeding_example import example_arguments
from dlgenomics_zoo.kipoi.standing import NATIVE, standing_of

ARGUMENTS: Final = "arguments.json"


def get_example(name: str, folder: Path, source: str | None = None) -> dict[str, Any]:
    """Put a model's example files into a folder; nothing of the model is run.

    Of a model of Kipoi they are those that its dataloader names, fetched; of a package the inputs
    of its test, as a FASTA. The arguments are written beside them, as ``arguments.json``.

    Args:
        name: as in `get_model`.
        folder: where the files go.
        source: as in `get_model`.

    Returns:
        The arguments of the model's dataloader.

    Raises:
        ModelNotFoundError: no such model.
        DlgError: it has no example.
        FetchError: a file cannot be had.
    """
    location = locate(qualified(name, source))
    folder.mkdir(parents=True, exist_ok=True)
    found = (_of_package(location.found, folder) if isinstance(location.found, Path)
             else _of_kipoi(location.found, source_root(location, location.found), folder))
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in found.items()}
    write_text(folder / ARGUMENTS, json.dumps(plain, indent=2) + "\n")
    return plain


def _of_kipoi(descriptor: Descriptor, root: Path | None, folder: Path) -> dict[str, Any]:
    if standing_of(descriptor).feeding == NATIVE:
        return kipoi_dataloader(descriptor, {}, root).download_example(str(folder))
    loader = descriptor.dataloader
    arguments = [LoaderArgument(one.name, required=not one.optional, example=one.example)
                 for one in loader.arguments]
    beside = root / loader.own if root is not None and loader.own else root
    return example_arguments(loader.defined_as or "its dataloader", arguments, beside, str(folder))


def _of_package(package: Path, folder: Path) -> dict[str, Any]:
    """Write the inputs of a package's test as a FASTA."""
    manifest = read_manifest(package)
    verify_files(package, manifest.package)
    inputs = manifest.spec.data.inputs
    if len(inputs) != 1 or not isinstance(next(iter(inputs.values())), DnaInput):
        raise DlgError("an example is made for models with one input of DNA. Received: "
                       f"{', '.join(f'{k} ({v.kind})' for k, v in inputs.items())}. `dlg test` "
                       "replays its stored test.")
    (name,) = inputs
    with np.load(package / "test" / "inputs.npz", allow_pickle=False) as stored:
        x = stored[name]
    codes = np.where(np.ptp(x, axis=-1) > 0, x.argmax(axis=-1), UNKNOWN).astype(np.uint8)
    path = folder / "example.fa"
    write_sequences(path, [f"example{row}" for row in range(len(codes))], codes)
    return {"sequences_file": path}
