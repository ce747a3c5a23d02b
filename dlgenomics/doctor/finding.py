"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from dlgenomics.spec.document import Path

Severity = Literal["error", "warning", "hint"]

SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "hint")
"""The worst first."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or that is probably not meant.

    Attributes:
        severity: an error makes the results wrong, a warning makes them doubtful or poor, a hint
            says what is usual.
        what: what there is, in a sentence with its numbers.
        why: why that matters.
        advice: what to do.
        path: where in the spec it can be mended.
        check: the name of the check.
        line, column: the place of ``path`` in the text, counted from 1.
    """

    severity: Severity
    what: str
    why: str
    advice: str
    path: Path = ()
    check: str = ""
    line: int = 0
    column: int = 0
