"""What ``train`` and ``resume`` share: report, closing lines, and advice when interrupted."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dlgenomics_cli.output import say, show, show_json

if TYPE_CHECKING:
    from dlgenomics.train.fit import Run


def command_line() -> str:
    """Return the command as it was typed, for the record."""
    return shlex.join(["dlg", *sys.argv[1:]])


@contextlib.contextmanager
def finish_run(folder: Path, *, as_json: bool) -> Iterator[list[Run]]:
    """Take the finished run from the block, write its report and print what it gave."""
    done: list[Run] = []
    try:
        yield done
    except KeyboardInterrupt:
        say(f"Interrupted. Nothing is lost; go on with: dlg resume {folder}")
        raise
    from dlgenomics.report import write_report

    run = done[0]
    report = write_report(run.folder)
    if as_json:
        show_json({"run": run.folder, "epochs": run.epochs, "best_epoch": run.best_epoch,
                   "metrics": run.metrics, "report": report})
        return
    show(f"{run.epochs} epochs, weights of epoch {run.best_epoch} kept")
    for part, targets in run.metrics.items():
        for target, values in targets.items():
            shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
            show(f"{part:<10}  {target}  {shown}")
    show(f"report: {report}")
    say(f"Next: dlg package {run.folder}")
