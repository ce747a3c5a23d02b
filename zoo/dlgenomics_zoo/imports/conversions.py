"""Many models → packages in one folder; repeated, it goes on where it stopped.

``converted.tsv`` in the folder says what became of each model.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from dlgenomics.errors import DlgError, OutputError
from dlgenomics.files import write_text
from dlgenomics.package.manifest import read_manifest, verify_files
from dlgenomics.spec.summary import summarize
from dlgenomics_zoo.client import Terms
from dlgenomics_zoo.imports.convert import Wish, convert

TABLE: Final = "converted.tsv"
CONVERTED: Final = "converted"
SKIPPED: Final = "skipped"
FAILED: Final = "failed"
_OF_KERAS: Final = (ValueError, TypeError, LookupError, ArithmeticError, RuntimeError)
_LONGEST_REASON: Final = 1000
_AS_USUAL: Final = Terms()


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
