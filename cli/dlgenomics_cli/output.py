"""The only room that prints: results on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from dlgenomics.progress import Progress

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def say(text: str) -> None:
    """Print a message for the person at the terminal, on standard error."""
    click.echo(text, err=True)


def show(text: str) -> None:
    """Print a result.

    Raises:
        OutputError: standard output takes no more, such as a file on a full disk.
        BrokenPipeError: its reader has left.
    """
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        from dlgenomics.errors import OutputError

        raise OutputError("standard output", str(error.strerror),
                          "Direct it to another place.") from error


def settle() -> None:
    """Let nothing wait for standard output if that takes no more: Python would complain at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())


def show_json(data: Any) -> None:
    """Print a result as JSON."""
    show(json.dumps(data, indent=2, default=str))


def show_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values in two columns; empty values are left out."""
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        if value not in ("", None, ()):
            show(f"{name:<{width}}  {value}")


def show_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table: aligned and fitted on a terminal, tab-separated when piped."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            show("\t".join(map(str, row)))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*header, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console().print(table)


def show_list(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a long table, a line for each row: on a terminal cut to its width, and paged."""
    if not sys.stdout.isatty():
        show_table(header, rows)
        return
    screen = shutil.get_terminal_size()
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
             .rstrip()[:screen.columns] for row in cells]
    if len(lines) < screen.lines:
        show("\n".join(lines))
    else:
        click.echo_via_pager("\n".join(lines) + "\n")


def size_text(count: int) -> str:
    """Return a number of bytes for people: ``85 kB``."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """Draw bars with rate and time left on a terminal; silent when piped."""
    if not sys.stderr.isatty():
        from dlgenomics.progress import silent

        yield silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f}"
               "/{task.total:,.0f}"), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    """One bar at a time; a finished stage with a note leaves a line behind."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.stage = ""
        self.task: TaskID | None = None

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        name = stage.partition(" · ")[0]
        if name != self.stage or self.task is None:
            if self.task is not None:
                self.bars.remove_task(self.task)
            self.stage = name
            self.task = self.bars.add_task(stage, total=total, rate="", completed=done)
        speed = self.bars.tasks[-1].speed
        rate = f"{speed:,.0f}/s" if speed else ""
        self.bars.update(self.task, completed=done, total=total, rate=rate, description=stage)
        if note:
            self.bars.console.print(f"{stage}  {note}", highlight=False)


@contextlib.contextmanager
def starting_tensorflow() -> Iterator[None]:
    """Import inside this block: TensorFlow's chatter is held back, and shown if starting fails."""
    from dlgenomics.errors import DlgError

    say_so = _status("Starting TensorFlow …")
    with tempfile.TemporaryFile() as held, say_so:
        sys.stderr.flush()
        saved = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException as error:
            if not isinstance(error, DlgError | KeyboardInterrupt):
                held.seek(0)
                os.write(saved, held.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _status(text: str) -> contextlib.AbstractContextManager[Any]:
    if not sys.stderr.isatty():
        return contextlib.nullcontext()
    # The spinner writes to a copy of standard error, which is about to be held back.
    from rich.console import Console

    stream = os.fdopen(os.dup(2), "w")
    return Console(file=stream, force_terminal=True).status(text)
