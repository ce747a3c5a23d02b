"""The ``search:`` section: what is varied, how, and which value of a training is compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import Field, InstanceOf, WithJsonSchema

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.arguments import (
    Argument,
    Arguments,
    Boolean,
    Number,
    check_arguments,
)
from dlgenomics.spec.document import Path
from dlgenomics.spec.node import Node
from dlgenomics.spec.problems import Problems, must_be

MAX_TRIALS: Final = 10_000
MAX_AXES: Final = 50
MAX_VALUES: Final = 1_000
"""The most values of all axes together."""

DEFAULT_TRIALS: Final = 20

_SPACES: Final = FilePath(__file__).parent / "spaces"
_READY_MADE: Final = sorted(path.stem for path in _SPACES.glob("*.yaml"))
_AXIS_RULE: Final = (
    "a list of values, {choices: [...]}, or {low: ..., high: ..., log: ..., integer: ...}")


@dataclass(frozen=True)
class Choices:
    """An axis with a list of values."""

    values: tuple[Any, ...]

    def to_data(self) -> Any:
        """Return the list that a spec writes."""
        return list(self.values)


@dataclass(frozen=True)
class Range:
    """An axis with all numbers from ``low`` to ``high``, both included.

    Attributes:
        low: the least number.
        high: the greatest number.
        log: draw evenly on a logarithmic scale.
        integer: whole numbers only.
    """

    low: float
    high: float
    log: bool = False
    integer: bool = False

    def to_data(self) -> Any:
        """Return the mapping that a spec writes."""
        flags = {k: True for k in ("log", "integer") if getattr(self, k)}
        return {"low": self.low, "high": self.high, **flags}


Axis = Choices | Range

_VALUES_SCHEMA: Final = {"type": "array", "minItems": 1}
_AXIS_SCHEMA: Final[dict[str, Any]] = {"anyOf": [
    _VALUES_SCHEMA,
    {"type": "object", "required": ["choices"], "additionalProperties": False,
     "properties": {"choices": {"description": "The values to choose from.", **_VALUES_SCHEMA}}},
    {"type": "object", "required": ["low", "high"], "additionalProperties": False,
     "properties": {
         "low": {"type": "number", "description": "The least number."},
         "high": {"type": "number", "description": "The greatest number."},
         "log": {"type": "boolean", "description": "Draw evenly on a logarithmic scale."},
         "integer": {"type": "boolean", "description": "Whole numbers only."},
     }},
]}
_SPACE_SCHEMA: Final[dict[str, Any]] = {"anyOf": [
    {"enum": _READY_MADE},
    {"type": "object", "minProperties": 1, "additionalProperties": _AXIS_SCHEMA},
]}


class Search(Node):
    """A search for better settings: many trainings, compared on the validation set."""

    objective: str
    """What is compared: `val_loss` or `val_` and a metric of the spec, such as `val_auroc`; with
    several targets `val_TARGET_METRIC`. Never a value of the test set."""
    strategy: Literal["grid", "random", "bayesian"] = "random"
    """`grid` tries every combination, `random` a sample, `bayesian` learns from the trials so far
    where to look (needs `pip install 'dlgenomics[search]'`)."""
    trials: int | None = Field(default=None, ge=1, le=MAX_TRIALS)
    """How many trainings; default 20, for `grid` all combinations."""
    seed: int = Field(default=1, ge=0, lt=2**32)
    """Seeds the choice of trials; each training is seeded by `training.seed` as always."""
    workers: int = Field(default=1, ge=1, le=1_000)
    """How many trainings run at once, each in a process of its own."""
    space: Annotated[Mapping[str, InstanceOf[Choices] | InstanceOf[Range]],
                     WithJsonSchema(_SPACE_SCHEMA)]
    """What is varied: a dotted path (`model.layers[*].Conv1D.filters`) or a named change
    (`batch_norm`) and its values. Or the name of a ready-made space: `angermueller2016`."""

    @property
    def size(self) -> int | None:
        """The number of combinations; None if an axis is a range."""
        axes = [axis for axis in self.space.values() if isinstance(axis, Choices)]
        return math.prod(len(a.values) for a in axes) if len(axes) == len(self.space) else None

    @property
    def count(self) -> int:
        """The number of trials: as written, else 20, and all combinations of a grid."""
        size = self.size
        wanted = self.trials or (size if self.strategy == "grid" else None) or DEFAULT_TRIALS
        return wanted if size is None else min(wanted, size)


@dataclass(frozen=True)
class ReadyMade:
    """A space that comes with dlgenomics."""

    name: str
    description: str
    cite: str
    space: Mapping[str, Any]


def ready_made_names() -> list[str]:
    """Return the names of the spaces that come with dlgenomics."""
    return list(_READY_MADE)


def ready_made(name: str) -> ReadyMade:
    """Return a space that comes with dlgenomics, as its file writes it."""
    return ReadyMade(name, **yaml.safe_load((_SPACES / f"{name}.yaml").read_text()))


def prepare_search(written: Any, problems: Problems) -> Any:
    """Return the section with its axes read; anything but a mapping is for the types to refuse."""
    if not isinstance(written, dict) or "space" not in written:
        return written
    return {**written, "space": _read_space(written["space"], problems)}


def _read_space(written: Any, problems: Problems) -> Any:
    path = ("search", "space")
    if isinstance(written, str):
        names = ready_made_names()
        if written in names:
            return _read_axes(ready_made(written).space, path, problems)
        problems.add(path, f"space must be a mapping or the name of a ready-made space "
                     f"({', '.join(names)}). Received: {written!r}.{did_you_mean(written, names)}")
        return {}
    if not isinstance(written, dict) or not written:
        problems.add(path, must_be("space", "a mapping with at least one axis, or the name of a "
                                   "ready-made space", written))
        return {}
    return _read_axes(written, path, problems)


def _read_axes(written: Mapping[str, Any], path: Path, problems: Problems) -> dict[str, Axis]:
    if len(written) > MAX_AXES:
        problems.add(path, f"a space may have at most {MAX_AXES} axes. Received: {len(written)}.")
        return {}
    read = {name: _read_axis(name, value, (*path, name), problems)
            for name, value in written.items()}
    axes = {name: axis for name, axis in read.items() if axis is not None}
    count = sum(len(a.values) for a in axes.values() if isinstance(a, Choices))
    if count > MAX_VALUES:
        problems.add(path, f"a space may list at most {MAX_VALUES:,} values. Received: {count:,}. "
                     "Write a range: {low: ..., high: ...}.")
        return {}
    return axes


def _read_axis(name: str, written: Any, path: Path, problems: Problems) -> Axis | None:
    if isinstance(written, dict) and "choices" in written:
        checked = check_arguments(name, {"choices": Argument(_Values())}, written, path, problems)
        return Choices(checked["choices"]) if checked else None
    if isinstance(written, dict):
        checked = check_arguments(name, _RANGE, written, path, problems)
        return _range(name, checked, path, problems) if checked else None
    if isinstance(written, list):
        values = _Values().check(name, written, path, problems)
        return Choices(values) if values else None
    problems.add(path, must_be(name, _AXIS_RULE, written))
    return None


@dataclass(frozen=True)
class _Values:
    """A list of at least one value, each different from the others."""

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> Any:
        """Return the values as a tuple."""
        if not isinstance(value, list) or not value:
            problems.add(path, must_be(name, "a list of at least one value", value))
            return None
        seen: set[str] = set()
        for i, one in enumerate(value):
            if repr(one) in seen:
                problems.add((*path, i), f"each value of {name} must be there once. "
                             f"Received: {one!r} again. Keep one.")
            seen.add(repr(one))
        return tuple(value)


_RANGE: Final[Arguments] = {
    "low": Argument(Number()),
    "high": Argument(Number()),
    "log": Argument(Boolean(), False),
    "integer": Argument(Boolean(), False),
}


def _range(name: str, checked: Mapping[str, Any], path: Path,
           problems: Problems) -> Range | None:
    found = Range(**checked)
    before = len(problems.found)
    if not found.low < found.high:
        problems.add((*path, "high"), f"high of {name} must be more than low, {found.low:g}. "
                     f"Received: {found.high:g}.")
    if found.log and found.low <= 0:
        problems.add((*path, "low"), f"low of {name} must be more than 0 where log is true. "
                     f"Received: {found.low:g}.")
    if found.integer:
        for key in ("low", "high"):
            if not float(checked[key]).is_integer():
                problems.add((*path, key), must_be(
                    f"{key} of {name}", "a whole number where integer is true", checked[key]))
    return found if len(problems.found) == before else None
