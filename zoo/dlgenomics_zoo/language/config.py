"""``config.json`` of transformers, read strictly: a value that a port does not know is refused."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from dlgenomics.errors import DataError
from dlgenomics.files import require_file
from dlgenomics_zoo.formats.errors import damaged, printable

CONFIG: Final = "config.json"
MAX_BYTES: Final = 10_000_000
_LARGEST: Final = 2**31 - 1
T = TypeVar("T")


@dataclass(frozen=True)
class Config:
    """The values of a ``config.json``.

    Attributes:
        values: by key, as JSON has them.
        path: the file, for messages.
    """

    values: Mapping[str, Any]
    path: Path

    @property
    def model_type(self) -> str:
        """The family's name in transformers."""
        return str(self.values.get("model_type") or "")

    def whole(self, key: str, default: int | None = None, least: int = 1) -> int:
        """Return a whole number of at least ``least``.

        Raises:
            DataError: it is none, or there is neither it nor a default.
        """
        value = self.values.get(key)
        value = default if value is None else value
        if type(value) is int and least <= value <= _LARGEST:
            return value
        raise self.wrong(key, f"a whole number of at least {least}")

    def number(self, key: str, default: float) -> float:
        """Return a number above 0."""
        value = self.values.get(key)
        value = default if value is None else value
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LARGEST:
            return float(value)
        raise self.wrong(key, "a number above 0")

    def flag(self, key: str, *, default: bool) -> bool:
        """Return a truth value; nothing (``null``) is the default."""
        value = self.values.get(key)
        value = default if value is None else value
        if isinstance(value, bool):
            return value
        raise self.wrong(key, "true or false")

    def choice(self, key: str, known: Iterable[T], default: T) -> T:
        """Return a value that must be one of a few; any other one is another network.

        Raises:
            DataError: it is another one.
        """
        value: Any = self.values.get(key, default)
        value = default if value is None else value
        known = tuple(known)
        if any(type(value) is type(one) and value == one for one in known):
            found: T = value
            return found
        raise self.wrong(key, " or ".join(map(_shown, known)))

    def wrong(self, key: str, rule: str) -> DataError:
        """Return the error for a value that a port does not know."""
        came = _shown(self.values[key]) if key in self.values else "none"
        return DataError(f"{key} must be {rule}. Received: {came}. There is no port for this "
                         "variant of the network.", path=self.path)

    def has_head(self) -> bool:
        """Tell whether the checkpoint is said to have a head that scores tokens."""
        names = self.values.get("architectures") or ["ForMaskedLM"]
        return any(str(name).endswith(("ForMaskedLM", "ForPreTraining", "LMHeadModel"))
                   for name in names)


def _shown(value: Any) -> str:
    return printable(json.dumps(value))[:80]


def read_config(path: Path) -> Config:
    """Read a ``config.json``.

    Raises:
        MissingFileError: no such file.
        DataError: it is no JSON object.
    """
    return Config(read_json(path, "a config of transformers"), path)


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Raises:
        MissingFileError: no such file.
        DataError: it is something else.
    """
    require_file(path, what)
    if path.stat().st_size > MAX_BYTES:
        raise damaged(path, what, f"{path.stat().st_size:,} bytes")
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise damaged(path, what, f"a text that is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise damaged(path, what, f"a {type(found).__name__}")
    return found
