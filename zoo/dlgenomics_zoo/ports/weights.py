"""Arrays of a PyTorch checkpoint → weights of a port's layers: each array once, none left over."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import near_match
from dlgenomics_zoo.formats.checkpoint import Checkpoint
from dlgenomics_zoo.formats.errors import WeightsError
from dlgenomics_zoo.ports.port import ALPHABET, Port

Array = NDArray[Any]
Options = Mapping[str, Any]


class _Misfit(Exception):  # noqa: N818 - becomes one line of a WeightsError
    """An array has another form than its layer needs; the text says so."""


def port_weights(port: Port, checkpoint: Checkpoint) -> dict[str, list[Array]]:
    """Return the weights of each layer in Keras's order and layout.

    Raises:
        WeightsError: arrays are missing, left over, taken twice, or have a wrong number of axes.
    """
    arrays = {name: a for name, a in checkpoint.arrays.items()
              if not any(fnmatch.fnmatchcase(name, p) for p in port.ignore)}
    wanted = {layer: _split(written) for layer, written in port.weights.items()}
    problems = _problems({layer: _names(*parts) for layer, parts in wanted.items()}, arrays)
    found: dict[str, list[Array]] = {}
    for layer, (recipe, options) in wanted.items():
        names = _names(recipe, options)
        if all(name in arrays for name in names):
            try:
                found[layer] = _RECIPES[recipe](options, *(arrays[n] for n in names))
            except _Misfit as misfit:
                problems.append(f"{names[0]} for {layer}: {misfit}")
    if problems:
        raise WeightsError(problems[:20], checkpoint.path)
    return found


def _split(written: Options) -> tuple[str, dict[str, Any]]:
    recipe = next(key for key in written if key in _RECIPES)
    return recipe, {"from": written[recipe],
                    **{k: v for k, v in written.items() if k != recipe}}


def _names(recipe: str, options: Options) -> list[str]:
    return [f"{options['from']}.{part}" if part else options["from"] for part in _PARTS[recipe]]


def _problems(wanted: Mapping[str, list[str]], arrays: Mapping[str, Array]) -> list[str]:
    """Return what is missing, left over or taken twice."""
    used = [name for names in wanted.values() for name in names]
    extra = [name for name in arrays if name not in used]
    problems = [_missing(name, layer, extra) for layer, names in wanted.items()
                for name in names if name not in arrays]
    problems += [f"the array {name!r}, which no layer takes" for name in extra]
    return problems + [f"the array {n!r}, taken twice" for n in set(used) if used.count(n) > 1]


def _missing(name: str, layer: str, extra: list[str]) -> str:
    near = near_match(name, extra)
    return f"no array {name!r} for {layer}" + (f" (there is {near!r})" if near else "")


def _conv1d(options: Options, kernel: Array, bias: Array) -> list[Array]:
    """(out, in, width) with an axis of one → (width, in, out)."""
    one = options["one"]
    if kernel.ndim != 4 or kernel.shape[one] != 1 or bias.ndim != 1:
        raise _Misfit(f"it must have 4 axes, axis {one} of size 1. Its shape is {kernel.shape}")
    flat = np.squeeze(kernel, axis=one)
    alphabet = options.get("alphabet", ALPHABET)
    if alphabet != ALPHABET:
        if flat.shape[1] != len(ALPHABET):
            raise _Misfit(f"it must read 4 channels, not {flat.shape[1]}")
        flat = flat[:, [alphabet.index(base) for base in ALPHABET]]
    return [np.ascontiguousarray(flat.transpose(2, 1, 0)), bias]


def _dense(options: Options, kernel: Array, bias: Array) -> list[Array]:
    """(out, in) → (in, out); rows by channel become rows by position."""
    if kernel.ndim != 2 or bias.ndim != 1:
        raise _Misfit(f"it must have 2 axes. Its shape is {kernel.shape}")
    length = options.get("channel_major")
    if length is None:
        return [np.ascontiguousarray(kernel.T), bias]
    if kernel.shape[1] % length:
        raise _Misfit(f"its {kernel.shape[1]:,} columns must be channels of {length} positions")
    by_channel = kernel.reshape(len(kernel), -1, length)
    return [np.ascontiguousarray(by_channel.transpose(2, 1, 0).reshape(-1, len(kernel))), bias]


def _batch_norm(_options: Options, *parts: Array) -> list[Array]:
    if any(part.ndim != 1 for part in parts):
        raise _Misfit("scale, shift, mean and variance must have one axis each")
    return list(parts)


def _bidirectional_lstm(_options: Options, *parts: Array) -> list[Array]:
    """Both directions: (4 · out, in), (4 · out, out), two biases → kernels turned, one bias.

    The four gates stand in the same order: input, forget, cell, output.
    """
    if [part.ndim for part in parts] != [2, 2, 1, 1] * 2:
        raise _Misfit("two kernels and two biases of each direction must have 2, 2, 1 and 1 axes. "
                      f"Their shapes are {', '.join(str(part.shape) for part in parts)}")
    return [array for kernel, recurrent, bias, other in (parts[:4], parts[4:])
            for array in (np.ascontiguousarray(kernel.T), np.ascontiguousarray(recurrent.T),
                          bias + other)]


def _array(_options: Options, array: Array) -> list[Array]:
    return [array]


_LSTM: Final = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
_RECIPES: Final[dict[str, Callable[..., list[Array]]]] = {
    "conv1d": _conv1d, "dense": _dense, "batch_norm": _batch_norm,
    "bidirectional_lstm": _bidirectional_lstm, "array": _array,
}
_PARTS: Final = {
    "conv1d": ("weight", "bias"), "dense": ("weight", "bias"),
    "batch_norm": ("weight", "bias", "running_mean", "running_var"),
    "bidirectional_lstm": (*_LSTM, *(f"{name}_reverse" for name in _LSTM)), "array": ("",),
}
