"""The models of k-mer counts, by kind of task. scikit-learn is imported when one is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dlgenomics.errors import DlgError

TREES: Final = 300
STRENGTHS: Final = (1e-4, 1e-3, 1e-2, 1e-1)
"""Inverse penalties of logistic regression; the best on the validation set is taken."""
PENALTIES: Final = (1e1, 1e2, 1e3, 1e4)
"""Penalties of ridge regression; the best on the validation set is taken."""


@dataclass(frozen=True)
class Baseline:
    """One model of k-mer counts.

    Attributes:
        title: what it is.
        candidates: gives unfitted estimators from a seed; the best on the validation set is taken.
    """

    title: str
    candidates: Callable[[int], Sequence[Any]]


def require_sklearn() -> str:
    """Return the version of scikit-learn.

    Raises:
        DlgError: it is not installed.
    """
    try:
        import sklearn  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise DlgError("baselines need scikit-learn. Received: it is not installed. Install the "
                       "extra: pip install 'dlgenomics[baseline]'.") from error
    return str(sklearn.__version__)


def _logistic(seed: int) -> list[Any]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    return [make_pipeline(StandardScaler(),
                          LogisticRegression(C=strength, max_iter=1000, random_state=seed))
            for strength in STRENGTHS]


def _ridge(seed: int) -> list[Any]:
    from sklearn.linear_model import Ridge  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    return [make_pipeline(StandardScaler(), Ridge(penalty, random_state=seed))
            for penalty in PENALTIES]


def _forest_of_classes(seed: int) -> list[Any]:
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415

    return [RandomForestClassifier(TREES, random_state=seed, n_jobs=-1)]


def _forest_of_values(seed: int) -> list[Any]:
    from sklearn.ensemble import RandomForestRegressor  # noqa: PLC0415

    return [RandomForestRegressor(TREES, max_features="sqrt", random_state=seed, n_jobs=-1)]


_OF_CLASSES: Final[Mapping[str, Baseline]] = {
    "kmer_logistic": Baseline("logistic regression", _logistic),
    "kmer_forest": Baseline("random forest", _forest_of_classes),
}
_OF_VALUES: Final[Mapping[str, Baseline]] = {
    "kmer_ridge": Baseline("ridge regression", _ridge),
    "kmer_forest": Baseline("random forest", _forest_of_values),
}

TITLES: Final[Mapping[str, str]] = {
    name: baseline.title for name, baseline in {**_OF_CLASSES, **_OF_VALUES}.items()}
"""What each baseline is, by name."""


def baselines_for(task: str) -> Mapping[str, Baseline]:
    """Return the baselines for a target's task; none where counts of k-mers cannot serve it."""
    if task.endswith("_classification"):
        return _OF_CLASSES
    return _OF_VALUES if task == "regression" else {}
