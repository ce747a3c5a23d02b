"""Runs the trials of a search: which is next, how each ended, what is kept in the folder."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import replace as changed
from pathlib import Path
from typing import Final

from dlgenomics.errors import DlgError, RunError
from dlgenomics.files import write_text
from dlgenomics.progress import Progress
from dlgenomics.search.bayesian import suggest
from dlgenomics.search.check import spec_of
from dlgenomics.search.folder import SearchFolder, State, Trial, write_state
from dlgenomics.search.plan import key_of, sample
from dlgenomics.search.processes import Process, start_process
from dlgenomics.search.results import data_of, measured, write_results
from dlgenomics.search.trial import LOG, OUTCOME, SPEC
from dlgenomics.spec import dump_yaml
from dlgenomics.spec.document import Document
from dlgenomics.spec.objective import Objective, objectives
from dlgenomics.spec.point import Point, apply_point, effective
from dlgenomics.spec.search import MAX_TRIALS, Search
from dlgenomics.spec.types import Spec

MOST_ATTEMPTS: Final = 2
"""A trial whose process was killed is tried so often: a second kill is likely to have a cause."""

_PAUSE: Final = 0.1
_MOST_DRAWS: Final = 20


class Conductor:
    """Runs the trials of one search until none waits; only it writes the state."""

    def __init__(self, folder: SearchFolder, document: Document, spec: Spec, what: Search,
                 state: State, progress: Progress) -> None:
        self.folder = folder
        self.document = document
        self.what = what
        self.objective: Objective = objectives(spec)[what.objective]
        self.state = state
        self.progress = progress
        self.running: dict[int, Process] = {}

    def run(self) -> State:
        """Return the state when every trial has ended; whatever happens, none goes on running."""
        self.progress("trials", self.state.settled, self.state.count)
        try:
            self._collect_leftovers()
            while self._fill() or self.running:
                time.sleep(_PAUSE)
                self._collect()
        finally:
            for process in self.running.values():
                process.stop()
        return self.state

    def _collect_leftovers(self) -> None:
        """Settle trials that had ended when the search was killed, and write the tables anew."""
        for trial in self.state.trials:
            if trial.status == "waiting" and (self.folder.trial(trial.number) / OUTCOME).exists():
                self._settle(trial, 0)
        write_results(self.folder, self.state)

    def _fill(self) -> bool:
        """Start trials until all workers are busy or none is left; tell whether any was."""
        started = False
        while len(self.running) < self.state.workers and (trial := self._next()) is not None:
            self._start(trial)
            started = True
        return started

    def _next(self) -> Trial | None:
        """Return the next trial to start, if any."""
        for trial in self.state.trials:
            if trial.status == "waiting" and trial.number not in self.running:
                return trial
        number = len(self.state.trials) + 1
        if number > self.state.count:
            return None
        point = self._suggested(number)
        if point is None:  # the space holds no other: what there is must do
            self.state = changed(self.state, count=len(self.state.trials))
            write_state(self.folder, self.state)
            return None
        return Trial(number, point)

    def _suggested(self, number: int) -> Point | None:
        """Return a point that was not tried yet, as the same one would give the same again."""
        ended = [trial for trial in self.state.trials if trial.status != "waiting"]
        tried = {key_of(trial.point) for trial in self.state.trials}
        drawn = (suggest(self.what, number, ended, minimize=self.objective.minimize, draw=i)
                 for i in range(_MOST_DRAWS))
        for point in itertools.chain(drawn, itertools.islice(sample(self.what), MAX_TRIALS)):
            found = effective(self.document.data, point)
            if key_of(found) not in tried:
                return found
        return None

    def _start(self, trial: Trial) -> None:
        trial = changed(trial, attempts=trial.attempts + 1)
        self._note(trial)
        folder = self.folder.trial(trial.number)
        try:
            spec_of(self.document.data, trial.point, self.state.examples)
            data = apply_point(self.document.data, trial.point, self.state.examples)
        except DlgError as error:
            self._end(changed(trial, status="failed", reason=str(error)))
            return
        write_text(folder / SPEC, dump_yaml(data))
        self.running[trial.number] = start_process(
            trial.number, folder, Path(self.state.data_folder), self.state.workers)

    def _collect(self) -> None:
        for number, process in list(self.running.items()):
            status = process.ended()
            if status is not None:
                del self.running[number]
                self._settle(self.state.trials[number - 1], status)

    def _settle(self, trial: Trial, exit_status: int) -> None:
        """Note how a trial ended; one that was killed waits again, if it may."""
        folder = self.folder.trial(trial.number)
        if (folder / OUTCOME).exists():
            outcome = json.loads((folder / OUTCOME).read_text())
            self._end(self._judged(trial, outcome["seconds"], outcome["reason"]))
        elif trial.attempts >= MOST_ATTEMPTS:
            self._end(changed(trial, status="failed",
                                         reason=_death(exit_status, folder)))

    def _judged(self, trial: Trial, seconds: float, reason: str | None) -> Trial:
        trial = changed(trial, seconds=seconds, reason=reason)
        if reason:
            return changed(trial, status="failed")
        folder = self.folder.trial(trial.number)
        self._require_same_data(trial, data_of(folder))
        value = measured(folder, self.objective)
        if value is None:
            return changed(trial, status="failed", reason=(
                f"{self.objective.name} must be a number. Received: none, or not a finite one."))
        return changed(trial, status="finished", objective=value)

    def _require_same_data(self, trial: Trial, data: Mapping[str, str]) -> None:
        known = self.state.data
        if known is None:
            self.state = changed(self.state, data=data)
        elif others := [name for name, digest in data.items() if known.get(name) != digest]:
            raise RunError("the trials of a search must be made on the same data. Received: "
                           f"{others[0]} has changed before trial {trial.number}. Restore it, "
                           "remove the folder of that trial and resume, or search anew.",
                           folder=self.folder.folder)

    def _note(self, trial: Trial) -> None:
        self.state = self.state.with_trial(trial)
        write_state(self.folder, self.state)

    def _end(self, trial: Trial) -> None:
        self._note(trial)
        write_results(self.folder, self.state)
        self.progress("trials", self.state.settled, self.state.count, self._told(trial))

    def _told(self, trial: Trial) -> str:
        """Return what a person at the terminal wants to know of a trial that has ended."""
        name, best = self.state.objective, self.state.best
        if trial.objective is None:
            return f"trial {trial.number} failed: {(trial.reason or '').splitlines()[0][:200]}"
        shown = f"trial {trial.number}  {name} {trial.objective:.4f}"
        return f"{shown}  best {best.objective:.4f} (trial {best.number})" if best else shown


def _death(exit_status: int, folder: Path) -> str:
    """Return why a process ended without saying why."""
    if exit_status < 0:
        return (f"its process was killed by signal {-exit_status}, {MOST_ATTEMPTS} times; "
                "out of memory, perhaps")
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = (folder / LOG).read_text(errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "no message")
    return f"its process ended with status {exit_status}: {last.strip()[:300]}"
