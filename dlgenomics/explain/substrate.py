"""The input that is explained: one-hot DNA or RNA."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import UNKNOWN, Codes, OneHot
from dlgenomics.errors import DlgError
from dlgenomics.spec.inputs import ArrayInput, DnaInput, Input, RnaInput
from dlgenomics.spec.types import Spec

_LETTERS: Final = UNKNOWN


def find_substrate(spec: Spec) -> str:
    """Return the name of the first input that is one-hot DNA or RNA.

    An input of arrays made elsewhere counts if its shape is (length, 4), in the order A C G T.

    Raises:
        DlgError: there is none; the message says what the inputs are.
    """
    inputs = {name: spec.data.inputs[name] for name in spec.model.inputs}
    found = [name for name, one in inputs.items() if _is_one_hot(one)]
    if not found:
        came = ", ".join(f"{name!r} of kind {one.kind} and shape {tuple(one.shape)}"
                         for name, one in inputs.items())
        raise DlgError("contribution scores need a model that takes one-hot DNA or RNA, (length, "
                       f"4). Received: one with {came}. Use model.input_grad for gradients with "
                       "respect to other inputs.")
    return found[0]


def codes_of(x: NDArray[np.float32]) -> Codes:
    """Return the codes of one-hot sequences; what is not one base is N.

    Args:
        x: float32, shape (sequences, length, 4).
    """
    is_base = (x.max(axis=-1) == 1) & (x.sum(axis=-1) == 1)
    found: Codes = np.where(is_base, x.argmax(axis=-1), UNKNOWN).astype(np.uint8)
    return found


def require_bases(x: OneHot, names: tuple[str, ...]) -> None:
    """Refuse sequences with N.

    Raises:
        DlgError: which sequence has how many.
    """
    unknown = (codes_of(x) == UNKNOWN).sum(axis=1)
    bad = np.flatnonzero(unknown)
    if len(bad):
        first = bad[0]
        raise DlgError("sequences must be A, C, G and T alone. Received: "
                       f"{names[first]!r} with {unknown[first]} N or other ambiguity codes"
                       f"{f', and {len(bad) - 1} more such sequences' if len(bad) > 1 else ''}. "
                       "Leave them out, or let N count as nothing with --allow-n (allow_n=True).")


def _is_one_hot(one: Input) -> bool:
    if isinstance(one, ArrayInput):
        return len(one.shape) == 2 and one.shape[-1] == _LETTERS
    return isinstance(one, DnaInput | RnaInput)
