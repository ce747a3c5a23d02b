"""A genome in a FASTA file, read by its index; plain or bgzip."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import pysam

from dlgenomics.data.encoding import DNA, Codes, reverse_complement
from dlgenomics.data.intervals import Intervals
from dlgenomics.data.letters import Letters
from dlgenomics.errors import BoundsError, ContigError, DataError
from dlgenomics.files import GZIP_MAGIC, atomic_path, require_file, sha256_of_bytes
from dlgenomics.settings import load_settings

_BGZIP_MARK: Final = b"BC\x02\x00"


class Genome:
    """Random access to a FASTA.

    An index beside the file (``.fai``, and ``.gzi`` for bgzip) is used if it is not older than the
    file; otherwise one is made in the cache, never beside the file.

    Args:
        path: the FASTA.

    Raises:
        MissingFileError: no such file.
        DataError: not a FASTA, or gzip that is not bgzip.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = require_file(Path(path), "the genome FASTA")
        self._fasta = _open(self.path)
        self.lengths: dict[str, int] = dict(
            zip(self._fasta.references, self._fasta.lengths, strict=True)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._fasta.close()

    def check(self, intervals: Intervals, *, pad: bool = False) -> None:
        """Raise if an interval is not in the genome.

        Args:
            intervals: what will be fetched.
            pad: whether reaching past a contig's end is allowed.

        Raises:
            ContigError: a contig is not in the FASTA.
            BoundsError: an interval reaches past its contig, and ``pad`` is false.
        """
        known = list(self.lengths)
        used = np.unique(intervals.contig)
        for contig in (intervals.contigs[i] for i in used):
            if contig not in self.lengths:
                raise ContigError(contig, known, self.path)
        if pad:
            return
        ends = np.array([self.lengths.get(c, 0) for c in intervals.contigs], np.int64)
        outside = np.flatnonzero(
            (intervals.start < 0) | (intervals.end > ends[intervals.contig])
        )
        if len(outside):
            row = outside[0]
            contig = intervals.contigs[intervals.contig[row]]
            raise BoundsError(contig, int(intervals.start[row]), int(intervals.end[row]),
                              self.lengths[contig], self.path)

    def fetch(self, intervals: Intervals, *, pad: bool = False) -> Codes:
        """Return the sequences of intervals of one length; minus strands reverse-complemented.

        Args:
            intervals: all of the same length.
            pad: fill positions past a contig's ends with N instead of refusing them.

        Returns:
            uint8 codes, shape (intervals, length).

        Raises:
            ContigError, BoundsError: see `check`.
            DataError: the file ends or is damaged where its index says that there is more.
        """
        codes: Codes = np.take(DNA.code_of, self.letters(intervals, pad=pad))
        minus = intervals.strand == "-"
        codes[minus] = reverse_complement(codes[minus])
        return codes

    def letters(self, intervals: Intervals, *, pad: bool = False) -> Letters:
        """Return the letters of intervals of one length as the file has them, of its own strand.

        Args:
            intervals: all of the same length.
            pad: fill positions past a contig's ends with N instead of refusing them.

        Returns:
            uint8 ASCII in either case, shape (intervals, length).

        Raises:
            ContigError, BoundsError, DataError: see `fetch`.
        """
        self.check(intervals, pad=pad)
        if not len(intervals):
            return np.empty((0, 0), np.uint8)
        length = int(intervals.end[0] - intervals.start[0])
        letters = np.full((len(intervals), length), ord(DNA.unknown), np.uint8)
        # bgzip is read block by block: in genome order each block is unpacked once.
        for row in np.lexsort((intervals.start, intervals.contig)):
            contig = intervals.contigs[intervals.contig[row]]
            first = int(intervals.start[row])
            start, end = max(first, 0), min(int(intervals.end[row]), self.lengths[contig])
            if start < end:
                letters[row, start - first:end - first] = self._read(contig, start, end)
        return letters

    def _read(self, contig: str, start: int, end: int) -> Letters:
        try:
            text = self._fasta.fetch(contig, start, end)
        except (OSError, ValueError) as error:
            raise self._damaged(contig, start, end) from error
        found = np.frombuffer(text.encode("ascii", "replace"), np.uint8)
        if len(found) != end - start:
            raise self._damaged(contig, start, end)
        return found

    def _damaged(self, contig: str, start: int, end: int) -> DataError:
        return DataError("the genome must be a whole FASTA that fits its index. Received: no "
                         f"sequence at {contig}:{start}-{end}. Fetch the file again, or remove its "
                         "old index (.fai, .gzi).", path=self.path)


def _open(path: Path) -> pysam.FastaFile:
    compressed = _is_bgzip(path)
    index, blocks = _index_paths(path, compressed=compressed)
    try:
        return pysam.FastaFile(
            str(path), filepath_index=str(index),
            filepath_index_compressed=str(blocks) if compressed else None,
        )
    except (OSError, ValueError) as error:
        raise DataError(f"the genome must be a FASTA with a readable index. Received: {error}. "
                        f"Remove {index} and repeat.", path=path) from error


def _is_bgzip(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(18)
    if not head.startswith(GZIP_MAGIC):
        if not head.lstrip().startswith(b">"):
            raise DataError("a FASTA must start with '>'. Received: "
                            f"{'an empty file' if not head else repr(head[:12])}.", path=path)
        return False
    if head[12:16] != _BGZIP_MARK:
        raise DataError("a compressed genome must be bgzip, which can be read at any place. "
                        f"Received: gzip. Run: gunzip -k {path.name} && bgzip {path.stem}",
                        path=path)
    return True


def _index_paths(path: Path, *, compressed: bool) -> tuple[Path, Path]:
    beside = (path.with_name(path.name + ".fai"), path.with_name(path.name + ".gzi"))
    needed = beside if compressed else beside[:1]
    if all(p.is_file() and p.stat().st_mtime >= path.stat().st_mtime for p in needed):
        return beside
    stat = path.stat()
    key = sha256_of_bytes(f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}".encode())[:24]
    folder = load_settings().cache / "fasta-index"
    made = (folder / f"{key}.fai", folder / f"{key}.gzi")
    if not all(p.is_file() for p in made[:len(needed)]):
        _make_index(path, *made, compressed=compressed)
    return made


def _make_index(path: Path, index: Path, blocks: Path, *, compressed: bool) -> None:
    with contextlib.ExitStack() as stack:
        parts = [stack.enter_context(atomic_path(p))
                 for p in ((index, blocks) if compressed else (index,))]
        extra = ["--gzi-idx", str(parts[1])] if compressed else []
        try:
            pysam.faidx(str(path), "--fai-idx", str(parts[0]), *extra)
        except pysam.SamtoolsError as error:
            raise DataError(f"the genome must be a FASTA that can be indexed. Received: "
                            f"{_last_line(str(error))}. Its lines must have one width in each "
                            "record.", path=path) from error


def _last_line(text: str) -> str:
    lines: Iterator[str] = (line.strip(" '\"") for line in text.replace("\\n", "\n").splitlines())
    return [line for line in lines if line][-1]
