"""What a model's own class does around its network, as layers of the same spec.

`standing.yaml` says it under ``around``:

    constants: {1: 0}                  the second input is zero at all times
    neutral: seq                       all inputs but this one are zero at all times
    profiles: [Oct4, Sox2]             outputs are pairs of logits and log counts: now profiles
    outputs: [1]                       only the second output counts
    split: {site_props: [0, 205], distal_prop: [205, 206]}      parts of the only output
    scale: [postproc_sd, postproc_mean]      the output times one argument, plus another
    after: TREDNet/phase_one           the network reads what another model says
    each: {of: "CpGenie/{}", output: 0}      one number of each of the models that its labels name
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dlgenomics.errors import DataError
from dlgenomics_zoo.formats.keras_network import LegacyNetwork

Body = dict[str, Any]


def with_constants(network: LegacyNetwork, values: Mapping[int, float]) -> LegacyNetwork:
    """Return a network in which some inputs, by their numbers, have a value at all times."""
    names = list(network.inputs)
    if not set(values) <= set(range(1, len(names))):
        raise _other_network(network, f"inputs {', '.join(names)}")
    return _filled(network, {names[number]: value for number, value in values.items()}, names[0])


def with_neutral(network: LegacyNetwork, kept: str) -> LegacyNetwork:
    """Return a network in which all inputs but one are zero at all times."""
    if kept not in network.inputs:
        raise _other_network(network, f"inputs {', '.join(network.inputs)}")
    return _filled(network, {name: 0.0 for name in network.inputs if name != kept}, kept)


def _filled(network: LegacyNetwork, values: Mapping[str, float], follows: str) -> LegacyNetwork:
    """Return a network with constants in the place of some inputs.

    A constant is a layer without kernel: all zeros, and the value as its bias. It follows another
    input, of which it takes nothing.
    """
    layers, weights = [], dict(network.weights)
    for name, value in values.items():
        made, arrays = _constant(name, follows, network, value)
        layers += made
        weights |= arrays
    inputs = {name: shape for name, shape in network.inputs.items() if name not in values}
    notes = [f"The input {name!r} is {value:g} at all times, as Kipoi's class has it."
             for name, value in values.items()]
    return replace(network, inputs=inputs, layers=(*layers, *network.layers), weights=weights,
                   notes=(*network.notes, *notes))


def _constant(name: str, follows: str, network: LegacyNetwork,
              value: float) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """Return the layers of a constant: a row of numbers, or one at each position of the other."""
    shape, other = network.inputs[name], network.inputs[follows]
    channels, size = other[-1], shape[-1]
    if len(shape) == 2 and shape[0] == other[0]:
        return ([{"Conv1D": {"from": follows, "filters": size, "kernel_size": 1,
                             "activation": "linear", "name": name}}],
                {name: [np.zeros((1, channels, size), np.float32),
                        np.full(size, value, np.float32)]})
    if len(shape) != 1:
        raise _other_network(network, f"an input {name!r} of shape {shape}")
    first = f"{name}_source"
    pooling = {1: "Identity", 2: "GlobalMaxPooling1D", 3: "GlobalMaxPooling2D"}[len(other)]
    layers: list[dict[str, Any]] = [
        {pooling: {"from": follows, "name": first}},
        {"Dense": {"from": first, "units": size, "activation": "linear", "name": name}}]
    return layers, {name: [np.zeros((channels, size), np.float32),
                           np.full(size, value, np.float32)]}


def with_outputs(network: LegacyNetwork, numbers: Sequence[int]) -> LegacyNetwork:
    """Return a network with only some of its outputs and the layers that lead to them."""
    names = list(network.outputs)
    if max(numbers) >= len(names):
        raise _other_network(network, f"outputs {', '.join(names)}")
    outputs = {names[n]: network.outputs[names[n]] for n in numbers}
    needed, kept = set(outputs), []
    for entry in reversed(network.layers):
        ((_, body),) = entry.items()
        if body["name"] in needed:
            sources = body["from"] if isinstance(body["from"], list) else [body["from"]]
            needed |= {*sources, body.get("of", body["name"])}
            kept.append(entry)
    weights = {name: arrays for name, arrays in network.weights.items() if name in needed}
    return replace(network, outputs=outputs, layers=tuple(reversed(kept)), weights=weights)


def with_split(network: LegacyNetwork, parts: Mapping[str, Sequence[int]]) -> LegacyNetwork:
    """Return a network whose only output, numbers in a row, is cut into named parts."""
    ((name, (size,)),) = network.outputs.items()
    if size is None or max(end for _, end in parts.values()) != size:
        raise _other_network(network, f"an output of {size} numbers")
    row = f"{name}_row"
    layers: list[dict[str, Any]] = [
        {"Reshape": {"from": name, "target_shape": [size, 1], "name": row}}]
    for part, (start, end) in parts.items():
        layers += [
            {"Cropping1D": {"from": row, "cropping": [start, size - end], "name": f"{part}_cut"}},
            {"Flatten": {"from": f"{part}_cut", "name": part}}]
    return replace(network, layers=(*network.layers, *layers),
                   outputs={part: (end - start,) for part, (start, end) in parts.items()})


def with_profiles(network: LegacyNetwork, tasks: Sequence[str]) -> LegacyNetwork:
    """Return a network whose outputs are a profile of each task, scaled to its counts.

    The network's own outputs are, task by task, logits along the positions, shape (length,
    strands), and the logarithms of counts, shape (strands,). A task's output is the softmax of its
    logits times its counts.
    """
    names = list(network.outputs)
    layers: list[Body] = []
    outputs: dict[str, tuple[int | None, ...]] = {}
    if len(names) != 2 * len(tasks):
        raise _other_network(network, f"outputs {', '.join(names)}")
    for task, profile, counts in zip(tasks, names[::2], names[1::2], strict=True):
        shape = network.outputs[profile]
        if len(shape) != 2 or network.outputs[counts] != shape[1:]:
            raise _other_network(network, f"outputs of shapes {shape} and "
                                 f"{network.outputs[counts]} for {task}")
        outputs[task] = shape
        layers += [
            {"Softmax": {"from": profile, "axis": 1, "name": f"{task}_profile"}},
            {"Activation": {"from": counts, "activation": "exponential", "name": f"{task}_counts"}},
            {"RepeatVector": {"from": f"{task}_counts", "n": shape[0], "name": f"{task}_repeated"}},
            {"Multiply": {"from": [f"{task}_profile", f"{task}_repeated"], "name": task}}]
    note = "Outputs are profiles times counts, as Kipoi's class has them."
    return replace(network, layers=(*network.layers, *layers), outputs=outputs,
                   notes=(*network.notes, note))


def with_scale(network: LegacyNetwork, times: float, plus: float) -> LegacyNetwork:
    """Return a network whose only output, one number, is multiplied and shifted."""
    ((name, shape),) = network.outputs.items()
    if shape != (1,):
        raise _other_network(network, f"an output of shape {shape}")
    scaled = f"{name}_scaled"
    layer = {"Dense": {"from": name, "units": 1, "activation": "linear", "name": scaled}}
    weights = {**network.weights, scaled: [np.full((1, 1), times, np.float32),
                                           np.full(1, plus, np.float32)]}
    note = f"The output is multiplied by {times:g} and shifted by {plus:g}, as Kipoi's class does."
    return replace(network, layers=(*network.layers, layer), outputs={scaled: shape},
                   weights=weights, notes=(*network.notes, note))


def joined(first: LegacyNetwork, second: LegacyNetwork) -> LegacyNetwork:
    """Return two networks as one: the second reads the first's row of numbers, along its axis 0."""
    ((output, given),), ((name, wanted),) = first.outputs.items(), second.inputs.items()
    shape = [1 if place else size for place, size in enumerate(given * len(wanted))][:len(wanted)]
    if any(size not in (None, new) for size, new in zip(wanted, shape, strict=True)):
        raise _other_network(second, f"an input of shape {wanted} after an output of {given}")
    second = _renamed(second, {*first.inputs, *_names(first)})
    name = next(iter(second.inputs))
    link = {"Reshape": {"from": output, "target_shape": shape, "name": name}}
    return replace(second, inputs=first.inputs, layers=(*first.layers, link, *second.layers),
                   weights={**first.weights, **second.weights},
                   notes=(*first.notes, *second.notes))


