"""From the arguments of a dataloader to places in a genome, and the windows that are read there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from dlgenomics.data.genes import read_gtf
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import Anchor, Intervals, as_known, read_intervals
from dlgenomics.data.places import Places, fit_length
from dlgenomics.data.positions import around_first_base, read_variants
from dlgenomics.data.references import agreeing_rows
from dlgenomics.data.skipping import sift
from dlgenomics.data.split import Rows
from dlgenomics.data.tiles import inside, known_enough, outside, tile_genome
from dlgenomics.errors import DataError, DlgError, near_contig
from dlgenomics.predict.dataloader import LoaderArgument
from dlgenomics.progress import silent

_Read = Callable[[Mapping[str, Any], Genome, int], tuple[Places, Places]]

_RENAME: Final = ("Read them by the genome's names with --rename-contigs (rename_contigs=True), or "
                  "use a FASTA of the build that the intervals refer to.")


def open_places(given: Mapping[str, Any], genome: Genome, length: int) -> tuple[Places, Places]:
    """Return places as their file has them, and the windows that are read for them.

    Args:
        given: a dataloader's arguments; ``resize`` is set where the spec asks for it. A list
            ``skipped`` takes notes of bad places, which are left out; ``progress`` follows what
            takes long, which is the search for N.
        genome: an open genome.
        length: bp of the windows.

    Raises:
        DlgError: arguments do not fit together.
        DataError: a file is not what it must be, or a window is not in the genome.
    """
    (source,) = (name for name in SOURCES if given.get(name) is not None)
    places, windows = _READERS[source](given, genome, length)
    if isinstance(windows, Intervals):
        good = _sifted(windows, lambda rows: _in_genome(windows[rows], genome, given), given)
        places, windows = places[good], _in_genome(windows[good], genome, given)
    return places, windows


def _sifted(found: Intervals, check: Callable[[Rows], object], given: Mapping[str, Any]) -> Rows:
    """Return the rows that pass a check; see `sift`."""
    lines = found.line
    return sift(len(found), check, given.get("skipped"),
                lambda row: (found.path, None if lines is None else int(lines[row])))


def _in_genome(windows: Intervals, genome: Genome, given: Mapping[str, Any]) -> Intervals:
    """Return windows with the genome's names of their contigs."""
    if given.get("rename_contigs"):
        windows = windows.renamed(genome.lengths)
    known = list(genome.lengths)
    first = windows.first_rows()
    for contig, row in zip(windows[first].contig_names.tolist(), first.tolist(), strict=True):
        if contig not in genome.lengths and near_contig(contig, known):
            raise genome.contig_error(windows, row, advice=_RENAME)
    genome.check(windows, pad=bool(given.get("pad")))
    _check_overlap(windows, genome)
    return windows


def _check_overlap(windows: Intervals, genome: Genome) -> None:
    """Refuse windows without a base of their contig: padded, they would be predictions of N."""
    lengths = np.array([genome.lengths.get(name, 0) for name in windows.contigs])[windows.contig]
    beyond = np.flatnonzero((windows.end <= 0) | (windows.start >= lengths))
    if len(beyond):
        row = beyond[0]
        name = windows.contigs[windows.contig[row]]
        path, line = windows.source(row, genome.path)
        raise DataError(f"a window must hold bases of {name}, which ends at {lengths[row]:,}; "
                        f"padding adds to them. Received: {name}:{windows.start[row]}-"
                        f"{windows.end[row]} (0-based, half-open). Remove the interval, or use a "
                        "FASTA of the build that the intervals refer to.", path=path, line=line)


def _from_bed(given: Mapping[str, Any], _: Genome, length: int) -> tuple[Places, Places]:
    found = read_intervals(given["intervals_file"], skipped=given.get("skipped"))
    anchor = given.get("resize")
    places = found[_sifted(found, lambda rows: fit_length(found[rows], length, anchor), given)]
    return places, fit_length(places, length, anchor)


def _from_gtf(given: Mapping[str, Any], _: Genome, length: int) -> tuple[Places, Places]:
    anchor = given.get("anchor", "tss")
    if anchor not in ("tss", "tes"):
        raise DlgError(f"anchor must be tss or tes. Received: {anchor!r}.")
    upstream, downstream = _around(given, length)
    end = anchor == "tes"
    found = read_gtf(given["gtf_file"], given.get("feature", "gene"), given.get("skipped"))
    good = _sifted(found.places, lambda rows: found[rows].anchors(end=end), given)
    places = found[good].around(end=end, upstream=upstream, downstream=downstream)
    return places, fit_length(places, length, given.get("resize"))


