"""What a pipeline asks of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.predict.dataloader import Dataloader
from dlgenomics.predict.loaders.loader import Arrays
from dlgenomics.spec.types import Data, Spec

Engine = Callable[[Mapping[str, NDArray[Any]]], dict[str, NDArray[np.float32]]]
"""Runs a network: arrays by input → arrays by output, the batch on axis 0."""


@dataclass(frozen=True)
class Comparison:
    """How far an engine was from TensorFlow when it was opened.

    Attributes:
        difference: the largest between two numbers.
        rtol, atol: what was allowed: ``atol``, and ``rtol`` times TensorFlow's number.
    """

    difference: float
    rtol: float
    atol: float


@dataclass(frozen=True, eq=False)
class OpenedEngine:
    """An engine that is ready; call it as what it runs.

    Attributes:
        name: ``tensorflow``, or one of `engines.ENGINES`.
        run: the engine.
        comparison: with TensorFlow; None: it is TensorFlow.
    """

    name: str
    run: Engine
    comparison: Comparison | None = None

    def __call__(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        """Return predictions by output."""
        return self.run(arrays)


class Network(Protocol):
    """What runs over arrays by input; a `Model` is one."""

    @property
    def spec(self) -> Spec:
        """The resolved spec."""

    @property
    def model(self) -> Any:
        """The Keras model."""

    @property
    def data(self) -> Data:
        """The spec's inputs and targets."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of what it computes with; the same for the same model."""

    @property
    def stored_test(self) -> Any:
        """Test arrays of its package, with their tolerance, or None."""

    @property
    def default_dataloader(self) -> Dataloader:
        """What feeds it."""

    @property
    def forward(self) -> Engine:
        """From arrays by input to predictions by output, in TensorFlow."""

    def engine(self, name: str) -> OpenedEngine:
        """Return what runs it: ``tensorflow``, or one of `engines.ENGINES`."""

    def engine_on(self, device: str) -> Engine:
        """Return a copy of the network that runs on a device of TensorFlow."""

    def layer_engine(self, layer: str | int) -> Engine:
        """Return what gives the output of a layer, as the output ``layer``."""

    def layer_shape(self, layer: str | int) -> tuple[str, tuple[int | None, ...]]:
        """Return a layer's name and the shape of its output, without the batch axis."""

    def gradient(self, arrays: Arrays, **how: Any) -> Any:
        """Return the gradient with respect to the input, in the layout of its users."""
