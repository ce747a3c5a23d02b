"""Repositories as the loopback hub keeps them: commits, the names that lead to them, large files."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

LARGE_ENDINGS = (".h5", ".keras", ".safetensors", ".npz", ".onnx", ".pb", ".tar", ".bin", ".pkl", ".pt")
LARGE = 10_000
"""Bytes; a file that is larger, or ends so, is kept by Git LFS."""

Files = dict[str, bytes]


def is_large(path: str, size: int) -> bool:
    """Whether a file is kept by Git LFS."""
    return size > 0 and (size > LARGE or path.endswith(LARGE_ENDINGS))


def git_sha1(content: bytes) -> str:
    """What git calls a file's content."""
    return hashlib.sha1(b"blob %d\x00%s" % (len(content), content)).hexdigest()


def sha256(content: bytes) -> str:
    """What Git LFS calls a file's content."""
    return hashlib.sha256(content).hexdigest()


def etag(path: str, content: bytes) -> str:
    """What the hub calls a file's content."""
    return sha256(content) if is_large(path, len(content)) else git_sha1(content)


def front_matter(readme: bytes) -> dict[str, Any]:
    """The facts at the top of a model card."""
    found = re.match(rb"---\r?\n(.*?)\r?\n---", readme, re.DOTALL)
    facts = yaml.safe_load(found[1]) if found else None
    return facts if isinstance(facts, dict) else {}


@dataclass
class Repository:
    """One model's repository.

    Attributes:
        name: ``organisation/model``.
        private: whether only known accounts see it.
        gated: whether only accounts that agreed to its terms get files.
        commits: id → the files.
        messages: id → what was said.
        refs: such as ``refs/heads/main`` → id.
    """

    name: str
    private: bool = False
    gated: bool = False
    commits: dict[str, Files] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def commit(self, files: Files, message: str = "change", ref: str = "refs/heads/main") -> str:
        """Let these be the files from now on; returns the commit's id."""
        seed = repr((self.name, ref, message, len(self.commits), sorted(files.items())))
        made = hashlib.sha1(seed.encode()).hexdigest()
        self.commits[made], self.messages[made], self.refs[ref] = dict(files), message, made
        return made

    def find(self, revision: str) -> str | None:
        """The commit that an id, a branch, a tag or a ref leads to."""
        if revision in self.commits:
            return revision
        names = (revision, f"refs/heads/{revision}", f"refs/tags/{revision}")
        return next((self.refs[name] for name in names if name in self.refs), None)

    def ref_of(self, revision: str) -> str:
        """The full name of a branch or pull request."""
        return revision if revision.startswith("refs/") else f"refs/heads/{revision}"

    @property
    def head(self) -> str:
        """The last commit of ``main``."""
        return self.refs["refs/heads/main"]

    def entry(self, path: str, content: bytes) -> dict[str, Any]:
        """A file as the lists of the tree have it."""
        size = len(content)
        large = {"lfs": {"oid": sha256(content), "size": size, "pointerSize": 130}}
        return {"type": "file", "path": path, "oid": git_sha1(content), "size": size,
                **(large if is_large(path, size) else {})}

    def tree(self, commit: str, folder: str = "") -> list[dict[str, Any]]:
        """All files below a folder, and the folders."""
        inside = f"{folder.strip('/')}/" if folder.strip("/") else ""
        files = {path: content for path, content in sorted(self.commits[commit].items())
                 if path.startswith(inside)}
        folders = {path[:at.start()] for path in files for at in re.finditer("/", path)}
        return [*({"type": "directory", "path": one, "oid": git_sha1(one.encode()), "size": 0}
                  for one in sorted(folders)), *(self.entry(*item) for item in files.items())]

    def info(self, commit: str, *, blobs: bool = False) -> dict[str, Any]:
        """What is said of the model as a whole."""
        files = self.commits[commit]
        card = front_matter(files.get("README.md", b""))
        tags = [str(one) for one in (card.get("library_name"), *(card.get("tags") or ())) if one]
        if card.get("license"):
            tags.append(f"license:{card['license']}")
        said = {"_id": git_sha1(self.name.encode())[:24], "id": self.name, "modelId": self.name,
                "author": self.name.partition("/")[0], "sha": commit, "private": self.private,
                "gated": "manual" if self.gated else False, "disabled": False, "downloads": 3,
                "likes": 1, "tags": tags, "cardData": card or None,
                "createdAt": "2026-01-01T00:00:00.000Z", "lastModified": "2026-01-01T00:00:00.000Z",
                "siblings": [self._sibling(path, content, blobs) for path, content in
                             sorted(files.items())]}
        return said | {key: card[key] for key in ("library_name", "pipeline_tag") if key in card}

    def _sibling(self, path: str, content: bytes, blobs: bool) -> dict[str, Any]:
        if not blobs:
            return {"rfilename": path}
        size = len(content)
        large = {"lfs": {"sha256": sha256(content), "size": size, "pointerSize": 130}}
        return {"rfilename": path, "blobId": git_sha1(content), "size": size,
                **(large if is_large(path, size) else {})}
