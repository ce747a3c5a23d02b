"""One layer as written → a layer with name, inputs and checked arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import Argument, check_arguments, snake_case, split_entry
from dlgenomics.spec.blocks import BLOCKS
from dlgenomics.spec.document import Path
from dlgenomics.spec.layers import REFUSED_ARGUMENTS, REFUSED_LAYERS, RULES
from dlgenomics.spec.layers.rule import LayerRule
from dlgenomics.spec.problems import Problems, received, shown
from dlgenomics.spec.types import Layer
from dlgenomics.spec.wiring import Wiring

_PLACE_KEYS: Final = ("from", "name", "layer")


class LayerReader:
    """Reads layers one after another, each on its own."""

    def __init__(self, inputs: Sequence[str], defaults: Mapping[str, Any], path: Path,
                 problems: Problems) -> None:
        self.wiring = Wiring(inputs)
        self.defaults = defaults
        self.defaults_path = (*path[:-1], "defaults")
        self.used_defaults: set[str] = set()
        self.by_name: dict[str, Layer] = {}
        self.problems = problems

    def keep(self, layer: Layer) -> Layer:
        """Note a layer that was read, so that others can follow and share it."""
        self.wiring.add(layer.name)
        self.by_name[layer.name] = layer
        return layer

    def layer(self, entry: Any, path: Path) -> Layer | None:
        """Return one layer, or note what is wrong with it."""
        kind, written, below = split_entry(entry, path)
        rule = self._rule(kind, entry, path, below)
        if rule is None or kind is None:
            self.wiring.remember(written)
            return None
        if not isinstance(written, dict):
            written = self._short_form(kind, written)
        if not isinstance(written, dict):
            self.problems.add(below, f"{kind} takes its arguments as a mapping. "
                              f"Received: {received(written)}.")
            return None
        name = self.wiring.name(kind, written, below, self.problems)
        inputs = self.wiring.sources(kind, rule.inputs, written, below, self.problems)
        arguments = self._arguments(kind, rule, written, below)
        wrapped = self._wrapped(kind, rule, written, below)
        self.wiring.add(name)
        if arguments is None or (rule.wraps and wrapped is None):
            return None
        return self.keep(Layer(kind, name, arguments, inputs, {}, wrapped, below))

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
        """Note defaults that no layer takes."""
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
        for key in _PLACE_KEYS[:2]:
            if key in arguments:
                self.problems.add((*below, key), f"{inner} in {kind} has no {key!r} of its own. "
                                  f"Received: one. Write it in {kind}.", at_key=True)
        checked = self._arguments(inner, inner_rule, arguments, below)
        return None if checked is None else Layer(inner, snake_case(inner), checked, (), path=below)
