"""The files that hold a checkpoint's tensors: one file, or shards that an index names.

A safetensors file is read tensor by tensor; a ``.bin`` of PyTorch is read whole, without pickle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from dlgenomics.errors import DataError
from dlgenomics.files import require_file
from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged
from dlgenomics_zoo.formats.safetensors import open_safetensors
from dlgenomics_zoo.formats.torch_checkpoint import read_torch
from dlgenomics_zoo.language.config import read_json

WHOLE: Final = ("model.safetensors", "pytorch_model.bin")
INDEXES: Final = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
ORDER: Final = (WHOLE[0], INDEXES[0], WHOLE[1], INDEXES[1])
"""What is looked for in a folder, best first."""


class Tensors(Protocol):
    """The tensors of one file."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def names(self) -> Collection[str]:
        """Their names."""

    def read(self, name: str) -> NDArray[Any]:
        """Return one of them."""


@dataclass(frozen=True)
class TorchTensors:
    """The tensors of a ``.bin`` file, all in memory."""

    path: Path
    arrays: Mapping[str, NDArray[Any]]

    @property
    def names(self) -> Collection[str]:
        """Their names."""
        return self.arrays.keys()

    def read(self, name: str) -> NDArray[Any]:
        """Return one of them."""
        return self.arrays[name]


def weight_files(folder: Path) -> list[Path]:
    """Return the files with a checkpoint's tensors, in the order of their names.

    Raises:
        DataError: there is none, or an index names files that it may not or that are missing.
    """
    for name in ORDER:
        if (folder / name).is_file():
            names = [name] if name in WHOLE else shard_names(folder / name)
            return [require_file(folder / one, "a shard") for one in names]
    raise DataError(f"a checkpoint must have {' or '.join(ORDER)}. Received: none of them. "
                    "Fetch the weights into this folder.", path=folder)


def shard_names(index: Path) -> list[str]:
    """Return the names of the files that an index names.

    Raises:
        DataError: it is no index.
        UnsafeModelError: it names a file outside its folder.
    """
    names = read_index(index)
    return sorted(set(names.values()))


def read_index(index: Path) -> dict[str, str]:
    """Return tensor → file, as an index says.

    Raises:
        DataError: it is no index.
        UnsafeModelError: it names a file outside its folder.
    """
    found = read_json(index, "an index of shards").get("weight_map")
    if not isinstance(found, dict) or not found or not all(
            isinstance(one, str) for one in found.values()):
        raise damaged(index, "an index of shards", "one without a weight_map")
    for name in found.values():
        if PurePosixPath(name).name != name or "\\" in name or name in ("", ".", ".."):
            raise UnsafeModelError(index, "an index may name files of its own folder only", name)
    return found


def open_shards(folder: Path) -> Iterator[Tensors]:
    """Open the files of a checkpoint one after another.

    Raises:
        DataError: see `weight_files` and the readers.
    """
    for path in weight_files(folder):
        yield open_tensors(path)


def open_tensors(path: Path) -> Tensors:
    """Open a file of tensors by its ending."""
    if path.suffix == ".safetensors":
        return open_safetensors(path)
    return TorchTensors(path, read_torch(path).arrays)
