"""kipoiseq's SeqIntervalDl and StringSeqIntervalDl: a table of intervals and targets, a genome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Intervals, read_intervals
from dlgenomics.data.layout import Layout
from dlgenomics.errors import DataError
from dlgenomics.predict.loaders.intervals import interval_records
from dlgenomics.spec.inputs import Input
from dlgenomics_zoo.kipoi.feeding_arguments import layout_of, number_type, whole_number
from dlgenomics_zoo.kipoi.feeding_windows import WindowLoader

_BED3: Final = 3
_BED6: Final = 6
_CHR: Final = "chr"
_MISSING: Final = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None")


def open_sequences(inputs: Mapping[str, Input], given: Mapping[str, Any]) -> WindowLoader:
    """Return the loader for the arguments of SeqIntervalDl, all of them.

    Raises:
        DlgError: an argument does not fit.
        DataError: a file is not what it must be.
    """
    return _open(inputs, given, layout_of(given), force_upper=True)


def open_texts(inputs: Mapping[str, Input], given: Mapping[str, Any]) -> WindowLoader:
    """Return the loader for the arguments of StringSeqIntervalDl; see `open_sequences`."""
    return _open(inputs, given, None, force_upper=given["force_upper"])


def _open(inputs: Mapping[str, Input], given: Mapping[str, Any], layout: Layout | None, *,
          force_upper: bool) -> WindowLoader:
    stranded = given["use_strand"]
    first = _BED6 if stranded else _BED3
    read = read_intervals(given["intervals_file"], first)
    genome = Genome(given["fasta_file"])
    intervals = _named(read, genome, numbers=given["num_chr_fasta"])
    targets = None if given["ignore_targets"] else _targets(intervals, given["label_dtype"])
    return WindowLoader(
        inputs, genome, _resized(intervals, given["auto_resize_len"]), interval_records(read),
        layout=layout, pad=given["pad"], force_upper=force_upper,
        strand=intervals.strand if stranded else None, targets=targets)


def _resized(intervals: Intervals, length: Any) -> Intervals:
    return intervals.resized(whole_number("auto_resize_len", length, 1)) if length else intervals


def _named(intervals: Intervals, genome: Genome, *, numbers: bool) -> Intervals:
    """Return intervals with the contigs named as the FASTA's are said to be; the first decides.

    Raises:
        DataError: it is the other way round.
    """
    has_chr = intervals.contig_names[0].startswith(_CHR)
    contigs = intervals.contigs
    if numbers and has_chr:
        contigs = tuple(name.removeprefix(_CHR) for name in contigs)
    if not numbers and not has_chr:
        contigs = tuple(name if name.startswith(_CHR) else _CHR + name for name in contigs)
    for name in contigs:
        other = name.removeprefix(_CHR) if name.startswith(_CHR) else _CHR + name
        if name not in genome.lengths and other in genome.lengths:
            raise DataError(f"num_chr_fasta must say how the FASTA names its contigs: it has "
                            f"{other!r}. Received: num_chr_fasta={numbers}, which makes {name!r} "
                            f"of the intervals. Pass num_chr_fasta={not numbers}.",
                            path=genome.path)
    return replace(intervals, contigs=contigs)


def _targets(intervals: Intervals, label_dtype: Any) -> NDArray[Any] | None:
    """Return the columns behind those of BED, shape (intervals, columns); None if there are none.

    Raises:
        DataError: a text is not of the type.
    """
    columns = {name: column for name, column in intervals.columns.items()
               if name.startswith("column")}
    if not columns:
        return None
    if label_dtype is str or label_dtype == "str":
        return np.stack([column.astype(object) for column in columns.values()], axis=1).astype(str)
    kind = np.dtype(number_type("label_dtype", label_dtype))
    return np.stack([_numbers(intervals, name, kind) for name in columns], axis=1)


def _numbers(intervals: Intervals, name: str, kind: np.dtype[Any]) -> NDArray[Any]:
    texts = [str(text).strip() for text in intervals.columns[name]]
    if kind.kind == "f":
        texts = ["nan" if text in _MISSING else text for text in texts]
    found = np.empty(len(texts), kind)
    for row, text in enumerate(texts):
        try:
            found[row] = int(text) if kind.kind in "iu" else float(text)
        except (ValueError, OverflowError) as error:
            line = None if intervals.line is None else int(intervals.line[row])
            raise DataError(
                f"columns behind those of the interval are targets, and {name} must hold {kind} "
                f"numbers. Received: {text!r}. Pass ignore_targets=True, label_dtype='str', or "
                "use_strand=True where the file is BED6.", path=intervals.path, line=line,
            ) from error
    return found
