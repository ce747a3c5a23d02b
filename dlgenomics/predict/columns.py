"""The columns of a table of predictions, named by target."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from dlgenomics.predict.nested import flatten
from dlgenomics.spec.targets import ColumnTarget
from dlgenomics.spec.types import Data


def column_names(data: Data) -> dict[str, list[str]]:
    """Return the table columns of each target, one for each name along its last axis.

    A target's own columns keep their names where it is alone; with several targets a column is
    ``target`` or ``target/column``.
    """
    found = {}
    for name, target in data.targets.items():
        names = list(target.names) or [str(i) for i in range(data.output_shape(name)[-1] or 0)]
        alone = isinstance(target, ColumnTarget) and target.column is not None
        found[name] = names if len(data.targets) == 1 else (
            [name] if alone else [f"{name}/{column}" for column in names])
    return found


@dataclass(frozen=True)
class Profile:
    """Where the positions of an output lie in a row's window.

    Attributes:
        tracks: the names of its channels.
        window: bp of the window.
        bin: bp of a position.
        minus: for each track the channel that holds it where the window is on the minus strand.
        unknown: why nobody can say where the positions lie; empty if it is known.
        first: bp of the window before the first position; None: they are around its middle.
    """

    tracks: Sequence[str]
    window: int = 0
    bin: int = 1
    minus: Sequence[int] = ()
    unknown: str = ""
    first: int | None = None

    def start(self, positions: int, is_minus: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the bp from a window's start on the genome to that of what the positions cover.

        Args:
            positions: how many there are.
            is_minus: which windows are on the minus strand.
        """
        length = positions * self.bin
        if self.first is None:
            return np.full(len(is_minus), self.window // 2 - length // 2)
        return np.where(is_minus, self.window - length - self.first, self.first)


@dataclass(frozen=True)
class Naming:
    """How nested arrays become the columns of a table; plain data, so that it can be kept.

    Attributes:
        key: what the arrays are called where names are nested, such as ``preds``.
        labels: by output the names along its last axis; None gives every number its place.
        profiles: the outputs that have positions along the sequence.
    """

    key: str = "preds"
    labels: Mapping[str, Sequence[str]] | None = None
    profiles: Mapping[str, Profile] = field(default_factory=dict)

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Self:
        """Return what `dataclasses.asdict` made plain."""
        profiles = {name: Profile(**one) for name, one in data.get("profiles", {}).items()}
        return cls(**{**data, "profiles": profiles})

    @property
    def tracks(self) -> dict[str, str]:
        """The names of tracks along a genome, each with its output."""
        labels = self.labels or {}
        return {name: output for output in dict.fromkeys((*labels, *self.profiles)) for name in (
            self.profiles[output].tracks if output in self.profiles else labels[output])}

    def outputs(self, found: Any) -> Mapping[str, Any]:
        """Return arrays by output; one without a name has that of the only output."""
        return found if isinstance(found, Mapping) else {
            next(iter(self.labels or [self.key])): found}

    def columns(self, found: Any, without: Collection[str] = ()) -> dict[str, NDArray[Any]]:
        """Return arrays as columns of a table, one number a row.

        Args:
            found: an array, or arrays by output; the rows on axis 0.
            without: outputs that are left out.
        """
        arrays = {name: one for name, one in self.outputs(found).items() if name not in without}
        if self.labels is None:
            return flatten({self.key: arrays} if isinstance(found, Mapping) else arrays)
        return {column: one for name, array in arrays.items()
                for column, one in _named(array, self.labels[name]).items()}


def _named(array: NDArray[Any], names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Return columns; one along positions is called ``column/position``."""
    if array.ndim == 2:
        return {names[i]: array[:, i] for i in range(array.shape[1])}
    places = array.reshape(len(array), -1, array.shape[-1])
    return {f"{names[i]}/{place}": places[:, place, i]
            for i in range(array.shape[-1]) for place in range(places.shape[1])}
