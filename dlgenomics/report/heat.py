"""Every letter in every place as a heat map that stands under a logo, column under column."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.report.letters import LEFT, STEP
from dlgenomics.report.page import Html, escape, join

_CELL: Final = 12.0
_UP: Final = (179, 88, 6)
_DOWN: Final = (84, 39, 136)
"""Orange and purple, which colour-blind people tell apart; a minus sign tells them in print."""

_STRONG: Final = 0.35
"""Cells that are so much below nothing, of the largest, have a minus sign in them."""

_FAINT: Final = 0.02


def heat_map(heights: NDArray[np.float32], there: NDArray[np.uint8], label: str) -> Html:
    """Return a heat map.

    Args:
        heights: what each letter would do: shape (positions, 4), in the order A C G T.
        there: the codes of the letters that are there; each has a dot, but N.
        label: what it shows, for those who cannot see it.
    """
    span = max(float(np.abs(heights).max(initial=0)), 1e-9)
    shares = heights / span
    width = LEFT + STEP * len(heights) + 4
    names = [_text(LEFT - 8, row, letter, "end") for row, letter in enumerate("ACGT")]
    cells = [_cell(place, row, float(shares[place, row]))
             for place, row in zip(*np.nonzero(np.abs(shares) >= _FAINT), strict=True)]
    marks = [_text(LEFT + STEP * (place + 0.5), row, "−", "middle")
             for place, row in zip(*np.nonzero(shares <= -_STRONG), strict=True)]
    dots = [_dot(place, code) for place, code in enumerate(there.tolist()) if code < 4]
    frame = Html(f'<rect x="{LEFT:g}" y="0.5" width="{STEP * len(heights):g}" '
                 f'height="{4 * _CELL:g}" fill="none" stroke="#767676" stroke-width="0.6"/>')
    return Html(
        f'<svg viewBox="0 0 {width:.0f} {4 * _CELL + 2:.0f}" role="img" '
        f'aria-label="{escape(label)}" style="max-width:{width:.0f}px;min-width:26rem">'
        f"{join([*names, *cells, *marks, *dots, frame])}</svg>")


def _cell(place: int, row: int, share: float) -> Html:
    full = _UP if share > 0 else _DOWN
    red, green, blue = (round(255 - abs(share) * (255 - one)) for one in full)
    return Html(f'<rect x="{LEFT + STEP * place:g}" y="{0.5 + _CELL * row:g}" width="{STEP:g}" '
                f'height="{_CELL:g}" fill="#{red:02x}{green:02x}{blue:02x}"/>')


def _dot(place: int, code: int) -> Html:
    return Html(f'<circle cx="{LEFT + STEP * (place + 0.5):g}" cy="{0.5 + _CELL * (code + 0.5):g}" '
                'r="1.8" fill="#222222"/>')


def _text(x: float, row: int, text: str, anchor: str) -> Html:
    return Html(f'<text x="{x:g}" y="{_CELL * (row + 0.5) + 4.5:g}" font-size="11" fill="#333" '
                f'text-anchor="{anchor}">{text}</text>')
