"""Does a network earn its place beside models that only count k-mers? In plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard

from dlgenomics.baseline.models import TITLES
from dlgenomics.baseline.record import Record
from dlgenomics.spec.metrics import metric_fact

SHARE_MARGIN: Final = 0.01
"""A share such as AUROC must be better by this much."""
ERROR_MARGIN: Final = 0.02
"""An error such as the mean squared error must be smaller by this share of the baseline's."""


@dataclass(frozen=True)
class Verdict:
    """A judgement of one target.

    Attributes:
        target: its name.
        good: whether the network is clearly better than the best baseline.
        words: the judgement in a sentence or two.
    """

    target: str
    good: bool
    words: str


def judge(record: Record) -> list[Verdict]:
    """Compare the network with the best baseline by each target's first metric.

    The test set decides; without one, the validation set. A target whose metric is not defined is
    left out.
    """
    part = "test" if "test" in record.network else "validation"
    found = []
    for target, values in record.network.get(part, {}).items():
        metric = next(iter(values), None)
        if metric is not None:
            found += _judged(record, part, target, metric, values)
    return found


def _judged(record: Record, part: str, target: str, metric: str,
            network: Mapping[str, float | None]) -> list[Verdict]:
    others = {name: value for name, parts in record.metrics.items()
              if _is_defined(value := parts.get(part, {}).get(target, {}).get(metric))}
    mine = network[metric]
    if not others or not _is_defined(mine):
        return []
    fact = metric_fact(metric)
    best = (min if fact.is_error else max)(others, key=lambda name: others[name])
    gain = _gain(mine, others[best], is_error=fact.is_error)
    title = fact.title if fact.title[:2].isupper() else fact.title[0].lower() + fact.title[1:]
    where = f"{title} {_shown(mine)} on the {part} set, against {_shown(others[best])}"
    model = f"{TITLES[best]} on counts of {record.k}-mers"
    if gain > 1:
        return [Verdict(target, True, f"The network earns its place: {where} of {model}.")]
    if gain < -1:
        return [Verdict(target, False, f"A k-mer model does better: the network has {where} of "
                        f"{model}. Use the simpler model, or see what holds the network back: "
                        "learning rate, shape, or too few examples.")]
    return [Verdict(target, False, f"A k-mer model does as well: the network has {where} of "
                    f"{model}. What the network learned does not go beyond which short words are "
                    "there; use the simpler model, or give the network more examples or another "
                    "shape.")]


def _is_defined(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)


def _gain(network: float, baseline: float, *, is_error: bool) -> float:
    """Return how much better the network is, in units of the margin."""
    if is_error:
        return (baseline - network) / (ERROR_MARGIN * max(abs(baseline), 1e-12))
    return (network - baseline) / SHARE_MARGIN


def _shown(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.4g}"
