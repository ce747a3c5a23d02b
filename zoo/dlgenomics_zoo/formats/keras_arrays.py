"""Arrays of one old Keras layer → the order and shape in which Keras 3 keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dlgenomics_zoo.formats.hdf5 import Array
from dlgenomics_zoo.formats.keras1 import NoCounterpart
from dlgenomics_zoo.formats.keras_weights import StoredArray

FLIPPED: Final = {
    "Conv1D": 1, "Conv2D": 2, "Conv2DTranspose": 2, "SeparableConv1D": 1, "SeparableConv2D": 2,
    "DepthwiseConv1D": 1, "DepthwiseConv2D": 2, "Conv1DTranspose": 1,
}
"""Layers with a kernel → how many of its first axes lie along the sequence or picture."""


def slides_a_kernel(kind: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a layer has a kernel that Theano would slide the other way round."""
    if kind == "TimeDistributed":
        return slides_a_kernel(*_inside(arguments))
    return kind in FLIPPED


def array_counts(kind: str, arguments: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return how many arrays a layer has that training changes and how many others, or None."""
    if kind in ("TimeDistributed", "Bidirectional"):
        found = array_counts(*_inside(arguments))
        both = kind == "Bidirectional"
        return None if found is None else (found[0] * (2 if both else 1), found[1])
    bias = int(arguments.get("use_bias", True))
    scaled = int(arguments.get("scale", True)) + int(arguments.get("center", True))
    table = {
        "Dense": (1 + bias, 0), "Embedding": (1, 0),
        "BatchNormalization": (scaled, 2), "PReLU": (1, 0),
        "LayerNormalization": (scaled, 0), "GroupNormalization": (scaled, 0),
        "SplineTransform": (1 + int(arguments.get("use_bias", False)), 0),
        "SplineWeight1D": (1 + int(arguments.get("use_bias", False)), 0),
        **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), (2 + bias, 0)),
        **dict.fromkeys(FLIPPED, (1 + bias, 0)),
        **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), (2 + bias, 0)),
    }
    return table.get(kind)


def _inside(arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return kind and arguments of the layer in a wrapper."""
    ((kind, inner),) = arguments["layer"].items()
    return str(kind), inner


@dataclass(frozen=True)
class LayerArrays:
    """What is needed to bring one layer's arrays into today's form.

    Attributes:
        kind, arguments: the layer of a spec.
        config: the old layer's settings, as Keras 2 writes them.
        stored: the arrays as saved.
        flip: reverse convolution kernels, because they were made for Theano.
    """

    kind: str
    arguments: Mapping[str, Any]
    config: Mapping[str, Any]
    stored: Sequence[StoredArray]
    flip: bool = False

    @property
    def values(self) -> list[Array]:
        """The arrays themselves."""
        return [a.values for a in self.stored]


def convert(layer: LayerArrays) -> list[Array]:
    """Return a layer's arrays as Keras 3 keeps them.

    Raises:
        NoCounterpart: their number or shapes fit no known form; the text says which.
    """
    if layer.kind in ("TimeDistributed", "Bidirectional"):
        return _wrapped(layer)
    found = _CONVERTERS.get(layer.kind, _as_stored)(layer)
    if layer.flip and layer.kind in FLIPPED:
        axes = tuple(range(FLIPPED[layer.kind]))
        found = [np.flip(found[0], axes), *found[1:]]
    return [np.ascontiguousarray(a) for a in found]


def _as_stored(layer: LayerArrays) -> list[Array]:
    return layer.values


def _wrapped(layer: LayerArrays) -> list[Array]:
    kind, arguments = _inside(layer.arguments)
    inner = layer.config["layer"]["config"]
    if layer.kind == "TimeDistributed":
        return convert(LayerArrays(kind, arguments, inner, layer.stored, layer.flip))
    if len(layer.stored) % 2:
        raise NoCounterpart(f"{len(layer.stored)} arrays for two directions")
    middle = len(layer.stored) // 2
    halves = (layer.stored[:middle], layer.stored[middle:])
    return [a for half in halves for a in convert(LayerArrays(kind, arguments, inner, half))]


def _sizes(value: Any, rank: int) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,) * rank


