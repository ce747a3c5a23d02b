"""Genes and other features of a GTF or GFF3 file; plain, gzip or bgzip."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.cells import is_coordinate
from dlgenomics.data.intervals import Intervals, make_intervals
from dlgenomics.data.region import Region
from dlgenomics.data.skipping import Skipped, none_good, note
from dlgenomics.data.split import Rows
from dlgenomics.errors import DataError, bare_contig, near_contig, plural
from dlgenomics.files import open_records, require_utf8

_PURPOSE: Final = "the GTF"
_COLUMNS: Final = 9
_GFF3: Final = re.compile(r'[^\s;"=]+=')
_NAMES: Final = {"transcript": ("transcript_id", "ID"), "mRNA": ("transcript_id", "ID")}
_DRAWN: Final = {"gene": 0, "transcript": 1, "mRNA": 1, "exon": 2}
"""What shows where genes lie; of a file, the kind with the lowest number."""

_UNKNOWN: Final = 3
_ATTRIBUTE: Final = re.compile(r'\s*([^\s;"]+)\s+(?:"([^"]*)"|([^\s;"]+))\s*(?:;|$)')


@dataclass(frozen=True)
class Features:
    """Lines of a GTF in their order, as columns of equal length.

    Attributes:
        places: where they lie: 0-based, half-open, with strands ``+``, ``-`` or ``.``.
        columns: ``source``, ``feature``, ``score`` and ``frame``, as texts.
        attributes: of each line; of one that is given twice, the last.
        stranded: whether every line of the file has a strand.
        path: the file, for messages.
    """

    places: Intervals
    columns: Mapping[str, NDArray[Any]]
    attributes: Sequence[Mapping[str, str]]
    stranded: bool
    path: str = "<gtf>"

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, rows: Rows) -> Features:
        """Return some lines."""
        return Features(self.places[rows], {k: v[rows] for k, v in self.columns.items()},
                        [self.attributes[row] for row in rows], self.stranded, self.path)

    def attribute(self, name: str, missing: str = "") -> NDArray[Any]:
        """Return one attribute of each line, as texts."""
        return np.array([one.get(name, missing) for one in self.attributes], object)

    def attribute_names(self) -> list[str]:
        """Return the names of all attributes, in the order in which they first come."""
        return list(dict.fromkeys(name for one in self.attributes for name in one))

    def anchors(self, *, end: bool) -> NDArray[np.int64]:
        """Return where each feature begins on its strand, or where it ends, as a boundary.

        A boundary lies before the base of its number: a feature on ``+`` begins at ``start`` and
        ends at ``end``; on ``-`` it is the other way round.

        Raises:
            DataError: a feature has no strand.
        """
        unknown = np.flatnonzero(self.places.strand == ".")
        if len(unknown):
            line = None if self.places.line is None else int(self.places.line[unknown[0]])
            raise DataError("a feature must have a strand, + or -, for what is upstream of it. "
                            "Received: '.'. Mend or remove the line.", path=self.path, line=line)
        forward = (self.places.strand == "+") != end
        return np.where(forward, self.places.start, self.places.end)

    def around(self, *, end: bool, upstream: int, downstream: int) -> Intervals:
        """Return windows around where each feature begins on its strand, or where it ends.

        Args:
            end: see `anchors`.
            upstream: bp before it, on the feature's strand.
            downstream: bp behind it.

        Raises:
            DataError: a feature has no strand.
        """
        anchor = self.anchors(end=end)
        start = anchor - np.where(self.places.strand == "-", downstream, upstream)
        return replace(self.places, start=start, end=start + upstream + downstream)


@dataclass(frozen=True)
class _Line:
    """A line of a GTF: its number, its columns, and what its places and attributes say."""

    number: int
    columns: list[str]
    start: int
    end: int
    attributes: Mapping[str, str]


def read_gtf(path: Path | str, feature: str, skipped: list[Skipped] | None = None) -> Features:
    """Read the lines of one feature.

    Args:
        path: the file.
        feature: what the third column says, such as ``gene``.
        skipped: takes notes of malformed lines, of any feature, which are left out; None: the first
            is an error.

    Raises:
        MissingFileError: no such file.
        DataError: a malformed line, with its number, or no line of that feature.
    """
    kinds: dict[str, None] = {}
    strands: set[str] = set()
    found: list[_Line] = []
    with open_records(path, _PURPOSE) as stream:
        for number, text in _lines(stream):
            try:
                row = _columns(text, path, number)
                line = _line(row, path, number) if row[2] == feature else None
            except DataError as error:
                note(error, skipped)
                continue
            kinds.setdefault(row[2])
            strands.add(row[6])
            if line is not None:
                found.append(line)
    if not found:
        raise _featureless(repr(feature), list(kinds), path, skipped)
    return _features(found, path, stranded="." not in strands)


@dataclass(frozen=True)
class Genes:
    """What a GTF says of genes along a region.

    Attributes:
        lines: those that overlap it; of exons, what those of a transcript span.
        feature: what they are: ``gene``, or what stands for it in a file without.
        contig: what the file calls the region's contig.
        contigs: all that the file has.
    """

    lines: Features
    feature: str
    contig: str
    contigs: Sequence[str]


def read_genes(path: Path, region: Region, *, rename: bool = False) -> Genes:
    """Read the genes that overlap a region.

    A file without lines of genes, such as UCSC's, shows them by its transcripts, and one without
    these by its exons.

    Args:
        path: the file.
        region: where; a contig that the file lacks under any name has no genes.
        rename: see `Region.named_in`.

    Raises:
        MissingFileError: no such file.
        DataError: a malformed line, with its number, or no line of any of these.
        ContigError: the file has the contig by another name only, and ``rename`` is off.
    """
    feature, found = "", list[_Line]()
    kinds, contigs, strands = dict[str, None](), dict[str, None](), set[str]()
    bare = bare_contig(region.contig)
    with open_records(path, _PURPOSE) as stream:
        for number, text in _lines(stream):
            row = _columns(text, path, number)
            kinds.setdefault(row[2])
            contigs.setdefault(row[0])
            strands.add(row[6])
            rank, best = (_DRAWN.get(kind, _UNKNOWN) for kind in (row[2], feature))
            if rank < best:
                feature, found, best = row[2], [], rank
            if rank == best < _UNKNOWN and bare_contig(row[0]) == bare:
                found.append(_line(row, path, number))
    if not feature:
        raise _featureless("gene, transcript, mRNA or exon", list(kinds), path, None)
    names = list(contigs)
    contig = (region.named_in(path, names, rename=rename) if near_contig(region.contig, names)
              else region.contig)
    lines = _spans(found) if feature == "exon" else found
    inside = [one for one in lines if one.columns[0] == contig and one.start < region.end
              and one.end > region.start]
    return Genes(_features(inside, path, stranded="." not in strands), feature, contig, names)


def _spans(exons: Sequence[_Line]) -> list[_Line]:
    """Return a line for each transcript, from its first exon to its last."""
    found: dict[tuple[str, str, str], _Line] = {}
    for one in exons:
        names = (one.attributes.get(key) for key in ("transcript_id", "Parent", "gene_id"))
        key = (one.columns[0], one.columns[6], next(filter(None, names), str(one.number)))
        known = found.setdefault(key, one)
        found[key] = replace(known, start=min(known.start, one.start), end=max(known.end, one.end))
    return list(found.values())


def _lines(stream: TextIO) -> Iterator[tuple[int, str]]:
    """Yield the lines that are features, with their numbers; what follows ``##FASTA`` is none."""
    for number, text in enumerate(stream, start=1):
        if text.startswith("##FASTA"):
            return
        if text.strip() and not text.startswith("#"):
            yield number, text.rstrip("\n")


