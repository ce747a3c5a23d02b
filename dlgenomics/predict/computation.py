"""What is computed for a batch: predictions, the output of a layer, or gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.predict.columns import Naming, column_names, naming_of
from dlgenomics.predict.loaders.loader import Arrays
from dlgenomics.predict.network import Engine, Network


@dataclass(frozen=True)
class Computation:
    """From a batch to what is written.

    Attributes:
        run: arrays by input → an array, or arrays by output; the batch on axis 0.
        naming: how these become columns.
        row_numbers: about how many numbers that is for a row.
    """

    run: Callable[[Arrays], Any]
    naming: Naming
    row_numbers: int


@dataclass(frozen=True)
class Wanted:
    """What is computed; plain data.

    Attributes:
        layer: a layer's name, or its index from 1: its output instead of predictions.
        gradients: a column of the predictions: its gradient with respect to the input instead.
        engine: what runs the network: ``tensorflow`` or ``openvino``.
    """

    layer: str | int | None = None
    gradients: str | None = None
    engine: str = "tensorflow"


def computation_of(network: Network, wanted: Wanted) -> Computation:
    """Return what gives what is wanted.

    Raises:
        DlgError: these do not go together, or there is no such column.
        ValueError: no such layer.
    """
    if wanted.layer is not None and wanted.gradients is not None:
        raise DlgError("one thing is written: the output of a layer or gradients. Received: "
                       f"layer {wanted.layer!r} and gradients of {wanted.gradients!r}.")
    if wanted.engine != "tensorflow" and (wanted.layer or wanted.gradients) is not None:
        raise DlgError("layers and gradients are TensorFlow's to give. Received: engine "
                       f"{wanted.engine!r}. Leave it out.")
    if wanted.layer is not None:
        return Computation(_single(network.layer_engine(wanted.layer)), Naming(),
                           _count([network.layer_shape(wanted.layer)]))
    if wanted.gradients is not None:
        output, column = _column(network, wanted.gradients)
        return Computation(
            lambda arrays: network.gradient(arrays, layer=output, filter_idx=column,
                                            avg_func="sum"),
            Naming("grads"), _count([one.shape for one in network.data.inputs.values()]))
    shapes = [network.data.output_shape(name) for name in network.data.targets]
    return Computation(_single(_engine(network, wanted.engine)), naming_of(network.data),
                       _count(shapes))


def _count(shapes: Iterable[Sequence[int | None]]) -> int:
    return sum(math.prod(n or 1 for n in shape) for shape in shapes)


def _engine(network: Network, name: str) -> Engine:
    if name == "tensorflow":
        return network.forward
    from dlgenomics.predict.engines import open_engine  # noqa: PLC0415 - extras

    engine: Engine = open_engine(name, network)
    return engine


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
