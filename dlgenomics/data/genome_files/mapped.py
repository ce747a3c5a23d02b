"""A file seen as an array of bytes: read where it is touched, by the operating system."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from dlgenomics.data.letters import Letters
from dlgenomics.errors import DataError
from dlgenomics.settings import load_settings

_FEW: Final = 64
_RESIDENT: Final = Path("/proc/self/statm")


class MappedFile:
    """A file that must not change while it is read.

    What has been touched stays in memory as long as there is room; see `release`.

    Args:
        path: a file that is not empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        self._identity = _identity(self._file.fileno())
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        self._limit = load_settings().memory
        self.content: Letters = np.frombuffer(self._map, np.uint8)

    def check(self) -> None:
        """Raise if the file is no longer what was opened.

        Bytes beyond the end of a file that was cut could not be read without harm.

        Raises:
            DataError: it has another size or date than before, or is out of reach.
        """
        try:
            found = _identity(self._file.fileno())
        except OSError as error:
            raise self._changed(str(error.strerror)) from error
        if found != self._identity:
            raise self._changed(f"{found[0]:,} bytes where {self._identity[0]:,} were"
                                if found[0] != self._identity[0] else "another date")

    def _changed(self, received: str) -> DataError:
        return DataError("a genome must stay as it is while it is read. Received: "
                         f"{received}. Put the whole file back and repeat.", path=self.path)

    def parts(self, count: int) -> Iterator[slice]:
        """Yield all of ``count`` places that are read, some at a time; `release` between them.

        A place may bring 2 MB into memory, so that few are read at once from a large file.
        """
        step = _FEW if len(self.content) > self._limit else max(count, 1)
        for first in range(0, count, step):
            yield slice(first, first + step)
            self.release()

    def release(self) -> None:
        """Give pages back once more than ``DLG_MEMORY`` of files are in memory.

        They stay in the system's cache, from which they come back without reading the disk.
        """
        if len(self.content) > self._limit and _shared_bytes() > self._limit:
            self._map.madvise(mmap.MADV_DONTNEED)

    def close(self) -> None:
        """Close the file; arrays made from ``content`` are copies and stay."""
        self.content = np.empty(0, np.uint8)
        self._map.close()
        self._file.close()


def _identity(handle: int) -> tuple[int, int]:
    found = os.fstat(handle)
    return found.st_size, found.st_mtime_ns


def _shared_bytes() -> int:
    """Return the bytes of files that this process holds in memory; 0 where no one says."""
    if not _RESIDENT.exists():
        return 0
    return int(_RESIDENT.read_text().split()[2]) * mmap.PAGESIZE
