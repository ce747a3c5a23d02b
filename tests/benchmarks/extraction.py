"""How fast intervals of a FASTA become one-hot DNA: against peers and against filling memory.

    python tests/benchmarks/extraction.py [--rows 10000] [--bases 200000000] [--rounds 5]

All take turns in one run; figures are medians of wall time, then of CPU-seconds, which a busy
machine disturbs less. dlgenomics and Kipoi's loader give batches, pyfaidx fills one array, in one
thread. Intervals of a bgzip FASTA are asked for in one call, in the order of the file of intervals;
``copied`` is after so much reading that the cache holds an unpacked copy. Peers that are not
installed are left out, and the first lines say so. kipoiseq needs an environment of its own, in
which dlgenomics is found by PYTHONPATH:

    python -m venv oracle && oracle/bin/pip install kipoiseq==0.7.1 pybedtools six biopython \
        pydantic pyyaml 'setuptools<80'
    PYTHONPATH=.:zoo oracle/bin/python tests/benchmarks/extraction.py

The second table shows the resident memory of reading a genome larger than all of it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from dlgenomics.data.genome import Genome
from dlgenomics.data.genome_files import bgzip
from dlgenomics.data.intervals import Intervals

LENGTHS = (600, 1000)
LINE = 60
BATCH = 512
PEER_ROWS = 1000
TARGETS = {("plain", "kipoiseq"): 100, ("plain", "pyfaidx"): 10, ("bgzip", "kipoiseq"): 10}

Measure = Callable[[], int]
"""Does some work and returns for how many intervals."""


def write_genome(path: Path, bases: int) -> None:
    """Write one contig of random letters, a twentieth of them N, a fifth in lower case."""
    rng = np.random.default_rng(0)
    with path.open("wb") as stream:
        stream.write(b">chr1\n")
        for first in range(0, bases, 6_000_000):
            count = min(6_000_000, bases - first)
            letters = np.frombuffer(b"ACGTacgtACGTACGTACGN", np.uint8)[rng.integers(0, 20, count)]
            lines = np.full((-(-count // LINE), LINE + 1), ord("\n"), np.uint8)
            lines[:, :LINE] = np.pad(letters, (0, -count % LINE),
                                     constant_values=ord("A")).reshape(-1, LINE)
            stream.write(lines.tobytes())


def draw(rows: int, length: int, bases: int, *, is_sorted: bool) -> Intervals:
    """Return intervals at random places, on either strand."""
    rng = np.random.default_rng(length)
    start = rng.integers(0, bases - length, rows)
    start = np.sort(start) if is_sorted else start
    return Intervals(("chr1",), np.zeros(rows, np.int32), start, start + length,
                     np.where(rng.random(rows) < 0.5, "-", "+"))


# ---- what is compared -------------------------------------------------------------------------


def ours(fasta: Path, intervals: Intervals, dtype: str, cache: Path, batch: int) -> Measure:
    """Return all intervals in batches, each into the same array."""
    os.environ["DLG_CACHE"] = str(cache)
    genome = Genome(fasta)
    parts = [intervals[first:first + batch] for first in range(0, len(intervals), batch)]
    out = np.empty((batch, int(intervals.end[0] - intervals.start[0]), 4), dtype)

    def run() -> int:
        for part in parts:
            genome.one_hot(part, dtype=dtype, out=out[:len(part)])
        return len(intervals)

    return run


def memory_fill(intervals: Intervals, dtype: str) -> Measure:
    """Return the limit: filling the same array."""
    out = np.empty((len(intervals), int(intervals.end[0] - intervals.start[0]), 4), dtype)

    def run() -> int:
        out.fill(1)
        return len(intervals)

    return run


def with_pyfaidx(fasta: Path, intervals: Intervals, dtype: str, folder: Path) -> Measure | None:
    """Return pyfaidx in one thread with a table from letters to one-hot."""
    try:
        import pyfaidx
    except ImportError:
        return None
    try:
        genome = pyfaidx.Fasta(str(fasta), indexname=str(folder / f"{fasta.name}.fai"))
    except ImportError:  # of biopython, which it needs for bgzip
        return None
    table = np.zeros((256, 4), dtype)
    for channel, letter in enumerate("ACGT"):
        table[[ord(letter), ord(letter.lower())], channel] = 1
    rows = list(zip(intervals.start.tolist(), intervals.end.tolist(),
                    intervals.strand.tolist(), strict=True))
    rows = rows[:PEER_ROWS]
    out = np.empty((len(rows), rows[0][1] - rows[0][0], 4), dtype)

    def run() -> int:
        for row, (start, end, strand) in enumerate(rows):
            one = genome["chr1"][start:end]
            text = (-one if strand == "-" else one).seq
            out[row] = table[np.frombuffer(text.encode(), np.uint8)]
        return len(rows)

    return run


def with_kipoiseq(fasta: Path, intervals: Intervals, dtype: str, folder: Path) -> Measure | None:
    """Return Kipoi's dataloader as Kipoi's pipeline uses it: batches of 32, no workers."""
    os.environ["HOME"] = str(folder)  # kipoi writes there on import
    try:
        from kipoiseq.dataloaders import SeqIntervalDl
    except ImportError:
        return None
    bed = folder / "peer.bed"
    bed.write_text("".join(
        f"chr1\t{s}\t{e}\t.\t0\t{d}\n" for s, e, d in zip(
            intervals.start[:PEER_ROWS].tolist(), intervals.end[:PEER_ROWS].tolist(),
            intervals.strand[:PEER_ROWS].tolist(), strict=True)))
    loader = SeqIntervalDl(str(bed), str(fasta), use_strand=True, ignore_targets=True,
                           dtype=np.dtype(dtype).type)

    def run() -> int:
        for _ in loader.batch_iter(batch_size=32, num_workers=0):
            pass
        return len(loader)

    return run


# ---- measuring --------------------------------------------------------------------------------


def medians(measures: Mapping[str, Measure], rounds: int) -> dict[str, tuple[float, float]]:
    """Return the wall time and CPU-seconds for one interval of each, all taking turns."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in measures}
    for measure in measures.values():
        measure()
    for _ in range(rounds):
        for name, measure in measures.items():
            start, begin = time.perf_counter(), time.process_time()
            count = measure()
            taken[name].append(((time.perf_counter() - start) / count,
                                (time.process_time() - begin) / count))
    return {name: (statistics.median(wall for wall, _ in values),
                   statistics.median(cpu for _, cpu in values))
            for name, values in taken.items()}


