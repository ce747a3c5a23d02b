"""The layers of a spec → a graph in which every name, shape and initializer is decided."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import (
    Argument,
    Reference,
    check_arguments,
    snake_case,
    split_entry,
    with_defaults,
)
from dlgenomics.spec.document import Path
from dlgenomics.spec.layers import REFUSED_ARGUMENTS, REFUSED_LAYERS, RULES
from dlgenomics.spec.layers.rule import CannotFollow, LayerRule, Shape, Size, Span, Values
from dlgenomics.spec.problems import Problems, must_be, received, shown
from dlgenomics.spec.types import Layer

_PLACE_KEYS: Final = ("from", "name", "layer")

_HE: Final = ("relu", "relu6", "leaky_relu", "elu", "celu", "gelu", "silu", "swish", "mish")
_GLOROT: Final = ("sigmoid", "tanh", "softmax", "linear", "hard_sigmoid", "softsign")
_ACTIVATION_LAYERS: Final = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "leaky_relu", "ELU": "elu",
    "Softmax": "softmax",
}
_FAMILIES: Final = {
    "HeNormal": "He", "HeUniform": "He", "GlorotNormal": "Glorot", "GlorotUniform": "Glorot",
    "LecunNormal": "LeCun", "LecunUniform": "LeCun",
}

NAME_RULE: Final = "a text of letters, digits and underscores that starts with a letter"


def is_layer_name(name: Any) -> bool:
    """Tell whether Keras takes ``name`` as a layer's; the rule in words is `NAME_RULE`."""
    return isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None


@dataclass(frozen=True)
class View:
    """The positions of the sequence that one output position sees; None means all of them."""

    width: int | None = 1
    jump: int = 1

    def through(self, span: Span | None) -> View:
        """Return the view behind a layer of that span."""
        if self.width is None or span is None:
            return View(None)
        return View(self.width + (span.width - 1) * self.jump, self.jump * span.stride)


@dataclass(frozen=True)
class Outline:
    """What is known of a layer before it is built."""

    shape: Shape
    size: Size
    view: View


def parse_layers(raw: Any, path: Path, defaults: Mapping[str, Any], inputs: Sequence[str],
                 problems: Problems) -> tuple[Layer, ...]:
    """Read ``model.layers``.

    Args:
        raw: the list as written.
        path: where it stands.
        defaults: ``model.defaults``, already plain data.
        inputs: names of the inputs that layers may follow.
        problems: takes what is wrong.

    Returns:
        The layers that could be read; all of them if no problem was noted.
    """
    if not isinstance(raw, list) or not raw:
        problems.add(path, must_be("layers", "a list of layers", raw))
        return ()
    reader = _LayerReader(inputs, defaults, path, problems)
    found = [reader.read(entry, (*path, i)) for i, entry in enumerate(raw)]
    reader.check_defaults()
    return tuple(layer for layer in found if layer)


