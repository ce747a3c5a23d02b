"""Logos of matrices: at each position the letters stand on each other, the tallest outside."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.report.page import Html, escape, join

Heights = NDArray[np.float64]
"""Float64, shape (width, 4), columns in the order A C G T."""

_STEP: Final = 17.0
_HEIGHT: Final = 76.0
_LEAST: Final = 0.5
"""Letters that would be less tall, in pixels, are left out."""


def stacks(heights: Heights, label: str) -> Html:
    """Return a logo of a matrix; the page needs `dlgenomics.report.letters.glyphs` once.

    Args:
        heights: how tall each letter is; negative ones hang below the line.
        label: what it shows, for those who cannot see it.
    """
    above = heights.clip(0).sum(axis=1).max(initial=0)
    below = (-heights).clip(0).sum(axis=1).max(initial=0)
    scale = _HEIGHT / max(above + below, 1e-12)
    zero = above * scale
    letters = [one for i, column in enumerate(heights * scale) for one in _stack(i, column, zero)]
    width = _STEP * len(heights)
    line = Html(f'<path d="M0 {zero:.1f}H{width:.1f}" stroke="#767676" stroke-width="0.8"/>')
    return Html(f'<svg viewBox="0 0 {width:.0f} {_HEIGHT:.0f}" role="img" '
                f'aria-label="{escape(label)}" style="width:{width:.0f}px;max-width:none">'
                f"{join([*letters, line])}</svg>")


def information(probabilities: Heights) -> Heights:
    """Return the height of each letter in bits, as sequence logos show probabilities.

    Schneider and Stephens, Sequence logos, Nucleic Acids Research 1990,
    doi:10.1093/nar/18.20.6097; the background is a quarter of each letter.
    """
    shares = probabilities / probabilities.sum(axis=1, keepdims=True)
    bits = 2 + (shares * np.log2(shares, where=shares > 0, out=np.zeros_like(shares))).sum(axis=1)
    found: Heights = shares * bits[:, None]
    return found


def _stack(place: int, column: NDArray[np.float64], zero: float) -> list[Html]:
    found = []
    for sign in (1, -1):
        top = zero
        for code in np.argsort(np.abs(column)):
            size = float(sign * column[code])
            if size >= _LEAST:
                top -= size if sign > 0 else 0
                found.append(_glyph("ACGT"[code], _STEP * place, top, size))
                top += size if sign < 0 else 0
    return found


def _glyph(letter: str, x: float, top: float, height: float) -> Html:
    return Html(f'<use href="#letter-{letter}" transform="translate({x + 0.5:.1f} {top:.2f}) '
                f'scale({(_STEP - 1) / 100:.3f} {height / 100:.4f})"/>')
