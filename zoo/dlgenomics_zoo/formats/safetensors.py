"""safetensors: a JSON header and one block of bytes; every offset is checked before any use."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.files import require_file
from dlgenomics_zoo.formats.checkpoint import Checkpoint
from dlgenomics_zoo.formats.errors import damaged

MAX_HEADER: Final = 100_000_000
Entry = tuple[str, tuple[int, ...], int, int]
"""Kind of numbers, shape, first byte and the byte behind the last."""

_KINDS: Final = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4",
    "I16": "<i2", "I8": "<i1", "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "<u1", "BOOL": "?",
}


def read_safetensors(path: Path | str) -> Checkpoint:
    """Read the arrays of a safetensors file; bfloat16 becomes float32.

    Raises:
        MissingFileError: no such file.
        DataError: the header is too long, no JSON, or does not describe the bytes that follow.
    """
    found = open_safetensors(path)
    arrays = {name: found.read(name) for name in found.names}
    return Checkpoint(arrays, found.path, "safetensors")


@dataclass(frozen=True)
class SafetensorsFile:
    """The tensors of a file, each read when it is asked for."""

    path: Path
    entries: Mapping[str, Entry]
    start: int
    """Where the block of bytes begins."""

    @property
    def names(self) -> Collection[str]:
        """Their names."""
        return self.entries.keys()

    def read(self, name: str) -> NDArray[Any]:
        """Return one of them; bfloat16 becomes float32."""
        kind, shape, first, last = self.entries[name]
        with self.path.open("rb") as stream:
            stream.seek(self.start + first)
            content = stream.read(last - first)
        return _native(np.frombuffer(content, np.dtype(_KINDS[kind])).reshape(shape), kind)


def open_safetensors(path: Path | str) -> SafetensorsFile:
    """Read the header of a safetensors file; tensors are read when they are asked for.

    Raises:
        MissingFileError: no such file.
        DataError: the header is too long, no JSON, or does not describe the bytes that follow.
    """
    path = require_file(Path(path), "the safetensors file")
    header, start = read_header(path)
    _check_cover(path, header, path.stat().st_size - start)
    return SafetensorsFile(path, header, start)


def _native(raw: NDArray[Any], kind: str) -> NDArray[Any]:
    if kind == "BF16":
        return (raw.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return raw.astype(raw.dtype.newbyteorder("="))


def read_header(path: Path) -> tuple[dict[str, Entry], int]:
    """Return each tensor's kind, shape and place, and where the block of bytes begins."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if size < 8 or length > MAX_HEADER or 8 + length > size:
            raise damaged(path, "a safetensors file", f"a header of {length:,} bytes in a file of "
                          f"{size:,}")
        text = stream.read(length)
    try:
        found = json.loads(text, object_pairs_hook=_unique)
        if not isinstance(found, dict):
            raise ValueError("it is no object")
        return {name: _entry(name, value) for name, value in found.items()
                if name != "__metadata__"}, 8 + length
    except (ValueError, RecursionError) as error:
        raise damaged(path, "a safetensors file", f"a broken header ({error})") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({k for k, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _entry(name: str, value: Any) -> Entry:
    match value:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(first), int(last)]}:
            whole = all(type(n) is int and 0 <= n < 2**48 for n in (*shape, first, last))
            if kind not in _KINDS:
                raise ValueError(f"{name} has numbers of the kind {kind[:20]!r}")
            if whole and last - first == math.prod(shape) * np.dtype(_KINDS[kind]).itemsize:
                return kind, tuple(shape), first, last
    raise ValueError(f"{name} has no fitting dtype, shape and data_offsets")


def _check_cover(path: Path, header: dict[str, Entry], size: int) -> None:
    """Check that the tensors fill the block without a gap and without sharing a byte."""
    end = 0
    for name, (_, _, first, last) in sorted(header.items(), key=lambda item: item[1][2:]):
        if first != end:
            raise damaged(path, "a safetensors file", f"{name!r} at byte {first:,} where {end:,} "
                          "is next")
        end = last
    if end != size:
        raise damaged(path, "a safetensors file", f"{size:,} bytes of tensors, of which {end:,} "
                      "are named")
