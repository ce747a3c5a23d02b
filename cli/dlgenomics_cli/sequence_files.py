"""The files that commands read sequences from, as arguments of a dataloader."""

from __future__ import annotations

from typing import Any

import click


def loader_arguments(fasta: str | None, intervals: str | None, sequences: str | None,
                     resize: str | None, pad: bool) -> dict[str, Any]:
    """Return what a dataloader takes for ``--fasta`` with ``--intervals``, or ``--sequences``.

    Raises:
        click.UsageError: neither, or both.
    """
    chosen = {"resize": resize} if resize else {}
    if sequences is not None and fasta is None and intervals is None:
        if pad:
            raise click.UsageError("--pad is for intervals; sequences have no contig around them.")
        return {"sequences_file": sequences, **chosen}
    if sequences is None and fasta is not None and intervals is not None:
        return {"fasta_file": fasta, "intervals_file": intervals, "pad": pad, **chosen}
    raise click.UsageError("give --fasta with --intervals, or --sequences.")
