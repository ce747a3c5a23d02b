"""Writes a simulation as the files that a spec reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlgenomics.data.encoding import UNKNOWN, Codes, decode
from dlgenomics.data.sequences import write_sequences
from dlgenomics.data.tables import write_table
from dlgenomics.files import write_text
from dlgenomics.simulate.simulation import Simulation


def write_simulation(simulation: Simulation, folder: Path) -> list[Path]:
    """Write sequences, labels and truth.

    Returns:
        The files: ``sequences.fa.gz``; ``labels.tsv`` with the column name and one for each label;
        and ``motifs.bed``, the embedded motifs in sequence coordinates (BED6).
    """
    names = [f"seq{i:06d}" for i in range(len(simulation.codes))]
    files = [folder / "sequences.fa.gz", folder / "labels.tsv", folder / "motifs.bed"]
    write_sequences(files[0], names, simulation.codes)
    write_table(files[1], ["name", *simulation.columns],
                ((name, *row) for name, row in zip(names, simulation.labels.tolist(), strict=True)))
    write_table(files[2], ["#chrom", "start", "end", "name", "score", "strand"],
                _truth(simulation, names))
    return files


def _truth(simulation: Simulation, names: list[str]) -> list[tuple[object, ...]]:
    at = simulation.embeddings
    columns = (at.sequence, at.start, at.width, at.motif, at.minus)
    return [(names[sequence], start, start + width, simulation.motifs[motif].name, 0, "+-"[minus])
            for sequence, start, width, motif, minus
            in zip(*(column.tolist() for column in columns), strict=True)]


def write_genome(simulation: Simulation, folder: Path, *, spacer: int = 50) -> list[Path]:
    """Lay the sequences end to end on contigs, with N between them, and write their intervals.

    Returns:
        The files: ``genome.fa``; and ``intervals.bed`` (BED6 with a header, and a column for each
        label), whose strands alternate.
    """
    halves = np.array_split(np.arange(len(simulation.codes)), 2)
    contigs = {f"chr{i}": simulation.codes[rows] for i, rows in enumerate(halves, start=1)}
    files = [folder / "genome.fa", folder / "intervals.bed"]
    laid = {name: _laid_out(codes, spacer) for name, codes in contigs.items()}
    _write_contigs(files[0], laid)
    length = simulation.codes.shape[1]
    rows = [(contig, i * (length + spacer), i * (length + spacer) + length)
            for contig, codes in contigs.items() for i in range(len(codes))]
    write_table(files[1], ["#chrom", "start", "end", "name", "score", "strand",
                           *simulation.columns], [
        (*row, f"peak{i:04d}", 0, "+-"[i % 2], *labels)
        for i, (row, labels) in enumerate(zip(rows, simulation.labels.tolist(), strict=True))])
    return files


def _laid_out(codes: Codes, spacer: int) -> Codes:
    padded = np.pad(codes, ((0, 0), (0, spacer)), constant_values=UNKNOWN)
    return padded.reshape(-1)


def _write_contigs(path: Path, contigs: dict[str, Codes], width: int = 80) -> None:
    blocks: list[str] = []
    for name, codes in contigs.items():
        sequence = decode(codes)
        lines = [sequence[i:i + width] for i in range(0, len(sequence), width)]
        blocks.append("\n".join([f">{name}", *lines]))
    write_text(path, "\n".join(blocks) + "\n")