def _around(given: Mapping[str, Any], length: int) -> tuple[int, int]:
    """Return the bp up- and downstream; without either, the model's length around the anchor."""
    upstream, downstream = given.get("upstream"), given.get("downstream")
    if upstream is None and downstream is None:
        return length // 2, length - length // 2
    sizes = (upstream or 0, downstream or 0)
    if min(sizes) < 0 or not sum(sizes):
        raise DlgError("--upstream and --downstream must be numbers of bp that hold at least one. "
                       f"Received: {upstream} and {downstream}.")
    return sizes


def _from_vcf(given: Mapping[str, Any], genome: Genome, length: int) -> tuple[Places, Places]:
    if given.get("resize") in ("start", "end"):
        raise DlgError("windows lie around the position of each variant. Received: resize="
                       f"{given['resize']!r}. Leave it out.")
    found = read_variants(given["vcf_file"], given.get("skipped"))
    places = found.places[agreeing_rows(found, genome, given.get("skipped"),
                                        rename=bool(given.get("rename_contigs")))]
    return places, around_first_base(places, length)


def _from_tiles(given: Mapping[str, Any], genome: Genome, length: int) -> tuple[Places, Places]:
    contigs = given.get("contigs", ())
    if given.get("rename_contigs"):
        contigs = as_known(contigs, genome.lengths)
    tiles = tile_genome(genome.lengths, given["tile"], given.get("stride"), contigs,
                        str(genome.path))
    anchor: Anchor | None = given.get("resize")
    if anchor is None and tiles.length != length:
        raise DlgError(f"tiles must have the {length} bp that the model takes. Received: "
                       f"{tiles.length} bp. Pass --tile {length}, or read the model's length "
                       "around each tile with --resize center (resize='center').")
    windows = tiles.resized(length, anchor or "center")
    kept = np.ones(len(tiles), bool) if given.get("pad") else inside(windows, genome.lengths)
    if given.get("blacklist_file") is not None:
        kept &= outside(tiles, _blacklist(given, genome), genome.lengths)
    if given.get("skip_n") is not None:
        kept[kept] = known_enough(windows.kept(kept), genome, given["skip_n"],
                                  given.get("progress", silent))
    if not kept.any():
        raise DataError(f"a genome must hold at least one tile of {tiles.length} bp that is kept. "
                        f"Received: {len(tiles):,} tiles, of which none is. Check --contigs, "
                        "--blacklist and --skip-n, or pad with N (--pad).", path=genome.path)
    return tiles.kept(kept), windows.kept(kept)


def _blacklist(given: Mapping[str, Any], genome: Genome) -> Intervals:
    found = read_intervals(given["blacklist_file"], may_be_empty=True)
    return found.renamed(genome.lengths) if given.get("rename_contigs") else found


_READERS: Final[Mapping[str, _Read]] = {
    "intervals_file": _from_bed, "gtf_file": _from_gtf, "vcf_file": _from_vcf, "tile": _from_tiles}

SOURCES: Final[Mapping[str, tuple[LoaderArgument, ...]]] = {
    "intervals_file": (
        LoaderArgument("intervals_file", "BED3 to BED6 and more, or narrowPeak", required=True),),
    "gtf_file": (
        LoaderArgument("gtf_file", "or genes: GTF or GFF3", required=True),
        LoaderArgument("feature", "which lines of the GTF", default="gene"),
        LoaderArgument("anchor", "'tss' or 'tes': where a gene begins or ends", default="tss"),
        LoaderArgument("upstream", "bp before the anchor, on the gene's strand; default: half the "
                       "model's length"),
        LoaderArgument("downstream", "bp behind the anchor")),
    "vcf_file": (
        LoaderArgument("vcf_file", "or variants, VCF or BCF: windows around each position",
                       required=True),),
    "tile": (
        LoaderArgument("tile", "or the whole genome, in tiles of so many bp", required=True),
        LoaderArgument("stride", "bp from tile to tile; default: the tile's"),
        LoaderArgument("contigs", "which contigs to tile, a list; default: all", default=()),
        LoaderArgument("blacklist_file", "BED; tiles that overlap it are left out"),
        LoaderArgument("skip_n", "leave out windows with a larger share of N than this")),
}
"""What says where to read, and the arguments that belong to it."""
