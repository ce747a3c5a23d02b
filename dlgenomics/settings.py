"""Where things are kept and what may be fetched, from the environment.

Read when asked for, never at import, so that a test or a script may change the environment.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dlgenomics.errors import DlgError

_UNITS: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_HUB: Final = "https://huggingface.co"
_SWITCH: Final = {"": False, "0": False, "false": False, "no": False, "off": False,
                  "1": True, "true": True, "yes": True, "on": True}


@dataclass(frozen=True)
class Settings:
    """The files that dlgenomics keeps besides those it is told, and its rules for fetching."""

    cache: Path
    """``DLG_CACHE``: files that can be made again (FASTA indexes, unpacked genomes, downloads).
    Default: ``$XDG_CACHE_HOME/dlgenomics``, else ``~/.cache/dlgenomics``."""

    zoo: Path
    """``DLG_ZOO``: models that you packaged, by name.
    Default: ``$XDG_DATA_HOME/dlgenomics/zoo``, else ``~/.local/share/dlgenomics/zoo``."""

    config: Path
    """``DLG_CONFIG``: the file that lists the sources of models that you added.
    Default: ``$XDG_CONFIG_HOME/dlgenomics/config.yaml``, else ``~/.config/dlgenomics/...``."""

    kipoi_config: Path
    """``DLG_KIPOI_CONFIG``: Kipoi's own list of sources, which is read and never written.
    Default: ``~/.kipoi/config.yaml``."""

    offline: bool = False
    """``DLG_OFFLINE``: 1 opens no socket. Default: 0."""

    mirrors: tuple[str, ...] = ()
    """``DLG_MIRROR``: addresses or folders, tried in order before the original; separated by
    spaces or commas. Default: none."""

    hub_endpoint: str = "https://huggingface.co"
    """``DLG_HUB_ENDPOINT``: where ``hf://`` leads; https://, or http:// on this machine.
    Default: ``$HF_ENDPOINT``, else https://huggingface.co."""

    max_download: int = 10**9
    """``DLG_MAX_DOWNLOAD``: bytes that one download may have without a yes, such as ``5 GB``.
    Default: 1 GB."""
    memory: int = 4 * 10**9
    """``DLG_MEMORY``: bytes of one array of training examples that are held in memory, such as
    ``8 GB``; a larger one is read from its file batch by batch, with the same results. Batches
    for prediction take a quarter of it at most.
    Default: 4 GB."""


def load_settings() -> Settings:
    """Return the settings that the environment describes now.

    Raises:
        DlgError: a variable has a value that means nothing.
    """
    home = Path.home()
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    data_home = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return Settings(
        cache=Path(os.environ.get("DLG_CACHE") or cache_home / "dlgenomics"),
        zoo=Path(os.environ.get("DLG_ZOO") or data_home / "dlgenomics" / "zoo"),
        config=Path(os.environ.get("DLG_CONFIG") or config_home / "dlgenomics" / "config.yaml"),
        kipoi_config=Path(os.environ.get("DLG_KIPOI_CONFIG") or home / ".kipoi" / "config.yaml"),
        offline=_switch("DLG_OFFLINE"),
        mirrors=tuple(os.environ.get("DLG_MIRROR", "").replace(",", " ").split()),
        hub_endpoint=_endpoint(),
        max_download=_bytes("DLG_MAX_DOWNLOAD", 10**9),
        memory=_bytes("DLG_MEMORY", 4 * 10**9),
    )


def _switch(variable: str) -> bool:
    text = os.environ.get(variable, "")
    if text.strip().casefold() not in _SWITCH:
        raise DlgError(f"{variable} must be 0 or 1. Received: {text!r}. Set or unset it.")
    return _SWITCH[text.strip().casefold()]


def _endpoint() -> str:
    text = os.environ.get("DLG_HUB_ENDPOINT") or os.environ.get("HF_ENDPOINT") or _HUB
    return text.strip().rstrip("/")


def _bytes(variable: str, default: int) -> int:
    text = os.environ.get(variable, "").strip()
    if not text:
        return default
    form = re.fullmatch(r"(\d+(?:\.\d+)?)\s*((?:[kmgt]?b)?)", text.casefold())
    if not form:
        raise DlgError(f"{variable} must be a size such as 500 MB or 5 GB. Received: {text!r}. "
                       "Correct or unset it.")
    return round(float(form[1]) * _UNITS[form[2]])
