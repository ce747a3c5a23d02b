"""The dataloader of a descriptor: a class of kipoiseq, or one with code of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics_zoo.kipoi.descriptor import Argument, Dataloader
from dlgenomics_zoo.kipoi.place import Place
from dlgenomics_zoo.kipoi.values import (
    Report,
    class_of,
    dtype_of,
    file_of,
    flag_of,
    is_file,
    mapping_of,
    text_of,
)

LIBRARY: Final = "kipoiseq."
_BESIDE: Final = "."

Lookup = Callable[[str], Mapping[str, Any]]
"""A dataloader's name → the data of its descriptor; raises `DataError` where there is none."""


def read_dataloader(value: Any, place: Place, lookup: Lookup, report: Report) -> Dataloader:
    """Return the dataloader that ``default_dataloader`` means; problems are reported.

    Args:
        value: a path relative to the model, a class's name, or a mapping with ``defined_as``.
        place: the model's place.
        lookup: finds the descriptors of dataloaders.
        report: takes the problems.
    """
    given = value if isinstance(value, dict) else {}
    name = class_of(text_of(given.get("defined_as") if given else value)) or _BESIDE
    default_args = _default_args(given.get("default_args"), report)
    if name.startswith(LIBRARY):
        return Dataloader(name, default_args=default_args)
    try:
        own = place.folder if given else place.resolve(name)
        return _own_dataloader(own, lookup(own), default_args, report)
    except DataError as error:
        report(str(error))
        return Dataloader(name if given else "", own=place.folder, default_args=default_args)


def _own_dataloader(
    own: str, data: Mapping[str, Any], default_args: dict[str, Any], report: Report
) -> Dataloader:
    arguments = mapping_of(data.get("args"), f"the args of dataloader {own}", report)
    return Dataloader(
        defined_as=class_of(text_of(data.get("defined_as"))), own=own,
        kind=text_of(data.get("type")), default_args=default_args,
        arguments=tuple(_argument(name, mapping_of(one, f"the argument {name!r}", report), report)
                        for name, one in arguments.items()),
    )


def _argument(name: str, data: Mapping[str, Any], report: Report) -> Argument:
    return Argument(
        name, doc=text_of(data.get("doc")), type=text_of(data.get("type")),
        optional=flag_of(data.get("optional")),
        default=_value(name, data.get("default"), report),
        example=_value(name, data.get("example"), report),
    )


def _default_args(value: Any, report: Report) -> dict[str, Any]:
    given = mapping_of(value, "default_args", report)
    return {name: _value(name, one, report) for name, one in given.items()}


def _value(name: str, value: Any, report: Report) -> Any:
    if is_file(value):
        return file_of(name, value, report)
    return dtype_of(value, report) if name == "dtype" else value
