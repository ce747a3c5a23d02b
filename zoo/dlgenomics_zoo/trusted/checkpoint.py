"""The files of a TensorFlow 1 checkpoint, side by side under one name, as TensorFlow wants them."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DataError, MissingFileError
from dlgenomics_zoo.formats.errors import damaged
from dlgenomics_zoo.kipoi.descriptor import Descriptor

ROLE: Final = "checkpoint_path"
CONSTANTS: Final = "const_feed_dict_pkl"
_ENDINGS: Final = {"meta": ".meta", "index": ".index", "data": ".data-00000-of-00001"}
_REACHING_OUT: Final = frozenset((
    "ReadFile", "WriteFile", "PyFunc", "PyFuncStateless", "EagerPyFunc", "MatchingFiles",
    "TextLineReader", "TextLineReaderV2", "WholeFileReader", "WholeFileReaderV2", "TFRecordReader",
    "TFRecordReaderV2", "FixedLengthRecordReader", "FixedLengthRecordReaderV2", "TextLineDataset",
    "TFRecordDataset", "DebugIdentity", "DebugIdentityV2", "LookupTableImport",
    "InitializeTableFromTextFile", "InitializeTableFromTextFileV2", "PrintV2", "Print",
))
"""Kinds of operations that read or write files, or call Python, besides those of the saver."""


@contextmanager
def checkpoint(descriptor: Descriptor, fetched: Mapping[str, Path],
               root: Path | None) -> Iterator[Path]:
    """Give the path of a checkpoint, without its endings, for as long as the block runs.

    Args:
        descriptor: the model; its checkpoint is three files, or a path relative to its folder.
        fetched: the model's files by role.
        root: the folder of its source; None for one of which only the files are here.

    Raises:
        DataError: the descriptor names no checkpoint.
        MissingFileError: a file is not there.
    """
    files = {part: fetched[f"{ROLE}/{part}"] for part in _ENDINGS if f"{ROLE}/{part}" in fetched}
    if not files:
        yield _beside(descriptor, root)
        return
    if set(files) != set(_ENDINGS):
        raise DataError(f"checkpoint_path must name {', '.join(_ENDINGS)}. Received: "
                        f"{', '.join(files)}.", path=descriptor.path)
    with tempfile.TemporaryDirectory(prefix="dlg-graph-") as folder:
        for part, ending in _ENDINGS.items():
            (Path(folder) / f"model{ending}").symlink_to(files[part].resolve())
        yield Path(folder) / "model"


def _beside(descriptor: Descriptor, root: Path | None) -> Path:
    named: Any = descriptor.arguments.get(ROLE)
    if isinstance(named, Mapping):
        named = str(named.get("meta", "")).removesuffix(".meta")
    if not named or not isinstance(named, str) or root is None:
        raise DataError("a graph of TensorFlow 1 must have a checkpoint_path. Received: "
                        f"{named or 'none'}.", path=descriptor.path)
    path = (root / descriptor.name / named).resolve()
    if not path.is_relative_to(root.resolve()):
        raise DataError("a path must lead to something in the models' folder. Received: "
                        f"{named!r}.", path=descriptor.path)
    for ending in (".meta", ".index"):
        if not Path(f"{path}{ending}").is_file():
            raise MissingFileError(f"{path}{ending}", "the checkpoint")
    return path


def operations(meta: Path) -> Counter[str]:
    """Return how many operations of each kind a meta graph holds; it is read, not run.

    Raises:
        DataError: it is no meta graph.
    """
    from google.protobuf.message import (  # type: ignore[import-untyped]  # noqa: PLC0415
        DecodeError,
    )
    from tensorflow.core.protobuf.meta_graph_pb2 import (  # noqa: PLC0415 - starts TensorFlow
        MetaGraphDef,
    )

    found = MetaGraphDef()
    try:
        found.ParseFromString(meta.read_bytes())
    except DecodeError as error:
        raise damaged(meta, "a meta graph of TensorFlow 1", str(error)) from error
    nodes = [*found.graph_def.node,
             *(node for one in found.graph_def.library.function for node in one.node_def)]
    return Counter(node.op for node in nodes)


def graph_statement(meta: Path, origin: str) -> str:
    """Return what would run: how many operations, and which of them reach outside the graph."""
    kinds = operations(meta)
    outside = [f"{kind} ({count})" for kind, count in sorted(kinds.items())
               if kind in _REACHING_OUT]
    return (f"the TensorFlow graph of {origin}: {kinds.total():,} operations, of which "
            f"{', '.join(outside) or 'none'} "
            f"{'reach' if outside else 'reaches'} files, the screen or Python.")
