"""A search folder: what a search writes, each file whole or not there.

    spec.yaml        the spec as it was written
    search.json      what is searched and how each trial ended
    table.tsv        the trials as a table
    best.yaml        the spec of the best trial so far, ready for ``dlg train``
    trials/0001/     the run folder of each trial, with trial.yaml, outcome.json and log.txt
    report.html      all of this as a page

``spec.yaml``, ``search.json`` and ``trials`` suffice to go on; the others are written anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from dlgenomics.errors import RunError
from dlgenomics.files import output_errors, write_text

Status = Literal["waiting", "finished", "failed"]


@dataclass(frozen=True)
class Trial:
    """One training of a search.

    Attributes:
        number: its place in the order of trials, from 1.
        point: the values that make a difference, by axis.
        status: ``waiting`` until it is finished or has failed.
        objective: what was measured on the validation set.
        reason: why it failed.
        seconds: how long its last process ran.
        attempts: how many processes were started for it since the search began or was resumed.
    """

    number: int
    point: Mapping[str, Any]
    status: Status = "waiting"
    objective: float | None = None
    reason: str | None = None
    seconds: float | None = None
    attempts: int = 0


@dataclass(frozen=True)
class State:
    """A search and how far it came; ``search.json`` holds it.

    Attributes:
        name: the spec's name.
        source: the file or name that the spec came from.
        command: what was typed.
        data_folder: where the spec's relative paths start.
        objective: the validation value that is compared.
        minimize: whether less is better.
        strategy: ``grid``, ``random`` or ``bayesian``.
        count: how many trials there shall be.
        seed: seeds the choice of points.
        workers: how many trials run at once.
        space: the axes, as a spec writes them.
        combinations: how many the space has; None if an axis is a range.
        examples: how many training examples there are.
        data: SHA-256 of the data files of the first finished trial.
        trials: those chosen so far, in order.
    """

    name: str
    source: str
    command: str
    data_folder: str
    objective: str
    minimize: bool
    strategy: str
    count: int
    seed: int
    workers: int
    space: Mapping[str, Any]
    combinations: int | None
    examples: int
    data: Mapping[str, str] | None = None
    trials: tuple[Trial, ...] = field(default=())

    def with_trial(self, trial: Trial) -> State:
        """Return the state with a trial in its place, or added."""
        before, after = self.trials[:trial.number - 1], self.trials[trial.number:]
        return replace(self, trials=(*before, trial, *after))

    @property
    def settled(self) -> int:
        """How many trials have ended."""
        return sum(trial.status != "waiting" for trial in self.trials)

    @property
    def is_done(self) -> bool:
        """Whether every trial that there shall be has ended."""
        return self.settled == self.count

    @property
    def best(self) -> Trial | None:
        """The finished trial with the best objective; of equal ones the first."""
        sign = 1 if self.minimize else -1
        scored = [(sign * t.objective, t.number, t) for t in self.trials if t.objective is not None]
        return min(scored)[2] if scored else None


@dataclass(frozen=True)
class SearchFolder:
    """The files of one search by name."""

    folder: Path

    @property
    def spec(self) -> Path:
        """The spec as it was written."""
        return self.folder / "spec.yaml"

    @property
    def state(self) -> Path:
        """What is searched and how each trial ended."""
        return self.folder / "search.json"

    @property
    def table(self) -> Path:
        """The trials as a table."""
        return self.folder / "table.tsv"

    @property
    def best(self) -> Path:
        """The spec of the best trial."""
        return self.folder / "best.yaml"

    @property
    def trials(self) -> Path:
        """The folder of the trials' run folders."""
        return self.folder / "trials"

    @property
    def report(self) -> Path:
        """The report page."""
        return self.folder / "report.html"

    def trial(self, number: int) -> Path:
        """Return the run folder of a trial."""
        return self.trials / f"{number:04}"


def is_search(folder: Path) -> bool:
    """Tell whether a folder holds a search."""
    return SearchFolder(folder).state.is_file()


def write_state(folder: SearchFolder, state: State) -> None:
    """Write ``search.json``."""
    write_text(folder.state, json.dumps(asdict(state), indent=1, allow_nan=False) + "\n")


def read_state(folder: SearchFolder) -> State:
    """Return what ``search.json`` holds.

    Raises:
        RunError: the folder holds no search.
    """
    if not folder.state.is_file():
        raise RunError("a search folder must hold search.json, as `dlg search` writes it. "
                       "Received: none.", folder=folder.folder, next_step="dlg search SPEC")
    found = json.loads(folder.state.read_text())
    trials = tuple(Trial(**trial) for trial in found.pop("trials"))
    return State(**found, trials=trials)


def start_search(folder: SearchFolder, spec_text: str, state: State, *, replace_it: bool) -> None:
    """Begin a search in an empty or new folder.

    Raises:
        RunError: the folder holds a search already and ``replace_it`` is false.
    """
    if is_search(folder.folder) and not replace_it:
        done = read_state(folder).is_done
        advice = ("Choose another folder (-o), or --replace it." if done
                  else "Go on with it, choose another folder (-o), or --replace it.")
        raise RunError("a new search needs a folder of its own. Received: one with a "
                       f"{'finished' if done else 'started'} search. {advice}",
                       folder=folder.folder,
                       next_step=None if done else f"dlg resume {folder.folder}")
    for file in (folder.state, folder.table, folder.best, folder.report):
        file.unlink(missing_ok=True)
    for trial in folder.trials.glob("[0-9]*/"):
        shutil.rmtree(trial)
    write_text(folder.spec, spec_text)
    write_state(folder, state)


@contextlib.contextmanager
def only_one(folder: SearchFolder) -> Iterator[None]:
    """Hold the folder for this process; the system lets go of it however the process ends.

    Raises:
        RunError: another process makes this search.
    """
    with output_errors(folder.folder):
        folder.folder.mkdir(parents=True, exist_ok=True)
        lock = (folder.folder / ".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunError("a search folder belongs to one process at a time. Received: one that "
                           "another process is searching in. Wait for it, or stop it.",
                           folder=folder.folder) from error
        yield
