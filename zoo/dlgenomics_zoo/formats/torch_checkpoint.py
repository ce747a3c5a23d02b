"""PyTorch checkpoints, in today's zip form and the form before 1.6, without unpickling.

A state dict gives its arrays by key. A whole module that was saved gives its parameters and
buffers under the names that its ``state_dict()`` would have; its classes stay names.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from dlgenomics.files import require_file
from dlgenomics_zoo.formats.archive import open_archive, read_member
from dlgenomics_zoo.formats.checkpoint import Checkpoint
from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged
from dlgenomics_zoo.formats.pickles import Inert, Name, Rules, read_pickle
from dlgenomics_zoo.formats.torch_tensors import (
    STORAGE_NAMES,
    Array,
    Storage,
    Tensor,
    as_array,
    storage_of,
    tensor_functions,
)

LEGACY_START: Final = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The first pickle of the form before 1.6: a number of ten bytes."""

MAX_VALUES: Final = 1_000_000
_WRAPPERS: Final = ("state_dict", "model_state_dict", "model", "net", "network")


def read_torch(path: Path | str) -> Checkpoint:
    """Read the arrays of a PyTorch checkpoint.

    Args:
        path: what ``torch.save`` wrote: a state dict, a dict that holds one, or a module.

    Returns:
        Arrays by the names of the state dict; bfloat16 becomes float32.

    Raises:
        MissingFileError: no such file.
        UnsafeModelError: it asks for code to run, or holds a program.
        DataError: it is truncated or no checkpoint.
    """
    path = require_file(Path(path), "the checkpoint")
    with path.open("rb") as stream:
        start = stream.read(len(LEGACY_START))
    if start.startswith(b"PK"):
        return _read_zip(path)
    if start == LEGACY_START:
        return _read_legacy(path)
    raise damaged(path, "a PyTorch checkpoint", f"a file that begins with {start[:8]!r}")


def _rules(path: Path, storages: dict[str, Storage]) -> Rules:
    def persistent(found: Any) -> Any:
        value = storage_of(found, path)
        if isinstance(value, Storage):
            known = storages.setdefault(value.key, value)
            if known.kind != value.kind:
                raise damaged(path, "a whole checkpoint", f"storage {value.key} of two kinds")
        return value

    plain: dict[str, Callable[..., Any]] = {
        **{f"{m}.set": set for m in ("builtins", "__builtin__")},
        **{f"{m}._reconstructor": _reconstructed for m in ("copyreg", "copy_reg")},
    }
    names = STORAGE_NAMES | {"builtins.object", "__builtin__.object"}
    return Rules({**tensor_functions(path), **plain}, names, persistent, classes=True)


def _reconstructed(of: Any, *_: Any) -> Inert:
    if not isinstance(of, Name):
        raise ValueError("an object of no class")
    return Inert(of)


def _read_zip(path: Path) -> Checkpoint:
    with open_archive(path) as archive:
        names = archive.namelist()
        pickles = [n for n in names if n.count("/") <= 1 and n.endswith("data.pkl")]
        if any("/code/" in n or n.endswith("constants.pkl") for n in names):
            raise UnsafeModelError(path, "a checkpoint may hold arrays and plain values only",
                                   "a TorchScript program")
        if len(pickles) != 1:
            raise damaged(path, "a PyTorch checkpoint", "a zip without a data.pkl")
        root = pickles[0].removesuffix("data.pkl")
        value = read_pickle(BytesIO(read_member(path, archive, pickles[0])), path,
                            _rules(path, {}))
        order = b"little"
        if f"{root}byteorder" in names:
            order = read_member(path, archive, f"{root}byteorder")

        def block(storage: Storage) -> bytes:
            return read_member(path, archive, f"{root}data/{storage.key}")

        return _checkpoint(value, path, "torch-zip", block, little=order != b"big")


