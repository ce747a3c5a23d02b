"""Where initial weights come from, and which layers training leaves alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import ClassVar, Final

from pydantic import ConfigDict, Field

from dlgenomics.spec.node import Node, Several

SHA256_PATTERN: Final = "^[0-9a-f]{64}$"


class Pretrained(Node):
    """Weights of a packaged model, given to layers of this one before training."""

    model_config: ClassVar[ConfigDict] = ConfigDict(populate_by_name=True)

    model: str = Field(alias="from")
    """The packaged model: a name that `dlg ls` lists, or a folder."""
    sha256: str | None = Field(default=None, pattern=SHA256_PATTERN)
    """The SHA-256 of its `model.yaml`; written into the run's spec, and checked if it is given."""
    layers: Several[str] | Mapping[str, str] = ()
    """Layers that take weights: names, or patterns with `*`; or a mapping from names here to names
    there. Default: all that have the name and shape of a layer there."""
    excluded: Several[str] = Field(default=(), alias="except", max_length=1000)
    """Layers that keep their fresh weights: names, or patterns with `*`."""

    def sources(self, names: Sequence[str]) -> dict[str, str]:
        """Return, for each of these layers that may take weights, the layer there."""
        if isinstance(self.layers, Mapping):
            found = {name: self.layers[name] for name in names if name in self.layers}
        else:
            wanted = matching(names, self.layers) if self.layers else names
            found = {name: name for name in wanted}
        left = set(matching(names, self.excluded))
        return {here: there for here, there in found.items() if here not in left}


def matching(names: Sequence[str], patterns: Collection[str]) -> list[str]:
    """Return the names that equal one of the patterns, or match one with ``*`` in it.

    >>> matching(["conv1d_1", "conv1d_2", "dense_1"], ["conv*", "dense_1"])
    ['conv1d_1', 'conv1d_2', 'dense_1']
    """
    exact = set(patterns)
    loose = [pattern for pattern in exact if "*" in pattern]
    return [name for name in names
            if name in exact or any(fnmatchcase(name, pattern) for pattern in loose)]
