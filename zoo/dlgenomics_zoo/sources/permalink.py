"""Links to a folder at a commit of a repository on a git host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# GitHub and its kin: …/tree/SHA/path; GitLab: …/-/tree/SHA/path; Gitea: …/src/commit/SHA/path.
_FORM: Final = re.compile(
    r"(?P<repository>https://[\w.-]+(?::\d+)?(?:/[\w.~-]+){2,}?)"
    r"/(?:-/)?(?:tree|blob|src/commit)/(?P<commit>[0-9a-f]{40})(?:/(?P<path>[^\s?#]*))?")


@dataclass(frozen=True)
class Permalink:
    """A repository's address, a full commit id, and a path in it (empty for its top)."""

    repository: str
    commit: str
    path: str = ""


def parse_permalink(text: str) -> Permalink | None:
    """Return what a link to a commit means; None if it is none, or does not name a full commit."""
    found = _FORM.fullmatch(text.rstrip("/"))
    if not found or ".." in (found["path"] or "").split("/"):
        return None
    return Permalink(found["repository"], found["commit"], found["path"] or "")
