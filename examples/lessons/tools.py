"""What the lessons share: where things go, training, tables and pictures.

Environment: ``LESSON_OUT`` is the folder for results (default ``runs/lessons``), ``LESSON_DATA`` a
folder with real files instead of simulated ones, ``LESSON_COUNT`` the number of simulated examples.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib as mpl
from matplotlib.figure import Figure

from dlgenomics import get_model
from dlgenomics.package.write import package_run
from dlgenomics.predict.model import Model
from dlgenomics.spec import parse_spec
from dlgenomics.spec.types import Spec
from dlgenomics.train.fit import train

logging.getLogger("tensorflow").setLevel(logging.ERROR)

# Okabe and Ito's colours, with dashes that tell lines apart in grey print.
LINES = (("#0072B2", "-"), ("#D55E00", "--"), ("#009E73", "-."), ("#CC79A7", ":"),
         ("#56B4E9", (0, (8, 2))), ("#000000", (0, (2, 3))))
mpl.rcParams.update({
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#dddddd", "axes.axisbelow": True, "legend.frameon": False,
    "lines.linewidth": 1.8, "axes.titlesize": 11, "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
})


@dataclass(frozen=True)
class Lesson:
    """Where a lesson reads and writes, and how much it simulates."""

    out: Path
    data: Path | None
    count: int


def begin(name: str, count: int) -> Lesson:
    """Return what the environment says of a lesson, and make its folder."""
    out = Path(os.environ.get("LESSON_OUT", "runs/lessons")) / name
    out.mkdir(parents=True, exist_ok=True)
    data = os.environ.get("LESSON_DATA")
    return Lesson(out, Path(data) if data else None, int(os.environ.get("LESSON_COUNT", count)))


def fit(spec: Spec | str, data: Path, run: Path) -> tuple[Model, dict[str, dict[str, float]]]:
    """Train, package and load again: the model, and its test metrics by column."""
    checked = parse_spec(spec) if isinstance(spec, str) else spec
    train(checked, data, run, replace=True)
    package_run(run, run / "package")
    by_target = json.loads((run / "columns.json").read_text()).get("test", {})
    metrics = {column: found for target in by_target.values() for column, found in target.items()}
    return get_model(str(run / "package")), metrics


def show_table(header: Sequence[str], rows: Sequence[Sequence[Any]], path: Path) -> None:
    """Print a Markdown table and write it as TSV."""
    cells = [[f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row]
             for row in rows]
    print(f"\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in cells:
        print(f"| {' | '.join(row)} |")
    path.write_text("\n".join("\t".join(row) for row in [list(header), *cells]) + "\n")


def subplots(columns: int, width: float, height: float, **options: Any) -> tuple[Figure, list[Any]]:
    """Return a figure of that size in inches, and its axes in a row."""
    figure = Figure(figsize=(width, height))
    return figure, list(figure.subplots(1, columns, squeeze=False, **options)[0])


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, and as SVG beside it."""
    for ending in (".png", ".svg"):
        figure.savefig(path.with_suffix(ending), dpi=110)
    print(path.with_suffix(".png"))
