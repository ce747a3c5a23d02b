"""Prediction from files to a file, against the network alone and a loop as Kipoi's is.

Prints rows a second, and times as multiples of those of the network alone: the Keras model as one
tf.function over batches that are ready in memory as arrays; once by the clock, once in CPU-seconds,
which another load on the machine changes less. ``without a copy`` is what dlgenomics calls, which
takes these arrays where they lie. Rounds are interleaved; medians are shown. The loop reads with
pyfaidx row by row, calls model.predict for each batch of 32 and writes TSV.

Run: python tests/benchmarks/predict.py [ROUNDS [NAME [ROWS]]], NAME being part of a network's.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pyfaidx
import tensorflow as tf

from dlgenomics.build import build_model
from dlgenomics.predict.computation import Wanted
from dlgenomics.predict.engines.opening import ENGINES, open_engine
from dlgenomics.predict.model import Model, SourceRecord
from dlgenomics.predict.order import Order
from dlgenomics.registry import registry
from dlgenomics.spec import parse_spec
from dlgenomics.spec.types import Spec

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
ONLY = sys.argv[2] if len(sys.argv) > 2 else ""
ROWS = int(sys.argv[3]) if len(sys.argv) > 3 else None
CONTIG = 20_000_000
LOOP_BATCH = 32
MOST_READY = 40_000
"""Rows that are held in memory; of networks alone that many are timed."""

SMALL = """\
spec: 1
name: benchmark/15-filters
task: binary_classification
data:
  train: {fasta: x.fa, labels: x.tsv}
  inputs: {dna: {kind: dna, length: 1000}}
  targets: {bound: {column: bound}}
model:
  layers:
    - Conv1D: {filters: 15, kernel_size: 15, activation: relu}
    - POOLING
    - Flatten
    - Dense: {units: 1}
"""


def basset() -> Spec:
    """Return the built-in spec with columns of plain names."""
    text = registry["basset"].path.read_text()
    columns = ", ".join(f"c{place}" for place in range(164))
    return parse_spec(text.replace("columns_from: target_labels.txt", f"columns: [{columns}]"))


def small(pooling: str) -> Spec:
    """Return a network of 15 filters of 15 bp."""
    return parse_spec(SMALL.replace("POOLING", pooling))


CASES: dict[str, tuple[Callable[[], Spec], int, int]] = {
    "Basset, 600 bp, 164 outputs": (basset, 2_000, 8),
    "15 filters, 1 kb, maxima of 35 bp as in DragoNN": (
        lambda: small("MaxPooling1D: {pool_size: 35}"), 200_000, 400),
    "15 filters, 1 kb, one maximum each": (
        lambda: small("GlobalMaxPooling1D: {keepdims: true}"), 200_000, 400),
}
"""By name: the spec, the rows, and which part of the rows the loop gets."""


def made_up_genome(folder: Path) -> Path:
    """Write a genome of one contig."""
    letters = np.random.default_rng(1).choice(np.frombuffer(b"ACGT", np.uint8), CONTIG)
    lines = letters.reshape(-1, 80)
    ends = np.full((len(lines), 1), ord("\n"), np.uint8)
    path = folder / "genome.fa"
    path.write_bytes(b">chr1\n" + np.concatenate([lines, ends], axis=1).tobytes())
    return path


def made_up_intervals(path: Path, rows: int, length: int) -> Path:
    """Write random intervals on both strands."""
    rng = np.random.default_rng(2)
    starts = rng.integers(0, CONTIG - length, rows)
    path.write_text("".join(f"chr1\t{s}\t{s + length}\t.\t0\t{'+-'[i % 2]}\n"
                            for i, s in enumerate(starts.tolist())))
    return path


def kipoi_style(model: Model, genome: Path, intervals: Path, out: Path) -> None:
    """Predict as Kipoi's pipeline does: row by row, then batch by batch."""
    table = np.full((256, 4), 0.25, np.float64)
    for place, letter in enumerate("ACGT"):
        table[ord(letter)] = np.eye(4)[place]
    fasta = pyfaidx.Fasta(str(genome), sequence_always_upper=True)
    rows = [line.split("\t") for line in intervals.read_text().splitlines()]
    with out.open("w") as stream:
        for first in range(0, len(rows), LOOP_BATCH):
            batch = []
            for contig, start, end, *_, strand in rows[first:first + LOOP_BATCH]:
                found = fasta[contig][int(start):int(end)]
                text = str(-found if strand == "-" else found)
                batch.append(table[np.frombuffer(text.encode(), np.uint8)])
            preds = model.model.predict(np.stack(batch).astype(np.float32), verbose=0)
            for row, pred in zip(rows[first:first + LOOP_BATCH], preds, strict=True):
                stream.write("\t".join([*row, *map(str, pred)]) + "\n")


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Return seconds by the clock, and of the processors."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - busy


