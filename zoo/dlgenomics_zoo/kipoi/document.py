"""YAML of strangers → plain data, within bounds.

More lenient than the reader of specs, as Kipoi's files ask for (a repeated key means its last
value), and as safe: no tags, no aliases, bounded bytes, nodes and depth, and nothing is run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from dlgenomics.errors import DataError

MAX_BYTES: Final = 1_000_000
MAX_NODES: Final = 50_000
MAX_DEPTH: Final = 30

# Text as it stands: a hash of digits is no number, and version 1.10 is not 1.1.
_TEXT_KEYS: Final = {"md5", "sha256", "url", "version", "shape"}
_PLAIN: Final = {f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float", "null")}
_NESTED = (yaml.MappingStartEvent, yaml.SequenceStartEvent)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path) -> str:
    """Return the text of a descriptor file.

    Raises:
        DataError: it is too large, or not UTF-8.
    """
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"a descriptor may hold at most {MAX_BYTES:,} bytes. "
                        f"Received: {path.stat().st_size:,}. Keep data in other files.", path=path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise DataError(f"a descriptor must be UTF-8 text. Received: byte {byte:#04x}. "
                        "Save it as UTF-8.", path=path) from error


def read_mapping(text: str, path: Path | str) -> dict[str, Any]:
    """Return the data of a YAML text whose top is a mapping.

    Args:
        text: the YAML.
        path: where it comes from, for messages.

    Raises:
        DataError: it is no YAML, no mapping, or more than a descriptor needs.
    """
    try:
        _check_bounds(text, path)
        loader = _Loader(text)
        try:
            data = _plain(loader, loader.get_single_node(), path)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DataError(
            f"a descriptor must be valid YAML. Received: {getattr(error, 'problem', error)}. "
            "Check indentation and quotes there.", path=path, line=mark.line + 1 if mark else None,
        ) from error
    if not isinstance(data, dict):
        raise DataError("a descriptor must be a mapping of keys to values. "
                        f"Received: {type(data).__name__}.", path=path)
    return data


def _check_bounds(text: str, path: Path | str) -> None:
    nodes = depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise DataError("a descriptor may hold no aliases. Received: an alias (*). "
                            "Write the value out.", path=path, line=line)
        if isinstance(event, yaml.NodeEvent):
            nodes += 1
        if isinstance(event, _NESTED):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise DataError(f"a descriptor may hold at most {MAX_NODES:,} values, {MAX_DEPTH} "
                            "deep. Received: more. Keep data in other files.", path=path, line=line)


def _plain(loader: Any, node: Any, path: Path | str, key: str = "") -> Any:
    if node is None:
        return None
    if not node.tag.startswith("tag:yaml.org,2002:") or ":python/" in node.tag:
        raise DataError(f"a descriptor may hold no tags. Received: {node.tag}. Remove it.",
                        path=path, line=node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return {name.value: _plain(loader, value, path, name.value)
                for name, value in _pairs(node, path)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, path) for item in node.value]
    if node.tag in _PLAIN and key not in _TEXT_KEYS:
        return loader.construct_object(node)
    return node.value.strip()


def _pairs(node: Any, path: Path | str) -> Any:
    for name, _ in node.value:
        if not isinstance(name, yaml.ScalarNode):
            raise DataError("a descriptor's keys must be words. Received: a list or mapping.",
                            path=path, line=name.start_mark.line + 1)
    return node.value
