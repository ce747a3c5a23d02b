"""How much memory is left to this process, and how much it has taken."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

_PROC: Final = Path("/proc")
_GROUPS: Final = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Space:
    """Bytes by what limits them; None where the system does not say.

    Attributes:
        memory: of the machine, or of the container or job in which the process is.
        addresses: that a process may have, as ``ulimit -v`` sets it.
    """

    memory: int | None = None
    addresses: int | None = None


def free_space() -> Space:
    """Return what this process can still take."""
    known = [free for free in (_of_machine(), *_of_groups()) if free is not None]
    return Space(min(known, default=None), _of_addresses())


def used_space() -> Space:
    """Return what this process has now."""
    with contextlib.suppress(OSError, ValueError):
        pages = [int(word) for word in (_PROC / "self/statm").read_text().split()[:2]]
        size = os.sysconf("SC_PAGE_SIZE")
        return Space(pages[1] * size, pages[0] * size)
    return Space()


def _of_machine() -> int | None:
    """Return the machine's free memory, or where only that is known its whole memory."""
    with contextlib.suppress(OSError, ValueError):
        for line in (_PROC / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _of_addresses() -> int | None:
    with contextlib.suppress(ImportError, AttributeError):
        import resource  # noqa: PLC0415 - not on Windows

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        taken = used_space().addresses
        if most != resource.RLIM_INFINITY and taken is not None:
            return max(0, most - taken)
    return None


def _of_groups() -> Iterator[int]:
    """Yield what is left to each control group around this process that has a limit."""
    for folder, most, taken, cached in _limited_groups():
        with contextlib.suppress(OSError, ValueError):  # "max" is no number: no limit
            limit = int((folder / most).read_text())
            lines = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
            counts = {words[0]: int(words[1]) for words in lines}
            files = sum(counts.get(name, 0) for name in cached)  # given back when asked for
            yield max(0, limit - int((folder / taken).read_text()) + files)


def _limited_groups() -> Iterator[tuple[Path, str, str, tuple[str, ...]]]:
    """Yield folders of control groups, and the files and counts in which they say what is left.

    A container may see its own group as the root and still be told the whole path.
    """
    try:
        lines = (_PROC / "self/cgroup").read_text().splitlines()
    except OSError:
        return
    for _, controllers, path in (line.split(":", 2) for line in lines if line.count(":") > 1):
        group = PurePosixPath(path.lstrip("/"))
        for one in (group, *group.parents):
            if not controllers:
                yield (_GROUPS / one, "memory.max", "memory.current",
                       ("inactive_file", "active_file"))
            elif "memory" in controllers.split(","):
                yield (_GROUPS / "memory" / one, "memory.limit_in_bytes",
                       "memory.usage_in_bytes", ("total_inactive_file", "total_active_file"))
