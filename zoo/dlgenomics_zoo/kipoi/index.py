"""The index: the facts about every model of a source in one small file."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics.files import write_bytes
from dlgenomics_zoo.kipoi.descriptor import Dataloader, Descriptor, Schema
from dlgenomics_zoo.kipoi.packed import pack_models, unpack_models

SHIPPED: Final = Path(__file__).resolve().parent / "index.json.gz"
_FORMAT: Final = 1
_LONGEST: Final = {"trained_on": 240, "doc": 120}


@dataclass(frozen=True)
class Origin:
    """Where the facts come from: a repository, its commit and that commit's date."""

    url: str
    commit: str = ""
    date: str = ""
    notice: str = ""


@dataclass(frozen=True)
class Index:
    """All models of a source by name, sorted."""

    origin: Origin
    models: Mapping[str, Descriptor]


def write_index(index: Index, path: Path) -> None:
    """Write an index; the same models give the same bytes."""
    data = {"format": _FORMAT, "origin": dataclasses.asdict(index.origin),
            **pack_models(index.models.values())}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    write_bytes(path, gzip.compress(text.encode(), mtime=0))


def read_index(path: Path) -> Index:
    """Read an index that `write_index` wrote.

    Raises:
        DataError: it is damaged, or of another version.
    """
    try:
        data: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
        if data["format"] != _FORMAT:
            raise ValueError(f"format {data['format']}")
        return Index(Origin(**data["origin"]), unpack_models(data))
    except (EOFError, OSError, zlib.error, ValueError, KeyError, TypeError, IndexError) as error:
        raise DataError(f"an index of models must be whole and of format {_FORMAT}. "
                        f"Received: {error}. Delete it, or install dlgenomics again.",
                        path=path) from error


@functools.cache
def kipoi_index() -> Index:
    """Return the index of Kipoi's models that comes with dlgenomics."""
    return read_index(SHIPPED)


def facts_only(one: Descriptor) -> Descriptor:
    """Return a descriptor without its prose: what is left are facts and short labels."""
    return dataclasses.replace(
        one, doc="", training_procedure="",
        trained_on=first_words(one.trained_on, _LONGEST["trained_on"]),
        inputs=_short_schema(one.inputs), targets=_short_schema(one.targets),
        dataloader=_short_loader(one.dataloader))


def _short_schema(schema: Schema) -> Schema:
    return dataclasses.replace(schema, arrays=tuple(
        dataclasses.replace(array, doc=first_words(array.doc, _LONGEST["doc"]))
        for array in schema.arrays))


def _short_loader(loader: Dataloader) -> Dataloader:
    return dataclasses.replace(loader, arguments=tuple(
        dataclasses.replace(argument, doc=first_words(argument.doc, _LONGEST["doc"]))
        for argument in loader.arguments))


def first_words(text: str, longest: int) -> str:
    """Return the first sentence, cut between words where it is long."""
    first = re.split(r"(?<=[a-z)])\. ", text, maxsplit=1)[0]
    if len(first) <= longest:
        return first
    return first[:longest].rpartition(" ")[0] + " …"
