"""Patterns and their names as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dlgenomics.data.tables import write_table
from dlgenomics.explain.contributions import Contributions
from dlgenomics.files import write_text
from dlgenomics.motifs.naming import Match
from dlgenomics.motifs.patterns import Matrix, Pattern


def write_patterns(folder: Path, patterns: Sequence[Pattern], names: Sequence[Sequence[Match]],
                   found: Contributions) -> list[Path]:
    """Write patterns.

    Returns:
        The files: ``motifs.tsv``, a row for each pattern and known motif that is like it;
        ``motifs.meme``, the patterns' cores as others read them; and ``places.tsv``, where the
        cores stand in the sequences (0-based, half-open).
    """
    files = [folder / "motifs.tsv", folder / "motifs.meme", folder / "places.tsv"]
    write_table(files[0], ["pattern", "letters", "places", "rank", "motif", "other_name", "p", "e",
                           "strand"],
                [(one.name, one.letters, len(one.places), rank, match.motif.name,
                  match.motif.other_name, f"{match.p:.3g}", f"{match.e:.3g}", "+-"[match.minus])
                 for one, matches in zip(patterns, names, strict=True)
                 for rank, match in enumerate(matches, 1)] or
                [(one.name, one.letters, len(one.places), "", "", "", "", "", "")
                 for one in patterns])
    write_text(files[1], meme_text({one.name: one.probabilities[one.core] for one in patterns}))
    write_table(files[2], ["sequence", "start", "end", "pattern", "strand"], [
        (found.names[sequence], *_core_within(one, start, minus=minus), one.name, "+-"[minus])
        for one in patterns
        for sequence, start, minus in zip(one.places.sequence.tolist(), one.places.start.tolist(),
                                          one.places.minus.tolist(), strict=True)])
    return files


def meme_text(matrices: dict[str, Matrix]) -> str:
    """Return matrices of probabilities in MEME's minimal format."""
    blocks = ["MEME version 4", "ALPHABET= ACGT"]
    for name, matrix in matrices.items():
        rows = matrix / matrix.sum(axis=1, keepdims=True)
        lines = [" ".join(f"{value:.6f}" for value in row) for row in rows]
        blocks.append(f"MOTIF {name}\nletter-probability matrix: alength= 4 w= {len(rows)}\n"
                      + "\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _core_within(pattern: Pattern, start: int, *, minus: bool) -> tuple[int, int]:
    """Return where the core of a pattern lies that starts at ``start``."""
    core, width = pattern.core, len(pattern.probabilities)
    first, end = (width - core.stop, width - core.start) if minus else (core.start, core.stop)
    return start + first, start + end
