"""The learning-rate range test: which rates let a network learn, found in one short training.

The rate rises exponentially from batch to batch while the loss is watched: at first nothing
happens, then the loss falls, then it explodes (Smith 2017, «Cyclical learning rates for training
neural networks», 10.1109/WACV.2017.58).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.build import build_model
from dlgenomics.data.examples import Examples, labels_of, load_examples
from dlgenomics.data.feed import TrainingFeed
from dlgenomics.data.labels import resolve_columns
from dlgenomics.data.scaling import fit_scaling
from dlgenomics.errors import DlgError
from dlgenomics.progress import Progress, silent
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.types import Spec
from dlgenomics.train.compile import compile_model
from dlgenomics.train.dataset import FeedDataset
from dlgenomics.train.weights import class_weights

LOW: Final = 1e-6
HIGH: Final = 10.0
STEPS: Final = 150
_MARGIN: Final = 10
"""The suggestion is this much lower than the rate with the lowest loss."""
_BLURRED: Final = 3.0
"""Steps: the standard deviation of the bell curve that smooths the losses."""
_EXPLODED: Final = 4.0
"""The test ends when the loss is so many times the lowest."""
_JUMP: Final = 0.25
"""A loss that is so much above the lowest before, as a share of the first, has jumped up."""
_NOTABLE: Final = 0.02
"""A loss that falls by a smaller share than this did not fall."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class RateRange:
    """What happened.

    Attributes:
        rates: as a spec writes them, one a step.
        losses: of each step's batch, before its update.
        smoothed: without the noise of batches.
        suggestion: a rate to begin with; None where the loss never fell.
        why: the reason in a sentence or two.
        lowest: the rate with the lowest smoothed loss.
        steepest: the rate at which it fell fastest.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None
    why: str
    lowest: float
    steepest: float


def range_test(spec: Spec, data_folder: Path, *, low: float = LOW, high: float = HIGH,
               steps: int = STEPS, progress: Progress = silent) -> RateRange:
    """Train a fresh network for some batches with a rate that rises from step to step.

    The spec's own learning rate and schedule do not count; all else is as in training.

    Args:
        spec: data, model and training.
        data_folder: where the spec's relative paths start.
        low: the first rate.
        high: the last one, unless the loss explodes before.
        steps: how many batches at the most.
        progress: told of steps.

    Raises:
        DlgError: rates that do not rise, or too few steps.
        DataError: the data are not what they must be.
    """
    if not 0 < low < high:
        raise DlgError("rates must rise from a positive number. "
                       f"Received: {low:g} to {high:g}. Give a lower --low or a higher --high.")
    if steps < 20:
        raise DlgError(f"a range test needs at least 20 steps. Received: {steps}.")
    spec = resolve_columns(spec, data_folder)
    examples = load_examples(spec, data_folder)
    spec = _with_rate(fit_scaling(spec, examples), low)
    rates = np.geomspace(low, high, steps)
    losses: list[float] = []
    for loss in _losses(spec, examples, rates):
        if not np.isfinite(loss):
            break
        losses.append(loss)
        progress("learning rates", len(losses), steps)
        if _exploded(losses):
            break
    return judge(rates[:len(losses)], np.array(losses), ended_early=len(losses) < steps)


def _with_rate(spec: Spec, rate: float) -> Spec:
    """Return a spec whose learning rate is a number."""
    optimizer = spec.training.optimizer
    fixed = Reference(optimizer.name, {**optimizer.arguments, "learning_rate": rate})
    return spec.model_copy(
        update={"training": spec.training.model_copy(update={"optimizer": fixed})})


def _losses(spec: Spec, examples: Examples, rates: Values) -> Iterator[float]:
    """Yield the loss of one batch after the other, each trained with the next rate."""
    feed = TrainingFeed(examples, examples.parts.train, spec.data, spec.training.batch_size,
                        seed=spec.training.seed)
    training = FeedDataset(feed, spec.model.inputs)
    model = build_model(spec)
    weights = {name: class_weights(spec, name, labels_of(examples, name, examples.parts.train))
               for name in spec.training.class_weight}
    compile_model(model, spec, len(training), weights)
    factor = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) / rates[0]
    for rate, batch in zip(rates, _batches(training), strict=False):
        model.optimizer.learning_rate = rate * factor
        model.reset_metrics()
        yield float(model.train_on_batch(*batch, return_dict=True)["loss"])


def _batches(training: FeedDataset) -> Iterator[tuple[Any, ...]]:
    """Yield batches for ever, epoch after epoch."""
    epoch = 0
    while True:
        training.set_epoch(epoch)
        yield from (training[index] for index in range(len(training)))
        epoch += 1


def _exploded(losses: list[float]) -> bool:
    """Tell whether the last losses are far above the lowest; single batches may be odd."""
    recent = float(np.median(losses[-3:]))
    return len(losses) > 10 and recent > _EXPLODED * max(smooth(np.array(losses)).min(), 1e-12)


def smooth(losses: Values) -> Values:
    """Return the mean of each value and its neighbours, weighted by a bell curve."""
    places = np.arange(len(losses))
    weights = np.exp(-((places[:, None] - places) / _BLURRED) ** 2 / 2)
    found: Values = weights @ losses / weights.sum(axis=1)
    return found


def judge(rates: Values, losses: Values, *, ended_early: bool) -> RateRange:
    """Choose a rate.

    Args:
        rates: rising.
        losses: of the steps.
        ended_early: the loss exploded before the highest rate.

    Raises:
        DlgError: the loss was not finite from the start.
    """
    if len(losses) < 10:
        raise DlgError("the loss must stay finite for some steps. Received: NaN or infinity at a "
                       "learning rate near the lowest. Look at inputs and targets, or lower --low.")
    smoothed = smooth(losses)
    lowest = int(smoothed[:_stable(smoothed)].argmin())
    slope = np.gradient(smoothed, np.log(rates))
    steepest = int(slope[:lowest + 1].argmin())
    fell = smoothed[0] - smoothed[lowest] > _NOTABLE * abs(smoothed[0])
    suggestion = float(f"{rates[lowest] / _MARGIN:.1e}") if fell else None
    why = _reason(suggestion, rates, lowest, steepest, ended_early=ended_early)
    return RateRange(tuple(rates.tolist()), tuple(losses.tolist()), tuple(smoothed.tolist()),
                     suggestion, why, float(rates[lowest]), float(rates[steepest]))


def _stable(smoothed: Values) -> int:
    """Return the number of steps before the loss first jumps up; it may fall again on a ruin."""
    jumped = smoothed > np.minimum.accumulate(smoothed) + _JUMP * np.abs(smoothed[0])
    return int(jumped.argmax()) if jumped.any() else len(smoothed)


def _reason(suggestion: float | None, rates: Values, lowest: int, steepest: int, *,
            ended_early: bool) -> str:
    if suggestion is None:
        return ("The loss did not fall at any rate, so none is suggested: try more steps, or look "
                "at data and network with dlg doctor.")
    found = (f"The loss was lowest at {rates[lowest]:.2g} and fell fastest at "
             f"{rates[steepest]:.2g}. ")
    if lowest >= len(rates) - 2 and not ended_early:
        return (f"{found}It was still falling at the highest rate: a tenth of that is suggested, "
                "but try a higher --high first.")
    return (f"{found}A tenth of the former is suggested: near the lowest point the network is "
            "about to become unstable, and a training lasts longer than this test.")