def _conv1d(layer: LayerArrays) -> list[Array]:
    kernel, *rest = layer.values
    if kernel.ndim != 4:
        return [kernel, *rest]
    (size,), filters = _sizes(layer.arguments["kernel_size"], 1), layer.arguments["filters"]
    if kernel.shape[:2] == (size, 1) and kernel.shape[3] == filters:
        return [kernel[:, 0], *rest]
    if kernel.shape[0] == filters and kernel.shape[2:] == (size, 1):
        return [kernel[..., 0].transpose(2, 1, 0), *rest]
    raise NoCounterpart(f"a kernel of shape {kernel.shape}, which fits neither layout of Keras 1 "
                        f"for {filters} filters of {size}")


def _conv2d(layer: LayerArrays) -> list[Array]:
    kernel, *rest = layer.values
    sizes, filters = _sizes(layer.arguments["kernel_size"], 2), layer.arguments["filters"]
    if kernel.ndim != 4:
        raise NoCounterpart(f"a kernel of shape {kernel.shape}")
    today = kernel.shape[:2] == sizes and kernel.shape[3] == filters
    theano = kernel.shape[2:] == sizes and kernel.shape[0] == filters
    if theano and (not today or _is_keras1(layer)):
        return [kernel.transpose(2, 3, 1, 0), *rest]
    return [kernel, *rest]


def _conv2d_transposed(layer: LayerArrays) -> list[Array]:
    kernel, *rest = layer.values
    if not _is_keras1(layer):
        return [kernel, *rest]
    if layer.config.get("data_format") == "channels_first":
        return [kernel.transpose(2, 3, 0, 1), *rest]
    return [kernel.transpose(0, 1, 3, 2), *rest]


def _is_keras1(layer: LayerArrays) -> bool:
    """Tell whether arrays bear Keras 1's names, such as ``convolution2d_1_W``."""
    first = layer.stored[0].variable if layer.stored else ""
    return first.endswith(("_W", "_U", "_b")) and "kernel" not in first


_LSTM_GATES: Final = ("i", "c", "f", "o")
_GRU_GATES: Final = ("z", "r", "h")


def _lstm(layer: LayerArrays) -> list[Array]:
    if len(layer.stored) != 12:
        return layer.values
    return _joined_gates(layer, _LSTM_GATES, ("i", "f", "c", "o"))


def _gru(layer: LayerArrays) -> list[Array]:
    if len(layer.stored) != 9:
        return layer.values
    return _joined_gates(layer, _GRU_GATES, _GRU_GATES)


def _joined_gates(layer: LayerArrays, saved: Sequence[str], wanted: Sequence[str]) -> list[Array]:
    """Return kernel, recurrent kernel and bias, each with its gates side by side."""
    places = [f"{letter}_{gate}" for gate in saved for letter in "WUb"]
    named = [a.variable[-3:] for a in layer.stored]
    order = named if sorted(named) == sorted(places) else places
    by_name = dict(zip(order, layer.values, strict=True))
    return [np.concatenate([by_name[f"{letter}_{gate}"] for gate in wanted], axis=-1)
            for letter in "WUb"]


def _spline(layer: LayerArrays) -> list[Array]:
    kernel, *rest = layer.values
    return [kernel.reshape(kernel.shape[0], -1) if kernel.ndim == 1 else kernel, *rest]


_CONVERTERS: Final[dict[str, Callable[[LayerArrays], list[Array]]]] = {
    "Conv1D": _conv1d,
    "Conv2D": _conv2d,
    "Conv2DTranspose": _conv2d_transposed,
    "LSTM": _lstm,
    "GRU": _gru,
    "SplineTransform": _spline,
}
