"""Fits a spec's network to its examples, resumably."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.build import assemble_model, build_model
from dlgenomics.data.examples import Examples, labels_of, load_examples
from dlgenomics.data.feed import Feed, TrainingFeed
from dlgenomics.data.labels import resolve_columns
from dlgenomics.data.scaling import fit_scaling
from dlgenomics.data.summary import summarize_examples
from dlgenomics.errors import RunError
from dlgenomics.files import atomic_path
from dlgenomics.progress import Progress, silent
from dlgenomics.spec.types import Spec
from dlgenomics.train.average import Average
from dlgenomics.train.calibrate import calibrate_model
from dlgenomics.train.checkpoint import load_checkpoint, read_history
from dlgenomics.train.compile import compile_model, make_callback
from dlgenomics.train.dataset import EpochSetter, FeedDataset, single
from dlgenomics.train.devices import describe_devices, sharing
from dlgenomics.train.diagnostics import Diagnostics
from dlgenomics.train.evaluate import Metrics, evaluate_parts
from dlgenomics.train.events import Events, write_events
from dlgenomics.train.keeper import Keeper
from dlgenomics.train.measure import Measure
from dlgenomics.train.pretrained import (
    Donor,
    find_weights,
    pack_weights,
    set_weights,
    unpack_weights,
    with_hashes,
)
from dlgenomics.train.run import (
    RunFolder,
    read_initial,
    read_record,
    read_spec,
    start_run,
    versions,
    write_arrays,
    write_history,
    write_json,
    write_record,
)
from dlgenomics.train.weights import ClassWeights, class_weights

STORED_EXAMPLES: Final = 8


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        folder: the run folder.
        metrics: exact metrics by part, target and name.
        epochs: the epochs trained.
        best_epoch: the epoch whose weights were kept, counted from 1.
    """

    folder: Path
    metrics: Metrics
    epochs: int
    best_epoch: int


def train(
    spec: Spec,
    data_folder: Path,
    run_folder: Path,
    *,
    replace: bool = False,
    command: str = "",
    progress: Progress = silent,
    donors: Mapping[str, Donor] = {},
    devices: int = 1,
    tensorboard: bool = False,
) -> Run:
    """Train a spec's network and write a run folder.

    Args:
        spec: data, model and training.
        data_folder: where the spec's relative paths start.
        run_folder: what is written; see `dlgenomics.train.run`.
        replace: write over a run that is there.
        command: what was typed, for the record.
        progress: told of batches and epochs.
        donors: the models of ``training.pretrained``, by name.
        devices: how many share each batch; see `dlgenomics.train.devices`.
        tensorboard: write logs for TensorBoard as well.

    Raises:
        DataError: the data are not what they must be.
        DlgError: there are fewer devices.
        RunError: the folder holds a run already.
        TooLargeError: the network is too large.
        PackageError: a donor does not have what the spec takes from it.
    """
    spec = with_hashes(spec, donors)
    spec = resolve_columns(spec, data_folder)
    examples = load_examples(spec, data_folder)
    spec = fit_scaling(spec, examples)
    run = RunFolder(run_folder)
    with sharing(devices):
        model = build_model(spec)
    initial, taken = find_weights(model, spec, donors)
    record = {
        "name": spec.name,
        "command": command or "dlgenomics.train.fit.train",
        "seed": spec.training.seed,
        "data_folder": str(data_folder),
        "data": dict(examples.files),
        "split": examples.parts.sizes(),
        "positives": _positives(spec, examples),
        "examples": summarize_examples(examples),
        "pretrained": [asdict(one) for one in taken],
        "versions": versions(),
        "device": describe_devices(devices),
        "devices": devices,
        "tensorboard": tensorboard,
    }
    start_run(run, spec, record, replace=replace, initial=pack_weights(initial))
    return _fit(run, model, spec, examples, progress)


def _positives(spec: Spec, examples: Examples) -> dict[str, dict[str, list[int]]]:
    """Return the number of labels that are 1 in each column, by part and target of classes."""
    targets = [name for name in spec.data.targets if name in examples.labels
               and spec.task_of(name).endswith("classification")
               and len(spec.data.output_shape(name)) == 1]
    return {
        part: {name: (labels_of(examples, name, rows) == 1).sum(axis=0).tolist()
               for name in targets}
        for part, rows in examples.parts.by_name().items()
    }


def resume(run_folder: Path, *, progress: Progress = silent) -> Run:
    """Go on with a run that was interrupted; it ends with the weights it would have had.

    Raises:
        RunError: no run, a finished one, or data that have changed since.
    """
    run = RunFolder(run_folder)
    record = read_record(run)
    if record["status"] == "finished":
        raise RunError("only an interrupted run can be resumed. Received: a finished one.",
                       folder=run_folder, next_step=f"dlg package {run_folder}")
    spec = read_spec(run)
    examples = load_examples(spec, Path(record["data_folder"]))
    changed = [name for name, digest in examples.files.items() if record["data"][name] != digest]
    if changed:
        raise RunError(f"a run must be resumed on the data it began with. Received: {changed[0]} "
                       "has changed. Restore it, or train anew.", folder=run_folder)
    with sharing(record.get("devices", 1)):
        model = build_model(spec)
    return _fit(run, model, spec, examples, progress)


