"""Tensors of a PyTorch checkpoint: a view into a storage, turned into a NumPy array."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged
from dlgenomics_zoo.formats.pickles import Function, Name

Array = NDArray[Any]

_BFLOAT16: Final = "bfloat16"
STORAGES: Final = {
    "DoubleStorage": "f8", "FloatStorage": "f4", "HalfStorage": "f2", "BFloat16Storage": _BFLOAT16,
    "LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1",
    "ByteStorage": "u1", "BoolStorage": "?",
}
"""A storage's class in PyTorch → the kind of its numbers in NumPy's short form."""

STORAGE_NAMES: Final = frozenset(
    f"{module}.{name}" for module in ("torch", "torch.cuda") for name in STORAGES)


@dataclass(frozen=True)
class Storage:
    """A block of numbers that tensors share: its key in the file and how many of which kind."""

    key: str
    kind: str
    count: int
    start: int = 0
    """Where it begins, if it is part of another storage."""

    @property
    def width(self) -> int:
        """Bytes a number."""
        return 2 if self.kind == _BFLOAT16 else np.dtype(self.kind).itemsize


@dataclass(frozen=True)
class Tensor:
    """A view into a storage: every number counts in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def storage_of(found: Any, path: Path) -> Storage | Name:
    """Turn a persistent id of `torch.save` into the storage, or the class, that it stands for.

    Raises:
        UnsafeModelError: it has another form.
    """
    match found:
        case ("storage", Name(_, name), key, _location, int(count), *rest) if (
            name in STORAGES and isinstance(key, str | int)
        ):
            start = rest[0][1] if rest and rest[0] else 0
            length = rest[0][2] if rest and rest[0] else count
            return Storage(str(key), STORAGES[name], int(length), int(start))
        case ("module", Name() as of, *_):
            return of
    raise UnsafeModelError(path, "a checkpoint may refer to its own storages only",
                           f"the reference {str(found)[:80]!r}")


def tensor_functions(path: Path) -> dict[str, Function]:
    """Return our stand-ins for what `torch.save` makes a pickle call."""
    def rebuilt(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
        return _checked(path, storage, offset, shape, strides)

    return {
        "collections.OrderedDict": _ordered,
        "torch._utils._rebuild_tensor": rebuilt,
        "torch._utils._rebuild_tensor_v2": rebuilt,
        "torch._utils._rebuild_parameter": _first,
        "torch._utils._rebuild_parameter_with_state": _first,
        "torch.nn.parameter.Parameter": _first,
        "torch.nn.parameter.Buffer": _first,
        "torch.Size": tuple,
        "torch.device": _text,
        "_codecs.encode": _encoded,
    }


def _ordered(*arguments: Any) -> dict[Any, Any]:
    return dict(arguments[0]) if arguments else {}


def _first(data: Any, *_: Any) -> Any:
    return data


def _text(*arguments: Any) -> str:
    return ":".join(map(str, arguments))


def _encoded(text: Any, coding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or coding not in ("latin1", "latin-1", "utf-8", "ascii"):
        raise ValueError("bytes in an unknown coding")
    return text.encode(coding)


def _checked(path: Path, storage: Any, offset: Any, shape: Any, strides: Any) -> Tensor:
    numbers = (offset, *shape, *strides)
    if not isinstance(storage, Storage) or not all(type(n) is int and n >= 0 for n in numbers):
        raise damaged(path, "a whole checkpoint", "a tensor without storage, shape or strides")
    count = math.prod(shape)
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if count and (last >= storage.count or count > storage.count):
        raise UnsafeModelError(path, "a tensor must lie within its storage",
                               f"shape {tuple(shape)} at {offset} in {storage.count:,} numbers")
    return Tensor(storage, offset, tuple(shape), tuple(strides))


def as_array(tensor: Tensor, content: bytes, path: Path, *, little: bool = True) -> Array:
    """Return a tensor's numbers; bfloat16 becomes float32.

    Args:
        tensor: the view.
        content: all bytes of the storage's block.
        path: for messages.
        little: whether the file holds the low byte of a number first.

    Raises:
        DataError: the block is shorter than the storage.
    """
    storage = tensor.storage
    kind = "u2" if storage.kind == _BFLOAT16 else storage.kind
    needed = (storage.start + storage.count) * storage.width
    if len(content) < needed:
        raise damaged(path, "a whole checkpoint", f"a storage of {len(content):,} bytes that must "
                      f"have {needed:,}")
    block = np.frombuffer(content, np.dtype(kind).newbyteorder("<" if little else ">"),
                          count=storage.count, offset=storage.start * storage.width)
    view = np.lib.stride_tricks.as_strided(
        block[tensor.offset:], tensor.shape, [s * storage.width for s in tensor.strides],
        writeable=False)
    native = np.array(view, dtype=np.dtype(kind).newbyteorder("="), order="C")
    if storage.kind == _BFLOAT16:
        return (native.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return native
