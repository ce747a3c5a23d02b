"""Models whose weights come in wheels of the package index, described as Kipoi's are.

Their facts stand in ``pypi_models.yaml``, their files in ``pypi_files.tsv``. A model is called
``GROUP/NAME``: the package, and the file's name without what repeats the package.
"""

from __future__ import annotations

import fnmatch
import functools
from collections.abc import Mapping
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any, Final

from dlgenomics_zoo.fetch import RemoteFile as Fetchable
from dlgenomics_zoo.kipoi.descriptor import (
    Array,
    Dataloader,
    Descriptor,
    Person,
    RemoteFile,
    Schema,
)
from dlgenomics_zoo.kipoi.document import read_mapping
from dlgenomics_zoo.sources.pypi import wheel_files, wheel_packages

PYPI: Final = "pypi"
FACTS: Final = "pypi_models.yaml"
ZERO_N: Final = {"neutral_value": 0}
"""What kipoiseq's encoder would be told: these models were trained with N as zeros."""


@functools.cache
def wheel_models() -> Mapping[str, Descriptor]:
    """Return the models by name, in the order of the table of files."""
    found = [_descriptor(package, file) for package in wheel_packages()
             for file in wheel_files(package)]
    return {one.name: one for one in found if one is not None}


def _descriptor(package: str, file: Fetchable) -> Descriptor | None:
    """Return a model's descriptor; None where nothing speaks of it, as it cannot be read here."""
    name = f"{package}/{_short(package, PurePosixPath(file.name).stem)}"
    facts = _facts(name)
    if facts is None:
        return None
    shapes = facts.get("inputs", {"": facts.get("shape")})
    length = facts.get("length")
    return Descriptor(
        name, path=f"{PYPI}/{name}", defined_as="kipoi.model.KerasModel", framework="keras",
        files=(RemoteFile("weights", file.urls[0], sha256=file.sha256, name=file.name),),
        inputs=Schema("dict" if len(shapes) > 1 else "array", tuple(
            Array(path, tuple(shape), special_type="DNASeq") for path, shape in shapes.items())),
        targets=Schema(arrays=(Array("", labels=tuple(facts.get("columns", ()))),)),
        dataloader=Dataloader("kipoiseq.dataloaders.SeqIntervalDl", default_args={
            **ZERO_N, **({"auto_resize_len": length or shapes[""][0]} if "" in shapes else {})}),
        license=file.license, authors=tuple(map(Person, facts.get("authors", ()))),
        cite=facts.get("cite", ""), tags=tuple(facts.get("tags", ())), doc=facts.get("doc", ""),
    )


def _short(package: str, stem: str) -> str:
    return stem.removeprefix(package) or stem


@functools.cache
def _table() -> Mapping[str, Any]:
    place = files(__package__) / FACTS
    return read_mapping(place.read_text(encoding="utf-8"), FACTS)


def _facts(name: str) -> dict[str, Any] | None:
    shared = _table()["groups"].get(name.partition("/")[0], {})
    own = (one for one in _table()["models"] if fnmatch.fnmatchcase(name, one["match"]))
    return next(({**shared, **one} for one in own), None)
