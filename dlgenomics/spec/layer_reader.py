"""``model.layers`` as written → layers with names, inputs and checked arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import Argument, check_arguments, snake_case, split_entry
from dlgenomics.spec.blocks import (
    BLOCKS,
    MAX_LAYERS,
    REPEAT,
    RESIDUAL,
    SHARED,
    SIAMESE,
    STRANDS,
    TooMany,
)
from dlgenomics.spec.document import Path
from dlgenomics.spec.layers import REFUSED_ARGUMENTS, REFUSED_LAYERS, RULES
from dlgenomics.spec.layers.rule import LayerRule
from dlgenomics.spec.problems import Problems, must_be, received, shown
from dlgenomics.spec.types import Layer
from dlgenomics.spec.wiring import Wiring

_PLACE_KEYS: Final = ("from", "name", "layer")
_ONE: Final = (1, 1)


def parse_layers(raw: Any, path: Path, defaults: Mapping[str, Any], inputs: Sequence[str],
                 problems: Problems) -> tuple[Layer, ...]:
    """Read ``model.layers``; blocks become the layers they stand for.

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
    except TooMany as stop:
        problems.add(stop.path, str(stop), at_key=True)
        return ()
    reader.check_defaults()
    return tuple(found)


class _LayerReader:
    """Reads layers one after another and unfolds blocks."""

    def __init__(self, inputs: Sequence[str], defaults: Mapping[str, Any], path: Path,
                 problems: Problems) -> None:
        self.wiring = Wiring(inputs)
        self.defaults = defaults
        self.defaults_path = (*path[:-1], "defaults")
        self.used_defaults: set[str] = set()
        self.by_name: dict[str, Layer] = {}
        self.entries = 0
        self.problems = problems

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
            raise TooMany("layers", MAX_LAYERS, path)

    def _keep(self, layer: Layer) -> Layer:
        """Note a layer that was read, so that others can follow and share it."""
        self.wiring.add(layer.name)
        self.by_name[layer.name] = layer
        return layer

    def _block(self, kind: str, written: Any, below: Path) -> list[Layer]:
        """Return the layers that a block stands for."""
        place = {} if kind == REPEAT or not isinstance(written, dict) else {
            k: written[k] for k in ("from", "name") if k in written}
        own = {k: v for k, v in written.items() if k not in place} if place else written
        checked = check_arguments(kind, BLOCKS[kind], own, below, self.problems)
        if checked is None:
            self._count(below)
            self.wiring.remember(place)
            return []
        if kind == SHARED:
            return self._shared(checked["of"], place, below)
        inside = (*below, "layers")
        if kind == REPEAT:
            return self._repeated(checked["times"], checked["layers"], inside)
        if kind == RESIDUAL:
            return self._residual(place, checked["layers"], below)
        if kind == SIAMESE:
            return self._siamese(place, checked, below)
        return self._both_strands(place, checked, below)

    def _repeated(self, times: int, entries: Sequence[Any], path: Path) -> list[Layer]:
        found: list[Layer] = []
        with self._restored_problems():
            for number in range(1, times + 1):
                before = len(self.problems.found)
                with self.wiring.scopes.copy(number):
                    found += self.read_all(entries, path)
                if len(self.problems.found) > before:  # the other copies would say the same again
                    self.problems, self.wiring.muted = Problems(self.problems.document), True
        return found

    @contextmanager
    def _restored_problems(self) -> Iterator[None]:
        """Give problems back to where they went before, at the end."""
        report, muted = self.problems, self.wiring.muted
        try:
            yield
        finally:
            self.problems, self.wiring.muted = report, muted

    def _residual(self, place: Mapping[str, Any], entries: Sequence[Any],
                  below: Path) -> list[Layer]:
        """Return the layers of the block and an Add of the block's input and their output."""
        sources = self.wiring.sources(RESIDUAL, _ONE, place, below, self.problems)
        if sources and sources[0] in self.wiring.names:
            self.wiring.previous = sources[:1]
        found = self.read_all(entries, (*below, "layers"))
        return [*found, self._joined("Add", (*sources, *self.wiring.previous), place, below)]

    def _joined(self, kind: str, inputs: Sequence[str], place: Mapping[str, Any],
                below: Path) -> Layer:
        """Return the layer that ends a block."""
        name = self.wiring.name(kind, place, below, self.problems)
        return self._keep(Layer(kind, name, {}, tuple(inputs), path=below))

    def _siamese(self, place: Mapping[str, Any], checked: Mapping[str, Any],
                 below: Path) -> list[Layer]:
        """Return the layers for the first branch, shared ones for the others, and their merger."""
        branches = self.wiring.branches(SIAMESE, place, below, self.problems)
        if not branches:
            self.wiring.remember(place)
            return []
        merge = checked.get("merge", "Concatenate")
        if merge == "Subtract" and len(branches) != 2:
            self.problems.add((*below, "merge"), "Subtract merges 2 branches. "
                              f"Received: {len(branches)}. Use another merge.")
        self.wiring.previous = branches[0]
        found = first = self.read_all(checked["layers"], (*below, "layers"))
        ends = [self.wiring.previous[0]]
        for number, branch in enumerate(branches[1:], start=2):
            renamed = dict(zip(branches[0], branch, strict=True))
            copies = self._again(first, renamed, f"branch{number}", below)
            found = [*found, *copies]
            ends.append(renamed.get(ends[0], ends[0]))
        return [*found, self._joined(merge, ends, place, below)]

    def _both_strands(self, place: Mapping[str, Any], checked: Mapping[str, Any],
                      below: Path) -> list[Layer]:
        """Return the layers for a sequence, shared ones for its other strand, and their mean."""
        sources = self.wiring.sources(STRANDS, _ONE, place, below, self.problems)
        if not sources:
            return []
        other = self._joined("ReverseComplement", sources[:1], {}, below)
        self.wiring.previous = sources[:1]
        found = self.read_all(checked["layers"], (*below, "layers"))
        end = self.wiring.previous[0]
        renamed = {sources[0]: other.name}
        found += self._again(found, renamed, "rc", below)
        last = renamed.get(end, end)
        if checked.get("realign"):
            found.append(self._joined("ReverseComplement", (last,), {}, below))
            last = found[-1].name
            found[-1] = self._keep(replace(found[-1], arguments={"complement": False}))
        return [other, *found, self._joined("Average", (end, last), place, below)]

    def _again(self, layers: Sequence[Layer], renamed: dict[str, str], suffix: str,
               below: Path) -> list[Layer]:
        """Return layers that apply ``layers`` again, with their weights where they have any.

        Args:
            layers: those of the first branch.
            renamed: what the first branch follows → what this one does; takes the new names.
            suffix: what the new names end in.
            below: where the block stands.
        """
        found = []
        for layer in layers:
            self._count(below)
            inputs = tuple(self.wiring.source(renamed.get(n, n), below, Problems(
                self.problems.document)) for n in layer.inputs)
            renamed[layer.name] = self.wiring.free(f"{layer.name}_{suffix}")
            whose = None if RULES[layer.kind].weightless else layer.shares or layer.name
            found.append(self._keep(replace(layer, name=renamed[layer.name], inputs=inputs,
                                            shares=whose)))
        return found

    def _shared(self, of: str, place: Mapping[str, Any], below: Path) -> list[Layer]:
        """Return a layer above, applied again."""
        at = (*below, "of")
        if self.wiring.is_input(of):
            self.problems.add(at, f"'of' must name a layer above. Received: the input {of!r}.")
        meant = self.wiring.source(of, at, self.problems, "of")
        original = self.by_name.get(meant)
        if original is None:
            self.wiring.remember(place)
            return []
        name = self.wiring.name(SHARED, place, below, self.problems)
        inputs = self.wiring.sources(SHARED, RULES[original.kind].inputs, place, below,
                                     self.problems)
        return [self._keep(replace(original, name=name, inputs=inputs, path=below,
                                   shares=original.shares or original.name))]

    def _layer(self, entry: Any, path: Path) -> Layer | None:
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
        return self._keep(Layer(kind, name, arguments, inputs, {}, wrapped, below))

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
