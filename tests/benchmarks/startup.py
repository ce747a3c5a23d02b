"""What `dlg predict` costs on ten intervals, beside TensorFlow's own import.

    python tests/benchmarks/startup.py [--rounds 5] [--modules]

Processes take turns; figures are medians of CPU-seconds (user and system) and of wall time. Leaves
with 1 if predicting costs more than the import and 1.5 CPU-seconds. ``--modules`` lists what the
command imports besides, longest first.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ALLOWED = 1.5
MODEL = "dragonn/tal1"
LENGTH = 500
_PREDICT = "import sys; from dlgenomics_cli import main; main(sys.argv[1:])"


def write_files(folder: Path) -> list[str]:
    """Write a genome of 1 Mb and ten intervals; return the command."""
    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (20_000, 50))]
    lines = np.concatenate([letters, np.full((len(letters), 1), ord("\n"), np.uint8)], axis=1)
    (folder / "g.fa").write_bytes(b">chr1\n" + lines.astype(np.uint8).tobytes())
    starts = rng.integers(0, 900_000, 10)
    (folder / "i.bed").write_text("".join(f"chr1\t{s}\t{s + LENGTH}\n" for s in starts))
    return [sys.executable, "-c", _PREDICT, "predict", MODEL, "--fasta", str(folder / "g.fa"),
            "--intervals", str(folder / "i.bed"), "-o", str(folder / "out.tsv")]


def spent(command: list[str]) -> tuple[float, float]:
    """Return the CPU-seconds and the seconds of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start


def show_modules(command: list[str]) -> None:
    """Print the packages that the command imports, with the milliseconds of each."""
    done = subprocess.run([command[0], "-X", "importtime", *command[1:]], capture_output=True,
                          text=True, check=True)
    own: dict[str, int] = {}
    for line in done.stderr.splitlines():
        found = re.match(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)", line)
        if found:
            package = ".".join(found[2].split(".")[:1])
            own[package] = own.get(package, 0) + int(found[1])
    for package, micro in sorted(own.items(), key=lambda one: -one[1])[:25]:
        print(f"{package:<30} {micro / 1000:8.0f} ms")


def main() -> None:
    """Print CPU-seconds and wall time of both, and their difference."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--modules", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        os.environ["DLG_CACHE"] = str(Path(made) / "cache")
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        command = write_files(Path(made))
        if given.modules:
            show_modules(command)
            return
        bare = [sys.executable, "-c", "import tensorflow"]
        both = [(spent(bare), spent(command)) for _ in range(given.rounds + 1)][1:]
        imports, predicts = (np.array([one[i] for one in both]) for i in (0, 1))
        for name, times in (("import tensorflow", imports), (f"dlg predict {MODEL}", predicts)):
            cpu, wall = (statistics.median(times[:, i]) for i in (0, 1))
            print(f"{name:<28} {cpu:6.2f} CPU-seconds  {wall:6.2f} s")
        more = statistics.median((predicts - imports)[:, 0])
        print(f"difference {more:.2f} CPU-seconds, allowed {ALLOWED}: "
              f"{'yes' if more <= ALLOWED else 'NO'}")
        sys.exit(more > ALLOWED)


if __name__ == "__main__":
    main()
