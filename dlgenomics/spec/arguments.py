"""Kinds of argument: what a value in a spec may be, checked without Keras.

Each kind has one method, ``check(name, value, path, problems)``, which returns the value in the
form that the rest of the program uses, or notes a problem and returns None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dlgenomics.errors import did_you_mean, near_match
from dlgenomics.spec.document import Path
from dlgenomics.spec.problems import Problems, must_be, received, shown


class Kind(Protocol):
    """What an argument's value may be."""

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> Any:
        """Return the value in its final form, or note a problem and return None."""


@dataclass(frozen=True)
class Reference:
    """A named object with arguments, such as ``HeNormal`` or ``Adam(learning_rate=0.01)``."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def to_data(self) -> Any:
        """Return the plain form that a spec writes."""
        if not self.arguments:
            return self.name
        return {self.name: {k: plain(v) for k, v in self.arguments.items()}}


def plain(value: Any) -> Any:
    """Return ``value`` with references and tuples as a spec writes them."""
    if hasattr(value, "to_data"):
        return value.to_data()
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value


class _Required:
    """Stands where an argument has no default."""

    def __repr__(self) -> str:
        return "required"


REQUIRED: Any = _Required()
"""The default of an argument that must be written."""


@dataclass(frozen=True)
class Argument:
    """An argument's kind and Keras's default for it."""

    kind: Kind
    default: Any = REQUIRED


Arguments = Mapping[str, Argument]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Integer:
    """A whole number of at least ``minimum`` and at most ``maximum``."""

    minimum: int = 1
    maximum: int = 2**31 - 1

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> int | None:
        """Return the number as an int if it lies within the bounds."""
        good = isinstance(value, int) and not isinstance(value, bool)
        if good and self.minimum <= value <= self.maximum:
            return int(value)
        rule = f"a whole number of at least {self.minimum}"
        if good and value > self.maximum:
            rule = f"a whole number of at most {self.maximum:,}"
        problems.add(path, must_be(name, rule, value))
        return None


@dataclass(frozen=True)
class Number:
    """A number within bounds; ``below`` is an upper bound that is itself excluded."""

    minimum: float | None = None
    maximum: float | None = None
    below: float | None = None

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> float | None:
        """Return the number as a float if it lies within the bounds."""
        if _is_number(value) and self._holds(value):
            return float(value)
        problems.add(path, must_be(name, self._rule(), value))
        return None

    def _holds(self, value: float) -> bool:
        return (
            (self.minimum is None or value >= self.minimum)
            and (self.maximum is None or value <= self.maximum)
            and (self.below is None or value < self.below)
        )

    def _rule(self) -> str:
        bounds = [f"at least {self.minimum:g}"] if self.minimum is not None else []
        bounds += [f"at most {self.maximum:g}"] if self.maximum is not None else []
        bounds += [f"below {self.below:g}"] if self.below is not None else []
        return "a number" + (" of " + " and ".join(bounds) if bounds else "")


@dataclass(frozen=True)
class Boolean:
    """True or false."""

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> bool | None:
        """Return the value if it is a truth value."""
        if isinstance(value, bool):
            return value
        problems.add(path, must_be(name, "true or false", value))
        return None


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> str | None:
        """Return the word if it is one of ``words``."""
        if isinstance(value, str) and value in self.words:
            return value
        hint = did_you_mean(value, self.words) if isinstance(value, str) else ""
        rule = "one that Keras knows" if hint and len(self.words) > 8 else (
            f"one of {', '.join(self.words)}")
        problems.add(path, must_be(name, rule, value) + hint)
        return None


@dataclass(frozen=True)
class Text:
    """Any text."""

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> str | None:
        """Return the value if it is a text."""
        if isinstance(value, str):
            return value
        problems.add(path, must_be(name, "a text", value))
        return None


@dataclass(frozen=True)
class Maybe:
    """Another kind, or nothing (``null``)."""

    kind: Kind

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> Any:
        """Return None for nothing, else what the other kind returns."""
        return None if value is None else self.kind.check(name, value, path, problems)


@dataclass(frozen=True)
class Integers:
    """A whole number for all axes, or a list with one for each of ``rank`` axes."""

    rank: int
    minimum: int = 1

    def check(
        self, name: str, value: Any, path: Path, problems: Problems
    ) -> int | tuple[int, ...] | None:
        """Return an int for all axes, or a tuple with one for each of several axes."""
        each = Integer(self.minimum)
        if isinstance(value, list) and len(value) == self.rank:
            found = [each.check(name, v, (*path, i), problems) for i, v in enumerate(value)]
            numbers = tuple(v for v in found if v is not None)
            return None if None in found else numbers[0] if self.rank == 1 else numbers
        if isinstance(value, int) and not isinstance(value, bool):
            return each.check(name, value, path, problems)
        rule = "a whole number" + (f" or a list of {self.rank}" if self.rank > 1 else "")
        problems.add(path, must_be(name, rule, value))
        return None


@dataclass(frozen=True)
class IntegerList:
    """A list of whole numbers of any length; a single number is a list of one if ``single``."""

    minimum: int = 1
    single: bool = False

    def check(
        self, name: str, value: Any, path: Path, problems: Problems
    ) -> tuple[int, ...] | None:
        """Return the numbers as a tuple."""
        if self.single and not isinstance(value, list):
            value = [value]
        if not isinstance(value, list) or not value:
            problems.add(path, must_be(name, "a list of whole numbers", value))
            return None
        each = Integer(self.minimum)
        found = [each.check(name, v, (*path, i), problems) for i, v in enumerate(value)]
        return None if None in found else tuple(v for v in found if v is not None)


@dataclass(frozen=True)
class NumberList:
    """A list of numbers of any length."""

    each: Number

    def check(
        self, name: str, value: Any, path: Path, problems: Problems
    ) -> tuple[float, ...] | None:
        """Return the numbers as a tuple."""
        if not isinstance(value, list) or not value:
            problems.add(path, must_be(name, "a list of numbers", value))
            return None
        found = [self.each.check(name, v, (*path, i), problems) for i, v in enumerate(value)]
        return None if None in found else tuple(v for v in found if v is not None)


@dataclass(frozen=True)
class Either:
    """One kind if ``test`` holds of the value, else another."""

    test: Callable[[Any], bool]
    yes: Kind
    no: Kind

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> Any:
        """Return what the kind returns that is in charge of the value."""
        kind = self.yes if self.test(value) else self.no
        return kind.check(name, value, path, problems)


@dataclass(frozen=True)
class Named:
    """A `Reference` to an entry of a table: ``Name`` or ``{Name: {argument: value}}``.

    Both spellings of Keras are known: ``HeNormal`` and ``he_normal``. ``noun`` is what the table
    holds, for messages.
    """

    noun: str
    table: Mapping[str, Arguments]
    refused: Mapping[str, str] = field(default_factory=dict)
    refused_arguments: Mapping[str, str] = field(default_factory=dict)

    def check(self, name: str, value: Any, path: Path, problems: Problems) -> Reference | None:
        """Return the reference, under the table's own spelling of the name."""
        written, arguments, below = split_entry(value, path)
        if written is None:
            rule = f"the name of {self.noun}, or {{Name: {{argument: value}}}}"
            problems.add(path, must_be(name, rule, value))
            return None
        entry = self.find(written)
        if entry is None:
            reason = self.refused.get(written)
            hint = f" {reason}." if reason else did_you_mean(written, self.names())
            problems.add(below, f"{name} must be {self.noun} that specs may use. "
                         f"Received: {shown(written)}.{hint}", at_key=below != path)
            return None
        checked = check_arguments(entry, self.table[entry], arguments, below, problems,
                                  self.refused_arguments)
        return None if checked is None else Reference(entry, checked)

    def find(self, written: str) -> str | None:
        """Return the table's own spelling of a name, or None."""
        by_snake = {snake_case(k): k for k in self.table}
        return written if written in self.table else by_snake.get(written)

    def names(self) -> list[str]:
        """Return all spellings that are understood."""
        return [*self.table, *map(snake_case, self.table)]


