"""An address → the commit that it leads to, asked for once and from then on known."""

from __future__ import annotations

import logging

from dlgenomics.errors import Attempt, NetworkError, OfflineError
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.hub.address import Address
from dlgenomics_zoo.hub.commit import Commit, open_records
from dlgenomics_zoo.hub.connection import Connection

_log = logging.getLogger("dlgenomics")


def find_commit(hub: Connection, address: Address) -> Commit:
    """Return the commit of an address.

    A commit that was seen before is not asked for again. A branch or tag is, unless offline mode is
    set; where the Hub cannot be reached, the commit that it led to last is taken, and that is said.

    Raises:
        HubError: no such repository or revision, or no access.
        NetworkError, OfflineError: the Hub cannot be asked, and nothing is known.
        UnsafeModelError: the Hub answers for another commit than was asked for.
    """
    records = open_records()
    repository, revision = address.repository, address.revision
    if address.is_pinned and (known := records.read(repository, revision)):
        return known
    last = records.last(repository, revision)
    if hub.offline:
        return last or _not_known(hub, address)
    try:
        found = hub.commit(repository, revision)
    except NetworkError as error:
        if last is None:
            raise
        _log.warning("%s The last known commit of %s is used: %s.", error.attempts[-1].reason,
                     address, last.id)
        return last
    if address.is_pinned and found.id != revision:
        raise UnsafeModelError(repository, f"the Hub must answer for the commit {revision}",
                               found.id)
    records.write(found, revision)
    return found


def _not_known(hub: Connection, address: Address) -> Commit:
    url = f"{hub.endpoint}/{address.repository}"
    raise OfflineError(str(address), [Attempt(url, "not asked, offline mode is set; no commit of "
                                                   "it was fetched before")])
