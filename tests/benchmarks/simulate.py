"""How fast sequences are simulated: CPU-seconds for 20,000 of 1,000 bp, against the limit.

Run: python tests/benchmarks/simulate.py [COUNT]. Leaves with 1 if a limit is missed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dlgenomics.simulate import (
    Background,
    Independent,
    Shuffles,
    learn_chain,
    load_motif,
    simulate,
    write_simulation,
)

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
LENGTH = 1_000
LIMIT = 5.0 * COUNT / 20_000

TAL1, CTCF, ZNF143, SIX5, SPI1, IRF = map(
    load_motif, ("TAL1_known4", "CTCF", "ZNF143", "SIX5", "SPI1", "IRF"))
MOTIFS = {
    "single-motif": (TAL1,),
    "motif-counting": (TAL1,),
    "density-localization": (TAL1,),
    "multi-motif": ((CTCF, ZNF143, SIX5),),
    "differential-accessibility": ((CTCF, SIX5), (ZNF143, TAL1)),
    "heterodimer-grammar": (SPI1, IRF),
}


def measure(name: str, action: Callable[[], object]) -> bool:
    """Print CPU-seconds and their share of the limit; return whether it is kept."""
    start = time.process_time()
    action()
    taken = time.process_time() - start
    print(f"{name:<50} {taken:6.2f} s  {taken / LIMIT:5.2f} of the limit")
    return taken < LIMIT


def main() -> None:
    """Measure every task, every background, and all of it with the files."""
    given = np.random.default_rng(1).integers(0, 4, (COUNT, LENGTH)).astype(np.uint8)
    backgrounds: dict[str, Background] = {
        "independent letters": Independent(), "dinucleotides": learn_chain(given),
        "shuffles": Shuffles(given)}
    kept = [measure(f"{task}, {name}", lambda t=task, m=motifs, b=background: simulate(
                t, *m, count=COUNT, length=LENGTH, background=b))
            for task, motifs in MOTIFS.items() for name, background in backgrounds.items()]

    def everything() -> None:
        with tempfile.TemporaryDirectory() as folder:
            write_simulation(simulate("density-localization", TAL1, count=COUNT, length=LENGTH),
                             Path(folder))

    kept.append(measure("density-localization with files, gzip", everything))
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
