"""Repositories that are fetched with git: the newest or one commit, nothing of it is run."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from dlgenomics.errors import DlgError
from dlgenomics.files import atomic_folder
from dlgenomics.settings import load_settings

_TIMEOUT: Final = 900
_NEWEST: Final = "HEAD"
# No hooks, no filters (git-lfs among them), no submodules, no transport that runs commands.
_SAFE: Final = tuple(word for setting in (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "protocol.ext.allow=never",
    "submodule.recurse=false", "fetch.recurseSubmodules=false", "filter.lfs.smudge=",
    "filter.lfs.process=", "filter.lfs.required=false", "gc.auto=0", "advice.detachedHead=false",
) for word in ("-c", setting))
_ENVIRONMENT: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_ASKPASS": "",
                       "SSH_ASKPASS": "", "LC_ALL": "C"}


class SourceError(DlgError):
    """A source of models cannot be had; ``source`` is its address."""

    def __init__(self, message: str, source: str, next_step: str | None = None) -> None:
        self.source = source
        self.next_step = next_step
        super().__init__(message)


def clone_folder(url: str, commit: str = "") -> Path:
    """Return where the copy of a repository lies, or would lie, in the cache."""
    key = hashlib.sha256(f"{url}\n{commit}".encode()).hexdigest()[:16]
    word = re.sub(r"\W+", "-", url.rstrip("/").removesuffix(".git").rpartition("/")[2])[:40]
    return load_settings().cache / "sources" / f"{word}-{key}"


def clone(url: str, commit: str = "", *, renew: bool = False) -> Path:
    """Return a copy of a repository in the cache, fetched if it is not there.

    Args:
        url: the repository's address.
        commit: a full commit id; empty for the newest.
        renew: fetch it even if it is there; a failure leaves the old copy.

    Raises:
        SourceError: git is missing or fails, or ``DLG_OFFLINE`` forbids to ask.
    """
    folder = clone_folder(url, commit)
    if folder.is_dir() and not renew:
        return folder
    if load_settings().offline and not url.startswith("file://"):
        raise SourceError(
            f"a repository must be fetched before it can be used offline. Received: {url}, which "
            "is not in the cache, and DLG_OFFLINE is set. Unset it once.", url)
    if shutil.which("git") is None:
        raise SourceError(f"git must be installed to fetch {url}. Received: no such program. "
                          "Install git, or add a folder instead.", url)
    with atomic_folder(folder) as part:
        _git(url, "init", "--quiet", "--template=", str(part))
        _git(url, "-C", str(part), "fetch", "--quiet", "--depth=1", "--no-tags",
             "--no-recurse-submodules", "--", url, commit or _NEWEST)
        _git(url, "-C", str(part), "checkout", "--quiet", "--detach", "FETCH_HEAD")
    return folder


def commit_of(folder: Path) -> str:
    """Return the commit of a copy; empty where it cannot be told."""
    head = folder / ".git" / "HEAD"
    text = head.read_text().strip() if head.is_file() else ""
    return text if re.fullmatch(r"[0-9a-f]{40,64}", text) else ""


def _git(url: str, *arguments: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words; the address stands behind --
            ["git", *_SAFE, *arguments], capture_output=True, text=True, check=False,  # noqa: S607
            timeout=_TIMEOUT, env={**os.environ, **_ENVIRONMENT}, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"git must fetch {url} within {_TIMEOUT // 60} minutes. Received: "
                          "nothing so far. Try again, or clone it yourself and add the folder.",
                          url) from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        said = lines[-1].removeprefix("fatal: ") if lines else f"status {done.returncode}"
        raise SourceError(f"git must be able to fetch {url}. Received: {said}. Check the address "
                          "and your access, or clone it yourself and add the folder.", url)
