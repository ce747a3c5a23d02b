"""What is computed for a batch: predictions, the output of a layer, or gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.predict.columns import Naming, column_names
from dlgenomics.predict.loaders.loader import Arrays
from dlgenomics.predict.memory import gradient_row_bytes, row_bytes
from dlgenomics.predict.network import Comparison, Engine, Network
from dlgenomics.predict.profiles import naming_of, naming_of_gradients, naming_of_layer

_AT_ONCE: Final = 2
"""Batches in one engine at once: a small network's second batch uses what the first leaves idle."""


@dataclass(frozen=True)
class Computation:
    """From a batch to what is written.

    Attributes:
        run: arrays by input → an array, or arrays by output; the batch on axis 0.
        naming: how these become columns.
        row_numbers: about how many numbers that is for a row.
        row_bytes: about how many bytes computing takes for a row.
        threads: how many may run it at once.
        comparison: of the engine with TensorFlow; None: it is TensorFlow.
    """

    run: Callable[[Arrays], Any]
    naming: Naming
    row_numbers: int
    row_bytes: int
    threads: int = 1
    comparison: Comparison | None = None


@dataclass(frozen=True)
class Wanted:
    """What is computed; plain data.

    Attributes:
        layer: a layer's name, or its index from 1: its output instead of predictions.
        gradients: a column of the predictions: its gradient with respect to the input instead.
        engine: what runs the network: ``tensorflow``, or one of `engines.ENGINES`.
        devices: GPUs (or logical CPUs) that take batches in turn.
    """

    layer: str | int | None = None
    gradients: str | None = None
    engine: str = "tensorflow"
    devices: int = 1


def computation_of(network: Network, wanted: Wanted) -> Computation:
    """Return what gives what is wanted.

    Raises:
        DlgError: these do not go together, or there is no such column.
        ValueError: no such layer.
    """
    if wanted.layer is not None and wanted.gradients is not None:
        raise DlgError("one thing is written: the output of a layer or gradients. Received: "
                       f"layer {wanted.layer!r} and gradients of {wanted.gradients!r}.")
    if (wanted.layer or wanted.gradients) is not None and (
            wanted.engine != "tensorflow" or wanted.devices > 1):
        raise DlgError("layers and gradients are given by TensorFlow on one device. Received: "
                       f"engine {wanted.engine!r} on {wanted.devices}. Leave these out.")
    if wanted.engine != "tensorflow" and wanted.devices > 1:
        raise DlgError(f"several devices are TensorFlow's. Received: engine {wanted.engine!r} on "
                       f"{wanted.devices}. Leave one of these out.")
    if wanted.layer is not None:
        name, shape = network.layer_shape(wanted.layer)
        return Computation(_single(network.layer_engine(wanted.layer)),
                           naming_of_layer(network.spec, name, shape), _count([shape]),
                           row_bytes(network.spec))
    if wanted.gradients is not None:
        output, column = _column(network, wanted.gradients)
        return Computation(
            lambda arrays: network.gradient(arrays, layer=output, filter_idx=column,
                                            avg_func="sum"),
            naming_of_gradients(network.spec),
            _count([one.shape for one in network.data.inputs.values()]),
            gradient_row_bytes(network.spec))
    shapes = [network.data.output_shape(name) for name in network.data.targets]
    engine, comparison = _engine(network, wanted)
    return Computation(_single(engine), naming_of(network.spec), _count(shapes),
                       row_bytes(network.spec), max(wanted.devices, _AT_ONCE), comparison)


def _count(shapes: Iterable[Sequence[int | None]]) -> int:
    return sum(math.prod(n or 1 for n in shape) for shape in shapes)


def _engine(network: Network, wanted: Wanted) -> tuple[Engine, Comparison | None]:
    if wanted.devices == 1:
        opened = network.engine(wanted.engine)
        return opened.run, opened.comparison
    from dlgenomics.predict.devices import spread  # noqa: PLC0415 - starts the devices

    return spread(network, wanted.devices), None


def _single(engine: Engine) -> Callable[[Arrays], Any]:
    """Return what gives the array itself where there is one output."""
    def run(arrays: Arrays) -> Any:
        found = engine(arrays)
        return next(iter(found.values())) if len(found) == 1 else found

    return run


def _column(network: Network, name: str) -> tuple[str, int]:
    """Return the output that has a column, and the column's place."""
    places = {column: (output, place) for output, names in column_names(network.data).items()
              for place, column in enumerate(names)}
    if name not in places:
        raise DlgError(f"gradients are of one column of the predictions: "
                       f"{', '.join(list(places)[:8])}{' …' if len(places) > 8 else ''}. Received: "
                       f"{name!r}.{did_you_mean(name, places)}")
    return places[name]
