"""What all that help to fetch one file know of it."""

from __future__ import annotations

from dataclasses import dataclass

from dlgenomics.progress import Progress
from dlgenomics_zoo.fetch.consent import Consent
from dlgenomics_zoo.fetch.remote import RemoteFile
from dlgenomics_zoo.fetch.retry import Retry


@dataclass(frozen=True)
class Order:
    """A file on order: who is told of it, who agrees to it, and how patient to be."""

    remote: RemoteFile
    progress: Progress
    consent: Consent
    retry: Retry

    def announce(self, count: int | None, place: str) -> None:
        """Show size, licence and place, and go on only if they are agreed to."""
        if not self.consent.agreed:
            size = f"{count:,} bytes" if count is not None else "size unknown"
            licence = self.remote.license or "licence unknown"
            self.tell(0, count, f"{size}, {licence}, from {place}")
        self.consent.require(count, place)

    def tell(self, done: int, total: int | None = None, note: str = "") -> None:
        """Report the bytes so far; where the total is unknown it is what has come."""
        self.progress(self.remote.name, done, total or self.remote.size or done, note)
