"""Entries of ``model.layers`` that are not layers of their own: repeated, joined, shared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from dlgenomics.spec.arguments import Argument, Arguments, Boolean, Choice, Integer, Maybe, Text
from dlgenomics.spec.document import Path
from dlgenomics.spec.problems import Problems, must_be

MAX_LAYERS: Final = 1000
"""The most layers that a model may have, those made by ``repeat`` included."""

MAX_CONNECTIONS: Final = 20_000
"""The most names that all ``from:`` together may hold, those made by ``repeat`` included."""

REPEAT: Final = "repeat"
RESIDUAL: Final = "Residual"
SHARED: Final = "Shared"
SIAMESE: Final = "Siamese"
STRANDS: Final = "ReverseComplementAverage"
PACKAGE: Final = "Package"


_MERGES: Final = (
    "Concatenate", "Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract",
)


@dataclass(frozen=True)
class LayerList:
    """A list of at least one layer, read later."""

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> list[Any] | None:
        """Return the list if it holds something."""
        if isinstance(value, list) and value:
            return value
        problems.add(path, must_be(name, "a list of at least one layer", value))
        return None


BLOCKS: Final[dict[str, Arguments]] = {
    REPEAT: {"times": Argument(Integer(1, MAX_LAYERS)), "layers": Argument(LayerList())},
    RESIDUAL: {"layers": Argument(LayerList())},
    SHARED: {"of": Argument(Text())},
    SIAMESE: {"layers": Argument(LayerList()), "merge": Argument(Choice(_MERGES), "Concatenate")},
    STRANDS: {"layers": Argument(LayerList()), "realign": Argument(Boolean(), False)},
    PACKAGE: {"model": Argument(Text()), "output": Argument(Maybe(Text()), None),
              "trainable": Argument(Boolean(), False)},
}
"""The blocks and what may be written in them; all but ``repeat`` take ``from`` and ``name`` too.

``Shared`` applies a layer above again, with the same weights. ``Siamese`` applies its layers to
each branch of ``from`` and merges the outputs; ``ReverseComplementAverage`` applies them to a
sequence and its reverse complement and averages, after turning the second output round if
``realign`` (for outputs along the sequence). ``Package`` stands for the layers of a packaged model
up to ``output``, with its weights, which training leaves alone unless ``trainable``.
"""


class TooMany(Exception):  # noqa: N818 - a rule broken by the spec, turned into a Problem
    """There are more than ``most`` of a kind; ``path`` is where the first one too many stands."""

    def __init__(self, what: str, most: int, path: Path) -> None:
        super().__init__(f"a model may have at most {most:,} {what}, those made by 'repeat' "
                         "included. Received: more. Repeat fewer times.")
        self.path = path


class Scopes:
    """The names inside ``repeat``: those of each copy end in its number, ``_1``, ``_2`` and so on.

    Inside a copy a name means that copy's layer; a name from outside means the same in all. A
    repeat within a repeat is unfolded first: its ``x`` becomes ``x_1`` and ``x_2`` to the list
    around it, and those become ``x_1_1``, ``x_2_1``, ``x_1_2`` and ``x_2_2``.
    """

    def __init__(self) -> None:
        self._copies: list[tuple[int, dict[str, str]]] = []
        self.last: dict[str, str] = {}
        """Names as written → the name of the last layer made of it."""

    @contextmanager
    def copy(self, number: int) -> Iterator[None]:
        """Enter copy ``number`` of a repeated list."""
        self._copies.append((number, {}))
        try:
            yield
        finally:
            self._copies.pop()

    def name(self, written: str) -> str:
        """Return the name in the model of a layer that is written here with that name."""
        found = written
        for number, _ in reversed(self._copies):
            found += f"_{number}"
        partly = written
        for number, names in reversed(self._copies):
            names[partly] = found
            partly += f"_{number}"
        self.last[written] = found
        return found

    def meant(self, written: str) -> str:
        """Return the name in the model that a ``from:`` written here means."""
        for _, names in reversed(self._copies):
            if written in names:
                return names[written]
        return written
