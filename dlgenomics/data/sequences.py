"""A FASTA of sequences, each an example of its own; plain, gzip or standard input."""

from __future__ import annotations

import gzip
import string
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from dlgenomics.data.encoding import DNA, Alphabet, Codes, decode, encode
from dlgenomics.data.intervals import Anchor
from dlgenomics.data.skipping import Skipped, none_good, note
from dlgenomics.errors import DataError
from dlgenomics.files import atomic_path, open_records, require_utf8

_PURPOSE: Final = "the FASTA of sequences"
_NO_SPACE: Final = str.maketrans("", "", string.whitespace)
_STRAY: Final = 255
"""Stands for a letter that is none of an alphabet's."""


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


@dataclass(frozen=True)
class _Block:
    """A header without its ``>``, None for what stands before the first one, and its lines."""

    header: str | None
    line: int
    lines: list[str]

    def require_utf8(self, path: Path | str) -> None:
        """Refuse bytes that are not UTF-8; see `dlgenomics.files.require_utf8`."""
        require_utf8("".join([self.header or "", *self.lines]), _PURPOSE, path, self.line)

    def letters(self) -> bytes:
        """Return the lines as one sequence, without white space."""
        return b"".join("".join(self.lines).encode("ascii", "replace").split())

    def text(self) -> str:
        """Return what `letters` returns, letter by letter, with those beyond ASCII as they are."""
        return "".join(self.lines).translate(_NO_SPACE)


def read_records(path: Path | str) -> list[Record]:
    """Read a FASTA of sequences of any lengths, in file order.

    Args:
        path: the file, plain, gzip or bgzip; ``-`` is standard input.

    Raises:
        MissingFileError: no such file.
        DataError: not a FASTA, an empty one, an empty record, or two records of one name.
    """
    found: dict[str, Record] = {}
    with open_records(path, _PURPOSE) as stream:
        for block in _blocks(stream):
            block.require_utf8(path)
            name = _name(block, found, path)
            found[name] = Record(name, block.letters().decode(), block.line)
            if not found[name].letters:
                raise DataError(f"every sequence must have letters. Received: {name!r} with none. "
                                "Remove the record.", path=path, line=block.line)
    if not found:
        raise _empty(path)
    return list(found.values())


def read_sequences(path: Path | str, length: int, *, anchor: Anchor | None = None,
                   alphabet: Alphabet = DNA, skipped: list[Skipped] | None = None) -> Sequences:
    """Read a FASTA of sequences of one length; it takes little more memory than their codes.

    Args:
        path: the file; ``-`` is standard input.
        length: the number of letters that each must have.
        anchor: take so many letters of longer sequences: the central ones, or those at the start
            or end; None: all must have that length.
        alphabet: what the letters are.
        skipped: takes notes of malformed records, sequences of a wrong length or with letters of
            another alphabet, and second ones of a name, which are left out; None: the first is an
            error.

    Raises:
        MissingFileError: no such file.
        DataError: not a FASTA, an empty one, two records of one name, a letter that the alphabet
            does not accept, or a wrong length.
    """
    names: dict[str, None] = {}
    codes = bytearray()  # grows in place, where a list of parts would be copied at the end
    table = _table(alphabet)
    with open_records(path, _PURPOSE) as stream:
        for block in _blocks(stream):
            try:
                block.require_utf8(path)
                name = _name(block, names, path)
                whole = block.letters().translate(table)
                if _STRAY in whole:
                    raise _letter_error(block, whole.index(_STRAY), name, alphabet, path)
                fitted = _fitted(whole, length, name, path, block.line, anchor=anchor)
            except DataError as error:
                note(error, skipped)
                continue
            names[name] = None
            codes += fitted
    if not names:
        raise none_good(skipped) if skipped else _empty(path)
    found = np.frombuffer(codes, np.uint8).reshape(len(names), length)
    return Sequences(tuple(names), found, str(path))


def _empty(path: Path | str) -> DataError:
    return DataError("a FASTA must hold at least one sequence. Received: none.", path=path)


def _blocks(stream: TextIO) -> Iterator[_Block]:
    """Yield the records of a stream one by one, and what stands before the first."""
    block = _Block(None, 1, [])
    for number, text in enumerate(stream, start=1):
        if text.startswith(">"):
            if block.header is not None or block.letters():
                yield block
            block = _Block(text[1:], number, [])
        else:
            block.lines.append(text)
    if block.header is not None or block.letters():
        yield block


def _name(block: _Block, taken: Container[str], path: Path | str) -> str:
    """Return the first word of a header.

    Raises:
        DataError: there is no header, no word, or a record before has the same.
    """
    if block.header is None:
        raise DataError("a FASTA must start with '>'. Received: "
                        f"{''.join(block.lines).strip()[:20]!r}.", path=path, line=block.line)
    words = block.header.split(maxsplit=1)
    if not words:
        raise DataError("a FASTA header must hold a name. Received: '>' alone.", path=path,
                        line=block.line)
    if words[0] in taken:
        raise DataError(f"each sequence must have a name of its own. Received: {words[0]!r} twice.",
                        path=path, line=block.line)
    return words[0]


def _table(alphabet: Alphabet) -> bytes:
    """Return the code of each byte, or `_STRAY`."""
    accepted = list(_both_cases(alphabet).encode())
    table = np.full(256, _STRAY, np.uint8)
    table[accepted] = alphabet.code_of[accepted]
    return table.tobytes()


def _both_cases(alphabet: Alphabet) -> str:
    return alphabet.accepted + alphabet.accepted.lower()


def _letter_error(block: _Block, place: int, name: str, alphabet: Alphabet,
                  path: Path | str) -> DataError:
    """Return what is wrong with a sequence whose letter at ``place`` is none of the alphabet's."""
    text = block.text()
    return DataError(
        f"the letters of every sequence must be among {alphabet.accepted}, in either case. "
        f"Received: {text[place]!r} as letter {place + 1:,} of {name!r}. "
        f"{_advice_on(set(text) - set(_both_cases(alphabet)), alphabet)}",
        path=path, line=block.line)


def _advice_on(wrong: set[str], alphabet: Alphabet) -> str:
    """Return what to do about letters that are none of the alphabet's."""
    if wrong <= set("Uu"):
        return "The model reads DNA: write T for U."
    if wrong <= set("-.*"):
        return f"Remove gaps and stops, or write {alphabet.unknown} where a letter is not known."
    return f"Write {alphabet.unknown} where a letter is not known. Is it the right file?"


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
