"""A search whose trainings are made up: a process writes what a run would hold, at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics.search import conductor
from dlgenomics.search.trial import SPEC
from dlgenomics.spec import load_spec
from made_up_runs import score, write_run


class FakeProcess:
    """Has ended with a status as soon as it is started."""

    def __init__(self, number: int, status: int) -> None:
        self.number = number
        self.status = status

    def ended(self) -> int:
        return self.status

    def stop(self) -> None:
        """There is nothing to stop."""


Behave = Callable[[int, Path], int | None]


@pytest.fixture
def fake_trials(monkeypatch: pytest.MonkeyPatch):
    """Return a function that replaces processes; it takes what happens instead of a good run.

    The behaviour is asked with the trial's number and folder; it returns the exit status of a
    process that ended otherwise, or None for a good run.
    """
    started: list[int] = []

    def install(behave: Behave = lambda number, folder: None) -> list[int]:
        def start(number: int, folder: Path, data: Path, workers: int) -> FakeProcess:
            started.append(number)
            status = behave(number, folder)
            if status is None:
                write_run(folder, score(load_spec(folder / SPEC)))
            return FakeProcess(number, status or 0)

        monkeypatch.setattr(conductor, "start_process", start)
        monkeypatch.setattr(conductor, "_PAUSE", 0)
        return started

    return install
