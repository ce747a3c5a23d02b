"""Where things are kept, from the environment.

Read when asked for, never at import, so that a test or a script may change the environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dlgenomics.errors import DlgError


@dataclass(frozen=True)
class Settings:
    """The folders that dlgenomics writes to besides those it is told."""

    cache: Path
    """``DLG_CACHE``: files that can be made again (FASTA indexes, downloads).
    Default: ``$XDG_CACHE_HOME/dlgenomics``, else ``~/.cache/dlgenomics``."""

    zoo: Path
    """``DLG_ZOO``: models that you packaged, by name.
    Default: ``$XDG_DATA_HOME/dlgenomics/zoo``, else ``~/.local/share/dlgenomics/zoo``."""

    memory: float
    """``DLG_MEMORY``: gigabytes of one array of training examples that are held in memory; a larger
    one is read from its file batch by batch, with the same results. Default: 4. Here in bytes."""


def load_settings() -> Settings:
    """Return the settings that the environment describes now."""
    home = Path.home()
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    data_home = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return Settings(
        cache=Path(os.environ.get("DLG_CACHE") or cache_home / "dlgenomics"),
        zoo=Path(os.environ.get("DLG_ZOO") or data_home / "dlgenomics" / "zoo"),
        memory=_gigabytes("DLG_MEMORY", 4.0),
    )


def _gigabytes(variable: str, default: float) -> float:
    """Return a number of gigabytes from the environment, in bytes.

    Raises:
        DlgError: not a number of at least 0.
    """
    text = os.environ.get(variable) or str(default)
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not number >= 0:
        raise DlgError(f"{variable} must be a number of gigabytes, at least 0. Received: {text!r}.")
    return number * 1e9
