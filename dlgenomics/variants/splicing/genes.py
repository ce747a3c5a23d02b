"""The gene annotation that SpliceAI takes: one transcript a gene."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError, bare_contig
from dlgenomics.files import open_text, sha256_of

COLUMNS: Final = ("NAME", "CHROM", "STRAND", "TX_START", "TX_END", "EXON_START", "EXON_END")
_PURPOSE: Final = "the gene annotation"


@dataclass(frozen=True, eq=False)
class Gene:
    """A gene's transcript; all positions count from 1 and are inside it.

    Attributes:
        name: its symbol.
        strand: ``+`` or ``-``.
        start: its first position on the forward strand.
        end: its last.
        boundaries: the first and last positions of its exons, in ascending order.
    """

    name: str
    strand: str
    start: int
    end: int
    boundaries: NDArray[np.int64]

    def nearest_boundary(self, position: int) -> int:
        """Return how far the nearest exon boundary is: positive to the right of a position."""
        away = self.boundaries - position
        return int(away[np.abs(away).argmin()])


@dataclass(frozen=True, eq=False)
class Genes:
    """Genes by contig; names count alike with and without ``chr``.

    Attributes:
        by_contig: in the file's order.
        sha256: of the file.
    """

    by_contig: Mapping[str, Sequence[Gene]]
    sha256: str = ""

    def at(self, contig: str, position: int) -> list[Gene]:
        """Return the genes that cover a position, which counts from 1, in the file's order."""
        return [gene for gene in self.by_contig.get(bare_contig(contig), ())
                if gene.start <= position <= gene.end]


def read_genes(path: Path | str) -> Genes:
    """Read a gene annotation.

    Seven columns with tabs: NAME, CHROM, STRAND, TX_START, TX_END, EXON_START, EXON_END. Starts
    count from 0, ends from 1; the starts and ends of exons are joined by commas. A first line that
    starts with ``#`` is a header.

    Args:
        path: plain, gzip or bgzip.

    Raises:
        MissingFileError: no such file.
        DataError: a line is not of that form, or there is none.
    """
    found: dict[str, list[Gene]] = defaultdict(list)
    with open_text(path, _PURPOSE) as stream:
        for number, line in enumerate(stream, 1):
            if line.strip() and not line.startswith("#"):
                contig, gene = _gene(line.rstrip("\n"), number, path)
                found[bare_contig(contig)].append(gene)
    if not found:
        raise DataError(f"{_PURPOSE} must hold a line for each gene. Received: none. Give grch37, "
                        "grch38 or a file of that form.", path=path)
    return Genes(dict(found), sha256_of(Path(path)))


def _gene(line: str, number: int, path: Path | str) -> tuple[str, Gene]:
    fields = line.split("\t")
    try:
        if len(fields) != len(COLUMNS) or fields[2] not in ("+", "-"):
            raise ValueError
        starts, ends = (np.array([int(n) for n in text.split(",") if n], np.int64)
                        for text in fields[5:7])
        if not len(starts) or len(starts) != len(ends):
            raise ValueError
        gene = Gene(fields[0], fields[2], int(fields[3]) + 1, int(fields[4]),
                    np.unique(np.concatenate([starts + 1, ends])))
    except ValueError as error:
        raise DataError(f"a line of {_PURPOSE} must have {', '.join(COLUMNS)}, with tabs; as many "
                        f"exon ends as starts; strand + or -. Received: {line[:80]!r}. Correct "
                        "the line.", path=path, line=number) from error
    return fields[1], gene
