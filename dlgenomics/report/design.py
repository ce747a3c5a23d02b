"""Designed sequences: how they came about, as a page and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from dlgenomics.data.encoding import decode
from dlgenomics.design import Design
from dlgenomics.design.constraints import gc_share
from dlgenomics.errors import plural
from dlgenomics.files import write_text
from dlgenomics.report.drawing import LINES, draw, write_picture
from dlgenomics.report.page import Html, element, figure, join, page, section, table
from dlgenomics.report.words import compact

MOST_DESIGNS: Final = 20
"""The page shows so many of the designs, the best first; the files have all."""

_ROW: Final = 60


def write_design_page(path: Path, designs: Sequence[Design], facts: Mapping[str, str],
                      sign: int = 1) -> Path:
    """Write a page: one file that needs nothing else.

    Args:
        path: the page.
        designs: the designs.
        facts: what was asked for, by name.
        sign: -1 where the objective is the negative of the model's number; the page has the number.

    Raises:
        OutputError: the place is not writable.
    """
    order = sorted(designs, key=lambda one: -one.value)
    shown = order[:MOST_DESIGNS]
    label = "The explained number after each step of each design"
    curve = draw("steps", label, _curves(order, sign, facts.get("Explained", "")), size=(7, 3.8))
    which = plural(len(order), "design") if len(shown) == len(order) else (
        f"the best {len(shown)} of {plural(len(order), 'design')}")
    body = join([_design(one, sign) for one in shown], "\n")
    write_text(path, page(
        "Designed sequences",
        join([element("p", "Designed sequences", class_="kicker"),
              element("h1", facts.get("Model", path.stem)), table([], facts.items())], "\n"),
        section("Steps", figure(curve, "Each line is one design; "
                                "the dot is where it was left.")),
        section(f"Sequences of {which}", element("p", _how_to_read(), class_="soft"), body)))
    return path


def write_trajectory(path: Path, designs: Sequence[Design], sign: int = 1,
                     words: str = "") -> Path:
    """Write the picture of all steps; the ending says in which format, such as .svg or .png."""
    write_picture(path, _curves(designs, sign, words), size=(7, 3.8))
    return path


def _curves(designs: Sequence[Design], sign: int, words: str) -> Callable[[Axes], None]:
    def plot(axes: Axes) -> None:
        is_few = len(designs) <= len(LINES)
        for i, one in enumerate(designs):
            colour, dashes = LINES[i % len(LINES)] if is_few else (LINES[0][0], "-")
            values = sign * np.array(one.values)
            axes.plot(values, color=colour, linestyle=dashes, alpha=1 if is_few else 0.4,
                      label=one.name if is_few and len(designs) > 1 else None)
            axes.plot(len(values) - 1, values[-1], "o", color=colour, markersize=5)
        axes.set(xlabel="step", ylabel="explained number", title=words)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))

    return plot


def _how_to_read() -> str:
    return ("Letters that differ from the sequence that a design began with are underlined and "
            "bold. Positions count from 1.")


def _design(design: Design, sign: int) -> Html:
    codes = design.codes
    changed = codes != design.start
    facts = (f"{compact(sign * design.start_value)} → {compact(sign * design.value)} in "
             f"{plural(len(design.changes), 'step')}; {plural(int(changed.sum()), 'letter')} "
             f"changed; GC content {gc_share(codes):.2f}")
    what = ", ".join(f"{change.what} at {change.position + 1}" for change in design.changes
                     if change.what)
    letters = decode(codes)
    rows = [_row(letters, changed, first) for first in range(0, len(letters), _ROW)]
    return element("div", element("h3", design.name), element("p", facts, class_="soft"),
                   element("p", what, class_="soft") if what else "",
                   element("pre", join(rows, "\n"), style="overflow-x:auto;white-space:pre"))


def _row(letters: str, changed: np.ndarray[tuple[int], np.dtype[np.bool_]], first: int) -> Html:
    marked = join(element("u", element("b", letter)) if is_new else Html(letter)
                  for letter, is_new in zip(letters[first:first + _ROW],
                                            changed[first:first + _ROW].tolist(), strict=True))
    return Html(f"{first + 1:>6}  {marked}")
