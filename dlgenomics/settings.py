"""Where things are kept, from the environment.

Read when asked for, never at import, so that a test or a script may change the environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """The folders that dlgenomics writes to besides those it is told."""

    cache: Path
    """``DLG_CACHE``: files that can be made again (FASTA indexes, downloads).
    Default: ``$XDG_CACHE_HOME/dlgenomics``, else ``~/.cache/dlgenomics``."""

    zoo: Path
    """``DLG_ZOO``: models that you packaged, by name.
    Default: ``$XDG_DATA_HOME/dlgenomics/zoo``, else ``~/.local/share/dlgenomics/zoo``."""


def load_settings() -> Settings:
    """Return the settings that the environment describes now."""
    home = Path.home()
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    data_home = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return Settings(
        cache=Path(os.environ.get("DLG_CACHE") or cache_home / "dlgenomics"),
        zoo=Path(os.environ.get("DLG_ZOO") or data_home / "dlgenomics" / "zoo"),
    )
