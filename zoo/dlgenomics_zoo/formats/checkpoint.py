"""What any reader of weights gives: arrays by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Checkpoint:
    """The arrays of a weights file.

    Attributes:
        arrays: by name, in the order of the file.
        path: the file.
        format: such as ``torch-zip``, ``torch-legacy``, ``safetensors``.
        notes: sentences about what was left out or guessed.
    """

    arrays: Mapping[str, NDArray[Any]]
    path: Path
    format: str
    notes: tuple[str, ...] = ()
