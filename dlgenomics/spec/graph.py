"""``model.layers`` as written → the layers of the graph; blocks become those they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import check_arguments, split_entry
from dlgenomics.spec.blocks import (
    BLOCKS,
    MAX_LAYERS,
    PACKAGE,
    REPEAT,
    RESIDUAL,
    SHARED,
    SIAMESE,
    STRANDS,
    TooMany,
)
from dlgenomics.spec.document import Path
from dlgenomics.spec.layer_reader import LayerReader
from dlgenomics.spec.layers import RULES
from dlgenomics.spec.packaged import Feed, Packaged, PackageShelf, needed_layers, taken_up
from dlgenomics.spec.problems import Problems, must_be
from dlgenomics.spec.types import Layer

_ONE: Final = (1, 1)


def parse_layers(raw: Any, path: Path, defaults: Mapping[str, Any], inputs: Sequence[str],
                 problems: Problems, shelf: PackageShelf | None = None) -> tuple[Layer, ...]:
    """Read ``model.layers``; blocks become the layers they stand for.

    Args:
        raw: the list as written.
        path: where it stands.
        defaults: ``model.defaults``, already plain data.
        inputs: names of the inputs that layers may follow.
        problems: takes what is wrong.
        shelf: where ``Package`` blocks come from.

    Returns:
        The layers that could be read; all of them if no problem was noted.
    """
    if not isinstance(raw, list) or not raw:
        problems.add(path, must_be("layers", "a list of layers", raw))
        return ()
    reader = _GraphReader(inputs, defaults, path, problems)
    reader.shelf = shelf or reader.shelf
    try:
        found = reader.read_all(raw, path)
    except TooMany as stop:
        problems.add(stop.path, str(stop), at_key=True)
        return ()
    reader.check_defaults()
    return tuple(found)


class _GraphReader(LayerReader):
    """Reads a list of layers and blocks."""

    entries = 0
    """How many layers were begun so far."""
    shelf = PackageShelf(None)
    """Where packaged models come from."""

    def read_all(self, entries: Sequence[Any], path: Path) -> list[Layer]:
        """Return the layers that a list stands for."""
        return [layer for i, entry in enumerate(entries)
                for layer in self._read(entry, (*path, i))]

    def _read(self, entry: Any, path: Path) -> list[Layer]:
        kind, written, below = split_entry(entry, path)
        if kind != REPEAT:
            self._count(below)
        if kind in BLOCKS:
            return self._block(str(kind), written, below)
        layer = self.layer(entry, path)
        return [layer] if layer else []

    def _count(self, path: Path) -> None:
        self.entries += 1
        if self.entries > MAX_LAYERS:
            raise TooMany("layers", MAX_LAYERS, path)

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
        read = {REPEAT: self._repeated, RESIDUAL: self._residual, SHARED: self._shared,
                SIAMESE: self._siamese, STRANDS: self._both_strands, PACKAGE: self._package}[kind]
        return read(place, checked, below)

    def _repeated(self, _place: Mapping[str, Any], checked: Mapping[str, Any],
                  below: Path) -> list[Layer]:
        times, entries, path = checked["times"], checked["layers"], (*below, "layers")
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

    def _residual(self, place: Mapping[str, Any], checked: Mapping[str, Any],
                  below: Path) -> list[Layer]:
        """Return the layers of the block and an Add of the block's input and their output."""
        sources = self.wiring.sources(RESIDUAL, _ONE, place, below, self.problems)
        if sources and sources[0] in self.wiring.names:
            self.wiring.previous = sources[:1]
        found = self.read_all(checked["layers"], (*below, "layers"))
        return [*found, self._joined("Add", (*sources, *self.wiring.previous), place, below)]

    def _joined(self, kind: str, inputs: Sequence[str], place: Mapping[str, Any],
                below: Path, **arguments: Any) -> Layer:
        """Return a layer that a block adds of itself."""
        name = self.wiring.name(kind, place, below, self.problems)
        return self.keep(Layer(kind, name, arguments, tuple(inputs), path=below))

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
            turned = self._joined("ReverseComplement", (last,), {}, below, complement=False)
            found, last = [*found, turned], turned.name
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
            found.append(self.keep(replace(layer, name=renamed[layer.name], inputs=inputs,
                                            shares=whose)))
        return found

    def _shared(self, place: Mapping[str, Any], checked: Mapping[str, Any],
                below: Path) -> list[Layer]:
        """Return a layer above, applied again."""
        of, at = checked["of"], (*below, "of")
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
        return [self.keep(replace(original, name=name, inputs=inputs, path=below,
                                   shares=original.shares or original.name))]

    def _package(self, place: Mapping[str, Any], checked: Mapping[str, Any],
                 below: Path) -> list[Layer]:
        """Return the layers of a packaged model that lead to one of its layers."""
        packaged = self.shelf.take(checked["model"], (*below, "model"), self.problems)
        output = self._package_output(packaged, checked, below) if packaged else None
        if packaged is None or output is None:
            self.wiring.remember(place)
            return []
        needed = needed_layers(packaged.spec.model.layers, [output])
        used = {name for layer in needed for name in layer.inputs}
        inputs = [name for name in packaged.spec.model.inputs if name in used]
        name = self.wiring.name(PACKAGE, place, below, self.problems)
        sources = self.wiring.sources(PACKAGE, (len(inputs), len(inputs)), place, below,
                                      self.problems)
        if len(sources) != len(inputs):
            self.wiring.add(name)
            return []
        self.shelf.feeds += [
            Feed(below, checked["model"], source, packaged.spec.data.inputs[wanted])
            for wanted, source in zip(inputs, sources, strict=True)]
        names = {layer.name: self.wiring.free(f"{name}_{layer.name}") for layer in needed}
        names = {**dict(zip(inputs, sources, strict=True)), **names, output: name}
        found = taken_up(packaged, checked["model"], needed, names, below,
                         frozen=not checked.get("trainable", False))
        for layer in found:
            self._count(below)
            self.keep(layer)
        return found

    def _package_output(self, packaged: Packaged, checked: Mapping[str, Any],
                        below: Path) -> str | None:
        """Return the layer at which a block ends, or note that it cannot be told."""
        model = packaged.spec.model
        written = checked.get("output")
        if written is None and len(model.outputs) == 1:
            return model.outputs[0]
        names = [layer.name for layer in model.layers]
        if written in names:
            return str(written)
        if written is None:
            self.problems.add(below, f"{PACKAGE} needs 'output', one of {checked['model']!r}'s "
                              f"layers, as the model has several outputs: "
                              f"{', '.join(model.outputs)}. Received: none.", at_key=True)
        else:
            self.problems.add((*below, "output"), f"'output' must be a layer of "
                              f"{checked['model']!r}. Received: {written!r}."
                              f"{did_you_mean(written, names)}")
        return None
