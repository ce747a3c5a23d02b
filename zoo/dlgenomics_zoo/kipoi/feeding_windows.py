"""Windows of a genome as kipoiseq encodes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import DNA, Codes
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals
from dlgenomics.data.layout import Layout
from dlgenomics.data.letters import Letters, one_hot, reverse_complement, texts, upper
from dlgenomics.data.split import Rows
from dlgenomics.errors import DataError, DlgError
from dlgenomics.predict.layout import from_plain
from dlgenomics.predict.loaders.loader import Arrays, Batch, Loader, Records
from dlgenomics.predict.loaders.ranges import ranges_of
from dlgenomics.spec.inputs import Input


class WindowLoader(Loader):
    """Windows of a genome, in order.

    Args:
        inputs: the network's inputs; empty where no network is fed.
        genome: an open genome.
        windows: what is read; those on the minus strand are reverse-complemented.
        records: columns that name the rows.
        layout: of the arrays that users see; None gives texts.
        pad: fill up with N beyond a contig's ends; otherwise such a window is refused.
        force_upper: read lower case as upper case; kipoiseq encodes it as zeros otherwise.
        strand: what the metadata say of each row; ``*`` where strands play no part.
        targets: of each row, shape (rows, targets); None where there are none.
        has_targets: whether batches have ``targets``, if only empty ones.
        columns: further metadata, by name.

    Raises:
        ContigError, BoundsError: a window is not in the genome.
        DlgError: the network has several inputs.
    """

    def __init__(
        self,
        inputs: Mapping[str, Input],
        genome: Genome,
        windows: Intervals,
        records: Records,
        *,
        layout: Layout | None,
        pad: bool,
        force_upper: bool,
        strand: NDArray[Any] | None = None,
        targets: NDArray[Any] | None = None,
        has_targets: bool = True,
        columns: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        if len(inputs) > 1:
            raise DlgError("this dataloader feeds a network with one input. Received: "
                           f"{', '.join(inputs)}. Use predict_on_batch.")
        self.inputs, self.others = inputs, {}
        self.genome, self.windows, self.layout = genome, windows, layout
        self._records, self._columns = records, columns or {}
        self._pad, self._force_upper = pad, force_upper
        self._targets, self._has_targets = targets, has_targets
        shown = np.full(len(windows), "*") if strand is None else strand
        self._shown = replace(windows, strand=shown)
        genome.check(windows, pad=pad)

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def contig_lengths(self) -> Mapping[str, int]:
        """The lengths of the genome's contigs."""
        return self.genome.lengths

    def codes(self, rows: Rows) -> Codes:
        """Return uint8 codes of some rows, shape (rows, window)."""
        found: Codes = np.take(DNA.code_of, self.letters(rows))
        return found

    def letters(self, rows: Rows) -> Letters:
        """Return the letters of some rows, shape (rows, window).

        Raises:
            DataError: the windows differ in length.
        """
        part = self.windows[rows]
        lengths = np.unique(part.end - part.start)
        if len(lengths) > 1:
            raise DataError("the intervals of one batch must have one length. Received: "
                            f"{lengths[0]} to {lengths[-1]} bp. Pass auto_resize_len, or "
                            "batch_size=1.", path=part.path)
        found = self.genome.letters(part, pad=self._pad)
        minus = part.strand == "-"
        found[minus] = reverse_complement(found[minus])
        return upper(found) if self._force_upper else found

    def records(self, rows: Rows) -> Records:
        """Return the columns that name some rows."""
        return {name: column[rows] for name, column in self._records.items()}

    def metadata(self, rows: Rows) -> dict[str, Any]:
        """Return further columns, and ``ranges``: the windows that are read."""
        return {**{name: column[rows] for name, column in self._columns.items()},
                "ranges": ranges_of(self._shown[rows], rows)}

    def arrays(self, rows: Rows) -> Arrays:
        """Return what the network takes for some rows.

        Raises:
            DlgError: there is no network, or it would have to take texts.
        """
        if self.layout is None or not self.inputs:
            raise DlgError("a network must take arrays that this dataloader gives. Received: "
                           f"{'texts' if self.layout is None else 'no network'}. Use batch_iter.")
        ((name, one),) = self.inputs.items()
        return {name: from_plain(one_hot(self.letters(rows)), one, self.layout)}

    def batch(self, rows: Rows) -> Batch:
        """Return some rows as kipoiseq gives them."""
        seen = (np.array(self.texts(rows)) if self.layout is None
                else self.layout.typed(one_hot(self.letters(rows))))
        found: Batch = {"inputs": seen}
        if self._has_targets:
            found["targets"] = {} if self._targets is None else self._targets[rows]
        return {**found, "metadata": self.metadata(rows)}

    def texts(self, rows: Rows) -> list[str]:
        """Return some rows as texts; their lengths may differ."""
        part = self.windows[rows]
        if len(np.unique(part.end - part.start)) == 1:
            return texts(self.letters(rows))
        return [text for row in rows for text in texts(self.letters(np.array([row])))]
