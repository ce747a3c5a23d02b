"""Sequences of intervals in a genome."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from dlgenomics.data.encoding import Codes
from dlgenomics.data.features import Feature, Signal
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals, read_intervals
from dlgenomics.data.loaded import fit_length, interval_names, window_of
from dlgenomics.data.split import Rows
from dlgenomics.data.tracks import TrackBank
from dlgenomics.predict.loaders.loader import Loader, Records, letter_inputs
from dlgenomics.predict.loaders.numeric import numeric_features, table_for
from dlgenomics.predict.loaders.ranges import ranges_of
from dlgenomics.spec.inputs import Input


class IntervalLoader(Loader):
    """Sequences of intervals in a genome; minus-strand intervals are reverse-complemented.

    Args:
        inputs: the model's inputs.
        fasta_file: the genome, plain or bgzip.
        intervals_file: BED3 to BED6 and more, or narrowPeak; plain, gzip or ``-``.
        resize: ``"center"`` takes the model's length around each centre; None refuses intervals
            of another length.
        pad: fill positions past a contig's ends with N; otherwise they are refused.
        table_file: a table with the columns of numeric inputs, joined by the intervals' names;
            without it they are columns of the intervals file.
        data_folder: where the relative paths of bigWig inputs start.

    Raises:
        DataError: a file is missing or malformed, or an interval is not in the genome.
    """

    def __init__(
        self,
        inputs: Mapping[str, Input],
        fasta_file: Path | str,
        intervals_file: Path | str,
        *,
        resize: Literal["center"] | None = None,
        pad: bool = False,
        table_file: Path | str | None = None,
        data_folder: Path | str = ".",
    ) -> None:
        self.inputs = inputs
        self.intervals: Intervals = read_intervals(intervals_file)
        letters = list(letter_inputs(inputs).values())
        center = resize == "center" or any(one.center for one in letters)
        self.windows = fit_length(self.intervals, window_of(letters), center=center)
        table = table_for(interval_names(self.intervals), table_file, self.intervals.path,
                          self.intervals.columns)
        self.others = {**numeric_features(inputs, table), **self._signals(Path(data_folder))}
        self.pad = pad
        self.genome = Genome(fasta_file)
        self.genome.check(self.windows, pad=pad)

    def _signals(self, folder: Path) -> dict[str, Feature]:
        found: dict[str, Feature] = {}
        for name, one in self.inputs.items():
            if one.kind == "bigwig":
                paths = [folder / file for file in one.files]
                bank = TrackBank(paths, self.windows.resized(one.length), one.missing, one.stranded)
                found[name] = Signal(bank, 0, one.bin, "mean", one.transform, one.stranded)
        return found

    def __len__(self) -> int:
        return len(self.intervals)

    @property
    def contig_lengths(self) -> Mapping[str, int]:
        """The lengths of the genome's contigs."""
        return self.genome.lengths

    def codes(self, rows: Rows) -> Codes:
        """Return uint8 codes of some rows, shape (rows, window)."""
        return self.genome.fetch(self.windows[rows], pad=self.pad)

    def records(self, rows: Rows) -> Records:
        """Return chrom, start, end (as in the file), name where there is one, and strand."""
        return interval_records(self.intervals[rows])

    def metadata(self, rows: Rows) -> dict[str, Any]:
        """Return ``ranges``: the windows that were read, after resizing; ``id`` is the row."""
        return {"ranges": ranges_of(self.windows[rows], rows)}


def interval_records(part: Intervals) -> Records:
    """Return chrom, start, end, name where there is one, and strand."""
    found: Records = {"chrom": part.contig_names, "start": part.start, "end": part.end}
    if "name" in part.columns:
        found["name"] = part.columns["name"].astype(object)
    return {**found, "strand": part.strand}
