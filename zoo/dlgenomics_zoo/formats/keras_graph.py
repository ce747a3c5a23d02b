"""A Keras architecture → one flat list of calls, nested networks unfolded, shared layers named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics_zoo.formats.errors import damaged
from dlgenomics_zoo.formats.keras_document import Architecture

LayerPath = tuple[str, ...]
"""A layer's name behind those of the networks that hold it."""

MODELS: Final = ("Sequential", "Model", "Functional", "Container", "Network")
MAX_CALLS: Final = 20_000
MAX_OUTPUTS: Final = 4


@dataclass(frozen=True)
class Tensor:
    """What one call of a layer gives; ``index`` counts its outputs."""

    layer: LayerPath
    call: int = 0
    index: int = 0


@dataclass(frozen=True)
class Call:
    """A layer applied to tensors.

    Attributes:
        layer: which.
        number: 0 for its first call; further ones share its weights.
        class_name, config: as written.
        inputs: what it is applied to.
        module: where Keras 3 says that the class is, or None.
        keywords: what else it is called with.
    """

    layer: LayerPath
    number: int
    class_name: str
    config: Mapping[str, Any]
    inputs: tuple[Tensor, ...]
    module: str | None = None
    keywords: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The layer's own name."""
        return self.layer[-1]


@dataclass(frozen=True)
class Graph:
    """A flat network.

    Attributes:
        inputs: tensor → shape without the batch axis, in the network's order.
        calls: each behind those that it follows.
        outputs: in the network's order.
        order: every layer in the order in which Keras keeps it, which is that of weight files.
    """

    inputs: Mapping[Tensor, tuple[int | None, ...]]
    calls: tuple[Call, ...]
    outputs: tuple[Tensor, ...]
    order: tuple[LayerPath, ...]


def flatten(architecture: Architecture) -> Graph:
    """Unfold an architecture.

    Raises:
        DataError: the parts do not fit together.
    """
    flat = _Flattener(architecture)
    try:
        outputs = flat.model(architecture.class_name, architecture.config, (), None)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise damaged(architecture.path, "a Keras architecture",
                      f"parts that do not fit together ({type(error).__name__}: {error})"
                      ) from error
    return Graph(flat.inputs, tuple(flat.calls), tuple(outputs), flat.layers())


class _Flattener:
    def __init__(self, architecture: Architecture) -> None:
        self.path = architecture.path
        self.inputs: dict[Tensor, tuple[int | None, ...]] = {}
        self.calls: list[Call] = []
        self.counts: dict[LayerPath, int] = {}
        self.order: dict[LayerPath, None] = {}

    def layers(self) -> tuple[LayerPath, ...]:
        """Return every layer that was applied, those of a nested network at its place."""
        places = {path: place for place, path in enumerate(self.order)}
        return tuple(sorted(self.counts, key=lambda path: [
            places.get(path[:end], 0) for end in range(1, len(path) + 1)]))

    def error(self, came: str) -> DataError:
        return damaged(self.path, "a Keras architecture", came)

    def model(self, class_name: str, config: Any, prefix: LayerPath,
              given: Sequence[Tensor] | None) -> list[Tensor]:
        """Unfold a network; ``given`` is what it is applied to, None for the outermost one."""
        if class_name == "Sequential" or isinstance(config, list) or "input_layers" not in config:
            return self.sequential(config, prefix, given)
        return self.functional(config, prefix, given)

    def new_input(self, prefix: LayerPath, name: str, shape: Any) -> Tensor:
        if not isinstance(shape, list | tuple) or not shape:
            raise self.error(f"no shape for the input {name!r}")
        sizes = tuple(shape[1:])
        if not all(n is None or (type(n) is int and n > 0) for n in sizes):
            raise self.error(f"the input shape {shape}")
        tensor = Tensor((*prefix, name))
        self.inputs[tensor] = sizes
        return tensor

    def apply(self, spec: Mapping[str, Any], path: LayerPath, inputs: Sequence[Tensor],
              keywords: Mapping[str, Any] | None = None) -> list[Tensor]:
        """Apply a layer, or unfold a network, and return what it gives."""
        class_name, config = spec["class_name"], spec["config"]
        if class_name in MODELS:
            return self.model(class_name, config, path, inputs)
        self.order.setdefault(path)
        number = self.counts.get(path, 0)
        self.counts[path] = number + 1
        if len(self.calls) >= MAX_CALLS:
            raise self.error(f"more than {MAX_CALLS:,} layers")
        self.calls.append(Call(path, number, str(class_name), config, tuple(inputs),
                               spec.get("module"), dict(keywords or {})))
        return [Tensor(path, number)]

    def sequential(self, config: Any, prefix: LayerPath,
                   given: Sequence[Tensor] | None) -> list[Tensor]:
        specs = config if isinstance(config, list) else config["layers"]
        shape = None if isinstance(config, list) else config.get("build_input_shape")
        current = None if given is None else list(given)
        for number, spec in enumerate(specs):
            config = spec["config"]
            path = (*prefix, _name_of(spec, number))
            self.order.setdefault(path)
            if spec["class_name"] == "InputLayer":
                current = current or [self.new_input(prefix, path[-1], _input_shape(config))]
                continue
            if current is None and isinstance(config, Mapping) and "layers" in config and (
                spec["class_name"] == "Merge"
            ):
                current = self.merged_models(config["layers"], prefix)
            if current is None and spec["class_name"] in MODELS:
                current = self.model(spec["class_name"], config, path, None)
                continue
            if current is None:
                found = _input_shape(config) or shape
                current = [self.new_input(prefix, f"{path[-1]}_input", found)]
            current = self.apply(spec, path, current)
        if current is None:
            raise self.error("a network without layers")
        return current

    def merged_models(self, specs: Sequence[Mapping[str, Any]],
                      prefix: LayerPath) -> list[Tensor]:
        """Unfold the networks that a Merge of Keras 1 holds when it stands first."""
        return [t for spec in specs
                for t in self.model(spec["class_name"], spec["config"], prefix, None)]

    def functional(self, config: Mapping[str, Any], prefix: LayerPath,
                   given: Sequence[Tensor] | None) -> list[Tensor]:
        specs = {spec.get("name") or spec["config"]["name"]: spec for spec in config["layers"]}
        known: dict[tuple[str, int, int], Tensor] = {}
        for name, spec in specs.items():
            if spec["class_name"] != "InputLayer":
                self.order.setdefault((*prefix, name))
        first = _references(config["input_layers"])
        for place, (name, node, index, _) in enumerate(first):
            if given is not None:
                known[name, node, index] = given[place]
            else:
                shape = _input_shape(specs[name]["config"])
                known[name, node, index] = self.new_input(prefix, name, shape)
        outputs = _references(config["output_layers"])
        self.run(specs, known, prefix, outputs)
        return [known[name, node, index] for name, node, index, _ in outputs]

    def run(self, specs: Mapping[str, Mapping[str, Any]], known: dict[tuple[str, int, int], Tensor],
            prefix: LayerPath, outputs: Sequence[Reference]) -> None:
        """Apply every layer as soon as all that it follows is known."""
        nodes = [(name, number, _node(node)) for name, spec in specs.items()
                 for number, node in enumerate(spec.get("inbound_nodes") or ())]
        offsets = _offsets(specs, nodes, known, outputs)
        waiting = nodes
        while waiting:
            later = []
            for name, number, (sources, keywords) in waiting:
                if not all(s in known for s in sources) or (
                    number and (name, offsets[name] + number - 1, 0) not in known
                ):
                    later.append((name, number, (sources, keywords)))
                    continue
                found = self.apply(specs[name], (*prefix, name), [known[s] for s in sources],
                                   keywords)
                for index, tensor in enumerate(found):
                    known[name, offsets[name] + number, index] = tensor
                if specs[name]["class_name"] not in MODELS:
                    for index in range(1, MAX_OUTPUTS):  # outputs that only some layers have
                        known[name, offsets[name] + number, index] = Tensor(
                            found[0].layer, found[0].call, index)
            if len(later) == len(waiting):
                raise self.error("layers that follow each other in a circle, or what is not there: "
                                 + ", ".join(name for name, *_ in later[:5]))
            waiting = later


