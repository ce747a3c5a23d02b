"""What can go wrong with a model file made elsewhere.

    DataError
    ├── UnsafeModelError     the file asks for code to run, or reaches outside itself; .reason
    └── UnknownLayersError   the network holds layers that have no counterpart; .layers
    WeightsError             arrays and network do not fit together; .problems

A damaged or truncated file is a plain `DataError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlgenomics.errors import DataError, DlgError


class UnsafeModelError(DataError):
    """A model file asks for code to run, or reaches outside itself; nothing of it was used."""

    def __init__(self, path: Path | str, rule: str, came: str,
                 advice: str = "Do not use this file unless you know who made it.") -> None:
        self.reason = came
        super().__init__(f"{rule}. Received: {printable(came)}. {advice}", path=path)


class UnknownLayersError(DataError):
    """A network holds layers, or settings of layers, that have no counterpart here."""

    def __init__(self, path: Path | str, layers: Sequence[str]) -> None:
        self.layers = layers = tuple(map(printable, layers))
        super().__init__("every layer of a network must be one that dlgenomics knows. Received: "
                         f"{'; '.join(layers)}. Name a replacement for each "
                         "(replacements=), or load the model with its own code.", path=path)


class WeightsError(DlgError):
    """Arrays and network do not fit together; ``problems`` lists every misfit, one line each."""

    def __init__(self, problems: Sequence[str], source: Path | str = "") -> None:
        self.problems = problems = tuple(map(printable, problems))
        self.path = str(source)
        place = f"{source}: " if str(source) else ""
        super().__init__(f"{place}every array must be used once and fit. Received: "
                         f"{'; '.join(problems)}. Use the weights of this very network.")


def printable(text: str) -> str:
    """Return a text from a stranger's file without what could steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def damaged(path: Path | str, what: str, came: str) -> DataError:
    """Return the error for a file that is not what it claims to be."""
    return DataError(f"the file must be {what}. Received: {printable(came)}. Fetch it again; it is "
                     "truncated or damaged.", path=path)
