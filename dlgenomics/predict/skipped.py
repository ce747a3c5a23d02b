"""The records that a run left out, in a file beside its output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dlgenomics.data.skipping import Skipped
from dlgenomics.files import output_errors, write_text

SUFFIX: Final = ".skipped.tsv"


def note_skipped(output: Path, skipped: Sequence[Skipped]) -> Path | None:
    """Write ``OUTPUT.skipped.tsv``: file, line and reason; none if nothing was left out.

    Raises:
        OutputError: it cannot be written.
    """
    path = output.with_name(output.name + SUFFIX)
    if not skipped:
        with output_errors(path):
            path.unlink(missing_ok=True)
        return None
    rows = [(one.path, "" if one.line is None else str(one.line), one.reason) for one in skipped]
    write_text(path, "".join("\t".join(row) + "\n" for row in [("file", "line", "reason"), *rows]))
    return path