def measure(name: str, spec: Spec, rows: int, share: int, genome: Path, folder: Path) -> None:
    """Measure one network and print what was found."""
    model = Model(spec, build_model(spec), SourceRecord("built", "memory"))
    length = next(iter(spec.data.inputs.values())).shape[0]
    bed = made_up_intervals(folder / "all.bed", rows, length)
    few = made_up_intervals(folder / "few.bed", rows // share, length)
    files = {"fasta_file": genome, "intervals_file": bed}
    size = Order().batch(model, rows)
    loader = model.default_dataloader(**files)
    ready = [loader.arrays(np.arange(first, min(first + size, rows)))
             for first in range(0, min(rows, MOST_READY), size)]
    parts = max(rows // MOST_READY, 1)
    [name_of_input] = model.data.inputs
    plain = tf.function(lambda x: model.model(x, training=False),
                        input_signature=[tf.TensorSpec((None, length, 4), tf.float32)])

    def alone(engine: Any) -> None:
        for arrays in ready:
            engine(arrays)

    def whole(engine: str, out: str = "o.parquet") -> None:
        loader = model.default_dataloader(**files)
        model.pipeline.write_predictions(folder / out, loader, Order(Wanted(engine=engine)),
                                         arguments=files)

    contest: dict[str, tuple[Callable[[], Any], int]] = {
        "network alone": (lambda: alone(
            lambda arrays: plain(tf.convert_to_tensor(arrays[name_of_input])).numpy()), parts),
        "network without a copy": (lambda: alone(model.forward), parts),
        "files to Parquet": (lambda: whole("tensorflow"), 1),
        "files to TSV": (lambda: whole("tensorflow", "o.tsv"), 1),
        "loop as Kipoi's": (lambda: kipoi_style(model, genome, few, folder / "k.tsv"), share),
    }
    if _has_openvino():
        for engine in ENGINES:
            contest[f"{engine} alone"] = (partial(alone, open_engine(engine, model)), parts)
            contest[f"{engine}, files to Parquet"] = (partial(whole, engine), 1)
    for work, _ in contest.values():
        work()
    seconds: dict[str, list[tuple[float, float]]] = {key: [] for key in contest}
    for _ in range(ROUNDS):
        for key, (work, part) in contest.items():
            clock, busy = timed(work)
            seconds[key].append((part * clock, part * busy))
    print(f"\n{name}: {rows:,} rows, batches of {size}, {ROUNDS} rounds")
    base, base_busy = medians(seconds["network alone"])
    for key, found in seconds.items():
        clock, busy = medians(found)
        print(f"  {key:<36} {rows / clock:>9,.0f} rows/s  {clock / base:7.3f} x the network alone  "
              f"{busy / base_busy:7.3f} x its CPU-seconds")


def medians(found: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the median of both kinds of seconds."""
    clock, busy = zip(*found, strict=True)
    return statistics.median(clock), statistics.median(busy)


def _has_openvino() -> bool:
    try:
        import openvino  # noqa: F401
    except ImportError:
        return False
    return True


def main() -> None:
    """Measure every network."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        genome = made_up_genome(folder)
        for case, (spec, rows, share) in CASES.items():
            if ONLY in case:
                measure(case, spec(), ROWS or rows, share, genome, folder)


if __name__ == "__main__":
    main()
