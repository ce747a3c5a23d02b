"""An engine by its name, checked against TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.predict.engines.openvino import OpenVinoEngine
from dlgenomics.predict.network import Comparison, Engine, Network, OpenedEngine
from dlgenomics.spec.inputs import Input, KmerInput

Tolerance = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """An engine.

    Attributes:
        open: a Keras model, the names of its inputs and of its outputs → the engine.
        tolerance: how far it may be from TensorFlow, relative and absolute; None: as far as the
            package's own test allows.
    """

    open: Callable[[keras.Model, list[str], list[str]], Engine]
    tolerance: Tolerance | None = None


ENGINES: Final = {
    "openvino": Kind(OpenVinoEngine),
    "openvino-bfloat16": Kind(partial(OpenVinoEngine, precision="bf16"), (0.03, 0.02)),
}
"""By name. A bfloat16 has 8 bits of precision: what is rounded to it is off by up to 0.4 %."""

_ROWS: Final = 4
_TOLERANCE: Final = (1e-4, 1e-5)


def open_engine(name: str, network: Network) -> OpenedEngine:
    """Return an engine that gives what TensorFlow gives.

    Args:
        name: see `ENGINES`.
        network: the model; its stored test arrays are what is compared, or else random ones.

    Raises:
        DlgError: no such engine, its extra is not installed, or it gives other numbers.
    """
    if name not in ENGINES:
        known = ("tensorflow", *ENGINES)
        raise DlgError(f"an engine is one of {', '.join(known)}. Received: {name!r}."
                       f"{did_you_mean(name, known)}")
    spec, kind = network.spec.model, ENGINES[name]
    engine = kind.open(network.model, list(spec.inputs), list(spec.outputs))
    return OpenedEngine(name, engine, check_engine(name, engine, network, kind.tolerance))


def check_engine(name: str, engine: Engine, network: Network,
                 tolerance: Tolerance | None = None) -> Comparison:
    """Compare an engine with TensorFlow.

    Args:
        name: the engine's, for messages.
        engine: what is checked.
        network: see `open_engine`.
        tolerance: relative and absolute; None: the package's (1e-4 and 1e-5).

    Returns:
        The largest difference, and what was allowed.

    Raises:
        DlgError: a number differs by more.
    """
    stored = network.stored_test
    examples = stored.inputs if stored else _random_inputs(network)
    rtol, atol = tolerance or ((stored.rtol, stored.atol) if stored else _TOLERANCE)
    found, expected = engine(examples), network.forward(examples)
    worst = {output: float(np.abs(found[output] - values).max())
             for output, values in expected.items()}
    for output, values in expected.items():
        if not np.allclose(found[output], values, rtol, atol):
            raise DlgError(f"an engine must give what TensorFlow gives (rtol {rtol:g}, atol "
                           f"{atol:g}). Received: a difference of {worst[output]:.3g} in "
                           f"{output!r} from {name}. Leave --engine out.")
    return Comparison(max(worst.values()), rtol, atol)


def _random_inputs(network: Network) -> Mapping[str, NDArray[Any]]:
    rng = np.random.default_rng(0)
    return {name: _random_input(network.data.inputs[name], rng)
            for name in network.spec.model.inputs}


def _random_input(one: Input, rng: np.random.Generator) -> NDArray[Any]:
    shape = (_ROWS, *(length or 1 for length in one.shape))
    if isinstance(one, KmerInput):
        return rng.integers(0, 4 ** one.k, shape, np.int32, endpoint=True)
    return rng.random(shape, np.float32)
