"""A repository on the Hub as its owners see it: made, filled, tagged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlgenomics.progress import Progress
from dlgenomics_zoo.hub.address import Address
from dlgenomics_zoo.hub.commit import Commit
from dlgenomics_zoo.hub.connection import Connection
from dlgenomics_zoo.hub.errors import HubError
from dlgenomics_zoo.publish.changes import Changes


class TagError(HubError):
    """A tag stands at another commit: a version that others may rely on."""

    def __init__(self, repository: str, tag: str, stands: str, wanted: str) -> None:
        self.tag, self.stands = tag, stands
        super().__init__(repository, f"a tag must name one version for good. Received: {tag!r}, "
                         f"which stands at {stands[:8]} of {repository}, not at {wanted[:8]}. "
                         "Choose another, such as the next number.")


@dataclass(frozen=True)
class Repository:
    """A branch of a repository.

    Attributes:
        hub: who is asked.
        address: which one.
    """

    hub: Connection
    address: Address

    @property
    def name(self) -> str:
        """Its name, ``org/name``."""
        return self.address.repository

    def head(self) -> Commit | None:
        """Return the last commit; None if there is no such repository.

        Raises:
            HubError, NetworkError, OfflineError: see `Connection.asking`.
        """
        with self._asking():
            exists = self.hub.api.repo_exists(self.name)
        return self.hub.commit(self.name, self.address.revision) if exists else None

    def _asking(self, revision: str = "") -> contextlib.AbstractContextManager[None]:
        return self.hub.asking(self.name, revision, purpose=f"a push to {self.name}")

    def create(self, *, private: bool) -> Commit:
        """Make the repository and return its first commit."""
        with self._asking():
            self.hub.api.create_repo(self.name, private=private, exist_ok=True)
        return self.hub.commit(self.name, self.address.revision)

    def send(self, folder: Path, names: Sequence[str], progress: Progress, *,
             pull_request: bool) -> None:
        """Send the large ones of some files, where the Hub has not got them yet."""
        from huggingface_hub import CommitOperationAdd  # noqa: PLC0415 - takes 0.3 s

        total = sum((folder / name).stat().st_size for name in names)
        done = 0
        for name in names:
            progress("upload", done, total)
            with self._asking(), _quiet():
                self.hub.api.preupload_lfs_files(
                    self.name, [CommitOperationAdd(name, folder / name)],
                    revision=self.address.revision, create_pr=pull_request)
            done += (folder / name).stat().st_size
        progress("upload", done, total)

    def commit(self, folder: Path, found: Changes, message: str, parent: str, *,
               pull_request: bool) -> tuple[str, str]:
        """Make all changes in one commit.

        Args:
            folder: where the files lie.
            found: what changes.
            message: what the commit says.
            parent: the commit that was looked at; if it is not the last any more, nothing is done.
            pull_request: propose the commit instead.

        Returns:
            The commit, and the address of the pull request or an empty text.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete  # noqa: PLC0415

        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(name, folder / name) for name in found.added),
            *(CommitOperationDelete(name) for name in found.removed)]
        with self._asking(self.address.revision), _quiet():
            made = self.hub.api.create_commit(
                self.name, operations, commit_message=message, parent_commit=parent,
                revision=self.address.revision, create_pr=pull_request)
        return made.oid, made.pr_url or ""

    def tag(self, tag: str, commit: str) -> None:
        """Let a tag name a commit; nothing to do if it does.

        Raises:
            TagError: it names another.
        """
        with self._asking():
            refs = self.hub.api.list_repo_refs(self.name)
            stands = next((one.target_commit for one in refs.tags if one.name == tag), None)
            if stands is None:
                self.hub.api.create_tag(self.name, tag=tag, revision=commit)
        if stands not in (None, commit):
            raise TagError(self.name, tag, stands, commit)

    def download(self, commit: str, names: Sequence[str], folder: Path) -> None:
        """Fetch files with the Hub's own client, from the Hub and nowhere else."""
        from huggingface_hub import snapshot_download  # noqa: PLC0415

        with self._asking(commit), _quiet():
            snapshot_download(self.name, revision=commit, local_dir=folder, allow_patterns=[*names],
                              endpoint=self.hub.endpoint, token=self.hub.token or False)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hold back the client's own bars: ours are drawn, or nothing where output is piped."""
    from huggingface_hub.utils.tqdm import (  # noqa: PLC0415
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    before = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not before:
            enable_progress_bars()