def _read_legacy(path: Path) -> Checkpoint:
    storages: dict[str, Storage] = {}
    rules = _rules(path, storages)
    with path.open("rb") as stream:
        _magic, _version = (read_pickle(stream, path, rules) for _ in range(2))
        system = read_pickle(stream, path, rules)
        value = read_pickle(stream, path, rules)
        keys = read_pickle(stream, path, rules)
        little = not isinstance(system, dict) or system.get("little_endian", True) is not False
        places = _places(stream, path, keys, storages, little=little)

        def block(storage: Storage) -> bytes:
            if storage.key not in places:
                raise damaged(path, "a whole checkpoint", f"no storage {storage.key}")
            at, size = places[storage.key]
            stream.seek(at)
            return stream.read(size)

        return _checkpoint(value, path, "torch-legacy", block, little=little)


def _places(stream: BinaryIO, path: Path, keys: Any, storages: Mapping[str, Storage],
            *, little: bool) -> dict[str, tuple[int, int]]:
    """Return where each storage's bytes begin, and how many they are."""
    end = path.stat().st_size
    found: dict[str, tuple[int, int]] = {}
    for key in keys if isinstance(keys, list) else ():
        head = stream.read(8)
        storage = storages.get(str(key))
        if len(head) < 8 or storage is None:
            raise damaged(path, "a whole checkpoint", f"an end before storage {str(key)[:40]}")
        (count,) = struct.unpack("<q" if little else ">q", head)
        at, size = stream.tell(), count * storage.width
        if count < 0 or at + size > end:
            raise damaged(path, "a whole checkpoint",
                          f"an end within storage {key}, which has {count:,} numbers")
        found[str(key)] = (at, size)
        stream.seek(size, 1)
    return found


def _checkpoint(value: Any, path: Path, form: str, block: Callable[[Storage], bytes],
                *, little: bool) -> Checkpoint:
    value, notes = _state(value)
    tensors = dict(_tensors_in(value, path))
    if not tensors:
        raise damaged(path, "a checkpoint with tensors", "one without any")
    if all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): t for name, t in tensors.items()}
        notes.append("The prefix 'module.' of every name was dropped.")
    blocks: dict[str, bytes] = {}
    arrays: dict[str, Array] = {}
    for name, tensor in tensors.items():
        key = tensor.storage.key
        if key not in blocks:
            blocks[key] = block(tensor.storage)
        arrays[name] = as_array(tensor, blocks[key], path, little=little)
    return Checkpoint(arrays, path, form, tuple(notes))


def _state(value: Any) -> tuple[Any, list[str]]:
    """Return the network's part of what was saved, and what was left out."""
    notes: list[str] = []
    while isinstance(value, dict) and not any(isinstance(v, Tensor) for v in value.values()):
        inner = [k for k in _WRAPPERS if isinstance(value.get(k), dict | Inert)]
        if len(inner) != 1:
            break
        others = [str(k) for k in value if k != inner[0]]
        if others:
            notes.append(f"Only {inner[0]!r} was read; left out: {', '.join(others)}.")
        value = value[inner[0]]
    return value, notes


def _tensors_in(value: Any, path: Path) -> Iterator[tuple[str, Tensor]]:
    """Give tensors with the names of a state dict: attribute names joined by dots."""
    todo: list[tuple[tuple[str, ...], Any]] = [((), value)]
    seen = 0
    while todo:
        name, one = todo.pop()
        seen += 1
        if seen > MAX_VALUES:
            raise UnsafeModelError(path, "a checkpoint may hold arrays and plain values only",
                                   f"more than {MAX_VALUES:,} values")
        if isinstance(one, Tensor):
            yield ".".join(name) or "tensor", one
        todo += [((*name, key), part) for key, part in reversed(_named_parts(one))]


def _named_parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(str(k), v) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return [(str(i), v) for i, v in enumerate(value)]
    if not isinstance(value, Inert):
        return []
    state = value.state if isinstance(value.state, dict) else {}
    if "_parameters" not in state:
        return _named_parts(value.state) + [p for i in value.items for p in _named_parts(i)]
    return [part for section in ("_parameters", "_buffers", "_modules")
            for part in _named_parts(state.get(section))]
