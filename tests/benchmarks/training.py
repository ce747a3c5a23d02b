"""What an epoch of training costs from a FASTA, beside one from arrays in memory.

    python tests/benchmarks/training.py [--examples 4096] [--rounds 5]

The network is DragoNN's of three layers with 15 filters, on 1 kb. One epoch of each takes turns;
figures are medians. ``arrays`` is Keras's own ``fit`` on one-hot float32 that is there already.
``intervals`` reads a genome of 20 Mb as it goes (DLG_MEMORY=1 kB), as where codes do not fit into
memory. The last lines are what the feed alone costs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

LENGTH = 1000
ALLOWED = 1.10
_SPEC = """\
spec: 1
name: benchmark/training
description: DragoNN's network of three layers, on 1 kb.
task: binary_classification
data:
  {source}
  inputs:
    dna: {{kind: dna, length: 1000}}
  targets:
    bound: {{column: bound}}
  split: {{by: random, test: 0.01, validation: 0.01}}
  augment: {augment}
model:
  layers:
    - Conv1D: {{filters: 15, kernel_size: 15, activation: relu}}
    - Conv1D: {{filters: 15, kernel_size: 15, activation: relu}}
    - Conv1D: {{filters: 15, kernel_size: 15, activation: relu}}
    - MaxPooling1D: {{pool_size: 35}}
    - Flatten
    - Dense: {{units: 1}}
training:
  batch_size: 128
  epochs: 1
"""
FASTA = "train: {fasta: s.fa, labels: labels.tsv}"
INTERVALS = "train: {intervals: i.bed, labels: labels.tsv}\n  reference: {fasta: g.fa}"
AUGMENT = "[{reverse_complement: {probability: 0.5}}, {shift: {max: 10}}]"


def write_files(folder: Path, count: int) -> None:
    """Write sequences, a genome with intervals, and labels."""
    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", np.uint8)
    with (folder / "s.fa").open("wb") as stream:
        for i in range(count):
            stream.write(f">e{i}\n".encode() + letters[rng.integers(0, 4, LENGTH)].tobytes() + b"\n")
    lines = np.full((400_000, 51), ord("\n"), np.uint8)
    lines[:, :50] = letters[rng.integers(0, 4, (400_000, 50))]
    (folder / "g.fa").write_bytes(b">chr1\n" + lines.tobytes())
    starts = rng.integers(100, 19_990_000, count)
    (folder / "i.bed").write_text("".join(
        f"chr1\t{s}\t{s + LENGTH}\te{i}\t0\t{'+-'[i % 2]}\n" for i, s in enumerate(starts)))
    (folder / "labels.tsv").write_text("name\tbound\n" + "".join(
        f"e{i}\t{i // 2 % 2}\n" for i in range(count)))


def prepared(source: str, augment: str, folder: Path) -> tuple[Any, Any, Any]:
    """Return a compiled model, its dataset and its examples."""
    from dlgenomics.build import build_model
    from dlgenomics.data.examples import load_examples
    from dlgenomics.data.feed import TrainingFeed
    from dlgenomics.spec import parse_spec
    from dlgenomics.train.compile import compile_model
    from dlgenomics.train.dataset import FeedDataset

    spec = parse_spec(_SPEC.format(source=source, augment=augment))
    examples = load_examples(spec, folder)
    feed = TrainingFeed(examples, examples.parts.train, spec.data, spec.training.batch_size, seed=1)
    model = build_model(spec)
    compile_model(model, spec, len(feed))
    return model, FeedDataset(feed, spec.model.inputs), examples


def epochs(folder: Path) -> dict[str, Callable[[], Any]]:
    """Return one epoch of each way of feeding."""
    model, dataset, _ = prepared(FASTA, "[]", folder)
    whole = [dataset[i] for i in range(len(dataset))]
    x = np.concatenate([one[0] for one in whole])
    y = np.concatenate([one[1] for one in whole])
    found: dict[str, Callable[[], Any]] = {
        "arrays": lambda: model.fit(x, y, batch_size=128, verbose=0)}
    for name, source, augment, memory in (
            ("FASTA", FASTA, "[]", "4 GB"), ("FASTA, augmented", FASTA, AUGMENT, "4 GB"),
            ("intervals", INTERVALS, "[]", "1 kB"),
            ("intervals, augmented", INTERVALS, AUGMENT, "1 kB")):
        os.environ["DLG_MEMORY"] = memory
        other, fed, _ = prepared(source, augment, folder)
        found[name] = lambda m=other, d=fed: m.fit(d, verbose=0)
        found[f"feed alone: {name}"] = lambda d=fed: [d[i] for i in range(len(d))]
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--examples", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with tempfile.TemporaryDirectory() as made:
        os.environ["DLG_CACHE"] = str(Path(made) / "cache")
        write_files(Path(made), given.examples)
        ways = epochs(Path(made))
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for turn in range(given.rounds + 1):
            for name, epoch in ways.items():
                start = time.perf_counter()
                epoch()
                if turn:
                    taken[name].append(time.perf_counter() - start)
        base = statistics.median(taken["arrays"])
        for name, times in sorted(taken.items(), key=lambda one: one[0].startswith("feed")):
            ratio = statistics.median(t / b for t, b in zip(times, taken["arrays"], strict=True))
            wanted = "" if name.startswith("feed") or name == "arrays" else (
                f"  allowed {ALLOWED}: {'yes' if ratio <= ALLOWED else 'NO'}")
            print(f"{name:<32} {statistics.median(times) * 1e3:8.0f} ms  {ratio:5.2f}{wanted}")
        print(f"{given.examples / base:,.0f} examples a second from arrays")


if __name__ == "__main__":
    main()
