"""What ``train`` and ``resume`` share: report, closing lines, and advice when interrupted."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from dlgenomics.errors import plural
    from dlgenomics.report import write_report
    from dlgenomics.train.run import RunFolder, read_record

    run = done[0]
    record = read_record(RunFolder(run.folder))
    report = write_report(run.folder)
    if as_json:
        show_json({"run": run.folder, "epochs": run.epochs, "best_epoch": run.best_epoch,
                   "metrics": run.metrics, "report": report,
                   "pretrained": record.get("pretrained", []),
                   "calibration": record.get("calibration", {})})
        return
    show(f"{plural(run.epochs, 'epoch')}, weights of epoch {run.best_epoch} kept")
    for part, targets in run.metrics.items():
        for target, values in targets.items():
            shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
            show(f"{part:<10}  {target}  {shown}")
    for line in (*_taken(record), *_calibrated(record)):
        show(line)
    show(f"report: {report}")
    say(f"Next: dlg package {run.folder}")


def _taken(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield what each model gave, and which layers kept their fresh weights."""
    for one in record.get("pretrained", []):
        left = f"; fresh: {', '.join(one['left'])}" if one["left"] else ""
        yield (f"weights of {', '.join(one['layers'])} from {one['model']} "
               f"({one['sha256'][:12]}){left}")


def _calibrated(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield how calibration changed the errors of each target, and the columns left as they are."""
    for target, found in record.get("calibration", {}).items():
        for part, after in found["after"].items():
            before = found["before"][part]
            shown = "  ".join(f"{name} {before[name]:.4f} -> {after[name]:.4f}"
                              for name in after if after[name] is not None)
            yield f"{part:<10}  {target}  {found['method']}: {shown}"
        left = [column["left"] for column in found["columns"] if "left" in column]
        if left:
            yield f"{target}: {len(left)} columns are not calibrated ({left[0]})"
