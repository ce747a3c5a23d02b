"""Writes PyTorch checkpoints without PyTorch, whole ones and hostile ones."""

from __future__ import annotations

import collections
import pickle
import struct
import sys
import types
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class _Storage:
    def __init__(self, key: str, values: np.ndarray) -> None:
        self.key, self.values = key, values


@contextmanager
def _stand_ins() -> Iterator[dict[str, Any]]:
    """Modules by the names that a pickle must hold; they are gone afterwards."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2(*_: Any) -> None: ...

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2  # type: ignore[attr-defined]
    float_storage = type("FloatStorage", (), {"__module__": "torch"})
    torch.FloatStorage = float_storage  # type: ignore[attr-defined]
    before = {n: sys.modules.get(n) for n in ("torch", "torch._utils")}
    sys.modules.update({"torch": torch, "torch._utils": utils})
    try:
        yield {"rebuild": _rebuild_tensor_v2, "FloatStorage": float_storage}
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _pickled(arrays: Mapping[str, np.ndarray]) -> tuple[bytes, list[_Storage]]:
    storages = [_Storage(str(i), np.ascontiguousarray(a, dtype="<f4"))
                for i, a in enumerate(arrays.values())]
    with _stand_ins() as known:
        class _Tensor:
            def __init__(self, storage: _Storage) -> None:
                self.storage = storage

            def __reduce__(self) -> Any:
                a = self.storage.values
                strides = tuple(s // 4 for s in a.strides)
                return known["rebuild"], (self.storage, 0, a.shape, strides, False,
                                          collections.OrderedDict())

        class _Pickler(pickle.Pickler):
            def persistent_id(self, obj: Any) -> Any:
                if isinstance(obj, _Storage):
                    kind = known["FloatStorage"]
                    return ("storage", kind, obj.key, "cpu", obj.values.size)
                return None

        stream = BytesIO()
        tensors = collections.OrderedDict(
            (name, _Tensor(s)) for name, s in zip(arrays, storages, strict=True))
        _Pickler(stream, 2).dump(tensors)
    return stream.getvalue(), storages


def write_zip(path: Path, arrays: Mapping[str, np.ndarray], *, pickled: bytes | None = None,
              others: Mapping[str, bytes] | None = None) -> Path:
    """Write today's form; ``pickled`` takes the place of the whole pickle."""
    content, storages = _pickled(arrays)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("net/data.pkl", content if pickled is None else pickled)
        for storage in storages:
            archive.writestr(f"net/data/{storage.key}", storage.values.tobytes())
        archive.writestr("net/version", "3\n")
        for name, member in (others or {}).items():
            archive.writestr(name, member)
    return path


def write_legacy(path: Path, arrays: Mapping[str, np.ndarray], *,
                 pickled: bytes | None = None) -> Path:
    """Write the form before 1.6."""
    content, storages = _pickled(arrays)
    parts = [pickle.dumps(LEGACY_MAGIC, 2), pickle.dumps(1001, 2),
             pickle.dumps({"protocol_version": 1001, "little_endian": True}, 2),
             content if pickled is None else pickled,
             pickle.dumps([s.key for s in storages], 2)]
    parts += [struct.pack("<q", s.values.size) + s.values.tobytes() for s in storages]
    path.write_bytes(b"".join(parts))
    return path
