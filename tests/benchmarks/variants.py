"""How fast variants are scored: against a loop over variants, and against one that makes batches.

Both predict the reference and the alternative allele of each variant with ``predict_on_batch``, on
windows that pysam reads and a table of bytes encodes: the first one allele at a time, the second
128 windows at once. Ours reads and writes whole VCFs; theirs keep the differences in memory.

Run: python tests/benchmarks/variants.py [VARIANTS] [ROUNDS]. Rounds are interleaved; printed are
medians of wall time and CPU time, as variants a second and ratios. Leaves with 1 where ours is less
than twice as fast as the plain loop.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pysam

from dlgenomics import get_model, registry
from dlgenomics.build import build_model
from dlgenomics.data.labels import resolve_columns
from dlgenomics.predict.model import Model, SourceRecord
from dlgenomics.variants.plan import Options
from dlgenomics.variants.scoring import score_variants

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
CONTIG = 5_000_000
TABLE = np.zeros((256, 4), np.float32)
for place, base in enumerate("ACGT"):
    TABLE[ord(base), place] = 1

Row = tuple[int, str, str]


def make_genome(folder: Path) -> str:
    """Write a random contig; return its letters."""
    letters = np.random.default_rng(1).choice(np.frombuffer(b"ACGT", np.uint8), CONTIG).tobytes()
    text = letters.decode()
    lines = "\n".join(text[i:i + 60] for i in range(0, CONTIG, 60))
    (folder / "genome.fa").write_text(f">chr1\n{lines}\n")
    pysam.faidx(str(folder / "genome.fa"))
    return text


def make_variants(text: str, folder: Path) -> list[Row]:
    """Write a VCF: as in a population, one place in six has several alleles, one in eight indels."""
    rng = np.random.default_rng(2)
    rows: list[Row] = []
    lines = []
    for at in np.sort(rng.choice(np.arange(2_000, CONTIG - 2_000), COUNT, replace=False)):
        ref = text[at]
        others = [b for b in "ACGT" if b != ref]
        kind = rng.random()
        alts = (others[:int(rng.integers(2, 4))] if kind < 1 / 6
                else [f"{ref}GT"] if kind < 0.23 else others[:1])
        if kind > 0.94:
            ref, alts = text[at:at + 4], [ref]
        rows += [(int(at), ref, alt) for alt in alts]
        lines.append(f"chr1\t{at + 1}\t.\t{ref}\t{','.join(alts)}\t.\t.\t.")
    header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (folder / "in.vcf").write_text(header + "\n".join(lines) + "\n")
    return rows


def windows(fasta: pysam.FastaFile, row: Row, length: int) -> tuple[str, str]:
    """Return the two windows of one variant as text."""
    at, ref, alt = row
    first = at - length // 2
    around = fasta.fetch("chr1", first, first + length + len(ref))
    left, right = around[:length // 2], around[length // 2 + len(ref):]
    return (left + ref + right)[:length], (left + alt + right)[:length]


def encode(texts: list[str]) -> np.ndarray[Any, Any]:
    """Return one-hot DNA."""
    return TABLE[np.stack([np.frombuffer(t.encode(), np.uint8) for t in texts])]


def plain_loop(model: Model, rows: list[Row], folder: Path, length: int) -> list[float]:
    """Score one allele after the other."""
    with pysam.FastaFile(str(folder / "genome.fa")) as fasta:
        pairs = (windows(fasta, row, length) for row in rows)
        return [float((model.predict_on_batch(encode([b])) - model.predict_on_batch(encode([a])))
                      .ravel()[0]) for a, b in pairs]


def batched_loop(model: Model, rows: list[Row], folder: Path, length: int) -> list[float]:
    """Score 128 windows at once, the reference once for each allele."""
    found: list[float] = []
    with pysam.FastaFile(str(folder / "genome.fa")) as fasta:
        for i in range(0, len(rows), 64):
            pairs = [windows(fasta, row, length) for row in rows[i:i + 64]]
            values = model.predict_on_batch(encode([one for pair in pairs for one in pair]))
            found += (values[1::2] - values[::2])[:, 0].tolist()
    return found


def ours(model: Model, folder: Path) -> list[float]:
    """Score the file, and read the first column's differences back."""
    score_variants(model, folder / "in.vcf", folder / "genome.fa", folder / "out.tsv",
                   Options(scores=("diff",), targets=(model.columns[0],)))
    lines = (folder / "out.tsv").read_text().splitlines()[1:]
    return [float(line.split("\t")[8]) for line in lines]


def basset(folder: Path) -> Model:
    """Return Basset as its spec builds it, untrained."""
    (folder / "target_labels.txt").write_text("\n".join(f"cell{i}" for i in range(164)))
    spec = resolve_columns(registry["basset"].load(), folder)
    return Model(spec, build_model(spec), SourceRecord("benchmark", "memory"))


def timed(action: Callable[[], list[float]]) -> tuple[float, float, list[float]]:
    """Return wall and CPU seconds, and the result."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = action()
    return time.perf_counter() - wall, time.process_time() - cpu, found


def measure(name: str, model: Model, rows: list[Row], folder: Path) -> bool:
    """Print one model's figures; return whether ours is twice as fast as the plain loop."""
    length = next(iter(model.inputs.values())).shape[0]
    ways = {"plain loop": lambda: plain_loop(model, rows, folder, length),
            "loop in batches": lambda: batched_loop(model, rows, folder, length),
            "score_variants": lambda: ours(model, folder)}
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    results: dict[str, list[float]] = {}
    for turn in range(ROUNDS + 1):
        for way, action in ways.items():
            wall, cpu, results[way] = timed(action)
            if turn:  # the first round compiles
                times[way].append((wall, cpu))
    for way in ways:
        np.testing.assert_allclose(results[way], results["plain loop"], atol=2e-5)
    medians = {way: [statistics.median(column) for column in zip(*pairs, strict=True)]
               for way, pairs in times.items()}
    for way, (wall, cpu) in medians.items():
        base = medians["score_variants"]
        print(f"{name:<14} {way:<16} {len(rows) / wall:8,.0f} alleles/s  {wall:6.2f} s wall "
              f"{cpu:6.2f} s CPU  {wall / base[0]:5.2f} x and {cpu / base[1]:5.2f} x ours")
    return medians["plain loop"][0] >= 2 * medians["score_variants"][0]


def main() -> None:
    """Measure a small and a large network."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = make_variants(make_genome(folder), folder)
        print(f"{COUNT:,} records, {len(rows):,} alleles")
        kept = [measure("dragonn/tal1", get_model("dragonn/tal1"), rows, folder),
                measure("Basset", basset(folder), rows, folder)]
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
