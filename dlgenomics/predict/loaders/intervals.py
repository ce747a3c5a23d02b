"""Sequences of places in a genome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dlgenomics.data.encoding import Codes
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals
from dlgenomics.data.loaded import interval_names, window_of
from dlgenomics.data.split import Rows
from dlgenomics.predict.loaders.loader import Arrays, Loader, Records, letter_inputs
from dlgenomics.predict.loaders.numeric import has_numbers, numeric_features, table_for
from dlgenomics.predict.loaders.places import open_places
from dlgenomics.predict.loaders.ranges import ranges_of
from dlgenomics.predict.loaders.signals import TrackFiles, signal_features
from dlgenomics.spec.inputs import DnaInput, Input


class IntervalLoader(Loader):
    """Sequences of places in a genome; those on the minus strand are reverse-complemented.

    Args:
        inputs: the model's inputs.
        fasta_file: the genome.
        pad: fill positions past a contig's ends with N; otherwise they are refused.
        rename_contigs: read ``1`` as ``chr1`` and the other way round, as the genome has it.
        table_file: a table with the columns of numeric inputs, joined by the places' names;
            without it they are columns of the intervals file.
        tracks: bigWig files by input; for the others, those that the spec names.
        data_folder: where the relative paths of the spec's bigWig files start.
        skip_bad: leave out malformed records of the file of places, places that are not in the
            genome, or not of the model's length, and variants whose REF is not the genome's;
            ``skipped`` notes each.
        places: which places, and ``resize``; see `dlgenomics.predict.loaders.places`.

    Raises:
        DataError: a file is missing or malformed, or an interval is not in the genome.
        DlgError: arguments do not fit together, or an input has no file.
    """

    def __init__(
        self,
        inputs: Mapping[str, Input],
        fasta_file: Path | str,
        *,
        pad: bool = False,
        rename_contigs: bool = False,
        table_file: Path | str | None = None,
        tracks: Mapping[str, Any] | None = None,
        data_folder: Path | str = ".",
        skip_bad: bool = False,
        **places: Any,
    ) -> None:
        self.inputs = inputs
        letters = list(letter_inputs(inputs).values())
        if places.get("resize") is None and any(one.center for one in letters):
            places["resize"] = "center"
        self.pad = pad
        self.skipped = []
        self.genome = Genome(fasta_file)
        self.places, self.windows = open_places(
            {**places, "pad": pad, "rename_contigs": rename_contigs,
             "skipped": self.skipped if skip_bad else None}, self.genome, window_of(letters))
        others = signal_features(inputs, self.windows, TrackFiles(tracks or {}, Path(data_folder)),
                                 rename=rename_contigs)
        if has_numbers(inputs):
            whole = self.places[np.arange(len(self.places))]
            columns = {name: texts.astype(object) for name, texts in whole.columns.items()}
            table = table_for(interval_names(whole), table_file, whole.path, columns)
            others.update(numeric_features(inputs, table))
        self.others = others

    def __len__(self) -> int:
        return len(self.places)

    @property
    def contig_lengths(self) -> Mapping[str, int]:
        """The lengths of the genome's contigs."""
        return self.genome.lengths

    def codes(self, rows: Rows) -> Codes:
        """Return uint8 codes of some rows, shape (rows, window)."""
        return self.genome.fetch(self.windows[rows], pad=self.pad)

    def letter_arrays(self, rows: Rows) -> Arrays:
        """Return the inputs made of letters; DNA alone is one-hot as soon as it is read."""
        inputs = letter_inputs(self.inputs)
        if len(inputs) != 1:
            return super().letter_arrays(rows)
        [(name, one)] = inputs.items()
        if not isinstance(one, DnaInput):
            return super().letter_arrays(rows)
        return {name: self.genome.one_hot(self.windows[rows], one.n, pad=self.pad)}

    def records(self, rows: Rows) -> Records:
        """Return chrom, start, end (as in the file), name where there is one, and strand."""
        return interval_records(self.places[rows])

    def metadata(self, rows: Rows) -> dict[str, Any]:
        """Return ``ranges``: the windows that were read, after resizing; ``id`` is the row."""
        return {"ranges": ranges_of(self.windows[rows], rows)}


def interval_records(part: Intervals) -> Records:
    """Return chrom, start, end, name where there is one, and strand."""
    found: Records = {"chrom": part.contig_names, "start": part.start, "end": part.end}
    if "name" in part.columns:
        found["name"] = part.columns["name"].astype(object)
    return {**found, "strand": part.strand}