def beside(networks: Mapping[str, LegacyNetwork], number: int) -> LegacyNetwork:
    """Return several networks that read the same input as one: a number of each one's only output.

    Args:
        networks: by name, in the order of the output.
        number: which number of each output counts.
    """
    first = next(iter(networks.values()))
    made = [_number_of(prefixed(network, name, first), name, number)
            for name, network in networks.items()]
    joined: list[Body] = [
        {"Concatenate": {"from": [f"{name}_number" for name in networks], "axis": 1,
                         "name": "side_by_side"}},
        {"Flatten": {"from": "side_by_side", "name": "joined"}}]
    note = f"Number {number + 1} of the outputs of {len(networks)} networks, side by side."
    return replace(
        first, layers=(*(layer for one in made for layer in one.layers), *joined),
        weights={name: arrays for one in made for name, arrays in one.weights.items()},
        outputs={"joined": (len(networks),)}, notes=(*first.notes, note))


def _number_of(network: LegacyNetwork, name: str, number: int) -> LegacyNetwork:
    """Return a network with one number of its output behind it, as the layer ``NAME_number``."""
    ((output, shape),) = network.outputs.items()
    size = shape[0]
    if len(shape) != 1 or size is None or not 0 <= number < size:
        raise _other_network(network, f"an output of shape {shape}")
    row = f"{name}_row"
    layers: list[Body] = [
        {"Reshape": {"from": output, "target_shape": [size, 1], "name": row}},
        {"Cropping1D": {"from": row, "cropping": [number, size - number - 1],
                        "name": f"{name}_number"}}]
    return replace(network, layers=(*network.layers, *layers))


