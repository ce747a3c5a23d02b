"""``model.layers`` as written → layers with names, inputs and checked arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import Argument, check_arguments, snake_case, split_entry
from dlgenomics.spec.blocks import BLOCKS, MAX_LAYERS, REPEAT, Scopes, TooManyLayers
from dlgenomics.spec.document import Path
from dlgenomics.spec.layers import REFUSED_ARGUMENTS, REFUSED_LAYERS, RULES
from dlgenomics.spec.layers.rule import LayerRule
from dlgenomics.spec.problems import Problems, must_be, received, shown
from dlgenomics.spec.types import Layer

_PLACE_KEYS: Final = ("from", "name", "layer")
_MOST_HINTS: Final = 100
_ONE_INPUT: Final = LayerRule({})
NAME_RULE: Final = "a text of letters, digits and underscores that starts with a letter"


def is_layer_name(name: Any) -> bool:
    """Tell whether Keras takes ``name`` as a layer's; the rule in words is `NAME_RULE`."""
    return isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) is not None


def parse_layers(raw: Any, path: Path, defaults: Mapping[str, Any], inputs: Sequence[str],
                 problems: Problems) -> tuple[Layer, ...]:
    """Read ``model.layers``; blocks (``repeat``, ``Residual``) become the layers they stand for.

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
    try:
        found = reader.read_all(raw, path)
    except TooManyLayers as stop:
        problems.add(stop.path, f"a model may have at most {MAX_LAYERS:,} layers, those made by "
                     "'repeat' included. Received: more. Repeat fewer times.", at_key=True)
        return ()
    reader.check_defaults()
    return tuple(found)


class _LayerReader:
    """Reads layers one after another; remembers the names above and the last layer."""

    def __init__(self, inputs: Sequence[str], defaults: Mapping[str, Any], path: Path,
                 problems: Problems) -> None:
        self.names: dict[str, None] = dict.fromkeys(inputs)  # a set that keeps its order
        self.previous: str | None = inputs[0] if inputs else None
        self.defaults = defaults
        self.defaults_path = (*path[:-1], "defaults")
        self.used_defaults: set[str] = set()
        self.counts: dict[str, int] = {}
        self.scopes = Scopes()
        self.entries = 0
        self.problems = problems
        self.muted = False

    def read_all(self, entries: Sequence[Any], path: Path) -> list[Layer]:
        return [layer for i, entry in enumerate(entries)
                for layer in self._read(entry, (*path, i))]

    def _read(self, entry: Any, path: Path) -> list[Layer]:
        kind, written, below = split_entry(entry, path)
        if kind != REPEAT:
            self._count(below)
        if kind in BLOCKS:
            return self._block(str(kind), written, below)
        layer = self._layer(entry, path)
        return [layer] if layer else []

    def _count(self, path: Path) -> None:
        self.entries += 1
        if self.entries > MAX_LAYERS:
            raise TooManyLayers(path)

    def _block(self, kind: str, written: Any, below: Path) -> list[Layer]:
        """Return the layers that a block stands for."""
        place = {} if kind == REPEAT or not isinstance(written, dict) else {
            k: written[k] for k in ("from", "name") if k in written}
        own = {k: v for k, v in written.items() if k not in place} if place else written
        checked = check_arguments(kind, BLOCKS[kind], own, below, self.problems)
        if checked is None:
            self._count(below)
            self._remember(place)
            return []
        inside = (*below, "layers")
        if kind == REPEAT:
            return self._repeated(checked["times"], checked["layers"], inside)
        return self._residual(place, checked["layers"], below)

    def _repeated(self, times: int, entries: Sequence[Any], path: Path) -> list[Layer]:
        found: list[Layer] = []
        report, muted = self.problems, self.muted
        try:
            for number in range(1, times + 1):
                before = len(self.problems.found)
                with self.scopes.copy(number):
                    found += self.read_all(entries, path)
                if len(self.problems.found) > before:  # the other copies would say the same again
                    self.problems, self.muted = Problems(report.document), True
        finally:
            self.problems, self.muted = report, muted
        return found

    def _residual(self, place: Mapping[str, Any], entries: Sequence[Any],
                  below: Path) -> list[Layer]:
        """Return the layers of the block and an Add of the block's input and their output."""
        sources = self._inputs("Residual", _ONE_INPUT, place, below)
        if sources and sources[0] in self.names:
            self.previous = sources[0]
        found = self.read_all(entries, (*below, "layers"))
        inputs = (*sources, str(self.previous))
        name = self._name("Add", place, below)
        self.names[name] = None
        self.previous = name
        return [*found, Layer("Add", name, {}, inputs, path=below)]

    def _layer(self, entry: Any, path: Path) -> Layer | None:
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
        self.names[name] = None
        self.previous = name
        if arguments is None or (rule.wraps and wrapped is None):
            return None
        return Layer(kind, name, arguments, inputs, {}, wrapped, below)

    def _remember(self, written: Any) -> None:
        """Keep the name of a layer that cannot be read, so that others may still follow it."""
        name = written.get("name") if isinstance(written, dict) else None
        if isinstance(name, str):
            name = self.scopes.name(name)
            self.names[name] = None
            self.previous = name

    def _rule(self, kind: str | None, entry: Any, path: Path, below: Path) -> LayerRule | None:
        if kind is None:
            form = "a layer is 'Name' or 'Name: {argument: value}'"
            self.problems.add(path, f"{form}. Received: {received(entry)}.")
            return None
        rule = RULES.get(kind)
        if rule is None:
            reason = REFUSED_LAYERS.get(kind)
            hint = f" {reason}." if reason else did_you_mean(kind, [*RULES, *BLOCKS])
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
        name = self.scopes.name(name)
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
        if "from" not in written:
            named: Any = self.previous
            if named is None:
                return ()  # there are no inputs, which is noted elsewhere
        else:
            named = self._meant(written["from"])
        sources = named if isinstance(named, list) else [named]
        for i, source in enumerate(sources):
            if not isinstance(source, str) or source not in self.names:
                hint = self._hint(source) if isinstance(source, str) else ""
                self.problems.add((*at, i) if isinstance(named, list) else at,
                                  f"'from' must name an input or a layer above. "
                                  f"Received: {source!r}.{hint}")
        if not least <= len(sources) <= most:
            count = str(least) if least == most else f"{least} to {most}"
            count = f"at least {least}" if most >= 1000 else count
            form = "1 input as 'from: name'" if most == 1 else f"{count} inputs as 'from: [...]'"
            self.problems.add(at, f"{kind} needs {form}. Received: {len(sources)}.", at_key=True)
        return tuple(map(str, sources))

    def _hint(self, source: str) -> str:
        if self.muted or len(self.problems.found) >= _MOST_HINTS:
            return ""  # near matches among many names take long, and nobody reads so many
        last = self.scopes.last.get(source)
        if last in self.names:
            return f" Repeated layers have a number: the last one is {last!r}."
        return did_you_mean(source, self.names)

    def _meant(self, named: Any) -> Any:
        """Return ``from:`` with the names that layers have in the model."""
        if isinstance(named, list):
            return [self._meant(n) if isinstance(n, str) else n for n in named]
        return self.scopes.meant(named) if isinstance(named, str) else named

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
