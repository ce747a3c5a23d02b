"""An input that is an array in some layout of one-hot DNA → an input that reads DNA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlgenomics.data.encoding import ALPHABET
from dlgenomics.data.layout import Layout


def read_dna(document: Mapping[str, Any], name: str, layout: Layout, length: int, *,
             center: bool, n: str = "quarter_n") -> dict[str, Any]:
    """Return a spec's document in which an array input is DNA, turned into the array's layout.

    Args:
        document: a spec as plain data, every layer with its ``from``.
        name: the input.
        layout: of the array; its channels are A, C, G and T in that order.
        length: bases in it.
        center: take that many around each interval's centre, whatever the interval's length.
        n: what N becomes.
    """
    assert layout.alphabet == ALPHABET  # noqa: S101 - the caller looked
    one: dict[str, Any] = {"kind": "dna", "length": length, "n": n}
    if center:
        one["center"] = True
    steps = _steps(name, layout, length)
    if steps:
        one["layout"] = {"alphabet_axis": layout.alphabet_axis, "dummy_axis": layout.dummy_axis}
    data = {**document["data"], "inputs": {**document["data"]["inputs"], name: one}}
    last = next(iter(steps[-1].values()))["name"] if steps else name
    layers = [*steps, *(_following(entry, name, last) for entry in document["model"]["layers"])]
    return {**document, "data": data, "model": {**document["model"], "layers": layers}}


def _steps(name: str, layout: Layout, length: int) -> list[dict[str, Any]]:
    """Return the layers that turn (length, 4) into the layout."""
    steps: list[dict[str, Any]] = []
    before = name
    if layout.axes.index("alphabet") < layout.axes.index("length"):
        turned = f"{name}_channels_first"
        steps.append({"Permute": {"from": before, "dims": [2, 1], "name": turned}})
        before = turned
    if layout.dummy_axis is not None:
        steps.append({"Reshape": {"from": before, "target_shape": list(layout.shape(length)),
                                  "name": f"{name}_in_layout"}})
    return steps


def _following(entry: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """Return a layer that follows ``new`` where it followed ``old``."""
    ((kind, body),) = entry.items()
    written = body.get("from")
    if isinstance(written, list):
        return {kind: {**body, "from": [new if one == old else one for one in written]}}
    return {kind: {**body, "from": new if written == old else written}}
