"""A Keras architecture (JSON or YAML) → plain, bounded data with the Keras that wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged

MAX_BYTES: Final = 64 * 2**20
MAX_NODES: Final = 2_000_000
MAX_DEPTH: Final = 80


@dataclass(frozen=True)
class Architecture:
    """A network as Keras wrote it down.

    Attributes:
        class_name, config: what the file says.
        version: the Keras that wrote it, such as ``2.2.4-tf``; None means Keras 1.
        backend: such as ``tensorflow`` or ``theano``, or None.
        path: the file, for messages.
    """

    class_name: str
    config: Any
    version: str | None
    backend: str | None
    path: Path

    @property
    def release(self) -> tuple[int, int]:
        """The version's first two numbers; Keras 1 files may not say which they are: (1, 0)."""
        return release_of(self.version)


def release_of(version: str | None) -> tuple[int, int]:
    """Return a version's first two numbers.

    >>> release_of("2.2.4-tf"), release_of("3"), release_of(None)
    ((2, 2), (3, 0), (1, 0))
    """
    found = re.match(r"(\d{1,4})(?:\.(\d{1,4}))?", version or "")
    return (int(found[1]), int(found[2] or 0)) if found else (1, 0)


def read_architecture(text: str, path: Path, *, version: str | None = None,
                      backend: str | None = None) -> Architecture:
    """Read the text of an architecture.

    Args:
        text: what ``to_json`` or ``to_yaml`` gave, or the ``config.json`` of a ``.keras`` file.
        path: for messages.
        version: used where the text does not say.
        backend: likewise.

    Raises:
        DataError: it is no architecture, or one of Keras 0.
        UnsafeModelError: it is built to exhaust memory, or holds tags that make objects.
    """
    if len(text) > MAX_BYTES:
        raise UnsafeModelError(path, f"an architecture may have at most {MAX_BYTES:,} characters",
                               f"{len(text):,}")
    found = _json(text, path) if text.lstrip("\ufeff \t\r\n").startswith("{") else _yaml(text, path)
    if isinstance(found, Mapping) and "class_name" not in found and "layers" in found:
        raise damaged(path, "of Keras 1 or later", "an architecture of Keras 0")
    if not isinstance(found, Mapping) or not isinstance(found.get("class_name"), str):
        raise damaged(path, "a Keras architecture", "data without a class_name")
    check_size(found, path)
    own = found.get("keras_version") or version
    if own is None and "module" in found:
        own = "3"  # only Keras 3 writes modules
    return Architecture(found["class_name"], found.get("config"), own,
                        found.get("backend") or backend, path)


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise damaged(path, "a Keras architecture", f"broken JSON ({error})") from error


class _Loader(yaml.SafeLoader):
    """Plain values only; Keras wrote tuples and Python 2 texts with tags, which become plain."""


def _sequence(loader: yaml.SafeLoader, node: yaml.Node) -> list[Any]:
    assert isinstance(node, yaml.SequenceNode)  # noqa: S101 - the resolver gives no other
    return loader.construct_sequence(node, deep=True)


def _scalar(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101 - the resolver gives no other
    return str(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:python/tuple", _sequence)
_Loader.add_constructor("tag:yaml.org,2002:python/unicode", _scalar)
_Loader.add_constructor("tag:yaml.org,2002:python/str", _scalar)


def _yaml(text: str, path: Path) -> Any:
    if len(text) > MAX_BYTES // 16:
        raise UnsafeModelError(path, "an architecture in YAML may have at most "
                               f"{MAX_BYTES // 16:,} characters", f"{len(text):,}")
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader with three plain tags more
    except yaml.constructor.ConstructorError as error:
        raise UnsafeModelError(path, "an architecture may hold plain values only",
                               str(error.problem)) from error
    except (yaml.YAMLError, RecursionError, AssertionError, ValueError) as error:
        came = str(error).splitlines()[0] if str(error) else "values nested too deeply"
        raise damaged(path, "a Keras architecture", f"broken YAML ({came})") from error


def check_size(value: Any, path: Path) -> None:
    """Refuse data that is nested too deeply or unfolds to too much.

    Raises:
        UnsafeModelError: it is.
    """
    todo: list[tuple[Any, int]] = [(value, 0)]
    seen = 0
    while todo:
        one, depth = todo.pop()
        seen += 1
        if depth > MAX_DEPTH or seen > MAX_NODES:
            raise UnsafeModelError(path, f"an architecture may be {MAX_DEPTH} levels deep and hold "
                                   f"{MAX_NODES:,} values", "more")
        if isinstance(one, Mapping):
            todo += [(part, depth + 1) for part in one.values()]
        elif isinstance(one, list | tuple):
            todo += [(part, depth + 1) for part in one]
