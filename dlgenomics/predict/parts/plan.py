"""What a run is: model, inputs, options, and how its rows are divided; plain data in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from dlgenomics.errors import RunError
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.parts.fingerprint import HASH, PLACE

FORMAT: Final = 1
SHARD_BYTES: Final = 64 << 20
SHARD_BATCHES: Final = 64
_COMPARED: Final = ("model", "inputs", "options", "versions", "rows")


@dataclass(frozen=True)
class Piece:
    """One of several equal pieces of a run, counted from 1: ``3/50``."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True)
class Plan:
    """A run.

    Attributes:
        model: name and SHA-256.
        inputs: the dataloader's arguments; files with their fingerprints.
        options: what changes the numbers or what is kept beside them.
        versions: of the software that computes.
        rows: how many there are.
        batch_size: rows that go through the network at once.
        shard_rows: rows of a shard, a multiple of the batch size.
        naming: how arrays become columns.
        lengths: of the genome's contigs, where there is a genome.
    """

    model: Mapping[str, str]
    inputs: Mapping[str, Any]
    options: Mapping[str, Any]
    versions: Mapping[str, str]
    rows: int
    batch_size: int
    shard_rows: int
    naming: Naming
    lengths: Mapping[str, int]

    @property
    def shards(self) -> int:
        """The number of shards; a run without rows has one."""
        return max(1, -(-self.rows // self.shard_rows))

    def rows_of(self, shard: int) -> tuple[int, int]:
        """Return the first row of a shard and the one behind its last."""
        return shard * self.shard_rows, min((shard + 1) * self.shard_rows, self.rows)

    def shards_of(self, piece: Piece | None) -> range:
        """Return the shards of a piece, or of the whole run."""
        if piece is None:
            return range(self.shards)
        return range(self.shards * (piece.number - 1) // piece.of,
                     self.shards * piece.number // piece.of)

    def differences(self, other: Plan) -> Iterator[str]:
        """Yield by name what makes another run give other numbers: ``inputs.fasta_file``."""
        for name in _COMPARED:
            yield from _differences(name, getattr(self, name), getattr(other, name))

    def to_json(self) -> str:
        """Return the plan as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n"

    def plain(self) -> Self:
        """Return the plan as it is read again, with lists for tuples."""
        return self.from_json(self.to_json(), Path())

    @classmethod
    def from_json(cls, text: str, folder: Path) -> Self:
        """Return the plan that a folder holds.

        Raises:
            RunError: it is damaged, or of another version.
        """
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise ValueError(f"format {data['format']}")
            data["naming"] = Naming.from_plain(data["naming"])
            return cls(**{one.name: data[one.name] for one in fields(cls)})
        except (ValueError, KeyError, TypeError) as error:
            raise RunError("plan.json must be that of a run of this version. Received: "
                           f"{error}. Begin anew with --restart.", folder=folder) from error


def rows_in_shard(row_bytes: int) -> int:
    """Return how many rows have about 64 MiB of results, the most that a batch may give.

    Args:
        row_bytes: of the results of a row.
    """
    return max(1, SHARD_BYTES // max(1, row_bytes))


def shard_rows(rows: int, batch_size: int, row_bytes: int, piece: Piece | None) -> int:
    """Return how many rows make a shard: some whole batches, at most about 64 MiB of results.

    Args:
        rows: of the run.
        batch_size: rows of a batch.
        row_bytes: of the results of a row.
        piece: the run is divided into that many pieces, none of them empty if that can be.
    """
    batches = min(SHARD_BATCHES, max(1, rows_in_shard(row_bytes) // batch_size))
    if piece is not None:
        batches = min(batches, max(1, rows // batch_size // piece.of))
    return batches * batch_size


def _differences(name: str, mine: Any, other: Any) -> Iterator[str]:
    if isinstance(mine, Mapping) and isinstance(other, Mapping):
        for key in sorted({*mine, *other} - {PLACE}):
            yield from _differences(f"{name}.{key}", mine.get(key), other.get(key))
    elif _are_lists(mine, other):
        for place, (one, another) in enumerate(zip(mine, other, strict=True), 1):
            yield from _differences(f"{name}.{place}", one, another)
    elif mine != other:
        changed, is_hash, _ = name.rpartition(f".{HASH}")
        yield (f"content of {changed}" if is_hash else
               f"{name} ({_short(mine)}, now {_short(other)})")


def _are_lists(mine: Any, other: Any) -> bool:
    return isinstance(mine, list) and isinstance(other, list) and len(mine) == len(other)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:18]}…{text[-18:]}"
