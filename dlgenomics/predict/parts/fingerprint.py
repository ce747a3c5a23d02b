"""What the files of a run were, so that a change is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dlgenomics.files import sha256_of

WHOLE: Final = 64 << 20
"""Bytes up to which a file is read whole."""

_SAMPLES: Final = 64
_SAMPLE: Final = 1 << 20
STANDARD_INPUT: Final = "-"

PLACE: Final = "file"
"""Where a file lies; it may lie elsewhere when the run goes on."""

HASH: Final = "sha256"


def fingerprint(path: Path) -> dict[str, Any]:
    """Return a file's name, size and SHA-256.

    A file above 64 MiB is not read whole: the hash is that of 64 pieces of 1 MiB from its start to
    its end, and the time of its last change counts as well.
    """
    stat = path.stat()
    found: dict[str, Any] = {PLACE: str(path), "bytes": stat.st_size}
    if stat.st_size <= WHOLE:
        return {**found, HASH: sha256_of(path)}
    return {**found, "changed": stat.st_mtime_ns, HASH: _sampled(path, stat.st_size)}


def _sampled(path: Path, size: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for place in range(_SAMPLES):
            stream.seek((size - _SAMPLE) * place // (_SAMPLES - 1))
            digest.update(stream.read(_SAMPLE))
    return digest.hexdigest()


def describe_inputs(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a dataloader, files by their fingerprints; plain data."""
    return {name: _described(value) for name, value in sorted(arguments.items())}


def _described(value: Any) -> Any:
    if isinstance(value, Mapping):
        return describe_inputs(value)
    if isinstance(value, list | tuple):
        return [_described(one) for one in value]
    if isinstance(value, str | Path):
        path = Path(value)
        return fingerprint(path) if path.is_file() else str(value)
    return value if value is None or isinstance(value, bool | int | float) else repr(value)


def reads_standard_input(arguments: Mapping[str, Any]) -> bool:
    """Tell whether an argument is something that cannot be read twice."""
    return any(str(value) == STANDARD_INPUT
               or (isinstance(value, str | Path) and Path(value).is_fifo())
               for value in arguments.values())
