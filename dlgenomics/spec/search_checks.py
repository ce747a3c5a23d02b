"""Whether a search fits the spec around it: its objective, its paths, its size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.document import Path
from dlgenomics.spec.objective import objective_problem
from dlgenomics.spec.paths import Step, find_path, read_path, why_nothing
from dlgenomics.spec.problems import Problems, shown
from dlgenomics.spec.search import MAX_TRIALS, Range, Search
from dlgenomics.spec.transforms import transforms
from dlgenomics.spec.types import Spec

_SPACE: Final[Path] = ("search", "space")
_SECTIONS: Final = ("model", "training", "data")
_SAME_SET: Final = "trials are compared on the same validation set"
_FIXED: Final[Mapping[Path, str]] = {
    ("data", "train"): _SAME_SET,
    ("data", "reference"): _SAME_SET,
    ("data", "targets"): _SAME_SET,
    ("data", "split"): _SAME_SET,
    ("training", "metrics"): "metrics measure a training and do not change it",
}
_LOSS_AXES: Final = ("l1_l2", "regularizer", "training.loss", "class_weight")


def check_search(spec: Spec, search: Search, raw: Mapping[str, Any], problems: Problems) -> None:
    """Note what is wrong with a search for the spec that it stands in.

    Args:
        spec: the spec, checked.
        search: its search, whose types are right.
        raw: the document as written, which the paths address.
        problems: takes what is wrong.
    """
    if message := objective_problem(search.objective, spec):
        problems.add(("search", "objective"), message)
    _check_strategy(search, problems)
    document = {k: v for k, v in raw.items() if k != "search"}
    places = {name: _places(name, document, problems) for name in search.space}
    _check_overlaps(places, problems)
    if spec.data.split.by == "random" and any(
            ("training", "seed") in paths for paths in places.values()):
        problems.add((*_SPACE, "training.seed"), "a search may not vary training.seed where "
                     f"split.by is random, as it deals the split too: {_SAME_SET}. "
                     "Received: training.seed. Remove it.", at_key=True)
    _warn_of_losses(search, problems)


def _check_strategy(search: Search, problems: Problems) -> None:
    if search.strategy != "grid":
        return
    for name, axis in search.space.items():
        if isinstance(axis, Range):
            problems.add((*_SPACE, name), f"a grid needs values: {name} must be a list. Received: "
                         "a range. List its values, or write strategy: random.")
    if search.trials is None and (search.size or 0) > MAX_TRIALS:
        problems.add(("search", "strategy"), f"a search may have at most {MAX_TRIALS:,} trials. "
                     f"Received: a grid of {search.size:,}. Write strategy: random, or fewer "
                     "values.")


def _places(name: str, document: Mapping[str, Any], problems: Problems) -> list[Path]:
    """Return where an axis leads to; none for a named change, or if something is wrong."""
    if name in transforms():
        return []
    steps = read_path(name)
    message = _path_problem(name, steps, document)
    if message:
        problems.add((*_SPACE, name), message, at_key=True)
    return [] if message or steps is None else find_path(document, steps)


def _path_problem(name: str, steps: tuple[Step, ...] | None,
                  document: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the path of an axis, or None."""
    start = name.partition(".")[0]
    if steps is None or (start not in _SECTIONS):
        hint = did_you_mean(name, transforms()) or did_you_mean(start, _SECTIONS)
        return ("an axis of search.space must be a dotted path into model, training or data, such "
                "as model.layers[*].Conv1D.filters, or one of "
                f"{', '.join(transforms())}. Received: {shown(name)}.{hint}")
    keys = tuple(str(step).lstrip(".") for step in steps)
    for fixed, reason in _FIXED.items():
        if keys[:len(fixed)] == fixed:
            return (f"a search may not vary {'.'.join(map(str, fixed))}: {reason}. "
                    f"Received: {shown(name)}. Remove it.")
    if not find_path(document, steps):
        return ("an axis of search.space must lead to something in the spec. "
                f"Received: {shown(name)}; {why_nothing(document, steps)}")
    return None


def _check_overlaps(places: Mapping[str, list[Path]], problems: Problems) -> None:
    """Refuse two axes that set the same value, or one that sets what holds another's."""
    owner: dict[Path, str] = {}
    for name, paths in places.items():
        for path in paths:
            owner.setdefault(path, name)
    for name, paths in places.items():
        for path in paths:
            others = {owner[path[:n]] for n in range(1, len(path) + 1) if path[:n] in owner}
            if others - {name}:
                problems.add((*_SPACE, name), "two axes may not set the same value. Received: "
                             f"{name!r} and {min(others - {name})!r}. Keep one.", at_key=True)
                break


def _warn_of_losses(search: Search, problems: Problems) -> None:
    changed = [name for name in search.space if any(part in name for part in _LOSS_AXES)]
    if search.objective.endswith("loss") and changed:
        problems.warn(("search", "objective"),
                      f"{search.objective} itself changes with {', '.join(changed)}, so trials "
                      "with the weakest penalty look best. Compare a metric, such as val_auroc.")