def _columns(text: str, path: Path | str, number: int) -> list[str]:
    require_utf8(text, _PURPOSE, path, number)
    row = text.split("\t")
    if len(row) != _COLUMNS or row[6] not in ("+", "-", "."):
        raise DataError("a line of a GTF must have 9 columns separated by tabs, the seventh of "
                        f"them the strand. Received: {' '.join(row)[:60]!r}. Is it a GTF?",
                        path=path, line=number)
    return row


def _line(row: list[str], path: Path | str, number: int) -> _Line:
    start, end = _place(row, path, number)
    return _Line(number, row, start, end, _attributes(row[8], path, number))


def _featureless(feature: str, kinds: list[str], path: Path | str,
                 skipped: list[Skipped] | None) -> DataError:
    if skipped and not kinds:
        return none_good(skipped)
    bad = f", and {plural(len(skipped), 'bad line')} left out" if skipped else ""
    return DataError(f"a GTF must have lines of the feature {feature}. Received: "
                     f"{', '.join(kinds) or 'no lines'}{bad}.", path=path)


def _features(lines: list[_Line], path: Path | str, *, stranded: bool) -> Features:
    columns = {name: np.array([line.columns[place] for line in lines], object)
               for name, place in (("source", 1), ("feature", 2), ("score", 5), ("frame", 7))}
    kind = lines[0].columns[2] if lines else ""
    keys = _NAMES.get(kind, ("gene_id", "ID"))
    names = [next((one.attributes[key] for key in keys if key in one.attributes), ".")
             for one in lines]
    places = make_intervals([(one.columns[0], one.start, one.end, one.columns[6])
                             for one in lines], [one.number for one in lines], names, str(path))
    return Features(places, columns, [one.attributes for one in lines], stranded, str(path))


def _place(row: list[str], path: Path | str, number: int) -> tuple[int, int]:
    """Return 0-based start and end; a GTF counts from 1 and includes the end."""
    start, end = (int(text) if is_coordinate(text) else 0 for text in row[3:5])
    if not 1 <= start <= end:
        raise DataError("columns 4 and 5 must be whole numbers with 1 <= start <= end. "
                        f"Received: {row[3]!r} and {row[4]!r}.", path=path, line=number)
    return start - 1, end


def _attributes(text: str, path: Path | str, number: int) -> dict[str, str]:
    """Return the attributes of a line: ``name "value";`` or ``name value;``, one by one.

    Those of GFF3 read ``name=value;``, with % before the codes of further characters.
    """
    if _GFF3.match(text):
        pairs = (pair.partition("=") for pair in text.rstrip("; ").split(";"))
        return {name.strip(): unquote(value) for name, _, value in pairs}
    found: dict[str, str] = {}
    at, text = 0, text.rstrip("; ")
    while at < len(text):
        match = _ATTRIBUTE.match(text, at)
        if match is None:
            raise DataError('attributes must read like gene_id "ENSG01"; level 2; '
                            f"Received: {text[at:at + 60]!r}. Is it a GTF or GFF3?",
                            path=path, line=number)
        found[match[1]] = match[2] if match[2] is not None else match[3]
        at = match.end()
    return found
