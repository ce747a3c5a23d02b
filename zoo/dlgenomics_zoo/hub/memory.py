"""How much memory a model would need, and how much this machine has for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dlgenomics.errors import DlgError
from dlgenomics.memory import free_space
from dlgenomics_zoo.formats.errors import damaged
from dlgenomics_zoo.formats.safetensors import read_header
from dlgenomics_zoo.hub.commit import Commit, HubFile
from dlgenomics_zoo.hub.connection import Connection
from dlgenomics_zoo.hub.errors import MemoryLimitError
from dlgenomics_zoo.terms import Precision

SHARE: Final = 0.8
"""Of the free memory a model may take."""

MOST_SHARDS: Final = 64
"""Heads of more files are not asked for; their sizes are taken instead."""

_FLOAT32: Final = 4
_FACTORS: Final = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_LEAST: Final = 10
"""Bytes of an empty safetensors file."""


@dataclass(frozen=True)
class MemoryEstimate:
    """What a model needs in memory.

    Attributes:
        bytes: in float32, or of its files where only their sizes are known.
        parameters: how many numbers; None where only sizes of files are known.
        source: what the estimate rests on.
    """

    bytes: int
    parameters: int | None
    source: str

    def __str__(self) -> str:
        if self.parameters is None:
            return f"{scaled(self.bytes)}B (by {self.source})"
        count = scaled(self.parameters, 4).rstrip()
        return (f"{scaled(self.bytes)}B in float32 ({count} parameters by {self.source}; "
                f"{scaled(2 * self.parameters)}B in bfloat16)")


def scaled(count: int, digits: int = 3) -> str:
    """Return a number for people, with a factor to put a unit behind.

    >>> scaled(64_237_962_240), scaled(7_840_121, 4), scaled(12)
    ('64.2 G', '7.84 M', '12 ')
    """
    factor, letter = next(((factor, letter) for factor, letter in _FACTORS if count >= factor),
                          (1.0, ""))
    return f"{count / factor:.{digits}g} {letter}" if letter else f"{count} "


def estimate(hub: Connection, commit: Commit, files: Sequence[HubFile],
             here: Mapping[str, Path]) -> MemoryEstimate:
    """Estimate a model's memory before any of its weights is fetched.

    Args:
        hub: asked for the heads of safetensors files, a few kilobytes each.
        commit: the commit.
        files: what holds the weights.
        here: those that are on this machine; the Hub is not asked for their heads.
    """
    tensors = [file for file in files if file.path.endswith(".safetensors")]
    if tensors and len(tensors) <= MOST_SHARDS:
        counts = [_numbers(hub, commit, file, here) for file in tensors]
        if None not in counts:
            count = sum(filter(None, counts))
            return MemoryEstimate(_FLOAT32 * count, count, "the heads of its safetensors files")
    return MemoryEstimate(sum(file.size for file in files), None, "the sizes of its files")


def counted(parameters: int, source: str) -> MemoryEstimate:
    """Return the estimate for a number of parameters."""
    return MemoryEstimate(_FLOAT32 * parameters, parameters, source)


def _numbers(hub: Connection, commit: Commit, file: HubFile,
             here: Mapping[str, Path]) -> int | None:
    """Return how many numbers a safetensors file holds; None where nobody can be asked.

    Raises:
        DlgError: it holds more than its bytes could.
    """
    if file.path in here:
        header, _ = read_header(here[file.path])
        return sum(_product(shape) for _, shape, _, _ in header.values())
    if hub.offline:
        return None
    if file.size < _LEAST:
        raise damaged(file.path, "a safetensors file", f"{file.size} bytes")
    count = sum(hub.tensors(commit, file.path).values())
    if count > 2 * file.size:  # two numbers a byte, the smallest kind there is
        raise DlgError("a safetensors file must hold what its head names. Received: "
                       f"{commit.repository}/{file.path}, {count:,} numbers in {file.size:,} "
                       "bytes. Do not use this file.")
    return count


def _product(shape: Sequence[int]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def require_memory(name: str, needed: MemoryEstimate, precision: Precision = "float32") -> None:
    """Go on only if a model fits.

    Args:
        name: of the model.
        needed: what it needs in float32.
        precision: what it is loaded in.

    Raises:
        MemoryLimitError: it does not; says how much it needs and how much there is.
    """
    limit = memory_limit()
    count = needed.bytes // 2 if precision == "bfloat16" else needed.bytes
    if limit is not None and count > limit:
        raise MemoryLimitError(name, str(needed), count, limit, f"{scaled(limit)}B")


def memory_limit() -> int | None:
    """Return the bytes that a model may take here; None where the system does not say."""
    free = free_space().memory
    return None if free is None else int(SHARE * free)
