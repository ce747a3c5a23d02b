"""The next point to try, learned from the trials so far by optuna's tree of Parzen estimators.

No state is kept between calls: a study is made anew from the trials that have ended, and the
sampler is seeded by the search's seed and the trial's number. So a search that was killed goes on
as it would have gone on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from dlgenomics.errors import SearchError
from dlgenomics.search.folder import Trial
from dlgenomics.search.plan import fitted
from dlgenomics.spec.point import Point
from dlgenomics.spec.search import Axis, Choices, Range, Search


def require_optuna() -> ModuleType:
    """Return optuna.

    Raises:
        SearchError: it is not installed.
    """
    try:
        import optuna  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SearchError("strategy: bayesian needs optuna. Received: it is not installed. "
                          "Run pip install 'dlgenomics[search]', or write strategy: random."
                          ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found: ModuleType = optuna
    return found


def suggest(search: Search, number: int, ended: Sequence[Trial], *, minimize: bool,
            draw: int = 0) -> Point:
    """Return the point of trial ``number``.

    Args:
        search: the space and the seed.
        number: the trial's number, from 1.
        ended: the trials that are finished or have failed.
        minimize: whether less of the objective is better.
        draw: another number gives another point, for a caller that has tried the first.
    """
    optuna = require_optuna()
    distributions = {name: _distribution(optuna, axis) for name, axis in search.space.items()}
    study = optuna.create_study(
        direction="minimize" if minimize else "maximize",
        sampler=optuna.samplers.TPESampler(seed=_seed(search.seed, number, draw)),
    )
    for trial in sorted(ended, key=lambda t: t.number):
        study.add_trial(_as_optuna(optuna, trial, search.space, distributions))
    asked = study.ask(fixed_distributions=distributions).params
    return {name: _value(axis, asked[name]) for name, axis in search.space.items()}


def _seed(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _distribution(optuna: ModuleType, axis: Axis) -> Any:
    """Return optuna's form of an axis; a choice is its position, as values may be of any kind."""
    if isinstance(axis, Choices):
        return optuna.distributions.CategoricalDistribution(tuple(range(len(axis.values))))
    if axis.integer:
        return optuna.distributions.IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return optuna.distributions.FloatDistribution(axis.low, axis.high, log=axis.log)


def _value(axis: Axis, asked: Any) -> Any:
    return axis.values[asked] if isinstance(axis, Choices) else fitted(axis, asked)


def _as_optuna(optuna: ModuleType, trial: Trial, space: Mapping[str, Axis],
               distributions: Mapping[str, Any]) -> Any:
    """Return a trial that has ended as optuna's; values that made no difference are left out."""
    states = optuna.trial.TrialState
    good = trial.objective is not None
    return optuna.trial.create_trial(
        state=states.COMPLETE if good else states.FAIL,
        params={name: _parameter(space[name], value) for name, value in trial.point.items()},
        distributions={name: distributions[name] for name in trial.point},
        value=trial.objective if good else None,
    )


def _parameter(axis: Axis, value: Any) -> Any:
    if isinstance(axis, Range):
        return value
    return next(i for i, one in enumerate(axis.values)
                if one == value and type(one) is type(value))
