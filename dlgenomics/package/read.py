"""A package's folder → a model. Nothing in the folder is ever executed."""

from __future__ import annotations

from pathlib import Path

from dlgenomics.build import assemble_model
from dlgenomics.errors import PackageError
from dlgenomics.package.manifest import MANIFEST, Manifest, read_manifest, verify_files
from dlgenomics.predict.model import Model, SourceRecord, StoredTest
from dlgenomics.train.run import read_arrays


def load_package(folder: Path, kind: str = "local") -> Model:
    """Load a packaged model.

    The manifest and every file are verified first; the graph is built from the spec in
    ``model.yaml`` and the weights file supplies arrays.

    Args:
        folder: the package.
        kind: the source it came from, for the record.

    Raises:
        PackageError: the package is incomplete, or its weights are not those of its spec.
        HashMismatchError: a file was changed after packaging.
        SpecError: the spec in it is not valid.
    """
    manifest = read_manifest(folder)
    verify_files(folder, manifest.package)
    model = assemble_model(manifest.spec)
    try:
        model.load_weights(folder / "model.weights.h5")
    except (ValueError, OSError, KeyError) as error:
        raise PackageError("the weights must be those of the network in model.yaml. Received: "
                           f"{str(error).splitlines()[0]}. Package the model anew.",
                           folder=folder) from error
    source = SourceRecord(kind, str(folder), manifest.sha256)
    return Model(manifest.spec, model, source, _stored_test(folder, manifest))


def _stored_test(folder: Path, manifest: Manifest) -> StoredTest:
    test = manifest.package.test
    return StoredTest(
        inputs=read_arrays(folder / "test" / "inputs.npz"),
        expected=read_arrays(folder / "test" / "expected.npz"),
        rtol=test.rtol, atol=test.atol,
    )


def is_package(folder: Path) -> bool:
    """Tell whether a folder looks like a package."""
    return (folder / MANIFEST).is_file()
