"""Designs as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlgenomics.data.encoding import decode
from dlgenomics.data.tables import write_table
from dlgenomics.design.constraints import gc_share
from dlgenomics.design.designs import Design
from dlgenomics.files import write_text

HEADER = ("design", "step", "position", "before", "after", "what", "value", "gc")


def write_designs(folder: Path, designs: Sequence[Design], sign: int = 1) -> list[Path]:
    """Write designs.

    Args:
        folder: where.
        designs: the designs.
        sign: -1 where the objective is the negative of the model's number; files have the number.

    Returns:
        The files: ``designs.fa``, the sequences, the best first; ``starts.fa``, what they began
        with; and ``trajectory.tsv``, a row for each step (positions are 0-based).
    """
    order = sorted(designs, key=lambda one: -one.value)
    files = [folder / "designs.fa", folder / "starts.fa", folder / "trajectory.tsv"]
    write_text(files[0], "".join(
        f">{one.name} value={sign * one.value:.6g} steps={len(one.changes)}\n{decode(one.codes)}\n"
        for one in order))
    write_text(files[1], "".join(
        f">{one.name} value={sign * one.start_value:.6g}\n{decode(one.start)}\n" for one in order))
    write_table(files[2], HEADER, [row for one in order for row in _rows(one, sign)])
    return files


def _rows(design: Design, sign: int) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [(design.name, 0, "", "", "", "",
                                       f"{sign * design.start_value:.6g}",
                                       f"{gc_share(design.start):.4f}")]
    for step, change in enumerate(design.changes, 1):
        rows.append((design.name, step, change.position, change.before, change.after, change.what,
                     f"{sign * change.value:.6g}", f"{gc_share(design.upto(step).codes):.4f}"))
    return rows
