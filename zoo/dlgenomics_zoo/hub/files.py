"""Files of a commit → verified files on this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from dlgenomics.errors import Attempt, OfflineError
from dlgenomics.files import atomic_folder, sha256_of_bytes
from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.fetch import Confirm, RemoteFile, fetch_file, open_cache
from dlgenomics_zoo.fetch.failure import LoginError
from dlgenomics_zoo.fetch.remote import checksum_of
from dlgenomics_zoo.hub.commit import Commit, HubFile
from dlgenomics_zoo.hub.connection import Connection, hub_home
from dlgenomics_zoo.hub.errors import AccessError, FileNotInTreeError, GatedError


def remote_file(hub: Connection, commit: Commit, file: HubFile) -> RemoteFile:
    """Return where a file lies and what proves that it came whole."""
    name = PurePosixPath(file.path).name.lstrip(".") or "file"
    url = f"{hub.endpoint}/{commit.repository}/resolve/{commit.id}/{quote(file.path)}"
    return RemoteFile(name, (url,), sha256=file.sha256,
                      git_sha1="" if file.sha256 else file.git_sha1, size=file.size,
                      license=commit.license, authorization=hub.authorization)


def file_in(commit: Commit, path: str) -> HubFile:
    """Return a file of a commit.

    Raises:
        FileNotInTreeError: there is none; nothing is asked for it.
    """
    if path not in commit.files:
        raise FileNotInTreeError(commit.repository, path, list(commit.files))
    return commit.files[path]


def is_here(hub: Connection, commit: Commit, file: HubFile) -> bool:
    """Tell whether a file need not be fetched; its bytes are not looked at."""
    remote = remote_file(hub, commit, file)
    return open_cache().path(remote).is_file() or _elsewhere(commit, file).is_file()


def fetch(hub: Connection, commit: Commit, paths: Iterable[str], *, confirm: Confirm,
          progress: Progress = silent) -> dict[str, Path]:
    """Return files of a commit by their paths, fetching what is not here.

    Args:
        hub: who is asked.
        commit: the commit.
        paths: which of its files.
        confirm: asked before a download; see `fetch_file`.
        progress: told of it.

    Raises:
        FileNotInTreeError: a file is not in the commit.
        OfflineError: it is not here, and nothing may be asked; says where to put it by hand.
        ChecksumError: other bytes came; they were thrown away.
        HashMismatchError: the file in the cache was changed.
        GatedError, AccessError: the Hub does not give it to whoever asks.
        FetchError: it cannot be had.
    """
    wanted = [file_in(commit, path) for path in paths]
    return {file.path: _fetched(hub, commit, file, confirm, progress) for file in wanted}


def _fetched(hub: Connection, commit: Commit, file: HubFile, confirm: Confirm,
             progress: Progress) -> Path:
    remote = remote_file(hub, commit, file)
    cache = open_cache()
    if (found := cache.find(remote)) or (found := _taken_over(commit, file, remote)):
        return found
    if hub.offline:
        raise OfflineError(file.path, [Attempt(remote.urls[0], "not asked, offline mode is set")],
                           path=cache.path(remote), checksum=str(remote.checksum or ""))
    try:
        return fetch_file(remote, confirm=confirm, progress=progress)
    except LoginError as error:
        if commit.gated:
            raise GatedError(commit.repository, hub.endpoint, has_token=bool(hub.token)) from error
        raise AccessError(commit.repository, error.attempts[-1].reason, hub.token_name) from error


def _elsewhere(commit: Commit, file: HubFile) -> Path:
    """Return where another program of this machine would have put a file."""
    cache = Path(os.environ.get("HF_HUB_CACHE") or hub_home() / "hub")
    return (cache / f"models--{commit.repository.replace('/', '--')}" / "blobs"
            / (file.sha256 or file.git_sha1))


def _taken_over(commit: Commit, file: HubFile, remote: RemoteFile) -> Path | None:
    """Return a file that another program fetched, now in our cache too, if its hash is right."""
    blob = _elsewhere(commit, file)
    if not blob.is_file() or blob.stat().st_size != file.size or remote.checksum is None:
        return None
    if checksum_of(blob, remote.checksum.algorithm) != remote.checksum:
        return None  # not what the commit holds: as if it were not there
    cache = open_cache()
    part = cache.path(remote).with_name(f".{remote.name}.part-{os.getpid()}-taken")
    part.parent.mkdir(parents=True, exist_ok=True)
    link_or_copy(blob, part)
    return cache.place(part, remote, str(blob))


def link_or_copy(path: Path, to: Path) -> None:
    """Give a file a second name, or a copy where the disk has no such names."""
    to.unlink(missing_ok=True)
    try:
        to.hardlink_to(path.resolve())
    except OSError:
        shutil.copyfile(path, to)


def lay_out(files: Mapping[str, Path], folder: Path) -> Path:
    """Return a folder that holds files under their own paths, made whole or not at all.

    What lies there already with the same sizes is left as it is.
    """
    if folder.is_dir() and _is_laid_out(files, folder):
        return folder
    with atomic_folder(folder) as part:
        for path, found in files.items():
            place = part / path
            place.parent.mkdir(parents=True, exist_ok=True)
            link_or_copy(found, place)
    return folder


def _is_laid_out(files: Mapping[str, Path], folder: Path) -> bool:
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    return there == set(files) and all(
        (folder / path).samefile(found) or _same(folder / path, found)
        for path, found in files.items())


def _same(one: Path, other: Path) -> bool:
    return checksum_of(one, "sha256") == checksum_of(other, "sha256")


def layout_key(parts: Iterable[str]) -> str:
    """Return a short name that other parts would not have."""
    return sha256_of_bytes("\0".join(parts).encode())[:16]
