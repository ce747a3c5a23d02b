"""Python bytecode as data: a bounded reader of the marshal format that makes no code object."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 12


class NotReadable(ValueError):  # noqa: N818 - the caller says what it means
    """The bytes are no marshalled function that this reader knows."""


@dataclass(frozen=True)
class Bytecode:
    """What a function's code holds, for looking at.

    Attributes:
        fields: 4 in Python 2, 5 in 3.0 to 3.7, 6 in 3.8 to 3.10 (numbers before the code).
        code: the instructions.
        arguments: how many arguments it takes.
        constants, names, variables, free: what the instructions number.
    """

    fields: int
    code: bytes
    arguments: int
    constants: tuple[Any, ...]
    names: tuple[str, ...]
    variables: tuple[str, ...]
    free: tuple[str, ...]


def read_bytecode(content: bytes) -> Bytecode:
    """Read the marshalled code of one function.

    Raises:
        NotReadable: it is something else, too large, or of Python 3.11 or later.
    """
    if not content or len(content) > MAX_BYTES or content[0] & 0x7F != ord("c"):
        raise NotReadable("no marshalled function")
    reason = "no marshalled function"
    for fields in (4, 5, 6):
        try:
            reader = _Reader(content, fields)
            found = reader.value()
        except (NotReadable, struct.error, IndexError, UnicodeError) as error:
            reason = str(error)
            continue
        if isinstance(found, Bytecode) and reader.at == len(content):
            return found
    raise NotReadable(f"bytecode of an unknown Python ({reason})")


_SINGLE: Final = {"N": None, "T": True, "F": False, ".": ...}
_TEXTS: Final = "stuaAzZ"


class _Reader:
    def __init__(self, content: bytes, fields: int) -> None:
        self.content, self.fields, self.at, self.depth = content, fields, 0, 0
        self.references: list[Any] = []
        self.interned: list[str] = []

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.content):
            raise NotReadable("it ends early")
        piece = self.content[self.at:self.at + size]
        self.at += size
        return piece

    def number(self) -> int:
        return int(struct.unpack("<i", self.take(4))[0])

    def value(self) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotReadable("it is nested too deeply")
        flagged = self.take(1)[0]
        kind = chr(flagged & 0x7F)
        place = None
        if flagged & 0x80:
            place = len(self.references)
            self.references.append(None)
        found = self.one(kind)
        if place is not None:
            self.references[place] = found
        self.depth -= 1
        return found

    def one(self, kind: str) -> Any:
        if kind in _SINGLE:
            return _SINGLE[kind]
        if kind in "(<>[)":
            size = self.take(1)[0] if kind == ")" else self.length(self.number())
            return tuple(self.value() for _ in range(size))
        if kind == "c":
            return self.code()
        if kind in "rR":
            return (self.references if kind == "r" else self.interned)[self.number()]
        return self.digits(kind) if kind in "iIlgf" else self.text(kind)

    def length(self, size: int) -> int:
        if not 0 <= size <= len(self.content) - self.at:
            raise NotReadable("it ends early")
        return size

    def digits(self, kind: str) -> float:
        if kind == "i":
            return self.number()
        if kind == "l":
            return self.long()
        if kind == "f":
            return float(self.take(self.take(1)[0]).decode("ascii"))
        return float(struct.unpack("<d", self.take(8))[0]) if kind == "g" else int(
            struct.unpack("<q", self.take(8))[0])

    def text(self, kind: str) -> str | bytes:
        if kind not in _TEXTS:
            raise NotReadable(f"a value of the kind {kind!r}")
        raw = self.take(self.take(1)[0] if kind in "zZ" else self.number())
        if kind == "s":
            return raw
        text = raw.decode("latin1" if kind in "aAzZ" else "utf-8", "replace")
        if kind == "t":  # Python 2 refers to such texts by their number
            self.interned.append(text)
        return text

    def long(self) -> int:
        size = self.number()
        if abs(size) > 20:
            raise NotReadable("a number of too many digits")
        digits = struct.unpack(f"<{abs(size)}H", self.take(2 * abs(size)))
        found = sum(digit << (15 * i) for i, digit in enumerate(digits))
        return int(-found if size < 0 else found)

    def code(self) -> Bytecode:
        numbers = [self.number() for _ in range(self.fields)]
        if not all(0 <= n < 2**31 for n in numbers):
            raise NotReadable("other numbers than a function has")
        code, constants, *tables = (self.value() for _ in range(6))
        if not isinstance(code, bytes) or not isinstance(constants, tuple):
            raise NotReadable("no instructions where they should be")
        names, variables, free, cells = (self.texts(t) for t in tables)
        for _ in range(2):  # file and function name
            self.value()
        self.number()  # first line
        self.value()  # line table
        return Bytecode(self.fields, code, numbers[0], constants, names, variables,
                        cells + free)

    @staticmethod
    def texts(table: Any) -> tuple[str, ...]:
        if not isinstance(table, tuple) or not all(isinstance(t, str | bytes) for t in table):
            raise NotReadable("no names where they should be")
        return tuple(t if isinstance(t, str) else t.decode("latin1") for t in table)