def _fit(run: RunFolder, model: keras.Model, spec: Spec, examples: Examples,
         progress: Progress) -> Run:
    set_weights(model, unpack_weights(read_initial(run)))
    feed = TrainingFeed(examples, examples.parts.train, spec.data, spec.training.batch_size,
                        seed=spec.training.seed)
    training = FeedDataset(feed, spec.model.inputs)
    with model.distribute_strategy.scope():
        compile_model(model, spec, len(training), _class_weights(spec, examples))
    remembering = [make_callback(reference) for reference in spec.training.callbacks]
    history = _fit_epochs(model, run, spec, examples, training, remembering, progress)
    best_epoch = _keep_best(model, remembering, history)
    return _finish(_bare(model, spec), run, spec, examples, history, best_epoch, progress)


def _bare(model: keras.Model, spec: Spec) -> keras.Model:
    """Return the network as it will predict: in float32, without an optimizer's state."""
    bare = assemble_model(spec)
    bare.set_weights(model.get_weights())
    return bare


def _class_weights(spec: Spec, examples: Examples) -> dict[str, ClassWeights | None]:
    return {name: class_weights(spec, name, labels_of(examples, name, examples.parts.train))
            for name in spec.training.class_weight}


def _fit_epochs(model: keras.Model, run: RunFolder, spec: Spec, examples: Examples,
                training: FeedDataset, remembering: list[keras.callbacks.Callback],
                progress: Progress) -> list[dict[str, float]]:
    keeper = Keeper(run, remembering, len(training), spec.training.epochs, progress)
    done = len(read_history(run.checkpoint)) if run.checkpoint.exists() else 0
    if done and (done >= spec.training.epochs or _had_stopped(run, model, remembering)):
        history = load_checkpoint(run.checkpoint, model, remembering)
        model.optimizer.finalize_variable_values(model.trainable_variables)  # as fit does
        if _wants_events(run):
            write_events(run.events, history)
        return history
    average = Average()
    model.fit(
        training, initial_epoch=done, epochs=spec.training.epochs, verbose=0,
        callbacks=[EpochSetter(training), average.begin, Measure(spec, examples), *remembering,
                   average.end, _diagnostics(run, spec, examples), keeper,
                   *([Events(run.events, lambda: keeper.history)] if _wants_events(run) else [])],
        shuffle=False,  # the feed shuffles by seed and epoch; Keras would by global state
    )
    return keeper.history


def _wants_events(run: RunFolder) -> bool:
    return bool(read_record(run).get("tensorboard"))


def _diagnostics(run: RunFolder, spec: Spec, examples: Examples) -> Diagnostics:
    """Return what looks inside the layers, on one batch of training examples as they are."""
    rng = np.random.default_rng([spec.training.seed, 5])
    rows = rng.permutation(examples.parts.train)[:spec.training.batch_size]
    feed = Feed(examples, rows, spec.data, spec.training.batch_size)
    batch = feed.batch(rows, 0, 0)
    used = {name: batch.inputs[name] for name in spec.model.inputs}
    return Diagnostics(run.diagnostics, single(used), single(batch.targets))


def _had_stopped(run: RunFolder, model: keras.Model,
                 remembering: list[keras.callbacks.Callback]) -> bool:
    load_checkpoint(run.checkpoint, model, remembering)
    return any(getattr(callback, "stopped_epoch", 0) for callback in remembering)


def _keep_best(model: keras.Model, remembering: list[keras.callbacks.Callback],
               history: list[dict[str, float]]) -> int:
    """Give the model the weights of the best epoch, where early stopping kept them."""
    for callback in remembering:
        if isinstance(callback, keras.callbacks.EarlyStopping) and callback.best_weights:
            model.set_weights(callback.best_weights)
            return int(callback.best_epoch) + 1
    return len(history)


def _finish(model: keras.Model, run: RunFolder, spec: Spec, examples: Examples,
            history: list[dict[str, float]], best_epoch: int, progress: Progress) -> Run:
    _check_finite(model, run)
    calibration = calibrate_model(model, spec, examples)
    write_history(run, history)  # a kill between checkpoint and history leaves a line out
    with atomic_path(run.weights) as part:
        model.save_weights(part)
    predictions, metrics, columns = evaluate_parts(model, spec, examples, progress)
    write_arrays(run.predictions, predictions)
    write_arrays(run.examples, _stored_examples(spec, examples))
    write_json(run.columns, columns)
    write_json(run.metrics, metrics)
    write_record(run, {**read_record(run), "status": "finished", "epochs": len(history),
                       "best_epoch": best_epoch, "calibration": calibration})
    run.checkpoint.unlink(missing_ok=True)
    run.initial.unlink(missing_ok=True)
    return Run(run.folder, metrics, len(history), best_epoch)


def _check_finite(model: keras.Model, run: RunFolder) -> None:
    for variable in model.variables:
        if not np.isfinite(variable.numpy()).all():
            raise RunError("weights must stay finite. Received: NaN or infinity in "
                           f"{variable.path}. Lower the learning rate or set clipnorm.",
                           folder=run.folder)


def _stored_examples(spec: Spec, examples: Examples) -> dict[str, NDArray[np.float32]]:
    """Return a few encoded examples, by input: the first of the part that is held out longest."""
    parts = examples.parts
    rows = parts.test if len(parts.test) else parts.validation
    feed = Feed(examples, rows[:STORED_EXAMPLES], spec.data, STORED_EXAMPLES)
    inputs = feed.batch(feed.order(0), 0, 0).inputs
    return {name: inputs[name] for name in spec.model.inputs}
