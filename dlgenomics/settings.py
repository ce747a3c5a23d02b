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

    config: Path
    """``DLG_CONFIG``: the file that lists the sources of models that you added.
    Default: ``$XDG_CONFIG_HOME/dlgenomics/config.yaml``, else ``~/.config/dlgenomics/config.yaml``."""

    kipoi_config: Path
    """``DLG_KIPOI_CONFIG``: Kipoi's own list of sources, which is read and never written.
    Default: ``~/.kipoi/config.yaml``."""


def load_settings() -> Settings:
    """Return the settings that the environment describes now."""
    home = Path.home()
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    data_home = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return Settings(
        cache=Path(os.environ.get("DLG_CACHE") or cache_home / "dlgenomics"),
        zoo=Path(os.environ.get("DLG_ZOO") or data_home / "dlgenomics" / "zoo"),
        config=Path(os.environ.get("DLG_CONFIG") or config_home / "dlgenomics" / "config.yaml"),
        kipoi_config=Path(os.environ.get("DLG_KIPOI_CONFIG") or home / ".kipoi" / "config.yaml"),
    )


def offline() -> bool:
    """Say whether ``DLG_OFFLINE`` forbids the network: anything but empty, 0, no, off and false."""
    return os.environ.get("DLG_OFFLINE", "").strip().casefold() not in (
        "", "0", "no", "off", "false")
