"""The cache: one good copy whoever asks at the same time, and changes are noticed."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics.errors import DlgError, HashMismatchError
from dlgenomics_zoo.fetch import RemoteFile, fetch_file, is_noncommercial, open_cache
from dlgenomics_zoo.fetch.cache import verify_entry
from dlgenomics_zoo.fetch.retry import Retry
from faulty_server import WEIGHTS, FaultyServer, cut_after, slowly

PATH = "/weights.h5"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
Describe = Callable[..., RemoteFile]
Dlg = Callable[..., tuple[int, str, str]]

FETCH = ("from dlgenomics_zoo.fetch import RemoteFile, fetch_file\n"
         "path = fetch_file({remote!r})\n"
         "print(len(path.read_bytes()))\n")


def _start(remote: RemoteFile) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", FETCH.format(remote=remote)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_processes_that_want_the_same_file_share_one_download(
    server: FaultyServer, remote: Describe
) -> None:
    server.faults[PATH] = [slowly(1.5)]
    running = [_start(remote()) for _ in range(4)]
    results = [process.communicate(timeout=60) for process in running]
    assert [out for out, _ in results] == [f"{len(WEIGHTS)}\n"] * 4, results
    assert server.asked(PATH) == [""]
    assert open_cache().path(remote()).read_bytes() == WEIGHTS


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_still_gets_whole_files(
    server: FaultyServer, remote: Describe, retry: Retry, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    server.faults[PATH] = [cut_after(5000)]
    path = fetch_file(remote(), retry=retry)
    assert path.read_bytes() == WEIGHTS
    assert sorted(p.name for p in path.parent.iterdir()) == [".weights.h5.json", "weights.h5"]


def test_a_killed_download_leaves_nothing_to_see_and_goes_on(
    server: FaultyServer, remote: Describe
) -> None:
    def half(handler, content):  # type: ignore[no-untyped-def]
        handler.answer(200, content[:5000], {"ETag": f'"{SHA256[:16]}"'}, length=len(content))
        handler.wfile.flush()
        time.sleep(5)

    server.faults[PATH] = [half]
    killed = _start(remote())
    cache = open_cache()
    until = time.time() + 30
    while not any(e.bytes for e in cache.entries()) and time.time() < until:
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not cache.path(remote()).exists()
    assert [(e.bytes, e.complete) for e in cache.entries()] == [(5000, False)]
    assert fetch_file(remote()).read_bytes() == WEIGHTS
    assert server.asked(PATH) == ["", "bytes=5000-"]


def test_a_waiting_process_says_so(
    server: FaultyServer, remote: Describe, tmp_path: Path
) -> None:
    lock = tmp_path / "dlg-cache" / "locks" / f"{SHA256}.lock"
    lock.parent.mkdir(parents=True)
    notes: list[str] = []
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        def heard(stage: str, done: int, total: int, note: str = "") -> None:
            notes.append(note)
            fcntl.flock(held, fcntl.LOCK_UN)

        fetch_file(remote(), progress=heard)
    assert notes[0] == "waiting for another process"


def test_a_file_without_a_checksum_is_trusted_once(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    path = fetch_file(remote(sha256=""), retry=retry)
    record = json.loads(path.with_name(".weights.h5.json").read_text())
    assert record["sha256"] == SHA256
    assert record["source"] == server.url(PATH)
    path.write_bytes(WEIGHTS[:-1] + b"!")
    with pytest.raises(HashMismatchError, match="changed, damaged or put there wrongly"):
        fetch_file(remote(sha256=""), retry=retry)
    assert len(server.requests) == 1


@pytest.mark.parametrize("checksum", [
    {}, {"sha256": "", "md5": hashlib.md5(WEIGHTS).hexdigest()},
], ids=["sha256", "md5"])
def test_a_changed_file_is_reported_and_never_used(
    server: FaultyServer, remote: Describe, retry: Retry, checksum: dict[str, str]
) -> None:
    path = fetch_file(remote(**checksum), retry=retry)
    path.write_bytes(WEIGHTS[:-1] + b"!")
    with pytest.raises(HashMismatchError):
        fetch_file(remote(**checksum), retry=retry)
    assert len(server.requests) == 1


def test_a_file_without_a_checksum_may_be_put_there_by_hand(remote: Describe) -> None:
    wanted = remote("/nowhere", sha256="")
    place = open_cache().path(wanted)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"mine")
    assert fetch_file(wanted) == place
    place.write_bytes(b"minE")
    with pytest.raises(HashMismatchError):
        fetch_file(wanted)


def test_the_same_bytes_under_another_name_are_found(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    path = fetch_file(remote(), retry=retry)
    assert fetch_file(remote("/elsewhere", name="other.h5")) == path


def test_different_bytes_of_one_name_do_not_meet(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    server.files["/b"] = b"b"
    first = fetch_file(remote(), retry=retry)
    second = fetch_file(remote("/b", sha256=hashlib.sha256(b"b").hexdigest()), retry=retry)
    third = fetch_file(remote("/b", sha256=""), retry=retry)
    assert len({first, second, third}) == 3
    assert first.read_bytes() == WEIGHTS


def test_entries_tell_where_files_come_from(
    server: FaultyServer, remote: Describe, retry: Retry, tmp_path: Path
) -> None:
    cache = open_cache()
    assert cache.entries() == []
    fetch_file(remote(license="MIT"), retry=retry)
    (cache.root / "md5" / "junk").mkdir(parents=True)
    (cache.root / "md5" / "junk" / "x").write_text("put here by somebody")
    mine, junk = cache.entries()
    assert (mine.name, mine.bytes, mine.source, mine.license, mine.checksum) == (
        "weights.h5", len(WEIGHTS), server.url(PATH), "MIT", f"sha256 {SHA256}")
    assert mine.fetched.endswith("+00:00")
    assert (junk.name, junk.source, junk.checksum) == ("x", "put there by hand", "")
    assert verify_entry(mine) == verify_entry(junk) == ""
    assert cache.named("weights.h5") == cache.named(SHA256[:8]) == [mine]
    with pytest.raises(DlgError, match=r"Received: 'weigths\.h5'\. Did you mean 'weights\.h5'"):
        cache.named("weigths.h5")
    cache.remove(mine)
    cache.remove(mine)
    assert cache.entries() == [junk]


def test_a_damaged_record_is_a_sentence(remote: Describe, retry: Retry) -> None:
    path = fetch_file(remote(sha256=""), retry=retry)
    path.with_name(".weights.h5.json").write_text("{")
    with pytest.raises(DlgError, match="a record must be JSON"):
        fetch_file(remote(sha256=""), retry=retry)


@pytest.mark.parametrize("licence", [
    "CC BY-NC 4.0", "CC BY NC 4.0", "cc-by-nc-sa-4.0", "CC-BY-NC-ND", "Non-comercial",
    "Other / Non-commercial (see LICENSE.txt)", "non commercial", "PolyForm Noncommercial 1.0.0",
    "PolyForm Strict License 1.0.0", "academic use only", "For academic use", "research only",
    "Free for research purposes only", "No commercial use", "fair-noncommercial-research-license",
    "Creative Commons Attribution-NonCommercial 4.0",
])
def test_noncommercial_licences(licence: str) -> None:
    assert is_noncommercial(licence)


@pytest.mark.parametrize("licence", [
    "", "MIT", "CC-BY-ND", "CC BY 4.0", "CC-BY 3.0", "GPL-v3", "Apache License v2", "BSD 3-Clause",
    "NCSA", "GPL-3", "LGPL; commercial use is allowed", "Sync", "unknown",
])
def test_other_licences(licence: str) -> None:
    assert not is_noncommercial(licence)
