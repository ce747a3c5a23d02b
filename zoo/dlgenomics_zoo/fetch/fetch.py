"""A remote file → a verified file in the cache, whatever happens on the way."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from dlgenomics.errors import Attempt, ChecksumError, FetchError, OfflineError, WrongFileError
from dlgenomics.files import output_errors
from dlgenomics.locks import file_lock
from dlgenomics.progress import Progress, silent
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch.cache import ELSEWHERE, Cache, discard, open_cache
from dlgenomics_zoo.fetch.consent import Confirm, Consent, within_limit
from dlgenomics_zoo.fetch.failure import Failure
from dlgenomics_zoo.fetch.order import Order
from dlgenomics_zoo.fetch.places import Place, all_places
from dlgenomics_zoo.fetch.remote import RemoteFile, checksum_of
from dlgenomics_zoo.fetch.retry import Retry
from dlgenomics_zoo.fetch.wheel import Wheels


def fetch_file(
    remote: RemoteFile, *, confirm: Confirm = within_limit, progress: Progress = silent,
    retry: Retry | None = None,
) -> Path:
    """Return a file in the cache, fetching it if it is not there yet.

    Mirrors (``DLG_MIRROR``) are tried first, then the file's own addresses. The checksum decides
    which of them is right. A file without a checksum is trusted the first time, and its sha256 is
    kept. Processes that want the same file wait for the one that fetches it.

    Args:
        remote: the file.
        confirm: asked with bytes, licence and name before a download; by default everything
            up to ``DLG_MAX_DOWNLOAD`` is fetched.
        progress: told of the bytes; the first note holds size, licence and address.
        retry: how patient to be; default `Retry()`.

    Returns:
        The path of the file, whose bytes have just been verified.

    Raises:
        FetchError: none of the places gave the file. Its type says what the last one, the
            publisher's own, answered; ``attempts`` has every reason.
        OfflineError: it is not here and ``DLG_OFFLINE`` is set; says where to put it by hand.
        DeclinedError: ``confirm`` said no.
        HashMismatchError: the file in the cache was changed.
        OutputError: the disk is full, or the cache cannot be written.
    """
    return fetch_files([remote], confirm=confirm, progress=progress, retry=retry)[0]


def fetch_files(
    remotes: Sequence[RemoteFile], *, confirm: Confirm = within_limit,
    progress: Progress = silent, retry: Retry | None = None,
) -> list[Path]:
    """Return several files, in order; a wheel that holds several of them is downloaded once.

    See `fetch_file`.
    """
    cache = open_cache()
    with Wheels() as wheels:
        return [_fetch(cache, wheels, Order(
            remote, progress, Consent(remote, confirm, cache.root), retry or Retry()))
            for remote in remotes]


def _fetch(cache: Cache, wheels: Wheels, order: Order) -> Path:
    remote = order.remote
    if found := cache.find(remote):
        return found
    settings = load_settings()
    places = all_places(remote, settings.mirrors, wheels)
    if settings.offline:
        return _fetch_offline(cache, [p for p in places if p.local], order)
    path = cache.path(remote)
    with output_errors(path, ELSEWHERE):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = cache.root.parent / "locks" / f"{path.parent.name}.lock"
        with file_lock(lock, lambda: order.tell(0, note="waiting for another process")) as alone:
            return cache.find(remote) or _fetch_from(places, cache, order, alone=alone)


def _fetch_offline(cache: Cache, places: Sequence[Place], order: Order) -> Path:
    try:
        return _fetch_from(places, cache, order, alone=False)
    except FetchError as error:
        asked = [Attempt(url, "not asked, DLG_OFFLINE is set") for url in order.remote.urls]
        raise _failed(OfflineError, cache, order.remote, [*error.attempts, *asked]) from None


def _fetch_from(
    places: Sequence[Place], cache: Cache, order: Order, *, alone: bool
) -> Path:
    attempts: list[Attempt] = []
    kind: type[FetchError] = FetchError
    for place in places:
        try:
            return _take(place, cache, order, alone=alone)
        except Failure as failure:
            attempts.append(Attempt(place.label, failure.reason))
            kind = failure.kind
    raise _failed(kind, cache, order.remote, attempts)


def _failed(
    kind: type[FetchError], cache: Cache, remote: RemoteFile, attempts: Sequence[Attempt]
) -> FetchError:
    return kind(remote.name, attempts, path=cache.path(remote),
                checksum=str(remote.checksum or ""))


def _take(place: Place, cache: Cache, order: Order, *, alone: bool) -> Path:
    """Let a place deliver, check what came, and place it in the cache."""
    path = cache.path(order.remote)
    of_place = hashlib.sha256(place.label.encode()).hexdigest()[:12]
    part = path.with_name(f".{path.name}.part-{of_place}{'' if alone else f'-{os.getpid()}'}")
    resumed = part.exists()
    try:
        place.deliver(part, order)
        _verify(part, order.remote)
    except Failure as failure:
        if not failure.again:  # else the part is kept, to go on from
            discard(part)
        if not (resumed and failure.kind is ChecksumError):
            raise
        # The two halves may be of two versions: once more, from the start.
        return _take(place, cache, order, alone=alone)
    return cache.place(part, order.remote, place.label)


def _verify(part: Path, remote: RemoteFile) -> None:
    count = part.stat().st_size
    if remote.size is not None and count != remote.size:
        raise Failure(WrongFileError, f"must have {remote.size:,} bytes, has {count:,}")
    if remote.checksum:
        received = checksum_of(part, remote.checksum.algorithm)
        if received != remote.checksum:
            raise Failure(ChecksumError, f"must have {remote.checksum}, has {received.value}")
