"""Effects of variants as a page, or as one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dlgenomics.errors import EndingError, plural
from dlgenomics.files import write_text
from dlgenomics.report.drawing import draw, write_picture
from dlgenomics.report.lollipops import list_size, plot_list, plot_locus
from dlgenomics.report.page import Html, element, figure, figures, join, page, section, table
from dlgenomics.report.words import compact
from dlgenomics.variants.alleles import REASONS
from dlgenomics.variants.highlights import Effect, Highlights
from dlgenomics.variants.reference import Survey

_LISTED: Final = 25
_LOCI: Final = 6
_CROWD: Final = 3
"""Variants that make a stretch worth a drawing."""

_REACH: Final = 500
_ENDINGS: Final = (".html", ".svg", ".png")


def check_page(path: Path) -> None:
    """Refuse a name whose ending names no picture.

    Raises:
        EndingError: an unknown ending.
    """
    if path.suffix.lower() not in _ENDINGS:
        raise EndingError(path, _ENDINGS)


def write_variants(path: Path, model: str, found: Survey, effects: Highlights) -> Path:
    """Write the variants with the largest effects.

    ``.html`` is a page, one file that needs nothing else, with stretches of the genome where
    several variants lie; ``.svg`` and ``.png`` are the list of the largest alone.

    Args:
        path: the file.
        model: the model's name.
        found: what the VCF holds.
        effects: the alleles.

    Raises:
        OutputError: an unknown ending, or the place is not writable.
    """
    check_page(path)
    if path.suffix.lower() == ".html":
        write_text(path, _page(model, found, effects))
    else:
        listed = effects.strongest(_LISTED)
        write_picture(path, plot_list(listed, effects.score), size=list_size(listed))
    return path


def _page(model: str, found: Survey, effects: Highlights) -> str:
    listed = effects.strongest(_LISTED)
    head = join([element("p", "Effects of variants", class_="kicker"), element("h1", model),
                 _numbers(found)], "\n")
    if not listed:
        return page(f"{model}: variants", head, _skipped(found))
    drawn = draw("strongest", f"Effects of {plural(len(listed), 'variant')}, the largest first",
                 plot_list(listed, effects.score), size=list_size(listed), legend_columns=3)
    which = (f"The largest {len(listed)} of {plural(effects.count, 'allele')}"
             if effects.count > len(listed) else "All alleles")
    return page(
        f"{model}: variants", head,
        section("Largest effects", element("div", figure(drawn, f"{which}. Filled heads: the model "
                "gives more with the alternative allele; hollow: less."), class_="network")),
        section("Where several lie together", *_loci(effects)),
        section("In numbers", _table(listed, effects)), _skipped(found))


def _numbers(found: Survey) -> Html:
    facts = {"records": found.records, "alleles scored": found.alleles,
             "alleles skipped": sum(found.skipped.values()), "REF and ALT exchanged": found.swapped}
    items = [element("li", element("b", f"{count:,}"), element("span", name))
             for name, count in facts.items() if count or name != "REF and ALT exchanged"]
    return element("ul", *items, class_="numbers")


def _loci(effects: Highlights) -> list[Html]:
    shown: list[Html] = []
    seen: set[Effect] = set()
    for one in effects.strongest(_LISTED * 4):
        near = effects.around(one, _REACH)
        if not seen.isdisjoint(near) or len(near) < _CROWD or len(shown) == _LOCI:
            continue
        seen.update(near)
        drawn = draw(f"locus-{len(shown)}", f"Effects of variants around {one.label}",
                     plot_locus(near, effects.score), legend_columns=3)
        shown.append(figure(drawn, f"{plural(len(near), 'allele')} within {_REACH} bases of "
                                   f"{one.label}."))
    return [figures(*shown)] if shown else []


def _table(listed: list[Effect], effects: Highlights) -> Html:
    named = len(effects.columns) > 1
    head = ["variant", "kind", *(["column"] if named else []), effects.score]
    rows = [[one.label, one.allele.kind, *([one.column] if named else []), compact(one.value)]
            for one in listed]
    return table(head, rows, numbers=[len(head) - 1])


def _skipped(found: Survey) -> Html:
    rows = [[REASONS[reason], f"{count:,}"] for reason, count in found.skipped.most_common()]
    return section("Without scores", table(["why", "alleles"], rows, numbers=[1]) if rows else "")
