"""What ``search`` and ``resume`` share: report, closing lines, and advice when interrupted."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dlgenomics_cli.output import say, show, show_json

if TYPE_CHECKING:
    from dlgenomics.search.folder import SearchFolder, State


@contextlib.contextmanager
def finish_search(folder: Path, *, as_json: bool) -> Iterator[list[State]]:
    """Take the finished search from the block, write its report and print what it gave."""
    done: list[State] = []
    try:
        yield done
    except KeyboardInterrupt:
        if (folder / "search.json").is_file():
            say(f"Interrupted. Nothing is lost; go on with: dlg resume {folder}")
        raise
    from dlgenomics.errors import SearchError
    from dlgenomics.report.search import write_search_report
    from dlgenomics.search.folder import SearchFolder

    state, files = done[0], SearchFolder(folder)
    report = write_search_report(folder)
    if as_json:
        show_json(_data(state, files))
    else:
        _show(state, files)
    if state.best is None:
        raise SearchError("a search must have a trial that gives a value. Received: none of "
                          f"{state.count}. The reasons are in {report}")
    say(f"Next: dlg train {files.best} --data {state.data_folder}")


def _data(state: State, files: SearchFolder) -> dict[str, object]:
    return {"search": files.folder, "objective": state.objective, "best": state.best and
            dataclasses.asdict(state.best), "trials": [dataclasses.asdict(t) for t in state.trials],
            "table": files.table, "best_spec": files.best if state.best else None,
            "report": files.report}


def _show(state: State, files: SearchFolder) -> None:
    from dlgenomics.search.results import cell

    finished = sum(trial.status == "finished" for trial in state.trials)
    failed = f", {state.settled - finished} failed" if state.settled > finished else ""
    show(f"{finished} of {state.count} trials finished{failed}")
    if state.best is not None:
        show(f"best: trial {state.best.number}  {state.objective} {state.best.objective:.4f}")
        for axis, value in state.best.point.items():
            show(f"  {axis}: {cell(value)}")
        show(f"its spec: {files.best}")
    show(f"table: {files.table}")
    show(f"report: {files.report}")
