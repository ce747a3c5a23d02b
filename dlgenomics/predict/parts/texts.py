"""Texts of any length in a shard: one after the other, so that a long one makes no other longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

_LETTERS: Final = "utf8/"
"""Before the name of an array of texts: all of its letters, uint8."""

_ENDS: Final = "ends/"
"""Before the same name: where each text ends, in bytes, int64, in the array's shape."""


def pack_texts(arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    """Return arrays by name, those of Python's texts as two arrays each, which NumPy can keep."""
    found: Arrays = {}
    for name, array in arrays.items():
        if array.dtype.kind == "O":
            texts = [text.encode() for text in array.ravel().tolist()]
            ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
            found[_LETTERS + name] = np.frombuffer(b"".join(texts), np.uint8)
            found[_ENDS + name] = ends.reshape(array.shape)
        else:
            found[name] = array
    return found


def unpack_texts(stored: Mapping[str, NDArray[Any]]) -> Arrays:
    """Return what `pack_texts` was given."""
    found: Arrays = {}
    for key, array in stored.items():
        if key.startswith(_LETTERS):
            name = key.removeprefix(_LETTERS)
            found[name] = _texts(array.tobytes(), stored[_ENDS + name])
        elif not key.startswith(_ENDS):
            found[key] = array
    return found


def _texts(letters: bytes, ends: NDArray[np.int64]) -> NDArray[Any]:
    found = np.empty(ends.size, object)
    flat = ends.ravel().tolist()
    found[:] = [letters[first:last].decode()
                for first, last in zip([0, *flat], flat, strict=False)]
    return found.reshape(ends.shape)
