"""A run or a packaged model, measured on labelled examples: its own split, or other files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import keras
import numpy as np

from dlgenomics.build import assemble_model
from dlgenomics.data.examples import Examples, load_examples
from dlgenomics.data.split import Rows
from dlgenomics.errors import DataError, RunError
from dlgenomics.package.manifest import read_manifest
from dlgenomics.package.read import load_package
from dlgenomics.spec.sources import FileSplit, Genome, Source
from dlgenomics.spec.types import Spec
from dlgenomics.train.run import RunFolder, read_record, read_spec
from dlgenomics.train.score import Score, score_examples

Part = Literal["train", "validation", "test", "all"]

ALL: Final = "all"


@dataclass(frozen=True)
class Trained:
    """A network with its weights, and what it was trained on.

    Attributes:
        spec: its spec.
        model: the network.
        data_folder: where a run's data lie; None for a package, which does not know.
        files: SHA-256 of the data by path, where that is recorded.
    """

    spec: Spec
    model: keras.Model
    data_folder: Path | None
    files: Mapping[str, str]


def open_trained(folder: Path) -> Trained:
    """Load a finished run or a package.

    Raises:
        RunError: an interrupted run.
        PackageError, HashMismatchError: see `load_package`.
    """
    run = RunFolder(folder)
    if not run.record.is_file():
        model = load_package(folder)
        stated: Mapping[str, str] = read_manifest(folder).package.training.get("data", {})
        files = {Path(name).name: digest for name, digest in stated.items()}
        return Trained(model.spec, model.model, None, files)
    record = read_record(run)
    if record["status"] != "finished":
        raise RunError("only a finished run can be evaluated. Received: one that was interrupted.",
                       folder=folder, next_step=f"dlg resume {folder}")
    spec = read_spec(run)
    network = assemble_model(spec)
    network.load_weights(run.weights)
    return Trained(spec, network, Path(record["data_folder"]), record["data"])


def evaluate(trained: Trained, data_folder: Path | None = None, part: Part = "test") -> Score:
    """Measure a part of the split with which a network was trained.

    Args:
        trained: see `open_trained`.
        data_folder: where the spec's relative paths start; default: a run's own, else here.
        part: which; ``all`` is every example, those that it learned included.

    Raises:
        DataError: the data are not what they must be; or the part has no examples.
        RunError: they are not those that the run was trained on, so the split is another one.
    """
    folder = data_folder or trained.data_folder or Path()
    examples = load_examples(trained.spec, folder)
    changed = [name for name, digest in examples.files.items()
               if trained.files.get(name, digest) != digest]
    if changed:
        raise RunError("a split is that of the run only on the run's own data. Received: "
                       f"{changed[0]} is another file. Restore it, or name files to evaluate on "
                       "(--sequences, --intervals, --labels).", folder=folder)
    rows = _rows(examples, part)
    if not len(rows):
        raise DataError(f"the {part} set must have examples. Received: none. "
                        "Choose another part.", path=trained.spec.name)
    return score_examples(trained.model, trained.spec, examples, rows)


def _rows(examples: Examples, part: Part) -> Rows:
    if part == ALL:
        return np.arange(len(examples.names))
    return examples.parts.by_name()[part]


def evaluate_files(trained: Trained, source: Source, genome: Path | None = None,
                   data_folder: Path | None = None) -> Score:
    """Measure a network on other labelled files, all examples in them.

    Args:
        trained: see `open_trained`.
        source: the files, as `data.train` of a spec names them; relative paths start here.
            The spec's inputs and targets say which columns count.
        genome: for intervals; default: the spec's own.
        data_folder: where other paths of the spec, such as tracks, start.

    Raises:
        DataError: the data are not what they must be.
    """
    folder = data_folder or trained.data_folder or Path()
    spec = _reading(trained.spec, _here(source), genome)
    examples = load_examples(spec, folder)
    return score_examples(trained.model, spec, examples, _rows(examples, ALL))


def _here(source: Source) -> Source:
    """Return a source whose paths do not depend on the data folder."""
    return Source(**{name: value and str(Path(value).absolute())
                     for name, value in source.model_dump().items()})


def _reading(spec: Spec, source: Source, genome: Path | None) -> Spec:
    """Return a spec whose data are one source, as it is, without a split."""
    changed: dict[str, Any] = {
        "train": source, "validation": None, "test": None, "split": FileSplit(by="file"),
        "augment": (), "sampling": None, "weights": None,
    }
    if genome is not None:
        changed["reference"] = Genome(fasta=str(genome.absolute()))
    data = spec.data.model_copy(update=changed)
    if source.intervals is not None and data.sequences and data.reference is None:
        raise DataError("intervals need the genome that they lie in. Received: none. "
                        "Name it with --fasta.", path=spec.name)
    return spec.model_copy(update={"data": data})
