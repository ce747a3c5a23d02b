"""Put a package on the Hugging Face Hub, fetch it back into an empty cache, and replay its test."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dlgenomics.errors import DlgError, HashMismatchError
from dlgenomics.files import sha256_of
from dlgenomics.package.manifest import MANIFEST, read_manifest
from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.fetch.consent import within_limit
from dlgenomics_zoo.hub.address import SCHEME, Address
from dlgenomics_zoo.hub.commit import Commit
from dlgenomics_zoo.hub.connection import Connection, connect
from dlgenomics_zoo.hub.errors import UnreachableError
from dlgenomics_zoo.hub.files import fetch, lay_out
from dlgenomics_zoo.publish.changes import Changes, changes
from dlgenomics_zoo.publish.edition import write_edition
from dlgenomics_zoo.publish.repository import Repository

if TYPE_CHECKING:
    from dlgenomics.predict.model import Replay


@dataclass(frozen=True)
class Wishes:
    """How a package is published.

    Attributes:
        private: whether only its owners see a repository that is made now.
        pull_request: whether the change waits for the owners' yes instead of being made.
        tag: a name for this version, such as ``v1``; empty for none.
        message: what the commit says. Default: which model it is.
    """

    private: bool = False
    pull_request: bool = False
    tag: str = ""
    message: str = ""


@dataclass(frozen=True)
class Publication:
    """What was done.

    Attributes:
        address: what `get_model` takes, with the tag or the commit.
        url: of the page, or of the pull request.
        commit: 40 hexadecimal digits.
        changes: what the Hub lacked; nothing if it held this very edition.
        replay: the test, replayed on what was fetched back.
    """

    address: str
    url: str
    commit: str
    changes: Changes
    replay: Replay


_PLAIN: Final = Wishes()


class UnfinishedPushError(UnreachableError):
    """The connection failed when the repository was made and the model was not yet in it."""

    advice = ("The repository is made and does not hold the model yet. Check connection, proxy and "
              "certificates, then repeat the push, which finishes it.")


def plan_push(package: Path, address: Address) -> Changes:
    """Return what the Hub lacks, and change nothing; see `push`.

    A repository that does not exist lacks everything.
    """
    _check(address, _PLAIN)
    repository = Repository(connect(), address)
    with _edition(package, address) as (folder, names):
        return _missing(repository, repository.head(), folder, names)


def push(package: Path, address: Address, wishes: Wishes = _PLAIN, *,
         progress: Progress = silent) -> Publication:
    """Publish a package in one commit, fetch it back into an empty cache and replay its test.

    It is safe to repeat: what the Hub holds already is not sent, and where nothing differs no
    commit is made. Files of others in the repository stay.

    Args:
        package: the folder of a package.
        address: where it goes; a revision must be a branch that exists.
        wishes: see `Wishes`.
        progress: told of bytes.

    Raises:
        PackageError, HashMismatchError: the package is not whole.
        AccessError: there is no token, or it may not write there.
        TagError: the tag stands at another commit.
        UnfinishedPushError: the Hub cannot be reached any more, and has an empty repository.
        HubError, NetworkError: the Hub refuses, or cannot be reached; repeat the push.
        ReplayError: what came back predicts something else.
    """
    _check(address, wishes)
    hub = connect()
    repository = Repository(hub, address)
    with _edition(package, address) as (folder, names):
        before = repository.head()
        there = before or repository.create(private=wishes.private)
        lacks = _missing(repository, there, folder, names)
        if not (lacks.added or lacks.removed):
            commit, url = there.id, ""
        else:
            message = wishes.message or f"{read_manifest(package).spec.name} from dlgenomics"
            with contextlib.nullcontext() if before else _made_now():
                repository.send(folder, lacks.added, progress, pull_request=wishes.pull_request)
                commit, url = repository.commit(folder, lacks, message, there.id,
                                                pull_request=wishes.pull_request)
        if wishes.tag:
            repository.tag(wishes.tag, commit)
        replay = _fetched_back(repository, commit, folder, names)
    at = Address(address.repository, wishes.tag or commit)
    page = url or f"{hub.endpoint}/{address.repository}"
    return Publication(str(at), page, commit, lacks, replay)


def _check(address: Address, wishes: Wishes) -> None:
    if address.subfolder or address.file or address.is_pinned:
        raise DlgError("a package is published as a whole repository, on a branch: "
                       f"hf://org/name[@branch]. Received: {address}. Correct it.")
    if wishes.tag and wishes.pull_request:
        raise DlgError("a tag names a version that is published. Received: a tag for a pull "
                       "request, which is not yet. Tag it when it is merged: push again with the "
                       "tag alone.")


@contextlib.contextmanager
def _made_now() -> Iterator[None]:
    """Say of a connection that fails inside the block what it leaves behind."""
    try:
        yield
    except UnreachableError as error:
        raise UnfinishedPushError(error.name, error.attempts) from error


@contextlib.contextmanager
def _edition(package: Path, address: Address) -> Iterator[tuple[Path, list[str]]]:
    """Give the folder of the edition for an address, and its files."""
    with tempfile.TemporaryDirectory(prefix="dlgenomics-push-") as scratch:
        folder = Path(scratch)
        yield folder, write_edition(package, f"{SCHEME}{address.repository}", folder)


def _missing(repository: Repository, there: Commit | None, folder: Path,
             names: list[str]) -> Changes:
    if there is None:
        return changes(folder, names, {}, ())
    return changes(folder, names, there.files, _files_of(repository.hub, there))


def _files_of(hub: Connection, there: Commit) -> Collection[str]:
    """Return the files of the edition that a commit holds; none where it holds none."""
    if MANIFEST not in there.files:
        return ()
    with tempfile.TemporaryDirectory() as scratch:
        found = fetch(hub, there, [MANIFEST], confirm=within_limit)
        try:
            return [*read_manifest(lay_out(found, Path(scratch) / "there")).package.files, MANIFEST]
        except DlgError:  # somebody else's file of that name: nothing of theirs is taken away
            return ()


def _fetched_back(repository: Repository, commit: str, folder: Path, names: list[str]) -> Replay:
    """Fetch an edition as a stranger would, with nothing in the cache, and replay its test."""
    from dlgenomics.package.read import load_package  # noqa: PLC0415 - starts TensorFlow

    with tempfile.TemporaryDirectory(prefix="dlgenomics-back-") as scratch:
        back = Path(scratch)
        repository.download(commit, names, back)
        sent, came = sha256_of(folder / MANIFEST), sha256_of(back / MANIFEST)
        if sent != came:
            raise HashMismatchError(back / MANIFEST, sent, came)
        return load_package(back).test()
