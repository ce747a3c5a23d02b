"""Descriptors ↔ compact plain data, in which models that are alike share what they share."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dlgenomics_zoo.kipoi.descriptor import (
    Argument,
    Array,
    Dataloader,
    Descriptor,
    Person,
    RemoteFile,
    Schema,
)

# A row of the index holds these; everything else is shared by the models of a group.
_OWN: Final = ("name", "path", "files", "expectation", "dataloader")
_FILE: Final = "remote file"
_FOLDER_PATH: Final = "/model.yaml"


def pack_models(models: Iterable[Descriptor]) -> dict[str, Any]:
    """Return the models as data for JSON.

    Returns:
        ``shared``: what several models have in common; ``loaders``: their dataloaders; ``models``:
        a row for each, ``[name, shared, loader, files, expectation, path]``.
    """
    shared, loaders = _Pool(), _Pool()
    rows = [
        [one.name, shared.place(_shared(one)), loaders.place(_data(one.dataloader)),
         [_file(file) for file in one.files],
         _file(one.expectation) if one.expectation else None,
         "" if one.path == one.name + _FOLDER_PATH else one.path]
        for one in models
    ]
    return {"shared": shared.items, "loaders": loaders.items, "models": rows}


def unpack_models(data: Mapping[str, Any]) -> dict[str, Descriptor]:
    """Return the models of `pack_models` by name."""
    shared = [_unpack_shared(one) for one in data["shared"]]
    loaders = [_unpack_loader(one) for one in data["loaders"]]
    return {
        name: Descriptor(
            name=name, path=path or name + _FOLDER_PATH, dataloader=loaders[loader],
            files=tuple(RemoteFile(*file) for file in files),
            expectation=RemoteFile(*expectation) if expectation else None, **shared[frame])
        for name, frame, loader, files, expectation, path in data["models"]
    }


class _Pool:
    """Things that are equal are kept once."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, item: Any) -> int:
        key = json.dumps(item, sort_keys=True)
        if key not in self._places:
            self._places[key] = len(self.items)
            self.items.append(item)
        return self._places[key]


def _shared(one: Descriptor) -> dict[str, Any]:
    return {name: value for name, value in _data(one).items() if name not in _OWN}


def _data(value: Any) -> Any:
    """Return a value as plain data, without what is at its default."""
    if isinstance(value, RemoteFile):
        return {_FILE: _file(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _data(getattr(value, field.name))
                for field in dataclasses.fields(value)
                if getattr(value, field.name) != _default(field)}
    if isinstance(value, Mapping):
        return {str(key): _data(item) for key, item in value.items()}
    return [_data(item) for item in value] if isinstance(value, (list, tuple)) else value


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _file(file: RemoteFile) -> list[str]:
    values = [file.role, file.url, file.md5, file.sha256, file.name]
    while not values[-1]:
        values.pop()
    return values


def _unpack_shared(data: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: tuple(value) if isinstance(value, list) else value
             for name, value in data.items()}
    for name in ("inputs", "targets"):
        if name in data:
            arrays = tuple(Array(**_tuples(one)) for one in data[name].get("arrays", ()))
            found[name] = Schema(data[name].get("form", "array"), arrays)
    for name in ("authors", "contributors"):
        if name in data:
            found[name] = tuple(Person(**one) for one in data[name])
    return found


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value
            for name, value in data.items()}


def _unpack_loader(data: Mapping[str, Any]) -> Dataloader:
    plain = {name: value for name, value in data.items()
             if name not in ("arguments", "default_args")}
    return Dataloader(
        **plain,
        default_args={name: _value(one) for name, one in data.get("default_args", {}).items()},
        arguments=tuple(Argument(**{name: _value(one) for name, one in argument.items()})
                        for argument in data.get("arguments", ())))


def _value(value: Any) -> Any:
    return RemoteFile(*value[_FILE]) if isinstance(value, dict) and _FILE in value else value
