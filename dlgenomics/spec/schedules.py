"""Learning rates that change while a network is trained.

A schedule is Keras's, with Keras's arguments, which count steps (batches). What papers count in
epochs may be written so: ``decay_epochs: 1`` instead of ``decay_steps: 469``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from dlgenomics.spec.arguments import (
    REQUIRED,
    Argument,
    Arguments,
    Boolean,
    Integer,
    IntegerList,
    Maybe,
    Named,
    Number,
    NumberList,
    Reference,
)
from dlgenomics.spec.document import Path, as_float_text
from dlgenomics.spec.problems import Problems, must_be, received

RATE: Final = Number(minimum=0.0)

_INITIAL: Final = {"initial_learning_rate": Argument(RATE)}
_STEPS: Final = Argument(Integer(1))
_STAIRCASE: Final = {"staircase": Argument(Boolean(), False)}
_ALPHA: Final = {"alpha": Argument(Number(0.0, 1.0), 0.0)}

KERAS_SCHEDULES: Final[dict[str, Arguments]] = {
    "ExponentialDecay": {
        **_INITIAL, "decay_steps": _STEPS, "decay_rate": Argument(Number(0.0)), **_STAIRCASE,
    },
    "InverseTimeDecay": {
        **_INITIAL, "decay_steps": _STEPS, "decay_rate": Argument(Number(0.0)), **_STAIRCASE,
    },
    "CosineDecay": {
        **_INITIAL, "decay_steps": _STEPS, **_ALPHA,
        "warmup_target": Argument(Maybe(RATE), None),
        "warmup_steps": Argument(Integer(0), 0),
    },
    "CosineDecayRestarts": {
        **_INITIAL, "first_decay_steps": _STEPS,
        "t_mul": Argument(Number(1.0), 2.0), "m_mul": Argument(Number(0.0), 1.0), **_ALPHA,
    },
    "PolynomialDecay": {
        **_INITIAL, "decay_steps": _STEPS,
        "end_learning_rate": Argument(RATE, 0.0001),
        "power": Argument(Number(0.0), 1.0),
        "cycle": Argument(Boolean(), False),
    },
    "PiecewiseConstantDecay": {
        "boundaries": Argument(IntegerList(1)), "values": Argument(NumberList(RATE)),
    },
}
"""Schedules of Keras; linear decay is ``PolynomialDecay`` with its default power of 1."""

WARMUP: Final = "Warmup"
"""Our own: from ``start`` in a straight line to the rate that ``then`` begins with."""

EPOCHS: Final[Mapping[str, str]] = {
    "decay_steps": "decay_epochs", "warmup_steps": "warmup_epochs",
    "first_decay_steps": "first_decay_epochs", "boundaries": "boundary_epochs", "steps": "epochs",
}
"""Arguments that count steps → what they are called where they count epochs."""

_SOME_EPOCHS: Final = Maybe(Number(0.0))


@dataclass(frozen=True)
class Rate:
    """A learning rate: a number, or a schedule."""

    def check(self, name: str, value: Any, path: Path,
              problems: Problems) -> float | Reference | None:
        """Return the number or the schedule."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return RATE.check(name, value, path, problems)
        if not isinstance(value, str | dict) or (
                isinstance(value, str) and as_float_text(value) is not None):
            problems.add(path, must_be(name, "a number or a schedule", value))
            return None
        found = SCHEDULE.check(name, value, path, problems)
        if found is None:
            return None
        before = len(problems.found)
        _check_lengths(found, (*path, found.name), problems)
        return found if len(problems.found) == before else None


def _check_lengths(schedule: Reference, path: Path, problems: Problems) -> None:
    """Check that each length is written once, in steps or in epochs, and that lists fit."""
    written, own = schedule.arguments, _OWN_TABLES[schedule.name]
    for steps, epochs in EPOCHS.items():
        if steps not in own:
            continue
        both = steps in written and epochs in written
        if both or (own[steps].default is REQUIRED and not {steps, epochs} & set(written)):
            problems.add(path, f"{schedule.name} needs {steps} or {epochs}, one of them. "
                         f"Received: {'both' if both else 'none'}.", at_key=True)
    if schedule.name == "PiecewiseConstantDecay":
        _check_pieces(written, path, problems)
    warms = written.get("warmup_steps") or written.get("warmup_epochs")
    if warms and written.get("warmup_target") is None:
        problems.add(path, f"{schedule.name} warms up to its warmup_target. Received: none. "
                     "Write one, or leave the warm-up out.", at_key=True)


def _check_pieces(written: Mapping[str, Any], path: Path, problems: Problems) -> None:
    ends = written.get("boundaries") or written.get("boundary_epochs") or ()
    if any(b <= a for a, b in pairwise(ends)):
        problems.add(path, "the boundaries of PiecewiseConstantDecay must rise. "
                     f"Received: {received(list(ends))}.", at_key=True)
    if ends and len(written["values"]) != len(ends) + 1:
        problems.add(path, "PiecewiseConstantDecay needs one value more than boundaries. Received: "
                     f"{len(written['values'])} for {len(ends)}.", at_key=True)


_OWN_TABLES: Final[dict[str, Arguments]] = {
    **KERAS_SCHEDULES,
    WARMUP: {"steps": _STEPS, "start": Argument(RATE, 0.0), "then": Argument(Rate())},
}


def _with_epochs(table: Arguments) -> Arguments:
    """Return a table in which each length in steps may be left out and written in epochs."""
    found: dict[str, Argument] = {}
    for name, argument in table.items():
        if name not in EPOCHS:
            found[name] = argument
            continue
        default = None if argument.default is REQUIRED else argument.default
        found[name] = Argument(argument.kind, default)
        many = isinstance(argument.kind, IntegerList)
        found[EPOCHS[name]] = Argument(
            NumberList(Number(0.0)) if many else _SOME_EPOCHS, None)
    return found


SCHEDULES: Final[dict[str, Arguments]] = {k: _with_epochs(v) for k, v in _OWN_TABLES.items()}
"""The schedules that a spec may name."""

SCHEDULE: Final = Named("a schedule", SCHEDULES)
