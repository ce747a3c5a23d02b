"""Pickles read as data: a stack machine that builds plain values and never imports or calls.

What a pickle would import is a `Name`; what it would call is looked up in a table of pure
functions of ours, and refused if it is not there. Objects of unknown classes become `Inert`
records of what they hold, if the caller allows them.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from dlgenomics.spec.problems import shown
from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged

MAX_STEPS: Final = 3_000_000
MAX_BYTES: Final = 256 * 2**20
MAX_DEPTH: Final = 200
_RULE: Final = "a checkpoint may hold arrays and plain values only"

_SYSTEM: Final = frozenset((
    "os", "posix", "nt", "sys", "subprocess", "builtins", "__builtin__", "shutil", "socket", "pty",
    "importlib", "imp", "runpy", "ctypes", "pickle", "_pickle", "cPickle", "marshal", "code",
    "codeop", "webbrowser", "asyncio", "multiprocessing", "threading", "signal", "operator",
    "functools", "types", "io", "_io", "pathlib", "tempfile", "urllib", "http", "requests",
    "timeit", "pdb", "cProfile", "profile", "platform", "bdb", "inspect", "commands",
    "popen2", "site", "pip", "pydoc", "doctest", "distutils", "setuptools", "ensurepip", "venv",
    "gc", "atexit",
))
"""Modules of the language itself: a model has no reason to name them."""


@dataclass(frozen=True)
class Name:
    """Something that the pickle names in a module; it is never imported."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Inert:
    """An object of a class that is not known: what it was made from, as data."""

    of: Name
    arguments: tuple[Any, ...] = ()
    state: Any = None
    items: list[Any] = field(default_factory=list)


Function = Callable[..., Any]
"""A pure function of ours that stands for one that the pickle would call."""


@dataclass(frozen=True)
class Rules:
    """What a pickle may name.

    Attributes:
        functions: our stand-ins for what may be called, by full name.
        names: what may be named without being called, such as the types of storages.
        persistent: turns a persistent id into a value.
        classes: whether objects of other classes are kept as `Inert` records.
    """

    functions: Mapping[str, Function]
    names: frozenset[str] = frozenset()
    persistent: Callable[[Any], Any] | None = None
    classes: bool = False


def read_pickle(stream: BinaryIO, path: Path, rules: Rules) -> Any:
    """Read one pickle from where ``stream`` stands up to its end.

    Raises:
        UnsafeModelError: it names or calls something that the rules do not hold, or is built to
            exhaust memory.
        DataError: it is truncated or no pickle.
    """
    machine = _Machine(path, rules)
    try:
        for opcode, argument, _ in pickletools.genops(
                cast(IO[bytes], _Bounded(stream, path))):
            machine.step(opcode.name, argument)
        return machine.result()
    except (ValueError, IndexError, KeyError, TypeError, UnicodeError, OverflowError,
            AttributeError) as error:
        raise damaged(path, "a whole checkpoint", f"a broken pickle ({error})") from error
    except RecursionError:
        raise UnsafeModelError(path, _RULE, "values nested too deeply") from None


