"""A trained model → a folder that anyone can load, verified before it appears."""

from __future__ import annotations

import datetime
import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.build import assemble_model
from dlgenomics.errors import PackageError, RunError
from dlgenomics.files import atomic_folder, sha256_of
from dlgenomics.package.card import model_card, own_classes
from dlgenomics.package.manifest import MANIFEST, PackageRecord, Tolerance, manifest_text
from dlgenomics.package.read import load_package
from dlgenomics.predict.columns import column_names
from dlgenomics.predict.forward import Forward
from dlgenomics.predict.model import ATOL, RTOL
from dlgenomics.predict.schema import schema_of
from dlgenomics.spec.transfer import without_folders
from dlgenomics.spec.types import Spec
from dlgenomics.train.run import RunFolder, read_arrays, read_record, read_spec, write_arrays


def package_run(run_folder: Path, folder: Path) -> Path:
    """Package a finished run.

    Args:
        run_folder: what `train` wrote.
        folder: the package's folder; one that is there is replaced only by a whole new one.

    Returns:
        ``folder``.

    Raises:
        RunError: no run, or one that is not finished.
        PackageError: the package does not pass its own test; nothing is written.
    """
    run = RunFolder(run_folder)
    record = read_record(run)
    if record["status"] != "finished":
        raise RunError("only a finished run can be packaged. Received: one that was interrupted.",
                       folder=run_folder, next_step=f"dlg resume {run_folder}")
    spec = read_spec(run)
    model = assemble_model(spec)
    model.load_weights(run.weights)
    training = {k: record[k] for k in ("seed", "split", "epochs", "best_epoch", "data")}
    training["metrics"] = json.loads(run.metrics.read_text())
    if record.get("calibration"):
        training["calibration"] = record["calibration"]
    extra = {f"training/{p.name}": p for p in (run.history, run.metrics, run.report) if p.exists()}
    return write_package(
        model, spec, read_arrays(run.examples), folder, training=training,
        versions=record["versions"], extra=extra, command=record["command"],
    )


def write_package(
    model: keras.Model,
    spec: Spec,
    examples: Mapping[str, NDArray[np.float32]],
    folder: Path,
    *,
    training: Mapping[str, Any],
    versions: Mapping[str, str],
    extra: Mapping[str, Path],
    command: str,
) -> Path:
    """Write a package: all of it, or nothing.

    Args:
        model: the network of ``spec`` with its weights.
        spec: the resolved spec.
        examples: a few inputs, stored with their outputs as the package's own test.
        folder: where it goes.
        training: seed, split, epochs, data and metrics, for the record.
        versions: the software that trained it.
        extra: further files by their path in the package.
        command: the command that makes it.

    Raises:
        PackageError: loaded again, the package does not give the outputs stored.
        OutputError: it cannot be written.
    """
    if not examples or not len(next(iter(examples.values()))):
        raise PackageError("a package needs a few examples to test itself with. Received: none.",
                           folder=folder)
    with atomic_folder(folder) as part:
        _write_keras(model, part)
        spec = without_folders(spec)
        forward = Forward(model, list(spec.model.inputs), list(spec.model.outputs))
        write_arrays(part / "test" / "inputs.npz", examples)
        write_arrays(part / "test" / "expected.npz", forward(examples))
        for name, path in extra.items():
            (part / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(path, part / name)
        columns = [c for names in column_names(spec.data).values() for c in names]
        (part / "targets.txt").write_text("".join(f"{c}\n" for c in columns))
        card = model_card(spec, training, command, own_classes=own_classes(part))
        (part / "README.md").write_text(card)
        record = PackageRecord(
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            command=command, versions=dict(versions), schema=_schema(spec),
            dataloader=_dataloader(spec), training=dict(training),
            test=Tolerance(rtol=RTOL, atol=ATOL), files=_hashes(part),
        )
        (part / MANIFEST).write_text(manifest_text(spec, record))
        load_package(part).test()
    return folder


def _write_keras(model: keras.Model, part: Path) -> None:
    """Write config.json, metadata.json and model.weights.h5, the directory form of ``.keras``."""
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / "model.keras"
        model.save(archive)
        with zipfile.ZipFile(archive) as opened:
            for name in ("config.json", "metadata.json", "model.weights.h5"):
                (part / name).write_bytes(opened.read(name))


def _hashes(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): sha256_of(p)
            for p in sorted(folder.rglob("*")) if p.is_file()}


def _schema(spec: Spec) -> dict[str, Any]:
    schema = schema_of(spec.data)
    return {
        "inputs": {name: {"shape": list(one.shape), "doc": one.doc}
                   for name, one in schema.inputs.items()},
        "targets": {name: {"shape": list(one.shape), "column_labels": list(one.column_labels)}
                    for name, one in schema.targets.items()},
    }


def _dataloader(spec: Spec) -> dict[str, Any]:
    if any(one.kind == "tokens" for one in spec.data.inputs.values()):
        return {"arguments": []}  # it takes texts
    lengths = [one.length for one in spec.data.sequences.values()]
    if not lengths:
        return {"arguments": ["table_file"]}
    return {"arguments": ["fasta_file", "intervals_file"], "length": max(lengths),
            "strand": "minus intervals are reverse-complemented"}
