"""Fetched files on this machine, each in a folder that is named by its checksum.

    files/sha256/HEX/NAME    files/md5/HEX/NAME    files/url/SHA256 OF THE ADDRESS/NAME

Beside NAME lie hidden files: ``.NAME.json`` says where it came from, ``.NAME.part-…`` is a
download that goes on later. A file that was put here by hand has no record and is as good as any:
its checksum decides.
"""

from __future__ import annotations

import contextlib
import datetime
import glob
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DlgError, HashMismatchError, did_you_mean
from dlgenomics.files import output_errors, write_text
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch.remote import Checksum, RemoteFile, checksum_of, is_checksum

BY_HAND: Final = "put there by hand"
ELSEWHERE: Final = "set DLG_CACHE to another disk"


@dataclass(frozen=True)
class CachedFile:
    """One file of the cache.

    Attributes:
        name, path, bytes: the file.
        checksum: what its bytes must give, such as ``md5 9b4f…``; empty if nothing says so.
        source: the address that it came from.
        license: as it was known when it was fetched.
        fetched: when, in UTC.
        complete: False for a download that was cut off and will go on.
    """

    name: str
    path: Path
    bytes: int
    checksum: str
    source: str
    license: str
    fetched: str
    complete: bool = True


@dataclass(frozen=True)
class Cache:
    """The folder of all fetched files."""

    root: Path

    def path(self, remote: RemoteFile) -> Path:
        """Return where a file lies or may be put by hand."""
        if remote.checksum:
            return self.root / remote.checksum.algorithm / remote.checksum.value / remote.name
        address = hashlib.sha256(remote.urls[0].encode()).hexdigest()
        return self.root / "url" / address / remote.name

    def find(self, remote: RemoteFile) -> Path | None:
        """Return the file if it is here, after verifying it; the same bytes may have another name.

        Raises:
            HashMismatchError: a file lies here with other bytes; it is left for you to look at.
        """
        path = self.path(remote)
        if not path.is_file():
            others = _visible(path.parent)
            if not others or remote.checksum is None:
                return None
            path = others[0]
        if expected := _expected(path):
            _require(path, expected)
        else:
            self.record(path, remote, BY_HAND)
        return path

    def place(self, part: Path, remote: RemoteFile, source: str) -> Path:
        """Let a verified file appear under its name, whole, and throw its partial files away."""
        path = self.path(remote)
        with output_errors(path, ELSEWHERE):
            with part.open("rb") as stream:
                os.fsync(stream.fileno())
            self.record(path, remote, source, part)
            part.replace(path)
            discard(part)
            # Partial files of other places; those of a process that had no lock are longer.
            for left in path.parent.glob(f".{glob.escape(path.name)}.part-{'?' * 12}"):
                discard(left)
        return path

    def record(self, path: Path, remote: RemoteFile, source: str, held: Path | None = None) -> None:
        """Write beside a verified file where it came from; ``held`` has its bytes by now."""
        facts = {"source": source, "license": remote.license,
                 "sha256": remote.sha256 or checksum_of(held or path, "sha256").value,
                 "fetched": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")}
        write_text(_record_path(path), json.dumps(facts, indent=2) + "\n")

    def entries(self) -> list[CachedFile]:
        """Return all files by name, unfinished downloads among them."""
        found = [_entry(path) for folder in self.root.glob("*/*") for path in _visible(folder)]
        found += [_unfinished(part) for part in self.root.glob("*/*/.*.part-*")
                  if part.suffix not in (".json", ".plain")]
        return sorted(found, key=lambda entry: (entry.name.casefold(), entry.path))

    def named(self, name: str) -> list[CachedFile]:
        """Return the files of that name, or whose checksum starts so (6 digits at least).

        Raises:
            DlgError: there is none.
        """
        entries = self.entries()
        found = [e for e in entries if e.name == name
                 or (len(name) >= 6 and e.path.parent.name.startswith(name))]
        if not found:
            hint = did_you_mean(name, (e.name for e in entries))
            raise DlgError("a cached file is named by its name or the first digits of its "
                           f"checksum. Received: {name!r}.{hint} See: dlg cache ls")
        return found

    def remove(self, entry: CachedFile) -> None:
        """Remove a file, what is recorded about it and its unfinished downloads."""
        folder = entry.path.parent
        with output_errors(folder, ELSEWHERE):
            if folder.exists():
                shutil.rmtree(folder)


def open_cache() -> Cache:
    """Return the cache of fetched files in ``DLG_CACHE``."""
    return Cache(load_settings().cache / "files")


def verify_entry(entry: CachedFile) -> str:
    """Return what is wrong with a cached file's bytes, or an empty text."""
    try:
        if expected := _expected(entry.path):
            _require(entry.path, expected)
    except HashMismatchError as error:
        return str(error)
    return ""


def _require(path: Path, expected: Checksum) -> None:
    received = checksum_of(path, expected.algorithm)
    if received != expected:
        raise HashMismatchError(
            path, expected.value, received.value, expected.algorithm,
            f"The file was changed, damaged or put there wrongly; remove it (dlg cache rm "
            f"{path.parent.name[:12]}) and fetch it again.")


def _expected(path: Path) -> Checksum | None:
    algorithm, value = path.parent.parent.name, path.parent.name
    if is_checksum(algorithm, value):
        return Checksum(algorithm, value)
    recorded = _read_record(path).get("sha256")
    return Checksum("sha256", recorded) if recorded else None


def _entry(path: Path) -> CachedFile:
    facts = _read_record(path)
    expected = _expected(path)
    return CachedFile(path.name, path, path.stat().st_size, str(expected or ""),
                      facts.get("source", BY_HAND), facts.get("license", ""),
                      facts.get("fetched", ""))


def _unfinished(part: Path) -> CachedFile:
    name = part.name[1:].rpartition(".part-")[0]
    return CachedFile(name, part, part.stat().st_size, "", "", "", "", complete=False)


def _visible(folder: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted(p for p in folder.iterdir() if p.is_file() and p.name[0] != ".")
    return []


def _record_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.json")


def _read_record(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(_record_path(path).read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise DlgError(f"{_record_path(path)}: a record must be JSON. Received: {error}. "
                       f"Remove it: dlg cache rm {path.parent.name[:12]}") from error
    return facts if isinstance(facts, dict) else {}


def discard(part: Path) -> None:
    """Remove a partial file, what is kept about it, and its half-uncompressed copy."""
    for ending in ("", ".json", ".plain"):
        part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)

