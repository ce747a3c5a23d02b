"""Locks: alone, or shared with those that share them as well."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from dlgenomics.errors import OutputError
from dlgenomics.locks import file_lock, output_lock


class Held(Exception):
    """Another holds the lock."""


def refuse() -> None:
    raise Held


@pytest.mark.parametrize(("first", "second", "is_free"), [
    (True, True, True), (True, False, False), (False, True, False), (False, False, False),
])
def test_a_lock_is_shared_by_those_that_share_it(
    tmp_path: Path, first: bool, second: bool, is_free: bool
) -> None:
    path = tmp_path / "new" / "a.lock"
    found = []
    with file_lock(path, refuse, shared=first):
        try:
            with file_lock(path, refuse, shared=second) as is_locked:
                found.append(is_locked)
        except Held:
            found.append("held")
    assert found == ([True] if is_free else ["held"])
    with file_lock(path, refuse) as is_locked:
        assert is_locked


def test_only_a_locks_own_errors_are_those_of_the_output(tmp_path: Path) -> None:
    error = PermissionError(errno.EACCES, "Permission denied")
    with pytest.raises(PermissionError) as caught, output_lock(tmp_path / "a.lock", refuse):
        raise error
    assert caught.value is error
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file: the output must be writable"), \
            output_lock(tmp_path / "file" / "a.lock", refuse):
        pass


def test_a_lock_that_its_holder_removed_is_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    waits, seen = threading.Event(), []

    def second() -> None:
        with file_lock(path, waits.set):
            seen.append(path.exists())

    with file_lock(path, lambda: None):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(10)
        path.unlink()
    thread.join(10)
    assert seen == [True]
