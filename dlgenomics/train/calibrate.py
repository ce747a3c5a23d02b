"""Fits the calibrating layers of a trained network to the validation set, never to the test set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.examples import Examples
from dlgenomics.spec.calibration import calibrating_layers
from dlgenomics.spec.types import Spec
from dlgenomics.train.calibrators import (
    fit_isotonic,
    fit_platt,
    fit_temperature,
    to_knots,
)
from dlgenomics.train.evaluate import Answers, answer

_BINS: Final = 10

Fit = dict[str, Any]
"""What was found for one column: numbers, or why it was ``left`` as it is."""


def calibrate_model(model: keras.Model, spec: Spec, examples: Examples) -> dict[str, Any]:
    """Fit the calibrating layers of a network.

    Args:
        model: trained; the weights of these layers are set.
        spec: ``training.calibrate`` names the targets.
        examples: those of the validation set are fitted to; those of the test set only measured.

    Returns:
        By target: the method, what was found for each column, and expected calibration error
        (10 bins) and Brier score before and after, on the parts held out.
    """
    layers = calibrating_layers(spec)
    if not layers:
        return {}
    before = _measured(model, spec, examples)
    tensors = {name: model.get_layer(layers[name]).input if name in layers
               else model.get_layer(name).output for name in spec.model.outputs}
    scores = answer(keras.Model(model.input, tensors), spec, examples, examples.parts.validation)
    fits = {name: _fit_layer(model.get_layer(layer), spec, name, scores)
            for name, layer in layers.items()}
    after = _measured(model, spec, examples)
    return {name: {
        "method": spec.training.calibrate[name], "fitted_on": "validation", "columns": fits[name],
        "before": {part: values[name] for part, values in before.items()},
        "after": {part: values[name] for part, values in after.items()},
    } for name in layers}


def _fit_layer(layer: keras.layers.Layer, spec: Spec, target: str, answers: Answers) -> list[Fit]:
    """Set the weights of one calibrating layer; return what was found, column by column."""
    scores = answers.scores[target].astype(np.float64)
    labels = answers.labels[target].astype(np.float64)
    if spec.task_of(target) == "multiclass_classification":
        return _fit_classes(layer, scores, labels)
    method = spec.training.calibrate[target]
    weights = [w.astype(np.float64) for w in layer.get_weights()]
    fits = []
    for column in range(labels.shape[1]):
        known = ~np.isnan(labels[:, column])
        fits.append(_fit_column(method, scores[known, column], labels[known, column],
                                [w[column:column + 1] for w in weights]))
    layer.set_weights([w.astype(np.float32) for w in weights])
    return fits


def _fit_classes(layer: keras.layers.Layer, scores: NDArray[np.float64],
                 labels: NDArray[np.float64]) -> list[Fit]:
    """Fit one temperature for all classes."""
    known = ~np.isnan(labels).any(axis=1)
    if not known.any():
        return [{"left": "no label is known"}]
    temperature = fit_temperature(scores[known], labels[known])
    layer.set_weights([np.full(scores.shape[1], 1 / temperature, np.float32)])
    return [{"temperature": temperature}]


def _fit_column(method: str, scores: NDArray[np.float64], labels: NDArray[np.float64],
                weights: Sequence[NDArray[np.float64]]) -> Fit:
    """Fit one column; ``weights``, its share of the layer's, are written to."""
    if len(np.unique(labels)) < 2:
        return {"left": "only one class is known"}
    if method == "temperature":
        temperature = fit_temperature(scores, labels)
        weights[0][...] = 1 / temperature
        return {"temperature": temperature}
    if method == "platt":
        slope, offset = fit_platt(scores, labels)
        if slope <= 0:
            return {"left": "scores do not rise with the label"}
        weights[0][...], weights[1][...] = slope, offset
        return {"slope": slope, "offset": offset}
    places, values = fit_isotonic(scores, labels)
    if len(places) < 2:
        return {"left": "all scores are equal"}
    weights[0][0], weights[1][0] = to_knots(places, values, weights[0].shape[1])
    return {"knots": len(places)}


def _measured(model: keras.Model, spec: Spec,
              examples: Examples) -> dict[str, dict[str, dict[str, float]]]:
    """Return calibration errors by part held out and target."""
    parts = {"validation": examples.parts.validation, "test": examples.parts.test}
    found = {}
    for part, rows in parts.items():
        if len(rows):
            answers = answer(model, spec, examples, rows)
            found[part] = {name: calibration_errors(answers.scores[name], answers.labels[name],
                                                    spec.task_of(name))
                           for name in spec.training.calibrate}
    return found


def calibration_errors(chances: NDArray[Any], labels: NDArray[Any],
                       task: str) -> dict[str, float]:
    """Return expected calibration error and Brier score.

    Of several columns, the mean; of classes, the error of the class that is called and the squared
    error summed over classes.

    Args:
        chances: predicted probabilities, (examples, columns).
        labels: 0 and 1; NaN is missing.
        task: of the target.
    """
    chances, labels = chances.astype(np.float64), labels.astype(np.float64)
    if task == "multiclass_classification":
        known = ~np.isnan(labels).any(axis=1)
        chances, labels = chances[known], labels[known]
        called = chances.argmax(axis=1)
        hit = labels[np.arange(len(labels)), called]
        return {"ece": _ece(chances.max(axis=1), hit),
                "brier": float(((chances - labels) ** 2).sum(axis=1).mean())}
    each = [_column_errors(chances[:, i], labels[:, i]) for i in range(labels.shape[1])]
    known_ones = [one for one in each if one]
    return {key: float(np.mean([one[key] for one in known_ones])) if known_ones else float("nan")
            for key in ("ece", "brier")}


def _column_errors(chances: NDArray[np.float64],
                   labels: NDArray[np.float64]) -> Mapping[str, float]:
    known = ~np.isnan(labels)
    if not known.any():
        return {}
    return {"ece": _ece(chances[known], labels[known]),
            "brier": float(((chances[known] - labels[known]) ** 2).mean())}


def _ece(chances: NDArray[np.float64], hit: NDArray[np.float64]) -> float:
    """Return the distance of predicted and found shares in bins of equal width, by their sizes."""
    bins = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    gaps = np.abs(np.bincount(bins, weights=chances - hit, minlength=_BINS))
    return float(gaps.sum() / len(chances))
