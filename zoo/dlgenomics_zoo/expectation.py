"""Predictions that a model's authors published with it, and whether a model gives them.

The file is one that Kipoi's `predict_example` or `dlg predict` wrote as HDF5: ``preds``, and
``inputs`` if it is to be enough by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DataError, PackageError
from dlgenomics.predict.nested import leaves
from dlgenomics_zoo.client import Terms
from dlgenomics_zoo.fetch import fetch_file
from dlgenomics_zoo.formats.hdf5 import array, child, open_hdf5
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.files import fetchable, local_path

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model
    from dlgenomics_zoo.trusted.program import Program

_ROOM = 1.5
"""Agreement to n decimals allows 1.5 of the last one, as in Kipoi and NumPy."""


@dataclass(frozen=True)
class Agreement:
    """A model gives the published predictions: of how many examples, and how nearly."""

    examples: int
    difference: float
    decimals: int


class DisagreementError(PackageError):
    """A model gives other predictions than those published; ``.difference``."""

    def __init__(self, model: str, path: Path, difference: float, decimals: int) -> None:
        self.difference = difference
        super().__init__(
            f"the predictions must be those of {path} to {decimals} decimals. Received: a largest "
            f"difference of {difference:.3g}. These are not the weights or not the inputs that "
            "they were made with.", folder=model)


def published(descriptor: Descriptor, terms: Terms) -> Path | None:
    """Return the file of published predictions that a descriptor names, fetched; None without one.

    Raises:
        FetchError: it cannot be had.
    """
    file = descriptor.expectation
    if file is None:
        return None
    return local_path(file) or fetch_file(fetchable(file), confirm=terms.confirm,
                                          progress=terms.progress)


def compare(model: Model | Program, path: Path, decimals: int = 6) -> Agreement:
    """Predict for published inputs and compare with the published predictions.

    Args:
        model: the model.
        path: the file; without inputs in it, those of the dataloader's example are taken.
        decimals: to which the numbers must agree.

    Raises:
        DataError: the file holds no predictions, or of another shape.
        DisagreementError: a number differs by more.
    """
    inputs, expected = read_expectation(path)
    found = (model.pipeline.predict_example() if inputs is None
             else model.predict_on_batch(_as_taken(inputs, list(model.inputs))))
    mine, theirs = ([one for _, one in leaves(part)] for part in (found, expected))
    shapes = [[one.shape for one in part] for part in (mine, theirs)]
    if [np.prod(s) for s in shapes[0]] != [np.prod(s) for s in shapes[1]]:
        raise DataError(f"published predictions must have the shapes {shapes[0]}. Received: "
                        f"{shapes[1]}. Use those of this very model.", path=path)
    difference = max(float(np.abs(a.reshape(b.shape) - b).max(initial=0.0))
                     for a, b in zip(mine, theirs, strict=True))
    if not difference < _ROOM * 10.0 ** -decimals:
        raise DisagreementError(model.name, path, difference, decimals)
    return Agreement(len(mine[0]), difference, decimals)


def read_expectation(path: Path) -> tuple[Any, Any]:
    """Return the inputs, or None, and the predictions of a file, nested as it nests them.

    Raises:
        DataError: it is no HDF5 file, or holds no predictions.
        UnsafeModelError: it reaches outside itself.
    """
    with open_hdf5(path, "the published predictions") as opened:
        if "preds" not in opened:
            raise DataError("published predictions must lie under 'preds'. Received: "
                            f"{', '.join(opened) or 'nothing'}. Use a file that Kipoi's "
                            "predict_example wrote.", path=path)
        inputs = _nested(opened, "inputs", path) if "inputs" in opened else None
        return inputs, _nested(opened, "preds", path)


def _nested(group: Any, name: str, path: Path) -> Any:
    found = child(group, name, path)
    if hasattr(found, "keys"):
        return {key: _nested(found, key, path) for key in found}
    return array(group, name, path)


def _as_taken(inputs: Any, names: list[str]) -> NDArray[Any] | Mapping[str, Any]:
    """Return inputs as a model takes them; a list of arrays was stored as ``_list_0`` and so on."""
    if isinstance(inputs, Mapping) and set(inputs) != set(names):
        values = [inputs[key] for key in inputs]
        return values[0] if len(names) == 1 else dict(zip(names, values, strict=False))
    return inputs  # type: ignore[no-any-return]