class _LayerReader:
    """Reads layers one after another; remembers the names above and the last layer."""

    def __init__(self, inputs: Sequence[str], defaults: Mapping[str, Any], path: Path,
                 problems: Problems) -> None:
        self.names: list[str] = list(inputs)
        self.previous: str | None = inputs[0] if inputs else None
        self.defaults = defaults
        self.defaults_path = (*path[:-1], "defaults")
        self.used_defaults: set[str] = set()
        self.counts: dict[str, int] = {}
        self.problems = problems

    def read(self, entry: Any, path: Path) -> Layer | None:
        kind, written, below = split_entry(entry, path)
        rule = self._rule(kind, entry, path, below)
        if rule is None or kind is None:
            self._remember(written)
            return None
        if not isinstance(written, dict):
            written = self._short_form(kind, written)
        if not isinstance(written, dict):
            self.problems.add(below, f"{kind} takes its arguments as a mapping. "
                              f"Received: {received(written)}.")
            return None
        name = self._name(kind, written, below)
        inputs = self._inputs(kind, rule, written, below)
        arguments = self._arguments(kind, rule, written, below)
        wrapped = self._wrapped(kind, rule, written, below)
        self.names.append(name)
        self.previous = name
        if arguments is None or (rule.wraps and wrapped is None):
            return None
        return Layer(kind, name, arguments, inputs, {}, wrapped, below)

    def _remember(self, written: Any) -> None:
        """Keep the name of a layer that cannot be read, so that others may still follow it."""
        name = written.get("name") if isinstance(written, dict) else None
        if isinstance(name, str):
            self.names.append(name)
            self.previous = name

    def _rule(self, kind: str | None, entry: Any, path: Path, below: Path) -> LayerRule | None:
        if kind is None:
            form = "a layer is 'Name' or 'Name: {argument: value}'"
            self.problems.add(path, f"{form}. Received: {received(entry)}.")
            return None
        rule = RULES.get(kind)
        if rule is None:
            reason = REFUSED_LAYERS.get(kind)
            hint = f" {reason}." if reason else did_you_mean(kind, RULES)
            self.problems.add(below, "a layer must be one that specs may use. "
                              f"Received: {shown(kind)}.{hint}", at_key=below != path)
        return rule

    @staticmethod
    def _short_form(kind: str, written: Any) -> Any:
        return {"activation": written} if kind == "Activation" else written

    def _name(self, kind: str, written: Mapping[str, Any], path: Path) -> str:
        if "name" not in written:
            base = snake_case(kind)
            self.counts[base] = self.counts.get(base, 0) + 1
            return self._free(f"{base}_{self.counts[base]}")
        name = written["name"]
        at = (*path, "name")
        if not is_layer_name(name):
            self.problems.add(at, must_be("name", NAME_RULE, name))
            return f"unnamed_{len(self.names)}"
        if name in self.names:
            self.problems.add(at, "a layer's name must be its own. "
                              f"Received: {name!r} again.")
        return str(name)

    def _free(self, name: str) -> str:
        while name in self.names:
            name += "_"
        return name

    def _inputs(self, kind: str, rule: LayerRule, written: Mapping[str, Any],
                path: Path) -> tuple[str, ...]:
        least, most = rule.inputs
        at = (*path, "from")
        named = written.get("from", self.previous)
        if named is None and "from" not in written:
            return ()  # there are no inputs, which is noted elsewhere
        sources = named if isinstance(named, list) else [named]
        for i, source in enumerate(sources):
            if source not in self.names:
                hint = did_you_mean(source, self.names) if isinstance(source, str) else ""
                self.problems.add((*at, i) if isinstance(named, list) else at,
                                  f"'from' must name an input or a layer above. "
                                  f"Received: {source!r}.{hint}")
        if not least <= len(sources) <= most:
            count = str(least) if least == most else f"{least} to {most}"
            count = f"at least {least}" if most >= 1000 else count
            form = "1 input as 'from: name'" if most == 1 else f"{count} inputs as 'from: [...]'"
            self.problems.add(at, f"{kind} needs {form}. Received: {len(sources)}.", at_key=True)
        return tuple(map(str, sources))

    def _arguments(self, kind: str, rule: LayerRule, written: Mapping[str, Any],
                   path: Path) -> dict[str, Any] | None:
        table = dict(rule.arguments)
        own = {k: v for k, v in written.items() if k not in _PLACE_KEYS}
        automatic = rule.initializer and own.get("kernel_initializer") == "auto"
        if automatic:
            del own["kernel_initializer"]
        if "layer" in written and not rule.wraps:
            own["layer"] = written["layer"]
        checked = check_arguments(kind, table, own, path, self.problems, REFUSED_ARGUMENTS)
        if checked is None:
            return None
        found = {**self._defaults_for(table, checked), **checked}
        return {k: v for k, v in found.items() if not (automatic and k == "kernel_initializer")}

    def _defaults_for(
        self, table: Mapping[str, Argument], own: Mapping[str, Any]
    ) -> dict[str, Any]:
        found = {}
        for key, value in self.defaults.items():
            if key in table:
                self.used_defaults.add(key)
                if key not in own and not (key == "kernel_initializer" and value == "auto"):
                    at = (*self.defaults_path, key)
                    found[key] = table[key].kind.check(key, value, at, self.problems)
        return found

    def check_defaults(self) -> None:
        known = {key for rule in RULES.values() for key in rule.arguments}
        for key in self.defaults:
            if key not in self.used_defaults:
                hint = did_you_mean(key, known) or " Remove it."
                self.problems.add((*self.defaults_path, key), "model.defaults holds arguments of "
                                  f"layers in the model. Received: {key!r}, which none has.{hint}",
                                  at_key=True)

    def _wrapped(self, kind: str, rule: LayerRule, written: Mapping[str, Any],
                 path: Path) -> Layer | None:
        if not rule.wraps:
            return None
        at = (*path, "layer")
        if "layer" not in written:
            self.problems.add(path, f"{kind} needs the argument 'layer'. Received: none.",
                              at_key=True)
            return None
        inner, arguments, below = split_entry(written["layer"], at)
        inner_rule = self._rule(inner, written["layer"], at, below)
        if inner_rule is None or inner is None:
            return None
        if inner_rule.wraps or inner_rule.inputs != (1, 1):
            self.problems.add(below, f"{kind} can wrap a layer with one input. Received: {inner}.")
            return None
        if not isinstance(arguments, dict):
            self.problems.add(below, f"{inner} takes its arguments as a mapping. "
                              f"Received: {received(arguments)}.")
            return None
        checked = self._arguments(inner, inner_rule, arguments, below)
        return None if checked is None else Layer(inner, snake_case(inner), checked, (), path=below)


