"""Names of layers, and which layers follow which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import snake_case
from dlgenomics.spec.blocks import MAX_CONNECTIONS, Scopes, TooMany
from dlgenomics.spec.document import Path
from dlgenomics.spec.problems import Problems, must_be

_MOST_HINTS: Final = 100
NAME_PATTERN: Final = "[A-Za-z][A-Za-z0-9_]*"
NAME_RULE: Final = "a text of letters, digits and underscores that starts with a letter"


def is_layer_name(name: Any) -> bool:
    """Tell whether Keras takes ``name`` as a layer's; the rule in words is `NAME_RULE`."""
    return isinstance(name, str) and re.fullmatch(NAME_PATTERN, name) is not None


class Wiring:
    """The names above the layer that is being read, and what it follows if nothing is said.

    Attributes:
        names: all names so far, in order.
        previous: what the next layer follows unless ``from:`` says else.
        scopes: names inside ``repeat``.
        muted: whether problems are not shown, so that hints need not be looked for.
    """

    def __init__(self, inputs: Sequence[str]) -> None:
        self.names: dict[str, None] = dict.fromkeys(inputs)  # a set that keeps its order
        self.previous: tuple[str, ...] = tuple(inputs[:1])
        self.scopes = Scopes()
        self.muted = False
        self._inputs = frozenset(inputs)
        self._counts: dict[str, int] = {}
        self._connections = 0
        self._unknown = 0

    def add(self, name: str) -> None:
        """Note a layer that was read: others may follow it, and the next one does."""
        self.names[name] = None
        self.previous = (name,)

    def remember(self, written: Any) -> None:
        """Keep the name of a layer that cannot be read, so that others may still follow it."""
        name = written.get("name") if isinstance(written, dict) else None
        if isinstance(name, str):
            self.add(self.scopes.name(name))

    def name(self, kind: str, written: Mapping[str, Any], path: Path, problems: Problems) -> str:
        """Return the name of a layer, made from its kind if none is written."""
        if "name" not in written:
            base = snake_case(kind)
            self._counts[base] = self._counts.get(base, 0) + 1
            return self.free(f"{base}_{self._counts[base]}")
        name = written["name"]
        at = (*path, "name")
        if not is_layer_name(name):
            problems.add(at, must_be("name", NAME_RULE, name))
            return f"unnamed_{len(self.names)}"
        name = self.scopes.name(name)
        if name in self.names:
            problems.add(at, f"a layer's name must be its own. Received: {name!r} again.")
        return str(name)

    def free(self, name: str) -> str:
        """Return ``name``, with underscores behind it if it is taken."""
        while name in self.names:
            name += "_"
        return name

    def is_input(self, name: str) -> bool:
        """Tell whether a name is that of an input."""
        return name in self._inputs

    def sources(self, kind: str, numbers: tuple[int, int], written: Mapping[str, Any], path: Path,
                problems: Problems) -> tuple[str, ...]:
        """Return the names that a layer follows.

        Args:
            kind: the layer, for messages.
            numbers: the least and the greatest number of names.
            written: what may hold ``from``.
            path: where it stands.
            problems: takes what is wrong.
        """
        least, most = numbers
        at = (*path, "from")
        if "from" not in written:
            if not self.previous:
                return ()  # there are no inputs, which is noted elsewhere
            named: Any = list(self.previous) if len(self.previous) > 1 else self.previous[0]
        else:
            named = written["from"]
        sources = named if isinstance(named, list) else [named]
        found = [self.source(s, (*at, i) if isinstance(named, list) else at, problems)
                 for i, s in enumerate(sources)]
        if not least <= len(sources) <= most:
            count = str(least) if least == most else f"{least} to {most}"
            count = f"at least {least}" if most >= 1000 else count
            form = "1 input as 'from: name'" if most == 1 else f"{count} inputs as 'from: [...]'"
            problems.add(at, f"{kind} needs {form}. Received: {len(sources)}.", at_key=True)
        return tuple(found)

    def branches(self, kind: str, written: Mapping[str, Any], path: Path,
                 problems: Problems) -> list[tuple[str, ...]]:
        """Return the names that each branch of a block follows; empty if they cannot be read."""
        at = (*path, "from")
        named = written.get("from")
        each = [b if isinstance(b, list) else [b] for b in named] if isinstance(named, list) else []
        if len(each) < 2 or len({len(b) for b in each}) > 1 or not each[0]:
            problems.add(at, f"{kind} needs at least 2 inputs as 'from: [...]', each a name or a "
                         f"list of as many names as the others. Received: {_counted(named)}.",
                         at_key=True)
            return []
        return [tuple(self.source(s, (*at, i), problems) for s in branch)
                for i, branch in enumerate(each)]

    def source(self, written: Any, at: Path, problems: Problems, key: str = "from") -> str:
        """Return the name in the model that a name written here means."""
        self._connections += 1
        if self._connections > MAX_CONNECTIONS:
            raise TooMany("connections", MAX_CONNECTIONS, at)
        source = self.scopes.meant(written) if isinstance(written, str) else written
        if not isinstance(source, str) or source not in self.names:
            hint = self._hint(source) if isinstance(source, str) else ""
            problems.add(at, f"{key!r} must name an input or a layer above. "
                         f"Received: {source!r}.{hint}")
            self._unknown += 1
        return str(source)

    def _hint(self, source: str) -> str:
        if self.muted or self._unknown >= _MOST_HINTS:
            return ""  # near matches among many names take long, and nobody reads so many
        last = self.scopes.last.get(source)
        if last in self.names:
            return f" Repeated layers have a number: the last one is {last!r}."
        return did_you_mean(source, self.names)


def _counted(named: Any) -> str:
    if isinstance(named, list):
        sizes = [str(len(b)) for b in named if isinstance(b, list)]
        return str(len(named)) + (f", some with {' or '.join(dict.fromkeys(sizes))} names"
                                  if len(named) > 1 and sizes else "")
    return "none" if named is None else "1"
