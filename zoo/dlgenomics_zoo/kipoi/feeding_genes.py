"""kipoiseq's AnchoredGTFDl: windows around where genes begin or end, on their own strand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.genes import Features, read_gtf
from dlgenomics.data.genome import Genome
from dlgenomics.data.layout import Layout
from dlgenomics.data.split import Rows
from dlgenomics.errors import DataError, DlgError, did_you_mean
from dlgenomics.spec.inputs import Input
from dlgenomics_zoo.kipoi.feeding_arguments import whole_number
from dlgenomics_zoo.kipoi.feeding_windows import WindowLoader

_ANCHORS: Final = {"tss": ("gene", False), "tes": ("gene", True), "polya": ("gene", True),
                   "start_codon": ("start_codon", False), "stop_codon": ("stop_codon", True)}
_CLAUSE: Final = re.compile(r"""\s*(\w+)\s*(==|!=)\s*(["'])(.*?)\3\s*(?:$|(?:\band\b|&)(?=.))""")
_OWN_COLUMNS: Final = {"Source": "source", "Feature": "feature", "Score": "score", "Frame": "frame"}


@dataclass(frozen=True)
class _Clause:
    column: str
    equal: bool
    value: str


def open_genes(inputs: Mapping[str, Input], given: Mapping[str, Any]) -> WindowLoader:
    """Return the loader for the arguments of AnchoredGTFDl, all of them.

    Rows come as kipoiseq's do: by chromosome in natural order, ``+`` before ``-``, then as in the
    file.

    Raises:
        DlgError: an argument does not fit.
        DataError: a file is not what it must be.
    """
    anchor = str(given["anchor"]).lower()
    if anchor not in _ANCHORS:
        raise DlgError(f"anchor must be one of {', '.join(_ANCHORS)}. Received: "
                       f"{given['anchor']!r}.{did_you_mean(anchor, _ANCHORS)}")
    feature, end = _ANCHORS[anchor]
    found = _filtered(read_gtf(given["gtf_file"], feature), given["gtf_filter"])
    found = found[_order(found)]
    windows = _windows(found, end, given)
    places = windows.places
    columns = {name: _column(found, name).astype(str) for name in _names(given["interval_attrs"])}
    records = {"chrom": places.contig_names, "start": places.start, "end": places.end,
               "name": found.attribute("gene_id", "."), "strand": found.places.strand}
    return WindowLoader(
        inputs, Genome(given["fasta_file"]), places, records, layout=_layout(given["transform"]),
        pad=given["pad"], force_upper=given["force_upper"], has_targets=False, columns=columns)


def _names(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else list(given or ())


def _layout(transform: Any) -> Layout | None:
    if transform is None:
        return None
    if getattr(transform, "__name__", transform) != "one_hot_dna":
        raise DlgError("transform must be left out, for one-hot DNA, or None, for texts. Received: "
                       f"{transform!r}. Apply functions of your own to what batch_iter gives.")
    return Layout()


def _windows(found: Features, end: bool, given: Mapping[str, Any]) -> Features:
    """Return features with the windows around their anchors as places."""
    before = whole_number("num_upstream", given["num_upstream"], 0)
    behind = whole_number("num_downstream", given["num_downstream"], 0)
    if not before + behind:
        raise DlgError("num_upstream and num_downstream must hold at least one base. Received: 0.")
    anchor = found.anchors(end=end)
    turned = (found.places.strand == "-") & bool(given["use_strand"])
    start = anchor - np.where(turned, behind, before)
    strand = np.where(turned, "-", ".")
    return replace(found, places=replace(found.places, start=start, end=start + before + behind,
                                         strand=strand, path=found.path))


def _filtered(found: Features, written: Any) -> Features:
    """Return the features that a filter keeps.

    Raises:
        DlgError: the filter is more than comparisons with texts.
        DataError: it names what no line states, or keeps nothing.
    """
    if written is None or written == "":
        return found
    kept = np.ones(len(found), bool)
    for clause in _clauses(written):
        kept &= (_column(found, clause.column, strict=True) == clause.value) == clause.equal
    if not kept.any():
        raise DataError(f"gtf_filter must keep something. Received: {written!r}, which keeps none "
                        f"of {len(found)}.", path=found.path)
    return found[np.flatnonzero(kept)]


def _clauses(written: Any) -> list[_Clause]:
    clauses, at = [], 0
    while isinstance(written, str) and at < len(written):
        match = _CLAUSE.match(written, at)
        if match is None:
            break
        clauses.append(_Clause(match[1], match[2] == "==", match[4]))
        at = match.end()
    if not clauses or at < len(written):
        raise DlgError('gtf_filter must be comparisons such as gene_type == "protein_coding", '
                       f"joined by and; it is read, never run. Received: {written!r}. Filter the "
                       "GTF beforehand for anything else.")
    return clauses


def _column(found: Features, name: str, *, strict: bool = False) -> NDArray[Any]:
    """Return a column by the name that kipoiseq's tables have for it."""
    if name in _OWN_COLUMNS:
        return found.columns[_OWN_COLUMNS[name]]
    places = found.places
    own = {"Chromosome": places.contig_names, "Strand": places.strand,
           **({} if strict else {"Start": places.start, "End": places.end})}
    if name in own:
        return np.asarray(own[name])
    known = found.attribute_names()
    if strict and name not in known:
        raise DataError(f"gtf_filter must name what the GTF states: {', '.join(known)}. Received: "
                        f"{name!r}.{did_you_mean(name, known)} Ensembl's files say gene_biotype "
                        "for gene_type.", path=found.path)
    return found.attribute(name)


def _order(found: Features) -> Rows:
    names = found.places.contig_names
    # Where a line of the file has no strand, kipoiseq's table is not sorted by strand at all.
    strand = found.places.strand if found.stranded else np.full(len(found), "")
    keys = [(_natural(name), one, name) for name, one in zip(names, strand, strict=True)]
    return np.array(sorted(range(len(found)), key=keys.__getitem__), np.int64)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key by which chr2 comes before chr10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if place % 2 else (-1, part) for place, part in enumerate(parts)]