def choose_initializers(layers: tuple[Layer, ...], problems: Problems) -> tuple[Layer, ...]:
    """Choose the initializers that were not written, and warn where a written one does not fit.

    The arguments of the layers returned stand in the order of the rules' tables, whatever they
    come from, so that a resolved spec is always written the same way.
    """
    return tuple(_in_order(_initialized(layer, layers, problems)) for layer in layers)


def _in_order(layer: Layer) -> Layer:
    found = {k: layer.arguments[k] for k in RULES[layer.kind].arguments if k in layer.arguments}
    wrapped = _in_order(layer.wrapped) if layer.wrapped else None
    return replace(layer, arguments=found, wrapped=wrapped)


def _initialized(layer: Layer, layers: Sequence[Layer], problems: Problems) -> Layer:
    if layer.wrapped:
        return replace(layer, wrapped=_initialized_as(layer.wrapped, layer.name, layers, problems))
    return _initialized_as(layer, layer.name, layers, problems)


def _initialized_as(layer: Layer, name: str, layers: Sequence[Layer],
                    problems: Problems) -> Layer:
    if not RULES[layer.kind].initializer:
        return layer
    activation, whence = _activation_after(layer, name, layers)
    fitting = "HeNormal" if activation in _HE else "GlorotUniform"
    if activation == "selu":
        fitting = "LecunNormal"
    written = layer.arguments.get("kernel_initializer")
    if written is None:
        chosen = {**layer.arguments, "kernel_initializer": Reference(fitting)}
        reason = f"{_FAMILIES[fitting]}, chosen for {activation}{whence}"
        return replace(layer, arguments=chosen,
                       reasons={**layer.reasons, "kernel_initializer": reason})
    family = _FAMILIES.get(written.name)
    if family and family != _FAMILIES[fitting] and activation in (*_HE, *_GLOROT, "selu"):
        problems.warn((*layer.path, "kernel_initializer"),
                      f"{snake_case(written.name)} does not match {activation}{whence}; "
                      f"{snake_case(fitting)} does. Leave it out to have it chosen.")
    return layer