class _Bounded:
    """A stream that refuses to be read further than any checkpoint's pickle is long."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self.stream, self.path, self.left = stream, path, MAX_BYTES

    def read(self, size: int) -> bytes:
        self._take(size)
        return self.stream.read(size)

    def readline(self) -> bytes:
        line = self.stream.readline(self.left)
        self._take(len(line))
        return line

    def _take(self, size: int) -> None:
        self.left -= size
        if size < 0 or self.left < 0:
            raise UnsafeModelError(self.path, _RULE, f"a value of {size:,} bytes in the pickle")


class _Mark:
    """Stands on the stack where a group of values begins."""


_MARK: Final = _Mark()

_CONSTANTS: Final[dict[str, Any]] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: Final[dict[str, Callable[[], Any]]] = {
    "EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_SET": set, "EMPTY_TUPLE": tuple,
}
_VALUES: Final = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "UNICODE", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8", "FLOAT", "BINFLOAT", "BYTEARRAY8",
))
_PUTS: Final = ("PUT", "BINPUT", "LONG_BINPUT")
_GETS: Final = ("GET", "BINGET", "LONG_BINGET")
_TUPLES: Final = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class _Machine:
    """The stack, the memo and what each opcode does to them."""

    def __init__(self, path: Path, rules: Rules) -> None:
        self.path, self.rules = path, rules
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.steps = 0

    def step(self, name: str, argument: Any) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise self._unsafe(f"more than {MAX_STEPS:,} steps")
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            self.stack.append(_EMPTY[name]())
        elif name in _PUTS:
            self.memo[argument] = self.stack[-1]
        elif name in _GETS:
            self.stack.append(self.memo[argument])
        elif name in _TUPLES:
            self.stack.append(tuple(self._pop_several(_TUPLES[name])))
        elif name not in ("PROTO", "FRAME", "STOP"):
            getattr(self, f"_do_{name.lower()}", self._unknown(name))(argument)

    def result(self) -> Any:
        if len(self.stack) != 1:
            raise ValueError(f"{len(self.stack)} values are left")
        check_depth(self.stack[0], self.path)
        return self.stack[0]

    def _unsafe(self, came: str) -> UnsafeModelError:
        return UnsafeModelError(self.path, _RULE, came)

    def _unknown(self, name: str) -> Callable[[Any], None]:
        def refuse(_: Any) -> None:
            raise self._unsafe(f"the pickle instruction {name}")

        return refuse

    def _pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("a value is missing")
        return value

    def _pop_several(self, number: int) -> list[Any]:
        return [self._pop() for _ in range(number)][::-1]

    def _pop_to_mark(self) -> list[Any]:
        found: list[Any] = []
        while (value := self.stack.pop()) is not _MARK:
            found.append(value)
        return found[::-1]

    def _do_mark(self, _: Any) -> None:
        self.stack.append(_MARK)

    def _do_pop(self, _: Any) -> None:
        self.stack.pop()

    def _do_pop_mark(self, _: Any) -> None:
        self._pop_to_mark()

    def _do_dup(self, _: Any) -> None:
        self.stack.append(self.stack[-1])

    def _do_memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def _do_tuple(self, _: Any) -> None:
        self.stack.append(tuple(self._pop_to_mark()))

    def _do_list(self, _: Any) -> None:
        self.stack.append(self._pop_to_mark())

    def _do_dict(self, _: Any) -> None:
        self.stack.append(_paired(self._pop_to_mark()))

    def _do_frozenset(self, _: Any) -> None:
        self.stack.append(frozenset(self._pop_to_mark()))

    def _do_append(self, _: Any) -> None:
        value = self._pop()
        self._extend([value])

    def _do_appends(self, _: Any) -> None:
        self._extend(self._pop_to_mark())

    def _extend(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Inert):
            target.items.extend(values)
        elif isinstance(target, list):
            target.extend(values)
        else:
            raise ValueError("values are added to no list")

    def _do_additems(self, _: Any) -> None:
        values = self._pop_to_mark()
        self.stack[-1].update(values)

    def _do_setitem(self, _: Any) -> None:
        pair = self._pop_several(2)
        self._set(pair)

    def _do_setitems(self, _: Any) -> None:
        self._set(self._pop_to_mark())

    def _set(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Inert):
            target.items.extend(_paired(values).items())
        elif isinstance(target, dict):
            target.update(_paired(values))
        else:
            raise ValueError("items are added to no mapping")

    def _do_global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._name(module, name)

    def _do_stack_global(self, _: Any) -> None:
        module, name = self._pop_several(2)
        if not isinstance(module, str) or not isinstance(name, str):
            raise self._unsafe("a name that is no text")
        self._name(module, name)

    def _name(self, module: str, name: str) -> None:
        found = Name(module, name)
        known = str(found) in self.rules.functions or str(found) in self.rules.names
        if not known and (not self.rules.classes or module.split(".", maxsplit=1)[0] in _SYSTEM):
            raise self._unsafe(f"the name {shown(str(found))}, which unpickling would import")
        self.stack.append(found)

    def _do_reduce(self, _: Any) -> None:
        function, arguments = self._pop_several(2)
        self.stack.append(self._called(function, arguments))

    def _called(self, function: Any, arguments: Any) -> Any:
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise self._unsafe("a call of something that is no function")
        known = self.rules.functions.get(str(function))
        if known is None:
            raise self._unsafe(f"a call of {shown(str(function))}")
        return known(*arguments)

    def _do_newobj(self, _: Any) -> None:
        of, arguments = self._pop_several(2)
        self.stack.append(self._made(of, arguments))

    def _do_newobj_ex(self, _: Any) -> None:
        of, arguments, _keywords = self._pop_several(3)
        self.stack.append(self._made(of, arguments))

    def _do_inst(self, argument: str) -> None:
        arguments = tuple(self._pop_to_mark())
        self._do_global(argument)
        self.stack.append(self._made(self._pop(), arguments))

    def _do_obj(self, _: Any) -> None:
        of, *arguments = self._pop_to_mark()
        self.stack.append(self._made(of, tuple(arguments)))

    def _made(self, of: Any, arguments: Any) -> Any:
        if not isinstance(of, Name) or not isinstance(arguments, tuple):
            raise self._unsafe("an object of something that is no class")
        known = self.rules.functions.get(str(of))
        if known is not None:
            return known(*arguments)
        if not self.rules.classes:
            raise self._unsafe(f"an object of the class {shown(str(of))}")
        return Inert(of, arguments)

    def _do_build(self, _: Any) -> None:
        target, state = self._pop_several(2)
        if isinstance(target, Inert):
            target.state = state
        elif not isinstance(target, dict):  # an OrderedDict's own attributes are of no interest
            raise self._unsafe("a state for something that has none")
        self.stack.append(target)

    def _do_persid(self, argument: Any) -> None:
        self._persistent(argument)

    def _do_binpersid(self, _: Any) -> None:
        self._persistent(self._pop())

    def _persistent(self, found: Any) -> None:
        if self.rules.persistent is None:
            raise self._unsafe("a reference to something outside the pickle")
        self.stack.append(self.rules.persistent(found))


def _paired(values: list[Any]) -> dict[Any, Any]:
    if len(values) % 2:
        raise ValueError("a key has no value")
    return dict(zip(values[::2], values[1::2], strict=True))


def check_depth(value: Any, path: Path) -> None:
    """Refuse a value that is nested deeper than `MAX_DEPTH`, or that holds itself."""
    depths: dict[int, int] = {}
    todo: list[tuple[Any, int]] = [(value, 0)]
    while todo:
        one, depth = todo.pop()
        if depth > MAX_DEPTH:
            raise UnsafeModelError(path, _RULE, f"values nested more than {MAX_DEPTH} deep")
        if isinstance(one, str | bytes | int | float | bool | None | Name):
            continue
        if depths.get(id(one), -1) >= depth:
            continue  # seen at least as deep
        depths[id(one)] = depth
        todo += [(part, depth + 1) for part in parts_of(one)]


def parts_of(value: Any) -> list[Any]:
    """Return what a value of a pickle directly holds."""
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, Inert):
        return [*value.arguments, value.state, *value.items]
    return []
