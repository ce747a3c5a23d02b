"""Whether a model can be used here, decided by rule from its descriptor and ``standing.yaml``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DlgError
from dlgenomics_zoo.kipoi.descriptor import Descriptor, RemoteFile
from dlgenomics_zoo.kipoi.document import read_mapping
from dlgenomics_zoo.kipoi.index import first_words, kipoi_index

NATIVE: Final = "native"
PORTABLE: Final = "portable"
TRUST: Final = "trust"
GONE: Final = "gone"
OUT_OF_SCOPE: Final = "out-of-scope"
UNREADABLE: Final = "unreadable"
GRAPH: Final = "kipoi.model.TensorFlowModel"
"""Kipoi's class for graphs of TensorFlow 1."""
OF_TENSORFLOW: Final = "kipoi.model.TensorFlow"
"""How its classes for graphs and SavedModels begin, which run without the package kipoi."""
STATUSES: Final = (NATIVE, PORTABLE, TRUST, GONE, OUT_OF_SCOPE, UNREADABLE)

_TABLE: Final = Path(__file__).resolve().parent / "standing.yaml"
_LONGEST_ABOUT: Final = 160
_KEPT_BY_HAND: Final = ("If you have its files, put them where `dlg info` says, or name their "
                        "folder with DLG_MIRROR.")
_TODO: Final = {
    NATIVE: "",
    PORTABLE: "A port is a spec and a map of its weights; look at model_specs/ for examples.",
    TRUST: "Run its own code only if you trust its authors: trust=True (--trust), with the kipoi "
           "extra.",
    GONE: _KEPT_BY_HAND,
    OUT_OF_SCOPE: "Use its authors' own program.",
    UNREADABLE: "Correct the file, or report it to the source's owner.",
}
# What no loader and no note speaks for needs code of its own; the first start that fits says why.
_BY_CLASS: Final = (
    ("kipoi.model.KerasModel", "Its network needs Python code of its own"),
    ("kipoi.model.PyTorchModel", "Its network is PyTorch code of its own"),
    ("kipoi.model.TensorFlow", "It is a TensorFlow graph; a graph is code"),
    ("kipoi.model.SklearnModel", "It is a pickle, which is code"),
    ("", "It is run by a Python class of its own"),
)


class NotNativeError(DlgError):
    """A model of Kipoi cannot be imported; ``.status`` and the message say why."""

    def __init__(self, name: str, status: str, reason: str, todo: str) -> None:
        self.status = status
        self.next_step = f"dlg info {name}"
        super().__init__(f"a model of Kipoi must be one that is read here. Received: {name!r} "
                         f"({status}). {reason} {todo}".rstrip())


@dataclass(frozen=True)
class Standing:
    """Whether and how a model can be used.

    Attributes:
        status: one of `STATUSES`.
        reason: why, a sentence; empty for native.
        todo: what can be done about it; empty for native.
        loader: what loads a native model, or one that is gone for those who have its files:
            ``keras-json``, ``keras-h5``, ``port-basset`` …
        feeding: native, or trust where its dataloader is Python code of its own.
        feeding_reason: why, a sentence; empty for native.
        warnings: what else to know, each a sentence.
    """

    status: str
    reason: str = ""
    todo: str = ""
    loader: str = ""
    feeding: str = NATIVE
    feeding_reason: str = ""
    warnings: tuple[str, ...] = ()


@functools.cache
def _table() -> dict[str, Any]:
    return read_mapping(_TABLE.read_text(encoding="utf-8"), _TABLE)


@functools.cache
def _notes() -> dict[str, Mapping[str, Any]]:
    return {one["match"]: one for one in _table()["models"]}


def _note(name: str) -> Mapping[str, Any]:
    """Return what the table knows of a model, or of its group."""
    return _notes().get(name) or _notes().get(f"{name.partition('/')[0]}/*", {})


def about(one: Descriptor) -> str:
    """Return one line about a model: ours for one of Kipoi's, else the first of its own."""
    return _known(one).get("about") or first_words(one.doc, _LONGEST_ABOUT)


def framework_of(one: Descriptor) -> str:
    """Return what a model was made with: keras, pytorch, tensorflow, sklearn or other."""
    return _known(one).get("framework") or one.framework or "other"


def standing_of(one: Descriptor) -> Standing:
    """Return whether a model can be used here, and why not."""
    status, reason, loader = _status(one)
    feeding, feeding_reason = _feeding(one)
    todo = _known(one).get("todo") or _todo(one, status)
    return Standing(status, reason, todo, loader, feeding, feeding_reason,
                    tuple(_warnings(one, status)))


