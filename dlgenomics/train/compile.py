"""The training section of a spec → a compiled Keras model."""

from __future__ import annotations

from typing import Any, Final

import keras

from dlgenomics.build.objects import make_object
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.metrics import METRICS, fdr_of, is_by_epoch
from dlgenomics.spec.types import Spec


def compile_model(model: keras.Model, spec: Spec) -> None:
    """Give a model the optimizer, losses and metrics of its spec."""
    training, names = spec.training, spec.model.outputs
    losses = {name: make_object(keras.losses, training.loss[name]) for name in names}
    metrics = {
        name: [_make_metric(m, spec.task, len(spec.data.targets[name].names))
               for m in training.metrics[name] if is_by_epoch(m)]
        for name in names
    }
    several = len(names) > 1
    model.compile(
        optimizer=make_object(keras.optimizers, training.optimizer),
        loss=losses if several else losses[names[0]],
        metrics=metrics if several else metrics[names[0]],
    )


def _make_metric(metric: str, task: str, columns: int) -> keras.metrics.Metric:
    rate = fdr_of(metric)
    if rate is not None:
        return keras.metrics.RecallAtPrecision(1 - rate, num_thresholds=1000, name=metric)
    if metric in ("auroc", "auprc"):
        curve = "ROC" if metric == "auroc" else "PR"
        return keras.metrics.AUC(1000, curve=curve, multi_label=columns > 1, name=metric)
    if metric == "accuracy" and task == "multiclass_classification":
        return keras.metrics.CategoricalAccuracy(name=metric)
    make: Any = {
        "accuracy": keras.metrics.BinaryAccuracy,
        "precision": keras.metrics.Precision,
        "recall": keras.metrics.Recall,
        "mse": keras.metrics.MeanSquaredError,
        "mae": keras.metrics.MeanAbsoluteError,
        "pearson": lambda name: keras.metrics.PearsonCorrelation(axis=0, name=name),
    }[metric]
    return make(name=metric)


_LESS_IS_BETTER: Final = ("loss", *(name for name, fact in METRICS.items() if fact.is_error))


def direction(monitor: str) -> str:
    """Return ``min`` or ``max``: whether less or more of a logged value is better."""
    return "min" if monitor.endswith(_LESS_IS_BETTER) else "max"


def make_callback(reference: Reference) -> keras.callbacks.Callback:
    """Return the Keras callback that a spec names; what is better follows from its monitor."""
    arguments = dict(reference.arguments)
    if reference.name == "EarlyStopping":
        arguments.setdefault("restore_best_weights", True)
    if reference.name != "TerminateOnNaN" and arguments.get("mode", "auto") == "auto":
        arguments["mode"] = direction(arguments.get("monitor", "val_loss"))
    return make_object(keras.callbacks, Reference(reference.name, arguments))
