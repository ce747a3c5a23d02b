"""Plain values and NumPy arrays out of a pickle, read as data: nothing is imported or called."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.files import require_file
from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged
from dlgenomics_zoo.formats.pickles import Inert, Name, Rules, read_pickle

_DTYPE: Final = re.compile(r"[<>|=]?[biufcSU?]\d*")
_MODULES: Final = ("numpy", "numpy.core.multiarray", "numpy._core.multiarray",
                   "numpy.core.numeric", "numpy._core.numeric")
_ARRAY: Final = Name("numpy", "ndarray")
_SCALAR: Final = Name("numpy", "scalar")
_TYPE: Final = Name("numpy", "dtype")


def read_values(path: Path | str) -> Any:
    """Read a pickle of plain values and arrays, such as a dict of what a graph is always fed.

    Args:
        path: what ``pickle.dump`` wrote, in any protocol, by Python 2 or 3.

    Returns:
        None, numbers, texts, lists, tuples, dicts and NumPy arrays, nested as they were.

    Raises:
        MissingFileError: no such file.
        UnsafeModelError: it names or calls something else, or holds an array of objects.
        DataError: it is truncated or no pickle.
    """
    path = require_file(Path(path), "the pickle")
    with path.open("rb") as stream:
        found = read_pickle(stream, path, Rules(_functions(), frozenset({str(_ARRAY)})))
    try:
        return _plain(found, path)
    except (ValueError, TypeError, IndexError) as error:
        raise damaged(path, "a whole pickle", f"a broken array ({error})") from error


def _functions() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {"_codecs.encode": _encoded, "__builtin__.bytes": _empty}
    for module in _MODULES:
        found |= {f"{module}._reconstruct": lambda *_: Inert(_ARRAY),
                  f"{module}._frombuffer": lambda *given: Inert(_ARRAY, given),
                  f"{module}.scalar": lambda *given: Inert(_SCALAR, given),
                  f"{module}.dtype": lambda *given: Inert(_TYPE, given)}
    return found


def _empty() -> bytes:
    """Return what protocols before 3 write as a call without arguments."""
    return b""


def _encoded(text: str, encoding: str) -> bytes:
    """Return the bytes that protocols before 3 write as text."""
    if encoding != "latin1":
        raise ValueError(f"bytes are written as latin1, not {encoding[:20]!r}")
    return text.encode(encoding)


def _plain(value: Any, path: Path) -> Any:
    if isinstance(value, Inert):
        return _array(value, path)
    if isinstance(value, dict):
        return {_plain(key, path): _plain(one, path) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(one, path) for one in value)
    if isinstance(value, Name):
        raise UnsafeModelError(path, "a pickle may hold plain values and arrays only", str(value))
    return value


def _array(value: Inert, path: Path) -> Any:
    if value.of == _TYPE:
        raise ValueError("a type of numbers without numbers")
    if value.of == _SCALAR:
        kind, data = value.arguments
        return _numbers(data, _dtype(kind, path), ())[()]
    if value.arguments:  # protocol 5
        data, kind, shape, order = value.arguments
        return _numbers(data, _dtype(kind, path), shape, order)
    _, shape, kind, by_columns, data = value.state
    return _numbers(data, _dtype(kind, path), shape, "F" if by_columns else "C")


def _numbers(data: Any, kind: np.dtype[Any], shape: Any, order: Any = "C") -> NDArray[Any]:
    raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
    return np.frombuffer(raw, kind).reshape(tuple(shape), order="F" if order == "F" else "C").copy()


def _dtype(kind: Any, path: Path) -> np.dtype[Any]:
    if not isinstance(kind, Inert) or kind.of != _TYPE:
        raise ValueError("an array of no type")
    text = str(kind.arguments[0])
    if not _DTYPE.fullmatch(text):
        raise UnsafeModelError(path, "an array in a pickle may hold numbers and texts only",
                               f"an array of {text[:40]!r}")
    swapped = kind.state is not None and kind.state[1] == ">"
    return np.dtype(text).newbyteorder(">" if swapped else "=")
