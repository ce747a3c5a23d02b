"""Whatever can be loaded → packages of ours in a folder: one, or a list that can be resumed.

The folder is a zoo: with ``DLG_ZOO`` naming it, its models are found by name. ``converted.tsv`` in
it says what became of each model.
"""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dlgenomics.data.layout import Layout
from dlgenomics.errors import DlgError, OutputError
from dlgenomics.files import write_text
from dlgenomics.package.manifest import MANIFEST, read_manifest, verify_files
from dlgenomics.spec.summary import summarize
from dlgenomics_zoo.catalogue import locate
from dlgenomics_zoo.client import Terms, fetch_model
from dlgenomics_zoo.fetch import RemoteFile, fetch_file
from dlgenomics_zoo.fetch.wheel import WheelMember
from dlgenomics_zoo.formats.recognise import Format, recognise, refuse_untrusted
from dlgenomics_zoo.imports.dna import read_dna
from dlgenomics_zoo.imports.imported import Imported, package_imported
from dlgenomics_zoo.imports.kipoi import import_kipoi
from dlgenomics_zoo.imports.networks import document_spec, import_keras, import_port
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.ports import port_names
from dlgenomics_zoo.sources.pypi import wheel_file_at

TABLE: Final = "converted.tsv"
CONVERTED: Final = "converted"
SKIPPED: Final = "skipped"
FAILED: Final = "failed"
N_CODES: Final = {"zeros": "zeros", "quarter": "quarter_n"}
_ARRAYS: Final = (Format.TORCH_ZIP, Format.TORCH_LEGACY, Format.TORCH_TAR, Format.SAFETENSORS)
_OF_KERAS: Final = (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError)
_LONGEST_REASON: Final = 1000
_AS_USUAL: Final = Terms()


@dataclass(frozen=True)
class Wish:
    """One model to convert.

    Attributes:
        what: a name that the catalogue knows; a folder in Kipoi's form; a model file; or
            ``pypi:PACKAGE==VERSION/PATH``.
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


@dataclass(frozen=True)
class Outcome:
    """What became of a wish.

    Attributes:
        model: its name, or what was wished for where it has none yet.
        status: ``converted``, ``skipped`` (it was there, whole) or ``failed``.
        folder: its package; empty where it failed.
        parameters: of the network.
        licence: as its package states it.
        seconds: what it took.
        reason: why it failed.
        wish: what was wished for.
    """

    model: str
    status: str
    folder: str = ""
    parameters: int = 0
    licence: str = ""
    seconds: float = 0.0
    reason: str = ""
    wish: str = ""


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
    if not _is_file(wish) and isinstance(found := locate(wish.what).found, Path):
        return fetch_model(wish.what, folder / read_manifest(found).spec.name, terms)[1]
    imported = import_model(wish, terms)
    place = _free_place(folder / imported.spec.name, imported)
    return package_imported(imported, place, command=_command(wish, folder, terms))


def import_model(wish: Wish, terms: Terms = _AS_USUAL) -> Imported:
    """Read a model that is no package yet; see `convert`.

    Raises:
        DlgError: see `convert`.
    """
    if _is_file(wish):
        path = _file(wish.what, terms)
        imported = _from_file(path, wish, terms.length)
    else:
        found = locate(wish.what).found
        if not isinstance(found, Descriptor):
            raise DlgError(f"a package needs no conversion. Received: {wish.what!r}. Use it as it "
                           "is.")
        imported = import_kipoi(found, length=terms.length, confirm=terms.confirm,
                                progress=terms.progress)
    return _named(imported, wish.name) if wish.name else imported


def convert_all(wishes: Sequence[Wish], folder: Path, terms: Terms = _AS_USUAL, *,
                again: bool = False) -> Iterator[Outcome]:
    """Write the packages of many models, one after the other; a failure does not stop the others.

    What an earlier run has finished is skipped; what failed is tried again. ``converted.tsv`` is
    written anew after each model.

    Args:
        wishes: the models.
        folder: where packages and table go.
        terms: see `convert`.
        again: convert those, too, that are there.

    Yields:
        What became of each, in order.

    Raises:
        OutputError: the folder cannot be written.
    """
    known = {one.wish: one for one in read_outcomes(folder)}
    for wish in wishes:
        before = None if again else _finished(known.get(wish.what), wish)
        outcome = before or _attempt(wish, folder, terms)
        known[wish.what] = outcome
        _write_outcomes(list(known.values()), folder)
        yield outcome


def read_outcomes(folder: Path) -> list[Outcome]:
    """Return what the table of a folder says; nothing where there is none.

    Raises:
        OutputError: the file is something else.
    """
    path = folder / TABLE
    if not path.is_file():
        return []
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8")), delimiter="\t"))
    names = {field.name for field in fields(Outcome)}
    if any(set(row) != names for row in rows):
        raise OutputError(path, "a table with other columns", "Choose another folder.")
    return [Outcome(**{**row, "parameters": int(row["parameters"]),  # type: ignore[arg-type]
                       "seconds": float(row["seconds"])}) for row in rows]


def read_wishes(path: Path) -> list[Wish]:
    """Return the models that a text file lists, one a line; ``#`` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [Wish(line) for line in lines if line]


def _attempt(wish: Wish, folder: Path, terms: Terms) -> Outcome:
    start = time.monotonic()
    try:
        place = convert(wish, folder, terms)
        spec = read_manifest(place).spec
    except OutputError:
        raise  # the next one would fail alike
    except DlgError as error:
        reason = " ".join(str(error).split())
    except _OF_KERAS as error:  # a network that only Keras finds to be wrong
        reason = f"Keras cannot build it ({type(error).__name__}): {' '.join(str(error).split())}"
    else:
        return Outcome(spec.name, CONVERTED, str(place), summarize(spec).parameters,
                       spec.license or "", round(time.monotonic() - start, 1), wish=wish.what)
    return Outcome(wish.name or wish.what, FAILED, reason=reason[:_LONGEST_REASON],
                   seconds=round(time.monotonic() - start, 1), wish=wish.what)


def _finished(before: Outcome | None, wish: Wish) -> Outcome | None:
    """Return the outcome for a model that is there, whole."""
    if before is None or before.status == FAILED or (wish.name and before.model != wish.name):
        return None
    try:
        verify_files(Path(before.folder), read_manifest(Path(before.folder)).package)
    except DlgError:
        return None
    return Outcome(**{**asdict(before), "status": SKIPPED, "seconds": 0.0})


def _write_outcomes(outcomes: Sequence[Outcome], folder: Path) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Outcome)], delimiter="\t",
                            lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(one) for one in outcomes)
    write_text(folder / TABLE, text.getvalue())


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
        OutputError: they have.
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
