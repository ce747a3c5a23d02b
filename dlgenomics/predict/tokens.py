"""What a user passes as ``x`` to a language model → token ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.tokens import encode_tokens
from dlgenomics.errors import ShapeError, TokensError
from dlgenomics.spec.inputs import Input, TokensInput
from dlgenomics.spec.tokenizer import Tokenizer

IDS: Final = "input_ids"
MASK: Final = "attention_mask"
"""What tokenizers of transformers call their results."""


def is_encoded(x: Any, inputs: Mapping[str, Input]) -> bool:
    """Tell whether ``x`` is what a tokenizer of transformers gives, for the only input."""
    tokens = [isinstance(one, TokensInput) for one in inputs.values()]
    return tokens == [True] and isinstance(x, Mapping) and IDS in x


def token_ids(x: Any, name: str, one: TokensInput) -> NDArray[np.int32]:
    """Return sequences as token ids, int32, shape (batch, tokens).

    Args:
        x: texts; or ids of that shape, filled up with the pad's; or what tokenizers of transformers
            give, a mapping with ``input_ids`` and ``attention_mask``, 0 where an id does not count.
        name: of the input, for messages.
        one: the input.

    Raises:
        TokensError: a text has too many tokens, an id is none of the vocabulary, or it is neither.
        ShapeError: ids of another shape.
    """
    if isinstance(x, Mapping):
        x = _masked(x, name, one.tokenizer)
    if isinstance(x, str):
        x = [x]
    ids = _even(x)
    if ids.dtype.kind not in "iuf" or ids.shape == (0,):
        return encode_tokens(list(x), one.tokenizer, one.length)
    if ids.ndim != 2 or ids.shape[1] > one.length:
        form = (None, len(ids) if ids.ndim == 1 else one.length)
        raise ShapeError(f"input {name!r}", form, ids.shape)
    vocabulary = len(one.tokenizer.vocabulary)
    wrong = (ids < 0) | (ids >= vocabulary) | (ids != np.floor(ids))
    if wrong.any():
        row, place = np.argwhere(wrong)[0]
        raise TokensError(int(row), f"token ids must be whole numbers from 0 to {vocabulary - 1}",
                          str(ids[row, place]), "Pass texts, or ids of this very vocabulary.")
    return ids.astype(np.int32)


def _masked(x: Mapping[str, Any], name: str, tokenizer: Tokenizer) -> NDArray[Any]:
    """Return ids with the pad's where the mask says that they do not count."""
    ids = _even(x[IDS])
    mask = _even(x.get(MASK, np.ones_like(ids)))
    if mask.shape != ids.shape:
        raise ShapeError(f"{MASK} of input {name!r}", (None, *ids.shape[1:]), mask.shape)
    return np.where(mask != 0, ids, tokenizer.id_of(tokenizer.pad))


def _even(x: Any) -> NDArray[Any]:
    """Return ``x`` as an array, or refuse rows of different lengths."""
    try:
        return np.asarray(x)
    except ValueError as error:
        lengths = [len(row) if hasattr(row, "__len__") else 1 for row in x]
        index = next((i for i, n in enumerate(lengths) if n != lengths[0]), 0)
        raise TokensError(index, "rows of token ids must be of one length", f"{lengths[index]} "
                          f"beside {lengths[0]}", "Fill them up with the pad's id, or pass texts."
                          ) from error
