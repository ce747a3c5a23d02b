"""What a model's own class does around its network, as layers of the same spec.

`standing.yaml` says it under ``around``:

    constants: {1: 0}                  the second input is zero at all times
    outputs: [1]                       only the second output counts
    split: {site_props: [0, 205], distal_prop: [205, 206]}      parts of the only output
    scale: [postproc_sd, postproc_mean]      the output times one argument, plus another
    after: TREDNet/phase_one           the network reads what another model says
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
    """Return a network in which some inputs, by their numbers, have a value at all times.

    A constant is a Dense layer without kernel: all zeros, and the value as its bias. It follows the
    first input, of which it takes nothing.
    """
    names = list(network.inputs)
    if not set(values) <= set(range(1, len(names))):
        raise _other_network(network, f"inputs {', '.join(names)}")
    layers, weights = [], dict(network.weights)
    for number, value in values.items():
        made, arrays = _constant(names[number], names[0], network, value)
        layers += made
        weights |= arrays
    inputs = {name: shape for number, (name, shape) in enumerate(network.inputs.items())
              if number not in values}
    notes = [f"The input {names[number]!r} is {value:g} at all times, as Kipoi's class has it."
             for number, value in values.items()]
    return replace(network, inputs=inputs, layers=(*layers, *network.layers), weights=weights,
                   notes=(*network.notes, *notes))


def _constant(name: str, follows: str, network: LegacyNetwork,
              value: float) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    (size,) = network.inputs[name]
    first = f"{name}_source"
    rank = len(network.inputs[follows])
    pooling = {1: "Identity", 2: "GlobalMaxPooling1D", 3: "GlobalMaxPooling2D"}[rank]
    channels = network.inputs[follows][-1]
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


def _names(network: LegacyNetwork) -> list[str]:
    return [body["name"] for entry in network.layers for body in entry.values()]


def _renamed(network: LegacyNetwork, taken: set[str]) -> LegacyNetwork:
    """Return a network none of whose names is taken."""
    names = [*network.inputs, *_names(network)]
    new = {name: f"second_{name}" if name in taken else name for name in names}
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
