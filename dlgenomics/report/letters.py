"""Sequence logos: letters as tall as their scores, drawn as SVG paths of our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.report.page import Html, escape, join

COLOURS: Final = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00", "U": "#D55E00"}
"""Okabe and Ito's colours; in grey print the shapes tell the letters apart."""

GLYPHS: Final = {
    "A": "M0 100L37 0L63 0L100 100L77 100L70 78L30 78L23 100ZM50 18L36 60L64 60Z",
    "C": "M97 64C95 87 79 100 52 100C20 100 2 82 2 50C2 18 20 0 52 0C78 0 94 12 97 34L73 34"
         "C71 24 64 18 52 18C35 18 26 29 26 50C26 71 35 82 52 82C65 82 72 76 74 64Z",
    "G": "M98 33C94 12 78 0 52 0C20 0 2 18 2 50C2 82 20 100 52 100C73 100 89 94 98 85L98 45"
         "L53 45L53 62L75 62L75 76C70 80 63 82 53 82C35 82 26 71 26 50C26 29 35 18 52 18"
         "C64 18 71 23 74 33Z",
    "T": "M2 0L98 0L98 19L62 19L62 100L38 100L38 19L2 19Z",
    "U": "M5 0L29 0L29 62C29 76 37 82 50 82C63 82 71 76 71 62L71 0L95 0L95 62C95 87 79 100 50 100"
         "C21 100 5 87 5 62Z",
}
"""Outlines in a square of 100 by 100; a hole is cut by the even-odd rule."""

STEP: Final = 14.0
"""Pixels for each position."""

_HEIGHT: Final = 114.0
_TOP: Final = 9.0
LEFT: Final = 46.0
"""Pixels before the first."""

_BOTTOM: Final = 20.0
_APART: Final = 12.0
"""Numbers on the axis stand so many pixels from zero, or are left out."""

_LEAST: Final = 0.6
"""Letters that would be less tall, in pixels, are left out: nobody could read them."""


def glyphs() -> Html:
    """Return the outlines, which logos refer to; a page needs them once, before its logos."""
    shapes = "".join(
        f'<path id="letter-{letter}" d="{outline}" fill="{COLOURS[letter]}" fill-rule="evenodd"/>'
        for letter, outline in GLYPHS.items())
    return Html('<svg width="0" height="0" style="position:absolute" aria-hidden="true">'
                f"<defs>{shapes}</defs></svg>")


def logo(letters: Sequence[str], heights: NDArray[np.float32], first: int, label: str,
         limits: tuple[float, float]) -> Html:
    """Return a logo of one stretch of a sequence.

    Args:
        letters: one for each position.
        heights: the scores; letters below the line have negative ones.
        first: the position of the first letter, from 0.
        label: what it shows, for those who cannot see it.
        limits: the least and the greatest score on the axis, so that logos can be compared.
    """
    low, high = min(limits[0], 0.0), max(limits[1], 0.0)
    scale = (_HEIGHT - _TOP - 4) / max(high - low, 1e-9)
    zero = _TOP + high * scale
    width = LEFT + STEP * len(letters) + 4
    drawn = [_letter(letter, LEFT + STEP * i, zero, height * scale)
             for i, (letter, height) in enumerate(zip(letters, heights.tolist(), strict=True))
             if abs(height) * scale >= _LEAST and letter in GLYPHS]
    ticks = [_tick(i, first) for i in range(len(letters)) if (first + i + 1) % 10 == 0]
    marks = [_mark(value, zero - value * scale) for value in dict.fromkeys((high, 0.0, low))
             if value == 0 or abs(value) * scale >= _APART]
    line = (f'<path d="M{LEFT:g} {zero:.1f}H{width - 4:.1f}" stroke="#767676" '
            'stroke-width="0.8"/>')
    return Html(
        f'<svg viewBox="0 0 {width:.0f} {_HEIGHT + _BOTTOM:.0f}" role="img" '
        f'aria-label="{escape(label)}" style="max-width:{width:.0f}px;min-width:26rem">'
        f"{join([*marks, Html(line), *drawn, *ticks])}</svg>")


def profile(heights: NDArray[np.float32], stretch: tuple[int, int], label: str) -> Html:
    """Return the scores of a whole sequence as one thin drawing.

    Args:
        heights: the scores.
        stretch: the positions that are drawn as letters elsewhere, first and end; marked.
        label: what it shows.
    """
    count = len(heights)
    span = max(float(np.abs(heights).max(initial=0)), 1e-9)
    bars = "".join(f"M{i + 0.5:g} 24v{-24 * height / span:.2f}"
                   for i, height in enumerate(heights.tolist()) if abs(height) > span / 200)
    first, end = stretch
    return Html(
        f'<svg viewBox="0 0 {count} 48" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}" style="width:100%;height:48px">'
        f'<rect x="{first}" y="0" width="{end - first}" height="48" fill="#dbe7f0"/>'
        f'<path d="{bars}" stroke="#222222" stroke-width="1"/>'
        f'<path d="M0 24H{count}" stroke="#767676" stroke-width="0.5"/></svg>')


def _letter(letter: str, x: float, zero: float, height: float) -> Html:
    top = zero - max(height, 0.0)
    return Html(f'<use href="#letter-{letter}" transform="translate({x + 0.4:.1f} {top:.2f}) '
                f'scale({(STEP - 0.8) / 100:.3f} {abs(height) / 100:.4f})"/>')


def _tick(place: int, first: int) -> Html:
    x = LEFT + STEP * (place + 0.5)
    return Html(f'<text x="{x:.1f}" y="{_HEIGHT + 13:.0f}" font-size="12.5" fill="#555" '
                f'text-anchor="middle">{first + place + 1}</text>')


def _mark(value: float, y: float) -> Html:
    return Html(f'<text x="{LEFT - 6:g}" y="{y + 4:.1f}" font-size="12.5" fill="#555" '
                f'text-anchor="end">{value:.2g}</text>')
