"""The tokens of a checkpoint, from the files beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics_zoo.formats.errors import damaged
from dlgenomics_zoo.language.config import MAX_BYTES, read_json

FILES: Final = ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
"""The files that are looked for; the first two hold the tokens, one of them is enough."""

_SETTINGS: Final = ("special_tokens_map.json", "tokenizer_config.json")


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a checkpoint.

    Attributes:
        tokens: in the order of their ids.
        settings: what the tokenizer's own files say, such as ``eos_token``.
        path: of the file that has the tokens, for messages.
    """

    tokens: tuple[str, ...]
    path: Path
    settings: Mapping[str, Any] = field(default_factory=dict)

    def special(self, key: str, default: str | None) -> str | None:
        """Return a special token by its name in transformers, such as ``eos_token``.

        What the files say counts, also that there is none; else the default, if it is a token.
        """
        value = self.settings.get(key, default)
        value = value.get("content") if isinstance(value, dict) else value
        return value if isinstance(value, str) and value in self.tokens else None

    def required(self, key: str, default: str) -> str:
        """Return a special token that there must be.

        Raises:
            DataError: there is none.
        """
        found = self.special(key, default)
        if found is None:
            raise DataError(f"the vocabulary must hold the {key} {default}. Received: "
                            f"{len(self.tokens):,} tokens without it. Fetch the tokenizer's files "
                            "of this very model.", path=self.path)
        return found


def read_vocabulary(folder: Path) -> Vocabulary | None:
    """Read the tokens of the checkpoint in a folder; None where no file has any.

    Raises:
        DataError: a file is not what it must be.
    """
    settings: dict[str, Any] = {}
    for name in _SETTINGS:
        if (folder / name).is_file():
            settings |= read_json(folder / name, "settings of a tokenizer")
    if (folder / "vocab.txt").is_file():
        path = folder / "vocab.txt"
        return Vocabulary(_lines(path), path, settings)
    if (folder / "tokenizer.json").is_file():
        path = folder / "tokenizer.json"
        return Vocabulary(_numbered(path), path, settings)
    return None


def _lines(path: Path) -> tuple[str, ...]:
    if path.stat().st_size > MAX_BYTES:
        raise damaged(path, "a vocabulary", f"{path.stat().st_size:,} bytes")
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise damaged(path, "a vocabulary", "bytes that are no UTF-8") from error
    return tuple(line.strip() for line in lines if line.strip())


def _numbered(path: Path) -> tuple[str, ...]:
    """Return the tokens of a ``tokenizer.json``, those that were added included."""
    found = read_json(path, "a tokenizer")
    match found.get("model"):
        case {"vocab": dict(ids)}:
            numbers = dict(ids)
        case _:
            raise damaged(path, "a tokenizer with a vocabulary", "another kind")
    for one in found.get("added_tokens") or ():
        match one:
            case {"content": str(token), "id": int(place)}:
                numbers[token] = place
    whole = all(type(place) is int for place in numbers.values())
    if not whole or sorted(numbers.values()) != list(range(len(numbers))):
        raise damaged(path, "a tokenizer", "ids with gaps")
    return tuple(sorted(numbers, key=lambda token: numbers[token]))