def snake_case(name: str) -> str:
    """Return Keras's snake-case spelling of a class name: ``HeNormal`` gives ``he_normal``.

    >>> snake_case("ReduceLROnPlateau"), snake_case("L1L2"), snake_case("Conv1D")
    ('reduce_lr_on_plateau', 'l1_l2', 'conv1d')
    """
    special = {"L1L2": "l1_l2", "RMSprop": "rmsprop", "ReLU": "relu", "PReLU": "prelu",
               "ReduceLROnPlateau": "reduce_lr_on_plateau", "AdamW": "adamw",
               "TerminateOnNaN": "terminate_on_nan", "LeakyReLU": "leaky_relu",
               "KLDivergence": "kl_divergence", "Conv1DTranspose": "conv1d_transpose",
               "Conv2DTranspose": "conv2d_transpose", "RMSNormalization": "rms_normalization"}
    if name in special:
        return special[name]
    pieces = ""
    for before, letter in zip(" " + name, name, strict=False):
        starts_word = letter.isupper() and before.islower()
        pieces += "_" + letter.lower() if starts_word else letter.lower()
    return pieces


def split_entry(value: Any, path: Path) -> tuple[str | None, Any, Path]:
    """Split ``Name`` or ``{Name: arguments}`` into name, arguments and the arguments' path."""
    if isinstance(value, str):
        return value, {}, path
    if isinstance(value, dict) and len(value) == 1:
        ((name, arguments),) = value.items()
        return name, {} if arguments is None else arguments, (*path, name)
    return None, None, path


def check_arguments(
    owner: str,
    table: Arguments,
    written: Any,
    path: Path,
    problems: Problems,
    refused: Mapping[str, str] | None = None,
) -> dict[str, Any] | None:
    """Check written arguments against a table; defaults are not filled in.

    Returns:
        The checked arguments in the order of the table, or None if any is wrong or missing.
    """
    if not isinstance(written, dict):
        problems.add(path, f"{owner} takes its arguments as a mapping. "
                     f"Received: {received(written)}. Write {owner}: {{argument: value}}.")
        return None
    before = len(problems.found)
    missing = [k for k, a in table.items() if a.default is REQUIRED and k not in written]
    for key in written:
        if key not in table:
            reason = (refused or {}).get(key)
            hint = f" {reason}" if reason else did_you_mean(key, table) or (
                f" It has: {', '.join(table) or 'none'}.")
            problems.add((*path, key), f"{owner} has no argument {shown(key)}.{hint}", at_key=True)
    checked = {
        key: argument.kind.check(key, written[key], (*path, key), problems)
        for key, argument in table.items()
        if key in written
    }
    misspelt = {near_match(key, table) for key in written if key not in table}
    for key in missing:
        if key not in misspelt:
            problems.add(path, f"{owner} needs the argument {key!r}. Received: none.", at_key=True)
    return checked if len(problems.found) == before else None


def with_defaults(table: Arguments, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``written`` with Keras's defaults for what is not written."""
    return {k: written.get(k, a.default) for k, a in table.items()}
