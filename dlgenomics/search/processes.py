"""The processes of trials: how they are started, what they may use, how they are stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dlgenomics.cores import available_cores
from dlgenomics.search.trial import LOG


@dataclass(frozen=True)
class Process:
    """A trial that runs."""

    number: int
    popen: subprocess.Popen[bytes]

    def ended(self) -> int | None:
        """Return the exit status, below 0 for a signal, or None while it runs."""
        status = self.popen.poll()
        if status is not None and self.popen.stdin:
            self.popen.stdin.close()
        return status

    def stop(self) -> None:
        """End it at once; its run stays at its last checkpoint."""
        self.popen.kill()
        self.popen.wait()
        self.ended()


def start_process(number: int, folder: Path, data_folder: Path, workers: int) -> Process:
    """Start the process of a trial; its messages go to ``log.txt``.

    The process holds a pipe to this one and leaves when it is closed, so that no trial outlives a
    search that was killed. Ctrl-C reaches only the search, which then stops its trials.
    """
    with (folder / LOG).open("ab") as log:
        popen = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "dlgenomics.search.trial", str(folder), str(data_folder)],
            stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, **environment(workers)},
        )
    return Process(number, popen)


def environment(workers: int) -> Mapping[str, str]:
    """Return the variables that share the processors and a GPU's memory among trials."""
    threads = str(max(available_cores() // workers, 1))
    return {"OMP_NUM_THREADS": threads, "TF_NUM_INTRAOP_THREADS": threads,
            "TF_NUM_INTEROP_THREADS": threads, "TF_FORCE_GPU_ALLOW_GROWTH": "true",
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3")}
