"""Sources of models in Kipoi's form that the user declared: here, or in Kipoi's own settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from dlgenomics.errors import DataError, DlgError, did_you_mean
from dlgenomics.files import write_text
from dlgenomics.settings import load_settings
from dlgenomics_zoo.kipoi.document import read_mapping, read_text
from dlgenomics_zoo.sources.permalink import parse_permalink

FOLDER: Final = "folder"
GIT: Final = "git"
PERMALINK: Final = "permalink"
_TAKEN: Final = ("local", "built-in", "kipoi", "folder", "hf", "pypi", "http", "https", "file")
_URL: Final = re.compile(r"(?:https|ssh|git|file)://[^\s]+|[\w.-]+@[\w.-]+:[^\s]+")
# The index that comes with dlgenomics stands for Kipoi's own repository.
_SHIPPED: Final = re.compile(r"[/:]kipoi/models(?:\.git)?/?$")


@dataclass(frozen=True)
class Declared:
    """A source that was declared.

    Attributes:
        name: by which its models are asked for, as in ``name:Model``.
        kind: ``folder``, ``git`` or ``permalink``.
        location: the folder, the address of the repository, or the link to a commit.
        by: ``dlgenomics`` or ``kipoi``, whose settings list it.
    """

    name: str
    kind: str
    location: str
    by: str = "dlgenomics"


def declared_sources() -> list[Declared]:
    """Return the declared sources; our settings win over Kipoi's for the same name.

    Raises:
        DataError: a settings file cannot be read.
    """
    found = {one.name: one for one in (*_of_kipoi(), *_of_ours())}
    return list(found.values())


def declared_source(name: str) -> Declared:
    """Return the declared source of that name.

    Raises:
        DlgError: there is none.
    """
    known = {one.name: one for one in declared_sources()}
    if name not in known:
        raise unknown_source(name, known)
    return known[name]


def prepare_source(name: str, location: str) -> Declared:
    """Return a source as it could be added; nothing is written or fetched yet.

    Args:
        name: letters, digits, ``-`` and ``_``.
        location: a folder, the address of a git repository, or a link to a commit on a git host.

    Raises:
        DlgError: the name cannot be used or is taken, or the location is none of these.
    """
    known = {one.name: one for one in _of_ours()}
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", name) or name.casefold() in _TAKEN:
        raise DlgError("a source's name must be of letters, digits, - and _, and none of "
                       f"{', '.join(_TAKEN)}. Received: {name!r}. Choose another.")
    if name in known:
        raise DlgError(f"a source may be added once. Received: {name!r}, which is "
                       f"{known[name].location}. Remove it first: dlg source rm {name}")
    return Declared(name, *_kind_and_location(location))


def add_source(added: Declared) -> None:
    """Declare a source from now on, in the settings file that ``DLG_CONFIG`` names."""
    _write([*(one for one in _of_ours() if one.name != added.name), added])


def remove_source(name: str) -> Declared:
    """Forget a source that `add_source` declared; its files stay where they are.

    Raises:
        DlgError: there is none of that name.
    """
    known = {one.name: one for one in _of_ours()}
    if name not in known:
        raise unknown_source(name, known)
    _write([one for one in known.values() if one.name != name])
    return known[name]


def unknown_source(name: str, known: Mapping[str, object]) -> DlgError:
    """Return the error for a source that is not declared."""
    wanted = f"one of {', '.join(known)}" if known else "added first with `dlg source add`"
    return DlgError(f"a source must be {wanted}. Received: {name!r}.{did_you_mean(name, known)}")


def _kind_and_location(location: str) -> tuple[str, str]:
    if parse_permalink(location):
        return PERMALINK, location
    if _URL.fullmatch(location):
        return GIT, location
    folder = Path(location).expanduser()
    if folder.is_dir():
        return FOLDER, str(folder.resolve())
    raise DlgError(
        "a source must be a folder, the address of a git repository (https://…, ssh://…, file://…)"
        f" or a link to a commit (https://github.com/org/repo/tree/…). Received: {location!r}. "
        "Check the path or the address.")


def _of_ours() -> list[Declared]:
    path = load_settings().config
    entries = _mapping(_settings(path), "sources", path)
    return [Declared(name, *_kind_and_place(name, one, path)) for name, one in entries.items()]


def _kind_and_place(name: str, one: Any, path: Path) -> tuple[str, str]:
    kind, location = (one.get("kind"), one.get("location")) if isinstance(one, dict) else ("", "")
    safe = kind == FOLDER or (kind == GIT and _URL.fullmatch(str(location))) or (
        kind == PERMALINK and parse_permalink(str(location)))
    if not safe:
        raise DataError(f"the source {name!r} must have a kind (folder, git, permalink) and its "
                        f"location. Received: {one!r:.120}. Correct or remove it.", path=path)
    return str(kind), str(location)


def _of_kipoi() -> Iterator[Declared]:
    path = load_settings().kipoi_config
    for name, one in _mapping(_settings(path), "model_sources", path).items():
        if not isinstance(one, dict):
            continue
        place = Path(str(one.get("local_path") or "")).expanduser()
        url = str(one.get("remote_url") or "")
        if one.get("type") not in ("local", "git", "git-lfs") or _SHIPPED.search(url):
            continue  # what lies behind permalinks is asked for by its link
        if one.get("local_path") and (one["type"] == "local" or place.is_dir()):
            yield Declared(name, FOLDER, str(place), "kipoi")
        elif _URL.fullmatch(url):
            yield Declared(name, GIT, url, "kipoi")


def _settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    text = read_text(path)
    return read_mapping(text, path) if text.strip() else {}


def _mapping(data: Mapping[str, Any], key: str, path: Path) -> dict[str, Any]:
    value = data.get(key) or {}
    if not isinstance(value, dict):
        raise DataError(f"{key} must be a mapping of names to sources. "
                        f"Received: {value!r:.80}.", path=path)
    return value


def _write(sources: list[Declared]) -> None:
    path = load_settings().config
    others = {key: value for key, value in _settings(path).items() if key != "sources"}
    listed = {one.name: {"kind": one.kind, "location": one.location} for one in sources}
    write_text(path, yaml.safe_dump({**others, "sources": listed}, sort_keys=False,
                                    allow_unicode=True))
