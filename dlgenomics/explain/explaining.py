"""Scores arrays or files with a method."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from dlgenomics.data.encoding import OneHot
from dlgenomics.errors import DlgError
from dlgenomics.explain.attribution import Attribution, Method, Numbers
from dlgenomics.explain.contributions import Contributions
from dlgenomics.explain.methods import describe_method, make_method
from dlgenomics.explain.point import On, find_point
from dlgenomics.explain.quantity import Arrays, Batch, Quantity
from dlgenomics.explain.substrate import find_substrate, require_bases
from dlgenomics.predict.inputs import as_named_arrays
from dlgenomics.predict.loaders.loader import Loader
from dlgenomics.predict.loaders.ranges import Ranges
from dlgenomics.predict.model import Model
from dlgenomics.progress import Progress, silent

DEFAULT_BATCH_SIZE: Final = 128
_SEQUENCES: Final = 32
"""Sequences that a method sees at once; each has many variants."""


def quantity_of(model: Model, target: str | None = None, layer: str | None = None,
                on: On = "logit") -> Quantity:
    """Return the number of a model that is to be explained.

    Args:
        model: the model.
        target: see `find_point`.
        layer: see `find_point`.
        on: see `find_point`.

    Raises:
        DlgError: no such number, or the model takes no one-hot DNA or RNA.
    """
    explained = find_substrate(model.spec)
    return Quantity(model, find_point(model.spec, target, layer, on), explained)


def explain(
    model: Model,
    x: Any,
    method: str | Method = "ig",
    *,
    target: str | None = None,
    layer: str | None = None,
    on: On = "logit",
    names: Sequence[str] | None = None,
    allow_n: bool = False,
    batch_size: int = DEFAULT_BATCH_SIZE,
    progress: Progress = silent,
) -> Contributions:
    """Return what each base contributes.

    >>> found = explain(model, x, "deeplift")                               # doctest: +SKIP
    >>> found.actual.shape                                                  # doctest: +SKIP
    (32, 500)

    Args:
        model: the model.
        x: as in ``model.predict_on_batch``.
        method: a key of `METHODS`, or a method with its settings.
        target: a column of the output, or with ``layer`` the number of a unit; None where there is
            only one.
        layer: a layer instead of the output.
        on: ``logit`` leaves off the last activation, ``output`` keeps it.
        names: of the sequences; default: their numbers from 0.
        allow_n: N contributes nothing, instead of being refused.
        batch_size: rows that go through the network at once.
        progress: told of sequences.

    Raises:
        DlgError: no such target or layer; the model takes no one-hot DNA; a sequence has N; or the
            method cannot explain the model.
        ShapeError: another shape.
    """
    arrays = as_named_arrays(x, model.inputs, model.layouts)
    count = len(next(iter(arrays.values())))
    if not count:
        raise DlgError("x must hold at least one sequence. Received: none.")
    rows = [slice(i, i + _SEQUENCES) for i in range(0, count, _SEQUENCES)]
    batches = ({name: one[part] for name, one in arrays.items()} for part in rows)
    labels = tuple(names) if names is not None else tuple(map(str, range(count)))
    quantity = quantity_of(model, target, layer, on)
    return _scored(quantity, _made(method), batches, labels, None, allow_n=allow_n,
                   batch_size=batch_size, progress=progress)


def explain_loader(
    model: Model,
    loader: Loader,
    method: str | Method = "ig",
    *,
    target: str | None = None,
    layer: str | None = None,
    on: On = "logit",
    allow_n: bool = False,
    batch_size: int = DEFAULT_BATCH_SIZE,
    progress: Progress = silent,
) -> Contributions:
    """Return what each base of files contributes; see `explain`.

    Args:
        model: the model.
        loader: ``model.default_dataloader(**files)``.
        method: see `explain`.
        target: see `explain`.
        layer: see `explain`.
        on: see `explain`.
        allow_n: see `explain`.
        batch_size: see `explain`.
        progress: see `explain`.
    """
    everything = np.arange(len(loader))
    places = loader.metadata(everything).get("ranges")
    batches = (arrays for _, arrays in loader.array_batches(_SEQUENCES))
    quantity = quantity_of(model, target, layer, on)
    return _scored(quantity, _made(method), batches, _names(loader, places), places,
                   allow_n=allow_n, batch_size=batch_size, progress=progress)


def _made(method: str | Method) -> Method:
    return make_method(method) if isinstance(method, str) else method


def _names(loader: Loader, places: Ranges | None) -> tuple[str, ...]:
    if places is None:
        return tuple(map(str, loader.metadata(np.arange(len(loader)))["id"]))
    return tuple(f"{c}:{s}-{e}({d})" if d in "+-" else f"{c}:{s}-{e}" for c, s, e, d in zip(
        places.chr, places.start, places.end, places.strand, strict=True))


def _scored(quantity: Quantity, method: Method, batches: Iterable[Arrays], names: tuple[str, ...],
            places: Ranges | None, *, allow_n: bool, batch_size: int,
            progress: Progress) -> Contributions:
    sequences: list[OneHot] = []
    values: list[Numbers] = []
    found: list[Attribution] = []
    done = 0
    for arrays in batches:
        batch = Batch(quantity, arrays, batch_size)
        if not allow_n:
            require_bases(batch.x, names[done:])
        sequences.append(batch.x)
        found.append(method.attribute(batch))
        values.append(batch.values(batch.x[:, None])[:, 0])
        done += len(batch.x)
        progress("explain", done, len(names))
    return Contributions(
        model=quantity.model.name, method=describe_method(method), quantity=quantity.point.words,
        names=names, one_hot=np.concatenate(sequences),
        hypothetical=np.concatenate([one.hypothetical for one in found]),
        values=np.concatenate(values), baseline=_baselines(found),
        details={name: np.concatenate([one.details[name] for one in found])
                 for name in found[0].details},
        places=places)


def _baselines(found: Sequence[Attribution]) -> Numbers:
    return np.concatenate([
        np.full(len(one.hypothetical), np.nan, np.float32) if one.baseline is None
        else one.baseline for one in found])