def _todo(one: Descriptor, status: str) -> str:
    """Return what can be done about a status."""
    if status != TRUST or not one.defined_as.startswith(OF_TENSORFLOW):
        return _TODO[status]
    meta = one.file("checkpoint_path/meta")
    what = f"the graph of {meta.url}" if meta else "its graph"
    return (f"If you trust its authors: trust=True (--trust). TensorFlow then runs {what}, after "
            "what is in it was said.")


def around_of(one: Descriptor) -> Mapping[str, Any]:
    """Return what a model's class does around its network; see `dlgenomics_zoo.imports.around`."""
    found: Mapping[str, Any] = _known(one).get("around", {})
    return found


def status_of(one: Descriptor) -> str:
    """Return a model's status alone, as listings need it."""
    return _status(one)[0]


def _known(one: Descriptor) -> Mapping[str, Any]:
    """Return the table's note if this is a model of Kipoi's, under whatever name it lies here."""
    kipoi = kipoi_index().models.get(one.name)
    if kipoi is one:
        return _note(one.name)
    if not one.files:
        return _note(one.name) if kipoi and kipoi.defined_as == one.defined_as else {}
    name = _kipoi_names().get(_identity(one), "")
    return _note(name) if name else {}


@functools.cache
def _kipoi_names() -> dict[tuple[str, ...], str]:
    """Return the names of Kipoi's models by what identifies them."""
    return {_identity(one): name for name, one in kipoi_index().models.items() if one.files}


def _identity(one: Descriptor) -> tuple[str, ...]:
    """Return a model's class and the hashes of its files."""
    return one.defined_as, *(f"{file.role} {file.md5 or file.sha256}" for file in one.files)


def _status(one: Descriptor) -> tuple[str, str, str]:
    """Return status, reason and loader."""
    if not one.defined_as:
        return UNREADABLE, next(iter(one.problems), "It names no class."), ""
    note = _known(one)
    if note.get("status") == OUT_OF_SCOPE:
        return OUT_OF_SCOPE, note["why"], ""
    if gone := [file for file in one.files if host_state(file)[0] == GONE]:
        return GONE, _gone_reason(gone), note.get("loader") or _loader(one)
    if "status" in note:
        return note["status"], note["why"], ""
    if loader := note.get("loader") or _loader(one):
        return NATIVE, "", loader
    why = next(why for start, why in _BY_CLASS if one.defined_as.startswith(start))
    return TRUST, f"{why} ({', '.join(one.code) or one.defined_as}).", ""


def _gone_reason(files: list[RemoteFile]) -> str:
    roles = ", ".join(file.role for file in files)
    return f"Its files are gone from their host ({roles}): {host_state(files[0])[1]}."


def host_state(file: RemoteFile) -> tuple[str, str]:
    """Return ``gone`` or ``suspect`` and the issues for a file of such a host, else two empties."""
    for host in _table()["hosts"]:
        if file.url.startswith(host["prefix"]):
            return host["state"], host["issues"]
    return "", ""


def _loader(one: Descriptor) -> str:
    if one.code:
        return ""
    roles = {file.role for file in one.files}
    return next((str(rule["loader"]) for rule in _table()["loaders"]
                 if rule["defined_as"] == one.defined_as and set(rule["files"]) == roles), "")


def _feeding(one: Descriptor) -> tuple[str, str]:
    loader = one.dataloader
    if loader.defined_as in _table()["feeds"]:
        return NATIVE, ""
    if not loader.own:
        return TRUST, f"Its dataloader {loader.defined_as} has no counterpart here."
    reason = f"Its dataloader is Python code of its own ({loader.own}: {loader.defined_as})."
    gone = [argument.default for argument in loader.arguments
            if isinstance(argument.default, RemoteFile) and host_state(argument.default)[0] == GONE]
    if gone:
        reason += f" It needs {gone[0].role}, which is gone: {host_state(gone[0])[1]}."
    return TRUST, reason


def _warnings(one: Descriptor, status: str) -> list[str]:
    found = [_known(one)["warning"]] if "warning" in _known(one) else []
    found += [f"The host of {file.role} was reported to fail: {host_state(file)[1]}."
              for file in one.files if host_state(file)[0] == "suspect"]
    if status == OUT_OF_SCOPE and any(host_state(file)[0] == GONE for file in one.files):
        found.append(_gone_reason([f for f in one.files if host_state(f)[0] == GONE]))
    return found