def _activation_after(layer: Layer, name: str, layers: Sequence[Layer]) -> tuple[str, str]:
    """Return the activation that a layer's output meets, and how it was found."""
    own = layer.arguments.get("activation")
    if own and own != "linear":
        return own, ""
    followers = [other for other in layers if name in other.inputs]
    while len(followers) == 1 and RULES[followers[0].kind].transparent:
        name = followers[0].name
        followers = [other for other in layers if name in other.inputs]
    if len(followers) == 1:
        next_one = followers[0]
        if next_one.kind == "Activation":
            return next_one.arguments["activation"] or "linear", f" in {next_one.name}"
        if next_one.kind in _ACTIVATION_LAYERS:
            return _ACTIVATION_LAYERS[next_one.kind], f" in {next_one.name}"
    return "linear", ""


def outline(layers: Sequence[Layer], inputs: Mapping[str, Shape],
            problems: Problems | None = None) -> dict[str, Outline]:
    """Follow shapes, sizes and views through the graph, without Keras and without allocating.

    Args:
        layers: the graph, each layer after those it follows.
        inputs: shapes of the inputs without the batch axis.
        problems: takes a problem where a layer cannot follow a shape; the layers behind it are
            then left out. Without it, `CannotFollow` is raised.
    """
    known = {name: Outline(shape, Size(0), View()) for name, shape in inputs.items()}
    for layer in layers:
        if not all(source in known for source in layer.inputs):
            continue
        before = [known[source] for source in layer.inputs]
        try:
            known[layer.name] = _outline_one(layer, before)
        except CannotFollow as error:
            if problems is None:
                raise
            shapes = " and ".join(_batch(b.shape) for b in before)
            problems.add(layer.path, f"{layer.kind} cannot follow shape {shapes}: {error}.",
                         at_key=True)
    return known


def _batch(shape: Shape) -> str:
    return str((None, *shape))


def _outline_one(layer: Layer, before: Sequence[Outline]) -> Outline:
    shapes = [b.shape for b in before]
    if layer.wrapped:
        shape, size = _wrapper(layer, layer.wrapped, shapes)
    else:
        values = _values(layer)
        shape = RULES[layer.kind].shape(values, shapes)
        size = RULES[layer.kind].size(values, shapes)
    span = RULES[layer.kind].span(_values(layer)) if not _is_flat(layer, shapes) else None
    views = [b.view.through(span) for b in before]
    return Outline(shape, size, _widest(views))


def _is_flat(layer: Layer, shapes: Sequence[Shape]) -> bool:
    """Tell whether the sequence axis is already gone, so that every output sees all of it."""
    return layer.kind == "Dense" and len(shapes[0]) == 1


def _widest(views: Sequence[View]) -> View:
    if any(v.width is None for v in views):
        return View(None)
    return max(views, key=lambda v: v.width or 0)


def _values(layer: Layer) -> Values:
    return with_defaults(RULES[layer.kind].arguments, layer.arguments)


def _wrapper(layer: Layer, inner: Layer, shapes: Sequence[Shape]) -> tuple[Shape, Size]:
    rule, values = RULES[inner.kind], _values(inner)
    if layer.kind == "TimeDistributed":
        if len(shapes[0]) < 2:
            raise CannotFollow("it needs (steps, ...) behind the batch axis")
        each = [shapes[0][1:]]
        return (shapes[0][0], *rule.shape(values, each)), rule.size(values, each)
    if inner.kind not in ("LSTM", "GRU", "SimpleRNN"):
        raise CannotFollow(f"it can wrap LSTM, GRU or SimpleRNN, not {inner.kind}")
    shape, size = rule.shape(values, shapes), rule.size(values, shapes)
    merge = _values(layer)["merge_mode"]
    if merge is None:
        raise CannotFollow("merge_mode must be sum, mul, concat or ave")
    last = shape[-1]
    wide = 2 * last if merge == "concat" and last is not None else last
    return (*shape[:-1], wide), Size(2 * size.trainable)


