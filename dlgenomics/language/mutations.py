"""Substitutions: read, listed and checked against the sequences that they change."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dlgenomics.data.sequences import Record
from dlgenomics.data.tables import read_table
from dlgenomics.errors import DataError, DlgError, did_you_mean
from dlgenomics.spec.inputs import PROTEIN_LETTERS
from dlgenomics.spec.tokenizer import Tokenizer

_WRITTEN: Final = re.compile(r"([A-Za-z*-])([0-9]+)([A-Za-z*-])")
_NAMES: Final = ("mutation", "mutations", "mutant", "mutants")
_SEQUENCES: Final = ("name", "sequence", "id")


class MutationError(DlgError):
    """A mutation cannot be read, or does not fit its sequence; ``mutation`` is its text."""

    def __init__(self, mutation: str, rule: str, came: str, advice: str) -> None:
        self.mutation = mutation
        super().__init__(f"mutation {mutation}: {rule}. Received: {came}. {advice}")


@dataclass(frozen=True)
class Substitution:
    """One letter in place of another; positions count from 1, as in ``A23V``."""

    position: int
    wild_type: str
    mutant: str

    def __str__(self) -> str:
        return f"{self.wild_type}{self.position}{self.mutant}"


@dataclass(frozen=True)
class Mutation:
    """Substitutions that a sequence has at once, written ``A23V:K45R``."""

    substitutions: tuple[Substitution, ...]

    def __str__(self) -> str:
        return ":".join(map(str, self.substitutions))

    @property
    def places(self) -> tuple[int, ...]:
        """The positions, counted from 0, in their order along the sequence."""
        return tuple(sorted(one.position - 1 for one in self.substitutions))


def parse_mutation(text: str) -> Mutation:
    """Read ``A23V``, or several at once as ``A23V:K45R``.

    Raises:
        MutationError: it is none, or changes a position twice.
    """
    found = []
    for part in text.strip().split(":"):
        match = _WRITTEN.fullmatch(part.strip())
        if match is None or int(match[2]) < 1:
            raise MutationError(text.strip() or "''", "a substitution is written as the letter "
                                "that is there, its position from 1 and the letter instead",
                                repr(part), "Write A23V, or A23V:K45R for two at once.")
        found.append(Substitution(int(match[2]), match[1].upper(), match[3].upper()))
    if len({one.position for one in found}) < len(found):
        raise MutationError(text, "each position may change once", "one position twice",
                            "Write one substitution for it.")
    return Mutation(tuple(found))


def parse_mutations(text: str) -> list[Mutation]:
    """Read mutations that commas separate: ``A23V,K45R``.

    Raises:
        MutationError: one cannot be read, or there is none.
    """
    found = [parse_mutation(part) for part in text.split(",") if part.strip()]
    return found or [parse_mutation(text)]


def read_mutations(path: Path | str, records: Sequence[Record]) -> dict[str, list[Mutation]]:
    """Read mutations by sequence from a tab-separated table.

    Args:
        path: a table with a column ``mutation`` (or ``mutant``) and, where there is more than one
            sequence, a column ``name`` that says whose it is.
        records: the sequences.

    Raises:
        MissingFileError, DataError: no such file, no such table, or an unknown sequence.
        MutationError: a mutation cannot be read.
    """
    table = read_table(path)
    column = next((name for name in _NAMES if name in table.columns), None)
    if column is None:
        raise DataError(f"a table of mutations must have the column 'mutation'. Received: "
                        f"{', '.join(table.columns)}.{did_you_mean('mutation', table.columns)}",
                        path=path, line=1)
    whose = next((name for name in _SEQUENCES if name in table.columns), None)
    if whose is None and len(records) > 1:
        raise DataError(f"mutations of {len(records):,} sequences must say whose they are in the "
                        f"column 'name'. Received: {', '.join(table.columns)}.", path=path, line=1)
    names = table.columns[whose] if whose else [records[0].name] * len(table.columns[column])
    known: dict[str, list[Mutation]] = {record.name: [] for record in records}
    for row, (name, text) in enumerate(zip(names, table.columns[column], strict=True)):
        if name not in known:
            line = None if table.lines is None else int(table.lines[row])
            raise DataError(f"a mutation's sequence must be in the FASTA. Received: {name!r}."
                            f"{did_you_mean(name, known)}", path=path, line=line)
        known[name].append(parse_mutation(text))
    return known


def all_substitutions(letters: str, tokenizer: Tokenizer) -> Iterator[Mutation]:
    """Yield every single substitution of a sequence, position by position.

    Args:
        letters: the sequence.
        tokenizer: whose vocabulary says whether these are residues or bases; for a model that
            knows both T and U, a sequence with U is RNA.

    Letters that are none of the twenty residues or four bases, such as X or N, are left as they
    are.
    """
    alphabet = alphabet_of(letters, tokenizer)
    for place, letter in enumerate(letters.upper()):
        if letter in alphabet:
            for mutant in alphabet:
                if mutant != letter:
                    yield Mutation((Substitution(place + 1, letter, mutant),))


def alphabet_of(letters: str, tokenizer: Tokenizer) -> str:
    """Return the letters that may stand at a place: twenty residues or four bases."""
    known = set(tokenizer.vocabulary)
    if known.issuperset(PROTEIN_LETTERS):
        return PROTEIN_LETTERS
    uracil = "U" in known and ("T" not in known or "U" in letters.upper())
    return "ACGU" if uracil else "ACGT"


def check_mutation(mutation: Mutation, record: Record, tokenizer: Tokenizer) -> None:
    """Refuse a mutation that does not fit its sequence or model.

    Raises:
        MutationError: the position is not in the sequence, another letter stands there, or the
            model does not know the new one.
    """
    text = f"{mutation} of {record.name!r}"
    for one in mutation.substitutions:
        if one.position > len(record):
            raise MutationError(text, f"positions must be from 1 to {len(record):,}",
                                f"{one.position:,}", "Count them in this very sequence.")
        there = record.letters[one.position - 1].upper()
        if there != one.wild_type:
            raise MutationError(text, f"position {one.position:,} must hold {one.wild_type}",
                                there, "Count positions from 1 in this very sequence; a signal "
                                "peptide or tag may shift them.")
        for letter in (one.wild_type, one.mutant):
            if letter not in tokenizer.vocabulary:
                raise MutationError(text, "its letters must be tokens of the model", letter,
                                    "Leave it out.")
