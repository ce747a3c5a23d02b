"""A search as a page: every trial, the best one, and what each axis did to the objective."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dlgenomics.errors import RunError, plural
from dlgenomics.files import write_text
from dlgenomics.report.page import (
    Html,
    element,
    escape,
    figure,
    figures,
    join,
    page,
    section,
    table,
)
from dlgenomics.report.search_figures import MOST_LINES, axis_figure, parallel, progress_figure
from dlgenomics.report.words import compact, shorten
from dlgenomics.search.folder import SearchFolder, State, Trial, read_state
from dlgenomics.search.results import cell
from dlgenomics.spec.document import read_document
from dlgenomics.spec.search import ready_made, ready_made_names
from dlgenomics.spec.transforms import transforms

MOST_ROWS: Final = 200
"""The table of the page shows so many of the best trials; ``table.tsv`` has all."""


def write_search_report(folder: Path) -> Path:
    """Write ``report.html`` of a search, finished or not: one file that needs nothing else.

    The same search folder gives the same bytes.

    Args:
        folder: as `dlg search` writes it.

    Returns:
        The page's path.

    Raises:
        RunError: the folder holds no search, or one of which no trial has ended.
    """
    files = SearchFolder(folder)
    state = read_state(files)
    if not state.settled:
        raise RunError("a report needs at least one trial that has ended. Received: none.",
                       folder=folder, next_step=f"dlg resume {folder}")
    write_text(files.report, _page(state, files))
    return files.report


def _page(state: State, files: SearchFolder) -> str:
    return page(
        f"{state.name}: search report",
        join([element("p", f"Search report · {state.strategy}", class_="kicker"),
              element("h1", state.name)], "\n"),
        _headline(state),
        _verdict(state),
        _figures(state),
        section("Trials", _trials(state)),
        section("Trials that failed", _failures(state)),
        _best_spec(state, files),
        section("How it was searched", _settings(state), _space_note(files)),
    )


def _headline(state: State) -> Html:
    finished = [trial for trial in state.trials if trial.status == "finished"]
    failed = state.settled - len(finished)
    seconds = sum(trial.seconds or 0 for trial in state.trials)
    best = state.best
    numbers = [
        (value_text(best.objective) if best else "none", state.objective,
         f"best, trial {best.number}" if best else "no trial gave a value"),
        (f"{len(finished):,}", "trials finished", f"{failed} failed" if failed else
         f"of {state.count:,}"),
        (f"{state.combinations:,}" if state.combinations else "∞", "combinations",
         "1 axis" if len(state.space) == 1 else f"{len(state.space)} axes"),
        (_duration(seconds), "of training", f"{plural(state.workers, 'trial')} at once"),
    ]
    return element("ul", join((element("li", element("b", big), element("span", name),
                                       element("span", below, class_="soft"))
                               for big, name, below in numbers), "\n"), class_="numbers")


def value_text(value: float | None) -> str:
    """Return an objective with four decimals, or three digits where it is large or tiny."""
    if value is None:
        return ""
    return f"{value:.4f}" if 0.001 <= abs(value) < 100 else compact(value)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _verdict(state: State) -> Html:
    best = state.best
    if best is None:
        return element("p", element("b", "! No result."), " Every trial failed; the reasons stand "
                       "below.", class_="verdict")
    finished = sum(trial.status == "finished" for trial in state.trials)
    word = "less" if state.minimize else "more"
    text = (f" {state.objective} {value_text(best.objective)} ({word} is better), measured on the "
            f"validation set. As the best of {plural(finished, 'trial')} it looks a little better "
            "than it is: train best.yaml and believe its test set, which no trial has "
            "been chosen by.")
    unfinished = ("" if state.is_done else
                  f" The search is not finished: {state.settled} of {state.count} trials.")
    return element("p", element("b", f"✓ Trial {best.number} is best."), text, unfinished,
                   class_="verdict good")


def _figures(state: State) -> Html:
    scored = [trial for trial in state.trials if trial.objective is not None]
    if not scored:
        return Html()
    first = figure(progress_figure(state), "Each dot is a trial; the line is the best so far.")
    each = [figure(axis_figure(f"axis{i}", state, axis), *_axis_caption(state, axis))
            for i, axis in enumerate(state.space)]
    wide = Html()
    if len(state.space) > 1:
        few = f" The {MOST_LINES} best trials are drawn." if len(scored) > MOST_LINES else ""
        drawing = figure(parallel(state), "Each line is a trial; it crosses each axis at the "
                         "trial's value and ends at its objective. The best is thick, the best "
                         f"tenth orange.{few}")
        inner = element("div", drawing, style="min-width:44rem", class_="wide")
        wide = element("div", Html(inner.replace("<figure>", '<figure style="max-width:none">')),
                       class_="scroll")
    return section("What the trials gave", figures(first, *each), wide)


def _axis_caption(state: State, axis: str) -> list[object]:
    unused = sum(axis not in trial.point for trial in state.trials if trial.objective is not None)
    note = f" {plural(unused, 'trial')} made no use of it." if unused else ""
    meaning = transforms()[axis].meaning if axis in transforms() else element("code", axis)
    return [meaning, note]


def _trials(state: State) -> Html:
    sign = 1 if state.minimize else -1
    scored = sorted((t for t in state.trials if t.objective is not None),
                    key=lambda t: (sign * (t.objective or 0), t.number))
    if not scored:
        return Html()
    short = short_names(list(state.space))
    head = ["Rank", "Trial", state.objective, *(element("span", short[a], title=a)
                                                for a in state.space), "Seconds"]
    rows = [_row(i, trial, state) for i, trial in enumerate(scored[:MOST_ROWS], start=1)]
    more = element("p", f"The best {MOST_ROWS} of {len(scored):,}; table.tsv has all.",
                   class_="soft") if len(scored) > MOST_ROWS else ""
    return join([table(head, rows, numbers=(0, 1, 2, 3 + len(state.space)), wraps=False), more])


def _row(rank: int, trial: Trial, state: State) -> Sequence[object]:
    values = [shorten(cell(trial.point[a])) if a in trial.point else "–" for a in state.space]
    seconds = "" if trial.seconds is None else f"{trial.seconds:.0f}"
    return [rank, trial.number, value_text(trial.objective), *values, seconds]


def short_names(axes: Sequence[str]) -> dict[str, str]:
    """Return the last step of each path, or more of them where two would be the same."""
    steps = {axis: axis.split(".") for axis in axes}

    def tail(axis: str, length: int) -> str:
        return ".".join(steps[axis][-length:])

    found = {}
    for axis in axes:
        length = 1
        while length < len(steps[axis]) and any(
                other != axis and tail(other, length) == tail(axis, length) for other in axes):
            length += 1
        found[axis] = tail(axis, length)
    return found


def _failures(state: State) -> Html:
    failed = [trial for trial in state.trials if trial.status == "failed"]
    rows = [(trial.number, trial.reason or "",
             ", ".join(f"{k} = {shorten(cell(v))}" for k, v in trial.point.items()))
            for trial in failed[:MOST_ROWS]]
    return table(["Trial", "Reason", "Values"], rows, numbers=(0,)) if rows else Html()


def _best_spec(state: State, files: SearchFolder) -> Html:
    if state.best is None:
        return Html()
    return section("The best spec", element("pre", escape(files.best.read_text())),
                   element("p", "It lies beside this page: ",
                           element("code", f"dlg train {files.best.name}"), class_="soft"))


def _settings(state: State) -> Html:
    rows: list[tuple[object, object]] = [
        ("Spec", state.source), ("Command", element("code", state.command)),
        ("Data", state.data_folder), ("Strategy", state.strategy), ("Seed", str(state.seed)),
        *((element("code", axis), _axis_text(written)) for axis, written in state.space.items()),
        *((f"SHA-256 of {name}", digest) for name, digest in (state.data or {}).items()),
    ]
    return table([], rows)


def _axis_text(written: object) -> str:
    if isinstance(written, dict):
        kinds = [word for word, key in (("whole numbers", "integer"), ("logarithmic", "log"))
                 if written.get(key)]
        text = f"{compact(written['low'])} to {compact(written['high'])}"
        return ", ".join([text, *kinds])
    return ", ".join(map(cell, written)) if isinstance(written, list) else str(written)


def _space_note(files: SearchFolder) -> Html:
    """Return what is known of a ready-made space, such as where it departs from its paper."""
    written = read_document(files.spec.read_text()).data.get("search", {}).get("space")
    if not isinstance(written, str) or written not in ready_made_names():
        return Html()
    made = ready_made(written)
    return element("p", element("b", f"{made.name}. "), made.description,
                   escape(f" Cite: {made.cite}"), class_="soft")
