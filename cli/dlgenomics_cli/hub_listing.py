"""How models that the Hugging Face Hub lists are shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dlgenomics_cli.output import progress, say, show_json, show_list, size_text

if TYPE_CHECKING:
    from dlgenomics_zoo.hub.search import Found

NAMES: Final = ("hf", "huggingface")
"""What ``--source`` calls the Hub."""

_HEADER: Final = ("model", "route", "size", "licence", "downloads")


def show_hub(words: Sequence[str], author: str, tag: str | None, limit: int, *,
             as_json: bool) -> None:
    """Search the Hub and print what is found."""
    from dlgenomics_zoo.hub.search import search_hub

    with progress() as following:
        found = search_hub(" ".join(words), author=author, tags=[tag] if tag else [], limit=limit,
                           progress=following)
    if as_json:
        show_json([dataclasses.asdict(one) for one in found])
        return
    if not found:
        say("No model matches. Try fewer words, or another author.")
        return
    show_list(_HEADER, [_row(one) for one in found])
    say(f"{sum(bool(one.route) for one in found)} of {len(found)} can be opened here. "
        "What that takes: dlg plan hf://...")


def _row(one: Found) -> tuple[str, ...]:
    route = f"{one.route}, trust" if one.trust else one.route or f"none: {one.reason}"
    gated = " (gated)" if one.gated else ""
    return (one.address, route + gated, "" if one.bytes is None else size_text(one.bytes),
            one.license, f"{one.downloads:,}")
