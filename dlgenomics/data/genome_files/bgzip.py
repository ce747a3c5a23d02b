"""A FASTA in bgzip: blocks of text, each packed by itself."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from dlgenomics.cores import available_cores
from dlgenomics.data.genome_files.index import FastaIndex, unreadable
from dlgenomics.data.genome_files.lines import Windows, gather
from dlgenomics.data.genome_files.mapped import MappedFile
from dlgenomics.data.letters import Letters
from dlgenomics.errors import DataError

Numbers = NDArray[np.int64]

_AT_ONCE: Final = 512
"""Blocks that are unpacked at a time; each holds 64 KB at most."""

_FEW: Final = 8
"""Blocks that are not worth a thread."""

_GZIP: Final = 31
"""What zlib calls a stream with gzip's head, whose checksum it then compares."""

_LARGEST: Final = 1 << 16
"""Bytes in a block, unpacked."""

_Library = tuple[Callable[..., bytes], type[Exception]]


def _fastest() -> _Library:
    """Return what unpacks, and its error: that of the extra ``bgzip`` is twice as fast."""
    try:
        from isal import isal_zlib  # noqa: PLC0415 - an extra
    except ImportError:
        return zlib.decompress, zlib.error
    return isal_zlib.decompress, cast(type[Exception], isal_zlib.error)


decompress, damage = _fastest()


class Blocks:
    """The text of a bgzip file, block by block.

    Args:
        path: the file.
        index: its .gzi: where each block but the first begins, packed and unpacked.

    Raises:
        DataError: the index is none, or of another file.
    """

    def __init__(self, path: Path, index: Path) -> None:
        self.path = path
        self._file = MappedFile(path)
        raw = np.fromfile(index, "<u8").astype(np.int64)
        if len(raw) != 1 + 2 * raw[:1].sum() or (raw[1::2] >= len(self._file.content)).any():
            self._file.close()
            raise unreadable(index, path, "a .gzi that does not fit the file")
        self._packed = np.append(0, raw[1::2])
        self.start: Numbers = np.append(0, raw[2::2])
        self.unpacked = 0
        """How many blocks were unpacked so far."""
        self._last: dict[int, bytes] = {}  # what neighbouring batches share

    def __len__(self) -> int:
        return len(self.start)

    def unpack(self, blocks: Numbers, slack: int = 0) -> tuple[Letters, Numbers]:
        """Return the text of blocks, one after the other, and where each begins in it.

        Args:
            blocks: their numbers.
            slack: empty bytes behind the text.

        Raises:
            DataError: a block is damaged.
        """
        self._file.check()
        known = self._last
        new = np.array([block for block in blocks.tolist() if block not in known], np.int64)
        unpacked = [text for part in self._file.parts(len(new))
                    for text in _in_threads(self._unpack_one, new[part])]
        self.unpacked += len(new)
        fresh = dict(zip(new.tolist(), unpacked, strict=True))
        texts = [fresh[block] if block in fresh else known[block] for block in blocks.tolist()]
        self._last = dict(zip(blocks.tolist(), texts, strict=True))
        ends = np.cumsum([len(text) for text in texts])
        joined = b"".join([*texts, bytes(slack)])
        return np.frombuffer(joined, np.uint8), np.append(0, ends[:-1])

    def _unpack_one(self, block: np.int64) -> bytes:
        first = self._packed[block]
        content = self._file.content
        size = int(content[first + 16]) + 256 * int(content[first + 17]) + 1
        try:
            return decompress(content[first:first + size].data, _GZIP, _LARGEST)
        except damage as error:
            raise DataError("the genome must be a whole bgzip file. Received: a damaged block at "
                            f"byte {first:,} ({error}). Fetch the file again.",
                            path=self.path) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _in_threads(work: Callable[[np.int64], bytes], blocks: Numbers) -> Iterator[bytes]:
    """Yield what ``work`` makes of each block, in order; zlib lets threads run side by side."""
    count = min(available_cores(), 4)
    if len(blocks) < _FEW or count < 2:
        yield from map(work, blocks)
        return
    parts = np.array_split(blocks, count)
    with ThreadPoolExecutor(count) as threads:
        for texts in threads.map(lambda part: [work(block) for block in part], parts):
            yield from texts


class BgzipFile:
    """A FASTA in bgzip, whose blocks are unpacked when they are needed.

    In one call each block is unpacked once, whatever the order of the windows.

    Args:
        blocks: its text.
        index: what its .fai says.
    """

    def __init__(self, blocks: Blocks, index: FastaIndex) -> None:
        self.blocks = blocks
        self._index = index

    @property
    def names(self) -> tuple[str, ...]:
        """The contigs, in the file's order."""
        return self._index.names

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The letters in each contig."""
        return self._index.length

    def letters(self, contig: Numbers, start: Numbers, length: int, *,
                case: bool) -> Letters:  # noqa: ARG002 - it is there for nothing
        """Return the letters of windows; see `GenomeFile`."""
        windows = self._index.windows(contig, start, length)
        order = np.argsort(windows.line, kind="stable")
        found = np.empty((len(windows), length), np.uint8)
        first = np.searchsorted(self.blocks.start, windows.line[order], side="right") - 1
        last = np.searchsorted(self.blocks.start, windows.end[order] - 1, side="right") - 1
        for part in _parts(first, last):
            rows = order[part]
            found[rows] = self._gathered(windows[rows], first[part], last[part])
        return found

    def _gathered(self, windows: Windows, first: Numbers, last: Numbers) -> Letters:
        blocks = np.unique(np.concatenate([np.arange(a, b + 1) for a, b in zip(
            first, last, strict=True)]))
        # By-lines reading takes whole lines, up to four times the letters.
        text, begins = self.blocks.unpack(blocks, slack=16 * windows.length)
        by = self.blocks.start[first] - begins[np.searchsorted(blocks, first)]
        return gather(text, windows.moved(by))

    def close(self) -> None:
        """Close the file."""
        self.blocks.close()


def _parts(first: Numbers, last: Numbers) -> Iterator[slice]:
    """Yield runs of windows, in the order of their blocks, that need a bounded number of them."""
    before = np.maximum.accumulate(np.append(-1, last[:-1]))
    needed = np.cumsum(np.maximum(last - np.maximum(first, before + 1) + 1, 0))
    run = needed // _AT_ONCE
    bounds = np.flatnonzero(np.diff(run)) + 1
    for begin, end in zip([0, *bounds], [*bounds, len(first)], strict=True):
        yield slice(begin, end)