def compare(kind: str, fasta: Path, intervals: Intervals, what: str, dtype: str, rounds: int,
            folder: Path) -> None:
    """Print one line for each method on the same intervals."""
    found: dict[str, Measure | None] = {
        "dlgenomics": ours(fasta, intervals, dtype, folder / "cache",
                           BATCH if kind == "plain" else len(intervals)),
        "kipoiseq": with_kipoiseq(fasta, intervals, dtype, folder),
        "pyfaidx": with_pyfaidx(fasta, intervals, dtype, folder),
        "memory fill": memory_fill(intervals, dtype)}
    times = medians({name: one for name, one in found.items() if one}, rounds)
    own = times["dlgenomics"]
    for name, (wall, cpu) in times.items():
        ratio = wall / own[0]
        target = TARGETS.get((kind, name))
        wanted = f"  target {target}: {'yes' if ratio >= target else 'NO'}" if target else ""
        print(f"{kind:<6} {what:<28} {name:<12} {1e-3 / wall:9.1f} k/s  {ratio:8.2f}  by CPU "
              f"{cpu / own[1]:8.2f}{wanted}", flush=True)


def packed(fasta: Path) -> Path | None:
    """Return the FASTA in bgzip."""
    try:
        import pysam
    except ImportError:
        return None
    found = fasta.with_name(fasta.name + ".gz")
    pysam.tabix_compress(str(fasta), str(found), force=True)
    return found


_MEMORY = """
import os, resource, sys
import numpy as np
sys.path[:0] = {paths!r}
os.environ.update(DLG_CACHE={cache!r}, DLG_MEMORY={memory!r})
sys.argv = ["extraction.py"]
from extraction import draw
from dlgenomics.data.genome import Genome
from dlgenomics.data.genome_files import bgzip
genome = Genome({fasta!r})
bases = genome.lengths["chr1"]
for _ in range(20):
    genome.one_hot(draw(2000, 1000, bases, is_sorted=False))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(*(int(status[k].split()[0]) // 1024 for k in ("RssAnon", "RssFile", "VmHWM")))
"""


def show_memory(folder: Path, bases: int) -> None:
    """Print the memory of processes that read 40,000 random intervals of genomes."""
    fasta = folder / "large.fa"
    for size in (bases // 10, bases):
        write_genome(fasta, size)
        for memory in ("4 GB", "256 MB"):
            code = _MEMORY.format(paths=[str(Path(__file__).parent), *sys.path], fasta=str(fasta),
                                  cache=str(folder / "cache"), memory=memory)
            anonymous, files, peak = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True,
                check=True).stdout.split()
            print(f"genome of {size / 1e6:7,.0f} MB, DLG_MEMORY {memory:>6}: own memory "
                  f"{anonymous:>5} MB, pages of files {files:>5} MB, peak {peak:>5} MB", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--bases", type=int, default=200_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", type=int, default=1_200_000_000, help="0 leaves memory out")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        fasta = folder / "genome.fa"
        write_genome(fasta, given.bases)
        probe = draw(PEER_ROWS, 600, given.bases, is_sorted=True)
        absent = [name for name, peer in (("pyfaidx", with_pyfaidx), ("kipoiseq", with_kipoiseq))
                  if peer(fasta, probe, "float32", folder) is None]
        print(f"not installed here, left out: {', '.join(absent) or 'none'}; bgzip is unpacked by "
              f"{bgzip.decompress.__module__}", flush=True)
        for length in LENGTHS:
            for is_sorted in (False, True):
                for dtype in ("float32", "uint8"):
                    what = f"{length} bp {'sorted' if is_sorted else 'random'} {dtype}"
                    intervals = draw(given.rows, length, given.bases, is_sorted=is_sorted)
                    compare("plain", fasta, intervals, what, dtype, given.rounds, folder)
        compressed = packed(fasta)
        for is_copied in (False, True) if compressed else ():
            for length in LENGTHS:
                what = f"{length} bp random float32, {'copied' if is_copied else 'packed'}"
                intervals = draw(given.rows, length, given.bases, is_sorted=False)
                if is_copied:  # as after much reading
                    again = ours(compressed, intervals, "float32", folder / "cache", 1000)
                    again(), again()
                compare("bgzip", compressed, intervals, what, "float32", 1, folder)
        if given.large:
            show_memory(folder, given.large)


if __name__ == "__main__":
    main()
