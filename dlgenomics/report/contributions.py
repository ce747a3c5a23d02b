"""Contribution scores as a page of sequence logos."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from dlgenomics.data.encoding import decode
from dlgenomics.errors import plural
from dlgenomics.explain.contributions import Contributions
from dlgenomics.files import write_text
from dlgenomics.report.heat import heat_map
from dlgenomics.report.letters import glyphs, logo, profile
from dlgenomics.report.page import Html, element, figure, join, page, section
from dlgenomics.report.stretch import busiest_stretch
from dlgenomics.report.words import compact

MOST_SEQUENCES: Final = 20
"""The page shows so many of the sequences, in their order; the files have all."""

_STRETCH: Final = 40


def write_logos(path: Path, found: Contributions) -> Path:
    """Write a page of logos: one file that needs nothing else.

    Each sequence is shown as a whole, and as letters where its contributions are largest.

    Raises:
        OutputError: the place is not writable.
    """
    write_text(path, _page(found))
    return path


def _page(found: Contributions) -> str:
    shown = min(len(found), MOST_SEQUENCES)
    count = plural(len(found), "sequence")
    stretches = [busiest_stretch(row, _STRETCH) for row in found.actual[:shown]]
    parts = [found.actual[i, first:end] for i, (first, end) in enumerate(stretches)]
    limits = (float(min(p.min(initial=0) for p in parts)),
              float(max(p.max(initial=0) for p in parts)))
    body = join([_sequence(found, i, stretches[i], limits) for i in range(shown)], "\n")
    which = count if shown == len(found) else f"the first {shown} of {count}"
    return page(
        f"{found.model}: contribution scores",
        join([element("p", "Contribution scores", class_="kicker"), element("h1", found.model),
              _facts(found), glyphs()], "\n"),
        section(f"Logos of {which}", element("p", _how_to_read(), class_="soft"), body))


def _how_to_read() -> str:
    return (f"The strip is the whole sequence. The letters are the {_STRETCH} bases marked in it, "
            "where contributions are largest: as tall as what each base contributes, below the "
            "line where it takes away. All logos have one scale. Below, every letter in every "
            "place: orange raises the number, purple with a minus sign lowers it, dots are the "
            "sequence. Positions count from 1.")


def _facts(found: Contributions) -> Html:
    gap = found.largest_gap
    said = ("not defined: the scores of this method do not add up to a difference" if gap is None
            else f"at most {compact(gap)} in any sequence, beside differences of "
            f"{compact(float(np.nanmean(np.abs(found.values - found.baseline))))} on average")
    rows = {"Explained": found.quantity, "Method": found.method, "Completeness gap": said}
    cells = [element("tr", element("th", name), element("td", text)) for name, text in rows.items()]
    return element("div", element("table", element("tbody", *cells)), class_="scroll")


def _sequence(found: Contributions, row: int, stretch: tuple[int, int],
              limits: tuple[float, float]) -> Html:
    first, end = stretch
    name = found.names[row]
    letters = decode(found.codes[row, first:end])
    drawing = logo(letters, found.actual[row, first:end], first,
                   f"Logo of {name}, positions {first + 1} to {end}: {letters}", limits)
    every = heat_map(found.every_letter[row, first:end], found.codes[row, first:end],
                     f"What each letter would contribute in {name}")
    whole = profile(found.actual[row], stretch, f"Contributions along {name}")
    caption = (f"Positions {first + 1}–{end} of {found.actual.shape[1]}. "
               f"Explained number {compact(float(found.values[row]))}.")
    inside = join([whole, element("div", drawing, class_="scroll"),
                   element("div", every, class_="scroll")])
    return element("div", element("h3", name), figure(inside, caption), class_="network")
