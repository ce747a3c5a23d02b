"""How much faster saturation mutagenesis is where only what a base reaches is computed again.

Run: python tests/benchmarks/mutagenesis.py [SPEC ...]. Networks have random weights. Both ways run
in turns over the same rows, in blocks as a run takes them; printed are their medians, the ratio,
and the largest difference, as a share of the number where that is above 1.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from dlgenomics import registry
from dlgenomics.build import build_model
from dlgenomics.explain.point import find_point
from dlgenomics.explain.quantity import Quantity
from dlgenomics.explain.substitution import Substitution
from dlgenomics.explain.substrate import find_substrate
from dlgenomics.predict.model import Model, SourceRecord

SPECS = sys.argv[1:] or ["basset", "deepsea", "dragonn/tal1", "bpnet", "danq"]
BLOCKS = 5
BATCH = 128


def quantity_by_name(name: str) -> Quantity:
    """Return the first number that a built-in network gives, with random weights."""
    spec = registry[name].load()
    model = Model(spec, build_model(spec), SourceRecord("benchmark", "memory"))
    return Quantity(model, find_point(spec, "0", layer=spec.model.outputs[0]),
                    find_substrate(spec))


def seconds(action: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return how long an action takes, and what it gives."""
    start = time.perf_counter()
    found = action()
    return time.perf_counter() - start, found


def measure(name: str) -> str:
    """Return a line of the table."""
    quantity = quantity_by_name(name)
    inputs = {key: tuple(one.shape) for key, one in quantity.model.inputs.items()}
    length = inputs[quantity.explained][0]
    rng = np.random.default_rng(1)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (1, length))]
    arrays = {key: x if key == quantity.explained else np.zeros((1, *shape), np.float32)
              for key, shape in inputs.items()}
    whole = Substitution(quantity, by_window=False)
    window = Substitution(quantity, by_window=True)
    runs = [one.prepared(arrays) for one in (whole, window)]
    taken: list[list[float]] = [[], []]
    largest = 0.0
    for block in range(BLOCKS + 1):
        rows = (np.zeros(BATCH, np.int64), rng.integers(0, length, BATCH),
                rng.integers(0, 4, BATCH))
        found = [seconds(lambda run=run, rows=rows: run(*rows)) for run in runs]
        scale = max(1.0, float(np.abs(found[0][1]).max()))
        largest = max(largest, float(np.abs(found[0][1] - found[1][1]).max()) / scale)
        if block:  # the first one compiles
            for times, (second, _) in zip(taken, found, strict=True):
                times.append(1000 * second / BATCH)
    slow, fast = map(statistics.median, taken)
    chosen = "window" if window.reach.is_worth_it else "whole"
    return (f"{name:<16}{slow:10.3f}{fast:10.3f}{slow / fast:8.1f}x{1 / window.reach.share:9.1f}x"
            f"  {chosen:<8}{largest:.1e}")


def main() -> None:
    """Print a line for each network."""
    print(f"{'network':<16}{'whole':>10}{'window':>10}{'faster':>9}{'expected':>10}  chosen  "
          "difference\n                ms a row  ms a row")
    for name in SPECS:
        print(measure(name), flush=True)


if __name__ == "__main__":
    main()
