"""What a search compares: a value measured on the validation set, never on the test set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.metrics import metric_fact, metric_problem
from dlgenomics.spec.types import Spec


@dataclass(frozen=True)
class Objective:
    """A validation value by name.

    Attributes:
        name: as a spec writes it and ``history.csv`` has it: ``val_auroc``, ``val_loss``.
        target: the target that is measured; None for the loss of all together.
        metric: the metric's name, or ``loss``.
        minimize: whether less is better.
    """

    name: str
    target: str | None
    metric: str
    minimize: bool


def objectives(spec: Spec) -> Mapping[str, Objective]:
    """Return the values that the trainings of a spec can be compared by."""
    several = len(spec.model.outputs) > 1
    found = [Objective("val_loss", None, "loss", minimize=True)]
    for target in spec.model.outputs:
        if several:
            found.append(Objective(f"val_{target}_loss", target, "loss", minimize=True))
        for metric in _known_metrics(spec, target):
            name = f"val_{target}_{metric}" if several else f"val_{metric}"
            found.append(Objective(name, target, metric, metric_fact(metric).is_error))
    return {one.name: one for one in found}


def _known_metrics(spec: Spec, target: str) -> list[str]:
    """Return the metrics of a target; what is wrong with others is noted elsewhere."""
    if target not in spec.data.targets:
        return []
    task = spec.task_of(target)
    return [metric for metric in spec.training.metrics.get(target, ())
            if metric_problem(metric, task) is None]


def objective_problem(name: str, spec: Spec) -> str | None:
    """Return what is wrong with an objective's name for a spec, or None."""
    known = objectives(spec)
    if name in known:
        return None
    if name == "test" or name.startswith("test_"):
        meant = f"val_{name.removeprefix('test_')}"
        return ("search.objective must be measured on the validation set; a search that looks at "
                "the test set leaves nothing to test the winner on. "
                f"Received: {name!r}.{did_you_mean(meant, known)}")
    return (f"search.objective must be one of {', '.join(known)}. Received: {name!r}."
            f"{_hint(name, known, spec)}")


def _hint(name: str, known: Mapping[str, Objective], spec: Spec) -> str:
    metric = name.removeprefix("val_")
    if f"val_{metric}" in known:
        return f" Did you mean 'val_{metric}'?"
    fits = any(metric_problem(metric, spec.task_of(t)) is None for t in spec.data.targets)
    if fits and not any(one.metric == metric for one in known.values()):
        return f" Add {metric!r} to training.metrics."
    return did_you_mean(name, known)
