"""Motifs that contributions repeat, with their names, as a page of logos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from dlgenomics.errors import plural
from dlgenomics.explain.contributions import Contributions
from dlgenomics.files import write_text
from dlgenomics.motifs.naming import Match
from dlgenomics.motifs.patterns import Matrix, Pattern
from dlgenomics.report.letters import glyphs
from dlgenomics.report.page import Html, element, join, page, section, table
from dlgenomics.report.stacks import information, stacks

_ENOUGH: Final = 25
"""Known motifs from which their columns are a background that p-values can rest on."""

_ALIKE: Final = 0.05
"""Of the number of known motifs expected to be as like by chance: above it none is named."""


def write_motifs(path: Path, found: Contributions, patterns: Sequence[Pattern],
                 names: Sequence[Sequence[Match]], known: int) -> Path:
    """Write a page: one file that needs nothing else.

    Args:
        path: the page.
        found: what the motifs were found in.
        patterns: the motifs.
        names: the known motifs that are like each.
        known: how many known motifs there are.

    Raises:
        OutputError: the place is not writable.
    """
    title = f"{found.model or 'Motifs'}: motifs"
    head = join([element("p", "Motifs in contribution scores", class_="kicker"),
                 element("h1", found.model or path.stem),
                 table([], [("Explained", found.quantity), ("Method", found.method),
                            ("Sequences", f"{len(found):,}")]),
                 *([glyphs()] if patterns else [])], "\n")
    blocks = [_block(one, matches) for one, matches in zip(patterns, names, strict=True)]
    body = ([element("p", _how_to_read(known), class_="soft"), join(blocks, "\n")] if blocks
            else [element("p", _nothing(found))])
    write_text(path, page(title, head, section(plural(len(patterns), "motif"), *body)))
    return path


def named(matches: Sequence[Match]) -> str:
    """Return the name of a pattern: the likest known motif, if chance would not do as well."""
    return matches[0].motif.name if matches and matches[0].e <= _ALIKE else "no known motif"


def _how_to_read(known: int) -> str:
    few = (f" There are {known} known motifs: with fewer than {_ENOUGH}, p-values are rough."
           if known < _ENOUGH else "")
    return ("Upper logo: what each letter contributes on average, below the line where it takes "
            "away. Lower logo: how often each letter stands there, in bits. E is how many of the "
            f"known motifs would be as like by chance; a name is given up to {_ALIKE:g}.{few}")


def _nothing(found: Contributions) -> str:
    return (f"In {plural(len(found), 'sequence')} no motif was found. TF-MoDISco needs some "
            "hundred sequences that the model reacts to: explain more of those with high "
            "predictions.")


def _block(pattern: Pattern, matches: Sequence[Match]) -> Html:
    core = pattern.core
    logos = join([
        _drawn(stacks(pattern.contributions[core], f"Contributions of {pattern.name}")),
        _drawn(stacks(information(pattern.probabilities[core]), f"Letters of {pattern.name}"))])
    rows = [(_motif(one), f"{one.p:.2g}", f"{one.e:.2g}", "other" if one.minus else "this",
             _drawn(stacks(information(_on_this_strand(one)), f"Known motif {one.motif.name}")))
            for one in matches]
    known = table(["known motif", "p", "E", "strand", ""], rows, numbers={1, 2},
                  wraps=False) if rows else (
        Html())
    head = f"{pattern.name}: {named(matches)}"
    return element("div", element("h3", head), element(
        "p", f"{plural(len(pattern.places), 'place')}, {pattern.letters}", class_="soft"),
        logos, known)


def _motif(match: Match) -> str:
    other = match.motif.other_name
    return f"{match.motif.name} ({other})" if other else match.motif.name


def _on_this_strand(match: Match) -> Matrix:
    matrix = match.motif.matrix
    turned: Matrix = np.ascontiguousarray(matrix[::-1, ::-1])
    return turned if match.minus else matrix


def _drawn(drawing: Html) -> Html:
    return element("figure", drawing, class_="scroll", style="margin-bottom:.5rem")
