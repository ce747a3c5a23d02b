"""What must change on the Hub for it to hold an edition: files to add, files to take away."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlgenomics_zoo.fetch.remote import GIT, checksum_of
from dlgenomics_zoo.hub.commit import HubFile


@dataclass(frozen=True)
class Changes:
    """Paths in the repository.

    Attributes:
        added: new there, or with other content.
        removed: of an earlier edition, and in this one no more.
        bytes: the size of what is added.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    bytes: int


def changes(folder: Path, names: Sequence[str], there: Mapping[str, HubFile],
            earlier: Collection[str]) -> Changes:
    """Compare an edition with what the Hub holds.

    Args:
        folder: the edition.
        names: its files.
        there: the repository's files by path.
        earlier: the files of the edition that is there now, which alone may be taken away: what
            others put into the repository stays.
    """
    added = [name for name in names if name not in there or not _same(folder / name, there[name])]
    removed = sorted((set(earlier) & set(there)) - set(names))
    return Changes(tuple(added), tuple(removed),
                   sum((folder / name).stat().st_size for name in added))


def _same(path: Path, there: HubFile) -> bool:
    algorithm, value = ("sha256", there.sha256) if there.sha256 else (GIT, there.git_sha1)
    return path.stat().st_size == there.size and checksum_of(path, algorithm).value == value
