"""Learning rates of a spec → what an optimizer of Keras takes."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from dlgenomics.build.objects import make_object
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.optimizers import OPTIMIZERS
from dlgenomics.spec.schedules import EPOCHS, WARMUP


class Warmup(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Rises in a straight line, then follows another schedule from its beginning.

    Args:
        steps: how long it rises.
        start: the rate of the first step.
        then: the rate or schedule afterwards.
    """

    def __init__(self, steps: int, start: float, then: Any) -> None:
        self.steps = steps
        self.start = start
        self.then = then

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step, counted from 0."""
        step = ops.cast(step, "float32")
        share = ops.minimum(step / self.steps, 1.0)
        aim = _at(self.then, 0.0)
        rising = self.start + share * (aim - self.start)
        return ops.where(share < 1, rising, _at(self.then, ops.maximum(step - self.steps, 0.0)))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"steps": self.steps, "start": self.start, "then": self.then}


class Scaled(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Another schedule times a factor."""

    def __init__(self, schedule: Any, factor: float) -> None:
        self.schedule = schedule
        self.factor = factor

    def __call__(self, step: Any) -> Any:
        """Return the rate of a step, counted from 0."""
        return self.schedule(step) * self.factor

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"schedule": self.schedule, "factor": self.factor}


def _at(rate: Any, step: Any) -> Any:
    return rate(step) if callable(rate) else rate


def make_rate(rate: float | Reference, steps: int, factor: float = 1.0) -> Any:
    """Return a number or a schedule of Keras.

    Args:
        rate: as a spec has it.
        steps: batches in an epoch, for lengths in epochs.
        factor: what all rates are multiplied by.
    """
    if not isinstance(rate, Reference):
        return rate * factor
    made = _schedule(rate, steps)
    return made if factor == 1 else Scaled(made, factor)


def _schedule(rate: Reference, steps: int) -> Any:
    arguments = in_steps(rate, steps)
    if rate.name != WARMUP:
        return make_object(keras.optimizers.schedules, Reference(rate.name, arguments))
    return Warmup(arguments["steps"], arguments.get("start", 0.0),
                  make_rate(arguments["then"], steps))


def in_steps(schedule: Reference, steps: int) -> dict[str, Any]:
    """Return a schedule's arguments with lengths in epochs turned into steps, at least one."""
    names = {epochs: name for name, epochs in EPOCHS.items()}
    return {names.get(name, name): _rounded(value, steps) if name in names else value
            for name, value in schedule.arguments.items() if value is not None}


def _rounded(epochs: Any, steps: int) -> Any:
    if isinstance(epochs, tuple):
        return [_rounded(each, steps) for each in epochs]
    return max(round(epochs * steps), 1)


def make_optimizer(optimizer: Reference, batches: int, factor: float = 1.0) -> Any:
    """Return the optimizer that a spec names.

    Args:
        optimizer: the spec's.
        batches: how many there are in an epoch.
        factor: what its learning rate is multiplied by.
    """
    arguments = dict(optimizer.arguments)
    rate = arguments.get("learning_rate", OPTIMIZERS[optimizer.name]["learning_rate"].default)
    arguments["learning_rate"] = make_rate(rate, batches, factor)
    return make_object(keras.optimizers, Reference(optimizer.name, arguments))
