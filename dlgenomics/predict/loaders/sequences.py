"""Sequences of a FASTA, each a row."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes
from dlgenomics.data.intervals import Anchor
from dlgenomics.data.loaded import alphabet_of, window_of
from dlgenomics.data.sequences import read_sequences
from dlgenomics.data.split import Rows
from dlgenomics.errors import DlgError
from dlgenomics.predict.loaders.loader import Loader, Records, letter_inputs
from dlgenomics.predict.loaders.numeric import numeric_features, table_for
from dlgenomics.spec.inputs import Input


class SequenceLoader(Loader):
    """Sequences of a FASTA, each a row.

    Args:
        inputs: the model's inputs.
        sequences_file: plain, gzip or ``-``.
        resize: ``"center"`` takes the central part of longer sequences, ``"start"`` and ``"end"``
            what is there.
        table_file: a table with the columns of numeric inputs, joined by the sequences' names.
        skip_bad: leave out sequences of another length or with letters that are none of the
            model's; ``skipped`` notes each.

    Raises:
        DataError: the file is missing or malformed, or a sequence has another length or letters
            of another alphabet.
        DlgError: an input is signal along an interval, which a sequence does not have.
    """

    def __init__(
        self,
        inputs: Mapping[str, Input],
        sequences_file: Path | str,
        *,
        resize: Anchor | None = None,
        table_file: Path | str | None = None,
        skip_bad: bool = False,
    ) -> None:
        _refuse_signal(inputs)
        self.inputs = inputs
        letters = list(letter_inputs(inputs).values())
        anchor = resize or ("center" if any(one.center for one in letters) else None)
        self.skipped = []
        self.sequences = read_sequences(
            sequences_file, window_of(letters), anchor=anchor, alphabet=alphabet_of(letters),
            skipped=self.skipped if skip_bad else None)
        table = table_for(self.sequences.names, table_file, self.sequences.path, {})
        self.others = numeric_features(inputs, table)

    def __len__(self) -> int:
        return len(self.sequences)

    def codes(self, rows: Rows) -> Codes:
        """Return uint8 codes of some rows, shape (rows, window)."""
        return self.sequences.codes[rows]

    def records(self, rows: Rows) -> Records:
        """Return the sequences' names."""
        return {"name": self._names[rows]}

    def metadata(self, rows: Rows) -> dict[str, Any]:
        """Return the sequences' names as ``id``."""
        return {"id": self._names[rows]}

    @cached_property
    def _names(self) -> NDArray[Any]:
        return np.array(self.sequences.names, object)


def _refuse_signal(inputs: Mapping[str, Input]) -> None:
    for name, one in inputs.items():
        if one.kind == "bigwig":
            raise DlgError(f"input {name!r} is signal along an interval and needs a genome with "
                           "intervals. Received: a FASTA of sequences.")