def _name_of(spec: Mapping[str, Any], number: int) -> str:
    config = spec["config"]
    named = spec.get("name") or (config.get("name") if isinstance(config, Mapping) else None)
    return str(named or f"{str(spec['class_name']).lower()}_{number + 1}")


def _input_shape(config: Any) -> Any:
    if not isinstance(config, Mapping):
        return None
    shape = config.get("batch_input_shape") or config.get("batch_shape")
    if shape is None and config.get("input_shape"):
        return [None, *config["input_shape"]]
    if shape is None and config.get("input_dim") and config.get("input_length") is None and (
        "output_dim" in config and "init" in config
    ):
        return [None, config["input_dim"]]  # a Dense of Keras 1
    return shape


Reference = tuple[str, int, int, Mapping[str, Any]]


def _references(found: Any) -> list[Reference]:
    """Return ``[name, node, index]``, or a list or dict of such, as a flat list."""
    if isinstance(found, Mapping):
        return [r for value in found.values() for r in _references(value)]
    if found and isinstance(found[0], str):
        name, node, index, *rest = found
        keywords = rest[0] if rest and isinstance(rest[0], Mapping) else {}
        return [(name, int(node), int(index), keywords)]
    return [r for value in found for r in _references(value)]


Node = tuple[list[tuple[str, int, int]], dict[str, Any]]


def _node(found: Any) -> Node:
    """Return what one call follows and its other arguments, in the form of any Keras."""
    if isinstance(found, Mapping):
        sources = list(_histories(found.get("args", [])))
        keywords = dict(found.get("kwargs") or {})
        return sources, {k: v for k, v in keywords.items() if v is not None and v is not False}
    references = _references(found)
    keywords = {k: v for *_, given in references for k, v in given.items()
                if v is not None and v is not False}
    return [(name, node, index) for name, node, index, _ in references], keywords


def _histories(value: Any) -> Iterator[tuple[str, int, int]]:
    """Give the tensors among the arguments of a call as Keras 3 writes them."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            name, node, index = value["config"]["keras_history"]
            yield str(name), int(node), int(index)
            return
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _histories(part)


def _offsets(specs: Mapping[str, Any], nodes: Sequence[tuple[str, int, Node]],
             known: Mapping[tuple[str, int, int], Tensor],
             outputs: Sequence[Reference]) -> dict[str, int]:
    """Return the number of each layer's first call.

    It is 0, but networks within networks often count their own making as call 0.
    """
    asked: dict[str, set[int]] = {}
    for _, _, (sources, _) in nodes:
        for name, node, _ in sources:
            asked.setdefault(name, set()).add(node)
    for name, node, *_ in outputs:
        asked.setdefault(name, set()).add(node)
    return {name: 1 if spec["class_name"] in MODELS and 0 not in asked.get(name, {1})
            and (name, 0, 0) not in known else 0
            for name, spec in specs.items()}
