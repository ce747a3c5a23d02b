"""How a report writes metrics and numbers."""

from __future__ import annotations

import math
from typing import Final

from dlgenomics.spec.metrics import metric_fact

NOT_DEFINED: Final = "n/a"


def metric_name(metric: str) -> str:
    """Return a metric's name in words: ``recall_at_5_fdr`` is «Recall at 5 % FDR»."""
    return metric_fact(metric).title


def metric_meaning(metric: str) -> str:
    """Return what a metric says, in one sentence."""
    return metric_fact(metric).meaning


def is_share(metric: str) -> bool:
    """Return whether a metric lies between 0 (or -1) and 1 and more is better."""
    return not metric_fact(metric).is_error


def metric_value(metric: str, value: float | None) -> str:
    """Return a metric with the digits that matter; a value that is not defined is «n/a»."""
    if value is None or math.isnan(value):
        return NOT_DEFINED
    return f"{value:.3f}" if is_share(metric) else compact(value)


def compact(value: float) -> str:
    """Return a number with three significant digits: 0.00123, 0.12, 12.3, 1,230, 1.2e-08."""
    if value and not 1e-4 <= abs(value) < 1e6:
        return f"{value:.3g}"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(digits, 0)}f}"


def share(part: float, whole: float) -> str:
    """Return ``part`` as a percentage of ``whole``."""
    return f"{100 * part / whole:.1f} %" if whole else NOT_DEFINED


def shorten(text: str, length: int = 30) -> str:
    """Return text of at most ``length`` characters, with an ellipsis where its middle was."""
    if len(text) <= length:
        return text
    tail = length // 2
    return f"{text[: length - tail - 1]}…{text[-tail:]}"
