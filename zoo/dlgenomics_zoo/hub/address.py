"""``hf://org/name[@revision][/subfolder][#file]``: a place on the Hugging Face Hub."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, unquote

from dlgenomics_zoo.hub.errors import AddressError

SCHEME: Final = "hf://"
FORM: Final = "hf://org/name[@revision][/subfolder][#file]"
COMMIT: Final = re.compile(r"[0-9a-f]{40}")
DEFAULT: Final = "main"

_FORM: Final = re.compile(
    r"(?P<org>[^/@#]+)/(?P<name>[^/@#]+)"
    r"(?:@(?P<revision>refs/(?:pr|convert|heads|tags)/[^/#]+|[^/#]+))?"
    r"(?:/(?P<subfolder>[^#]*))?(?:\#(?P<file>.+))?")
_OTHERS: Final = ("datasets", "spaces", "buckets")
_PART: Final = re.compile(r"(?=.{1,96}$)[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?", re.ASCII)
_REVISION: Final = re.compile(r"[\w.+/-]+", re.ASCII)


@dataclass(frozen=True)
class Address:
    """A model on the Hub.

    Attributes:
        repository: ``org/name``.
        revision: a branch, tag, pull request (``refs/pr/1``) or commit; slashes in a branch's name
            are written ``%2F``.
        subfolder: the folder in it; empty for the whole.
        file: the file that is meant, relative to the subfolder; empty where nothing is chosen.
    """

    repository: str
    revision: str = DEFAULT
    subfolder: str = ""
    file: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, which never changes."""
        return COMMIT.fullmatch(self.revision) is not None

    def pinned(self, commit: str) -> Address:
        """Return the same place at a commit."""
        return replace(self, revision=commit)

    def with_file(self, file: str) -> Address:
        """Return the same place with a file chosen."""
        return replace(self, file=file)

    def __str__(self) -> str:
        revision = self.revision if self.revision.startswith("refs/") else quote(
            self.revision, safe="")
        return (SCHEME + self.repository + (f"@{revision}" if self.revision != DEFAULT else "")
                + (f"/{self.subfolder}" if self.subfolder else "")
                + (f"#{self.file}" if self.file else ""))


def is_hub_address(name: str) -> bool:
    """Tell whether a model's name is meant for the Hub."""
    return name.startswith(SCHEME)


def parse_address(text: str) -> Address:
    """Read an address.

    >>> parse_address("hf://lab/net@v1/fold_0#model.h5")
    Address(repository='lab/net', revision='v1', subfolder='fold_0', file='model.h5')

    Raises:
        AddressError: it has another form, or leads out of the repository.
    """
    found = _FORM.fullmatch(text.removeprefix(SCHEME)) if is_hub_address(text) else None
    if found is None:
        raise AddressError(text, "")
    if found["org"] in _OTHERS:
        raise AddressError(text, f"{found['org']} are no models")
    for part in (found["org"], found["name"]):
        if not _PART.fullmatch(part) or ".." in part or "--" in part:
            raise AddressError(text, f"{part!r} is no name of an organisation or model")
    revision = unquote(found["revision"] or DEFAULT)
    if not _REVISION.fullmatch(revision) or ".." in revision or revision.endswith("/"):
        raise AddressError(text, f"{revision!r} is no branch, tag or commit")
    subfolder, file = (found["subfolder"] or "").rstrip("/"), found["file"] or ""
    for path in filter(None, (subfolder, file)):
        if not is_plain_path(path):
            raise AddressError(text, f"{path!r} leads out of the repository")
    return Address(f"{found['org']}/{found['name']}", revision, subfolder, file)


def is_plain_path(path: str) -> bool:
    """Tell whether a path from elsewhere stays below the folder that it is joined to."""
    parts = path.split("/")
    return bool(path) and path.isprintable() and "\\" not in path and not any(
        part in ("", ".", "..") for part in parts) and ":" not in parts[0]
