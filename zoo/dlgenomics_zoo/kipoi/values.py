"""Single values of a descriptor, with the spellings that Kipoi's authors use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from dlgenomics_zoo.kipoi.descriptor import Person, RemoteFile, Shape

# Kipoi evaluates these texts as Python; here only those that name a type of numbers count.
_DTYPES: Final = {"float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
                  "bool", "float", "int"}
_HASH_DIGITS: Final = {"md5": 32, "sha256": 64}
_SCHEMES: Final = ("https://", "http://", "ftp://")
_DOI_TYPO: Final = re.compile(r"^https?://doi\.org:/+")
_NOT_STATED: Final = {"", "tba", "todo", "none", "null", "..."}

Report = Callable[[str], None]
"""Takes a sentence about something that cannot be used."""


def text_of(value: Any) -> str:
    """Return a value as one line of text, without what would steer a terminal; empty for None."""
    line = "" if value is None else " ".join(str(value).split())
    return line if line.isprintable() else "".join(filter(str.isprintable, line))


def texts_of(value: Any) -> tuple[str, ...]:
    """Return a list of texts; a single text counts as a list of one."""
    if value is None:
        return ()
    return tuple(text_of(item) for item in (value if isinstance(value, list) else [value]))


def mapping_of(value: Any, what: str, report: Report) -> Mapping[str, Any]:
    """Return a mapping; anything else is reported and counts as empty."""
    if isinstance(value, dict):
        return value
    if value is not None:
        report(f"{what} must be a mapping. Received: {value!r:.80}.")
    return {}


def flag_of(value: Any) -> bool:
    """Return whether a flag is set; Kipoi's files also write it as text."""
    return value is True or str(value).strip().casefold() in ("true", "yes", "1")


def shape_of(value: Any, report: Report) -> Shape | None:
    """Return the shape that ``(None, 4)``, ``(1, )``, ``4`` or a list means; None if unreadable."""
    if value is None:
        return None
    items = value if isinstance(value, list) else re.split(r"[,\s]+", str(value).strip(" ()[]"))
    try:
        return tuple(_length(item) for item in items if item not in ("", None) or item is None)
    except ValueError:
        report(f"a shape must be a list of lengths or None, such as (None, 4). "
               f"Received: {value!r:.80}.")
        return None


def _length(item: Any) -> int | None:
    if item is None or str(item).strip().casefold() in ("none", "null"):
        return None
    length = int(str(item))
    if length < 0:
        raise ValueError(item)
    return length


def dtype_of(value: Any, report: Report) -> str | None:
    """Return the name of a type of numbers for ``np.float32`` and the like; None if it is none."""
    if value is None:
        return None
    name = re.sub(r"^(np|numpy)\.", "", str(value).strip())
    if name in _DTYPES:
        return name
    report(f"dtype must be one of {', '.join(sorted(_DTYPES))}. Received: {str(value)[:80]!r}.")
    return None


def file_of(role: str, value: Mapping[str, Any], report: Report) -> RemoteFile:
    """Return a remote file; what is wrong with its address or hash is reported."""
    url = text_of(value.get("url"))
    if not url.startswith(_SCHEMES):
        report(f"the file {role!r} must have a url that starts with https://. "
               f"Received: {url[:80]!r}.")
    hashes = {kind: _hash_of(kind, value.get(kind), role, report) for kind in _HASH_DIGITS}
    return RemoteFile(role, url, name=text_of(value.get("name")), **hashes)


def _hash_of(kind: str, value: Any, role: str, report: Report) -> str:
    digits = text_of(value).casefold().removeprefix(f"{kind}:").strip()
    if digits and not re.fullmatch(rf"[0-9a-f]{{{_HASH_DIGITS[kind]}}}", digits):
        report(f"the {kind} of {role!r} must have {_HASH_DIGITS[kind]} hexadecimal digits. "
               f"Received: {digits[:80]!r}.")
        return ""
    return digits


def is_file(value: Any) -> bool:
    """Say whether a value describes a remote file."""
    return isinstance(value, dict) and "url" in value


def class_of(text: str) -> str:
    """Return ``file.Class`` for the older ``file.py::Class`` as well."""
    file, colons, name = text.partition("::")
    return f"{file.removesuffix('.py')}.{name}" if colons else text


def cite_of(value: Any) -> str:
    """Return a citation; placeholders count as none, and a misspelt DOI address is mended."""
    text = _DOI_TYPO.sub("https://doi.org/", text_of(value))
    bare = text.removeprefix("https://doi.org/")
    return "" if bare.casefold() in _NOT_STATED else text


def people_of(value: Any) -> tuple[Person, ...]:
    """Return authors or contributors, each a name or a mapping."""
    items = value if isinstance(value, list) else []
    return tuple(
        Person(text_of(i.get("name")), text_of(i.get("github")), text_of(i.get("email")))
        if isinstance(i, dict) else Person(text_of(i)) for i in items)