def prefixed(network: LegacyNetwork, prefix: str, first: LegacyNetwork) -> LegacyNetwork:
    """Return a network whose layers have a prefix, and whose only input is that of another."""
    if list(network.inputs.values()) != list(first.inputs.values()) or len(network.inputs) != 1:
        raise _other_network(network, f"the inputs {network.inputs}")
    ((given,), (name,)) = network.inputs, first.inputs
    return _with_names(network, {
        given: name, **{one: f"{prefix}_{one}" for one in _names(network)}})


def _names(network: LegacyNetwork) -> list[str]:
    return [body["name"] for entry in network.layers for body in entry.values()]


def _renamed(network: LegacyNetwork, taken: set[str]) -> LegacyNetwork:
    """Return a network none of whose names is taken."""
    names = [*network.inputs, *_names(network)]
    return _with_names(network, {name: f"second_{name}" if name in taken else name
                                 for name in names})


def _with_names(network: LegacyNetwork, new: Mapping[str, str]) -> LegacyNetwork:
    layers = tuple({kind: _body(body, new)} for entry in network.layers
                   for kind, body in entry.items())
    return replace(network, inputs={new[k]: v for k, v in network.inputs.items()}, layers=layers,
                   outputs={new[k]: v for k, v in network.outputs.items()},
                   weights={new[k]: v for k, v in network.weights.items()})


def _body(body: Mapping[str, Any], new: Mapping[str, str]) -> Body:
    found = {**body, "name": new[body["name"]]}
    sources = body["from"]
    found["from"] = new[sources] if isinstance(sources, str) else [new[one] for one in sources]
    if "of" in body:
        found["of"] = new[body["of"]]
    return found


def _other_network(network: LegacyNetwork, came: str) -> DataError:
    return DataError("the network must be the one that the catalogue knows. Received: one with "
                     f"{came}. Convert its file by itself: dlg convert FILE",
                     path=network.source["path"])
