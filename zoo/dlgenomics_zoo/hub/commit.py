"""What a repository holds at one commit: its files with their sizes and hashes, and its card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from dlgenomics.files import sha256_of_bytes, write_text
from dlgenomics.settings import load_settings
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.hub.address import COMMIT, is_plain_path

_FORMAT: Final = 1


@dataclass(frozen=True)
class HubFile:
    """A file of a commit.

    Attributes:
        path: inside the repository.
        size: in bytes.
        sha256: of the files that Git LFS keeps; else empty.
        git_sha1: what git calls its content (of an LFS file that of its pointer).
    """

    path: str
    size: int
    sha256: str
    git_sha1: str


@dataclass(frozen=True)
class Commit:
    """A repository at one commit.

    Attributes:
        repository: ``org/name``.
        id: 40 hexadecimal digits.
        files: by path.
        license: as its card says; empty where it does not.
        gated, private: who may have its files.
        tags: of its card.
        base_model: what it was made from, as its card says.
    """

    repository: str
    id: str
    files: Mapping[str, HubFile]
    license: str = ""
    gated: bool = False
    private: bool = False
    tags: tuple[str, ...] = ()
    base_model: str = ""


def commit_of(repository: str, info: Mapping[str, Any]) -> Commit:
    """Return a commit from what the Hub says of it, which is a stranger's word.

    Args:
        repository: ``org/name``.
        info: ``sha``, ``siblings`` (each path, size, blob_id, lfs), ``card``, ``gated``,
            ``private``, ``tags``.

    Raises:
        UnsafeModelError: a file's name leads out of the repository, or the commit is none.
    """
    if not COMMIT.fullmatch(str(info["sha"])):
        raise UnsafeModelError(repository, "a commit is 40 hexadecimal digits",
                               str(info["sha"])[:60])
    files = {one.path: one for one in map(_file, info["siblings"])}
    for path in files:
        if not is_plain_path(path):
            raise UnsafeModelError(repository, "the files of a repository must lie in it",
                                   f"the name {path!r}")
    card = info.get("card") or {}
    return Commit(repository, info["sha"], files, _licence(card), bool(info.get("gated")),
                  bool(info.get("private")), tuple(map(str, info.get("tags") or ())),
                  _first(card.get("base_model")))


def _file(said: Mapping[str, Any]) -> HubFile:
    large = said.get("lfs") or {}
    return HubFile(str(said["path"]), int(large.get("size") or said.get("size") or 0),
                   str(large.get("sha256") or ""), str(said.get("blob_id") or ""))


def _licence(card: Mapping[str, Any]) -> str:
    """Return a licence in one line; «other» has its name beside it."""
    said = _first(card.get("license"))
    return str(card.get("license_name") or said) if said == "other" else said


def _first(value: Any) -> str:
    chosen = value[0] if isinstance(value, list) and value else value
    return str(chosen) if chosen else ""


@dataclass(frozen=True)
class Records:
    """Commits that were seen, and where names led, so that nothing is asked twice."""

    root: Path

    def read(self, repository: str, commit: str) -> Commit | None:
        """Return a commit that was seen before."""
        try:
            data = json.loads(self._path(repository, commit).read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None  # a record that is damaged is made again
        if not isinstance(data, dict) or data.pop("format", None) != _FORMAT:
            return None
        files = {one["path"]: HubFile(**one) for one in data.pop("files")}
        return Commit(**{**data, "files": files, "tags": tuple(data["tags"])})

    def write(self, commit: Commit, revision: str) -> None:
        """Keep a commit, and that a branch or tag leads to it."""
        data = {**asdict(commit), "files": [asdict(one) for one in commit.files.values()]}
        write_text(self._path(commit.repository, commit.id),
                   json.dumps({"format": _FORMAT, **data}) + "\n")
        if revision != commit.id:
            write_text(self._ref(commit.repository, revision), commit.id + "\n")

    def last(self, repository: str, revision: str) -> Commit | None:
        """Return the commit that a branch or tag led to when the Hub was last asked."""
        try:
            commit = self._ref(repository, revision).read_text().strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return self.read(repository, commit) if COMMIT.fullmatch(commit) else None

    def _folder(self, repository: str) -> Path:
        return self.root / repository.replace("/", "--")

    def _path(self, repository: str, commit: str) -> Path:
        return self._folder(repository) / "commits" / f"{commit}.json"

    def _ref(self, repository: str, revision: str) -> Path:
        return self._folder(repository) / "refs" / revision.replace("/", "%2F")


def open_records() -> Records:
    """Return the records of the Hub that the settings name: others may know other commits."""
    settings = load_settings()
    endpoint = sha256_of_bytes(settings.hub_endpoint.encode())[:12]
    return Records(settings.cache / "hub" / endpoint)
