"""A FASTA of sequences, each an example of its own; plain, gzip or standard input."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dlgenomics.data.encoding import DNA, Alphabet, Codes, decode, encode
from dlgenomics.data.intervals import Anchor
from dlgenomics.data.skipping import Skipped, none_good
from dlgenomics.errors import DataError
from dlgenomics.files import atomic_path, open_text


@dataclass(frozen=True)
class Sequences:
    """Sequences of one length, in file order.

    Attributes:
        names: the first word of each header.
        codes: uint8, shape (sequences, length).
        path: the file, for messages.
    """

    names: tuple[str, ...]
    codes: Codes
    path: str = "<sequences>"

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Record:
    """One sequence of a FASTA, letters as they stand in the file.

    Attributes:
        name: the first word of its header.
        letters: the sequence without line ends.
        line: where its header stands, counted from 1.
    """

    name: str
    letters: str
    line: int

    def __len__(self) -> int:
        return len(self.letters)


def read_records(path: Path | str) -> list[Record]:
    """Read a FASTA of sequences of any lengths, in file order.

    Args:
        path: the file, plain, gzip or bgzip; ``-`` is standard input.

    Raises:
        MissingFileError: no such file.
        DataError: not a FASTA, an empty one, an empty record, or two records of one name.
    """
    with open_text(path, "the FASTA of sequences") as stream:
        found = [Record(name, sequence.decode(), line)
                 for name, line, sequence in _records(stream.read(), path)]
    _check_names([one.name for one in found], path)
    for one in found:
        if not one.letters:
            raise DataError(f"every sequence must have letters. Received: {one.name!r} with none. "
                            "Remove the record.", path=path, line=one.line)
    return found


def read_sequences(path: Path | str, length: int, *, anchor: Anchor | None = None,
                   alphabet: Alphabet = DNA, skipped: list[Skipped] | None = None) -> Sequences:
    """Read a FASTA of sequences of one length.

    Args:
        path: the file; ``-`` is standard input.
        length: the number of letters that each must have.
        anchor: take so many letters of longer sequences: the central ones, or those at the start
            or end; None: all must have that length.
        alphabet: what the letters are.
        skipped: takes notes of sequences of a wrong length, which are left out; None: the first
            is an error.

    Raises:
        MissingFileError: no such file.
        DataError: not a FASTA, an empty one, two records of one name, or a wrong length.
    """
    names: list[str] = []
    parts: list[bytes] = []
    with open_text(path, "the FASTA of sequences") as stream:
        for name, line, sequence in _records(stream.read(), path):
            try:
                parts.append(_fitted(sequence, length, name, path, line, anchor=anchor))
            except DataError as error:
                if skipped is None:
                    raise
                skipped.append(Skipped(str(path), line, error.reason))
            else:
                names.append(name)
    if skipped and not names:
        raise none_good(skipped)
    _check_names(names, path)
    codes = encode(b"".join(parts), alphabet).reshape(len(names), length)
    return Sequences(tuple(names), codes, str(path))


def _check_names(names: list[str], path: Path | str) -> None:
    if not names:
        raise DataError("a FASTA must hold at least one sequence. Received: none.", path=path)
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(n for n in names if n in seen or seen.add(n))  # type: ignore[func-returns-value]
        raise DataError(f"each sequence must have a name of its own. Received: {twice!r} twice.",
                        path=path)


def _records(text: str, path: Path | str) -> list[tuple[str, int, bytes]]:
    head, *blocks = ("\n" + text).split("\n>")
    if head.strip():
        raise DataError(f"a FASTA must start with '>'. Received: {head.strip()[:20]!r}.",
                        path=path, line=1)
    found = []
    line = 1 + head.count("\n")
    for block in blocks:
        header, _, body = block.partition("\n")
        words = header.split()
        if not words:
            raise DataError("a FASTA header must hold a name. Received: '>' alone.",
                            path=path, line=line)
        found.append((words[0], line, b"".join(body.encode("ascii", "replace").split())))
        line += block.count("\n") + 1
    return found


def _fitted(sequence: bytes, length: int, name: str, path: Path | str, line: int, *,
            anchor: Anchor | None) -> bytes:
    if len(sequence) == length:
        return sequence
    if anchor and len(sequence) > length:
        first = {"center": len(sequence) // 2 - length // 2, "start": 0,
                 "end": len(sequence) - length}[anchor]
        return sequence[first:first + length]
    advice = ("Take the middle with --resize center (resize='center'), or center: true in the "
              "spec; --resize start and end keep that side." if len(sequence) > length
              else "Longer sequences are needed.")
    raise DataError(f"every sequence must have {length} bp. Received: {name!r} with "
                    f"{len(sequence)} bp. {advice}", path=path, line=line)


def write_sequences(path: Path, names: list[str], codes: Codes) -> None:
    """Write sequences as FASTA, one line each; gzip if the name ends in ``.gz``.

    The same sequences give the same bytes: the gzip header holds no time.
    """
    lines = (f">{name}\n{decode(row)}\n" for name, row in zip(names, codes, strict=True))
    content = "".join(lines).encode()
    with atomic_path(path) as part:
        packed = gzip.compress(content, compresslevel=6, mtime=0)
        part.write_bytes(packed if path.suffix == ".gz" else content)


def stack(sequences: list[str]) -> Codes:
    """Return codes of sequences of one length: uint8, shape (sequences, length)."""
    return np.stack([encode(s) for s in sequences])
