"""The arrays of a descriptor: one, a list, or a nested mapping of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics_zoo.kipoi.descriptor import Array, Schema
from dlgenomics_zoo.kipoi.place import Place
from dlgenomics_zoo.kipoi.values import Report, shape_of, text_of, texts_of

_LABEL_FILES: Final = (".txt", ".csv", ".tsv", ".names")


def read_schema(value: Any, place: Place, report: Report) -> Schema:
    """Return the schema that a value describes; what cannot be used is reported.

    Args:
        value: the descriptor's ``schema.inputs`` or ``schema.targets``.
        place: the model's place, from which files of column labels are read.
        report: takes the problems.
    """
    if value is None:
        return Schema()
    form = "array" if _is_array(value) else "list" if isinstance(value, list) else "dict"
    arrays = (_array(path, one, place, report) for path, one in _leaves(value, "", report))
    return Schema(form, tuple(arrays))


def _is_array(value: Any) -> bool:
    return isinstance(value, dict) and not isinstance(value.get("shape", {}), dict)


def _leaves(value: Any, path: str, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every array with its keys joined by slashes; an item of a list has its number."""
    if _is_array(value):
        yield path, value
        return
    if isinstance(value, list):
        items = [(str(number), item) for number, item in enumerate(value)]
    elif isinstance(value, dict):
        items = list(value.items())
    else:
        report(f"an array must be a mapping with a shape. Received: {value!r:.80}.")
        return
    for key, item in items:
        yield from _leaves(item, f"{path}/{key}" if path else key, report)


def _array(path: str, value: dict[str, Any], place: Place, report: Report) -> Array:
    labels_file, labels = _labels(value.get("column_labels"), place, report)
    return Array(
        path=path, shape=shape_of(value.get("shape"), report), name=text_of(value.get("name")),
        special_type=text_of(value.get("special_type")), doc=text_of(value.get("doc")),
        labels=labels, labels_file=labels_file,
        metadata=tuple(name.strip() for text in texts_of(value.get("associated_metadata"))
                       for name in text.split(",")),
    )


def _labels(value: Any, place: Place, report: Report) -> tuple[str, tuple[str, ...]]:
    texts = texts_of(value)
    if len(texts) != 1 or not texts[0].endswith(_LABEL_FILES):
        return "", texts
    try:
        return place.lines(texts[0])
    except DataError as error:
        report(str(error))
        return texts[0], ()
