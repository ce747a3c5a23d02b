"""For which models sequences can be designed, told from a spec."""

from __future__ import annotations

from dlgenomics.errors import DlgError
from dlgenomics.explain.substrate import find_substrate
from dlgenomics.spec.types import Spec


def check_design(spec: Spec) -> int:
    """Return the length of the sequences that a model takes.

    Raises:
        DlgError: it takes no one-hot DNA or RNA, takes something else beside it, or sequences of
            any length.
    """
    name = find_substrate(spec)
    others = [other for other in spec.model.inputs if other != name]
    if others:
        raise DlgError("a design needs a model whose only input is a sequence. Received: one that "
                       f"takes {', '.join(map(repr, others))} beside {name!r}. Use a model that "
                       "takes sequences alone.")
    length = spec.data.inputs[name].shape[0]
    if length is None:
        raise DlgError("a design needs a model that takes sequences of one length. Received: one "
                       "that takes any. Use a model with a fixed length.")
    return int(length)
