"""What the process of one trial does: ``python -m dlgenomics.search.trial FOLDER DATA``.

It trains the spec in FOLDER/trial.yaml, or goes on with the run that is there, and writes how it
ended to FOLDER/outcome.json. It ends with the process that started it, whose pipe it holds.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from dlgenomics.errors import DlgError
from dlgenomics.spec import load_spec
from dlgenomics.train.run import RunFolder, read_record, write_json

SPEC = "trial.yaml"
OUTCOME = "outcome.json"
LOG = "log.txt"


@dataclass(frozen=True)
class Outcome:
    """How a trial ended; ``reason`` is None if it is finished."""

    seconds: float
    reason: str | None = None


def run_trial(folder: Path, data_folder: Path) -> Outcome:
    """Train or go on training; every error becomes a reason, so that the search can go on."""
    start = time.monotonic()
    reason = None
    try:
        _train(folder, data_folder)
    except DlgError as error:
        reason = str(error)
    except Exception as error:  # the search reports it, and the log keeps the traceback
        traceback.print_exc()
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
    outcome = Outcome(round(time.monotonic() - start, 1), reason)
    write_json(folder / OUTCOME, asdict(outcome))
    return outcome


def _train(folder: Path, data_folder: Path) -> None:
    run = RunFolder(folder)
    status = read_record(run)["status"] if run.record.exists() else None
    if status == "finished":
        return
    from dlgenomics.train.fit import resume, train  # noqa: PLC0415 - starts TensorFlow

    if status is None:
        train(load_spec(folder / SPEC), data_folder, folder, command="dlg search")
    else:
        resume(folder)


def _end_with_parent() -> None:
    """Leave at once when the other end of standard input is closed."""
    def watch() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    _end_with_parent()
    sys.exit(1 if run_trial(Path(sys.argv[1]), Path(sys.argv[2])).reason else 0)
