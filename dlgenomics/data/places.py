"""Places in a genome, in order: intervals from a file, or tiles that are computed."""

from __future__ import annotations

from typing import Protocol

from dlgenomics.data.intervals import Anchor, Intervals
from dlgenomics.data.split import Rows
from dlgenomics.errors import DataError


class Places(Protocol):
    """Places that can be had by their rows."""

    @property
    def path(self) -> str:
        """The file, for messages."""

    def __len__(self) -> int:
        """Return the number of places."""

    def __getitem__(self, rows: Rows | slice) -> Intervals:
        """Return the places of some rows."""

    def first_rows(self) -> Rows:
        """Return the first row of each contig that has one."""

    def resized(self, length: int, anchor: Anchor = "center") -> Places:
        """Return windows of ``length`` bp; see `Intervals.resized`."""


def fit_length(intervals: Intervals, length: int, anchor: Anchor | None) -> Intervals:
    """Return intervals of ``length`` bp.

    Args:
        intervals: as read.
        length: what the model takes.
        anchor: take ``length`` bp around each centre, or from each start, or up to each end;
            None: they must have that length.

    Raises:
        DataError: ``anchor`` is None and an interval has another length.
    """
    if anchor is not None:
        return intervals.resized(length, anchor)
    wrong = (intervals.end - intervals.start != length).nonzero()[0]
    if len(wrong):
        raise _length_error(intervals, wrong, length)
    return intervals


def _length_error(intervals: Intervals, wrong: Rows, length: int) -> DataError:
    row = wrong[0]
    received = int(intervals.end[row] - intervals.start[row])
    return DataError(
        f"every interval must have the {length} bp that the model takes. Received: {received} "
        f"bp at {intervals[wrong[:1]].labels()[0]}. Resize around the centre with "
        "--resize center (resize='center'), or data.inputs.*.center: true in the spec; "
        "--resize start and end keep that side.",
        path=intervals.path,
        line=None if intervals.line is None else int(intervals.line[row]),
    )
