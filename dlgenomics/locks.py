"""One process at a time, where two would write the same."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from dlgenomics.files import output_errors

if sys.platform != "win32":
    import fcntl

_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextlib.contextmanager
def file_lock(path: Path, waiting: Callable[[], None], *, shared: bool = False) -> Iterator[bool]:
    """Hold a lock that ends with the process, however it ends.

    Args:
        path: a small file that is the lock; only who holds it may remove it.
        waiting: called once if another process holds the lock; what it raises ends the wish.
        shared: others may hold it, too, if they share it as well.

    Yields:
        True; or False where the system or the disk has no locks. Then two processes may both
        write, each under its own temporary name, and the renames leave one whole file.
    """
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as stream:
            is_locked = _acquire(stream, waiting, shared=shared)
            if is_locked and not os.fstat(stream.fileno()).st_nlink:
                continue  # whoever held it has removed it: nobody else will ever meet it
            yield is_locked
            return


@contextlib.contextmanager
def output_lock(path: Path, waiting: Callable[[], None], *, shared: bool = False) -> Iterator[bool]:
    """Hold a lock beside an output; see `file_lock`.

    Raises:
        OutputError: its folder is not writable. Errors of the block stay what they are.
    """
    with contextlib.ExitStack() as held:
        with output_errors(path.parent):
            is_locked = held.enter_context(file_lock(path, waiting, shared=shared))
        yield is_locked


def _acquire(stream: IO[str], waiting: Callable[[], None], *, shared: bool) -> bool:
    if sys.platform == "win32":
        return False
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(stream, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
        fcntl.flock(stream, kind)
    except OSError as error:
        if error.errno in _UNSUPPORTED:
            return False
        raise
    return True
