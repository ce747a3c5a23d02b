"""A matplotlib figure → inline SVG: same bytes for the same data, no identifier used twice."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlgenomics.files import atomic_path
from dlgenomics.report.page import Html

INK: Final = "#222222"
SOFT: Final = "#767676"

LINES: Final = (
    ("#0072B2", "-"),
    ("#D55E00", (0, (5, 2))),
    ("#009E73", (0, (6, 2, 1, 2))),
    ("#CC79A7", (0, (1.5, 1.5))),
    ("#56B4E9", (0, (9, 2))),
    ("#E69F00", (0, (3, 1.5, 1, 1.5, 1, 1.5))),
    ("#000000", (0, (2, 3))),
    ("#767676", "-"),
)
"""Okabe and Ito's colours, each with its own dashes, so that grey print tells lines apart."""

_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "dlgenomics",
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "xtick.bottom": False,
    "ytick.left": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "legend.handlelength": 2.6,
    "lines.linewidth": 1.8,
}

_SIZE: Final = (5.2, 3.9)
"""Inches; shown at 320 to 510 pixels width, so text is 9 to 14 pixels high."""

_LONG_DECIMAL: Final = re.compile(r"-?\d+\.\d{3,}")
_GEOMETRY: Final = ("d", "x", "y", "transform")
_REFERENCE: Final = re.compile(r"#([\w.-]+)")


def draw(
    name: str,
    label: str,
    plot: Callable[[Axes], None],
    *,
    size: tuple[float, float] = _SIZE,
    legend_columns: int = 2,
) -> Html:
    """Return a figure of one plot as an ``<svg>`` element.

    Args:
        name: goes before each identifier; unique in the page.
        label: the figure in words, for those who do not see it.
        plot: draws on the axes it is given; lines with a label come into the legend.
        size: width and height in inches.
        legend_columns: columns of the legend, which stands below the plot.
    """
    stream = io.StringIO()
    with _drawn(plot, size, legend_columns) as figure:
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    return _inlined(stream.getvalue(), name, label)


def draw_panels(name: str, label: str, plot: Callable[[Figure], None],
                size: tuple[float, float]) -> Html:
    """Return a figure of several plots as an ``<svg>`` element; see `draw`."""
    stream = io.StringIO()
    with _styled(size) as figure:
        plot(figure)
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    return _inlined(stream.getvalue(), name, label)


def write_panels(path: Path, plot: Callable[[Figure], None], size: tuple[float, float]) -> None:
    """Write a figure of several plots to a file, atomically; its ending says in which format."""
    with atomic_path(path) as part, _styled(size) as figure:
        plot(figure)
        figure.savefig(part, format=path.suffix[1:], dpi=150)


def write_picture(path: Path, plot: Callable[[Axes], None], *,
                  size: tuple[float, float] = _SIZE) -> None:
    """Write a figure of one plot to a file, atomically; its ending says in which format."""
    with atomic_path(path) as part, _drawn(plot, size, 3) as figure:
        figure.savefig(part, format=path.suffix[1:], dpi=150)


@contextlib.contextmanager
def _drawn(plot: Callable[[Axes], None], size: tuple[float, float],
           legend_columns: int) -> Iterator[Figure]:
    """Give a figure of one plot, to be saved in the style in which it was drawn."""
    with _styled(size) as figure:
        axes = figure.add_subplot()
        plot(axes)
        handles, labels = axes.get_legend_handles_labels()
        if handles:
            figure.legend(handles, labels, loc="outside lower left", ncols=legend_columns)
        yield figure


@contextlib.contextmanager
def _styled(size: tuple[float, float]) -> Iterator[Figure]:
    """Give an empty figure, to be drawn and saved in one style."""
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield Figure(figsize=size, layout="constrained")


def _inlined(text: str, name: str, label: str) -> Html:
    """Return matplotlib's document as an element that can stand in a page."""
    root = ElementTree.fromstring(text)  # noqa: S314 - our own figure
    used = {i for node in root.iter() for v in node.attrib.values() for i in _REFERENCE.findall(v)}
    for node in root.iter():
        node.tag = _bare(node.tag)
        node.text, node.tail = _spaceless(node.text), _spaceless(node.tail)
        node.attrib = {_bare(k): _attribute(_bare(k), v, name, used)
                       for k, v in node.attrib.items() if k != "id" or v in used}
        if node.get("transform", "").startswith("rotate(-0 "):
            del node.attrib["transform"]
    _flatten(root)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": label}
    return Html(ElementTree.tostring(root, encoding="unicode"))


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def _spaceless(text: str | None) -> str | None:
    return text if text and text.strip() else None


def _attribute(key: str, value: str, name: str, used: set[str]) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key in _GEOMETRY:
        return " ".join(_LONG_DECIMAL.sub(_rounded, value).split())
    if key == "style":
        return "; ".join(v for v in value.split("; ") if not v.startswith("font-family"))
    if value.startswith(("#", "url(#")):
        return _REFERENCE.sub(lambda m: f"#{name}-{m[1]}" if m[1] in used else m[0], value)
    return value


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _flatten(parent: ElementTree.Element) -> None:
    """Remove what paints nothing, and groups that say nothing about what they hold."""
    kept: list[ElementTree.Element] = []
    for child in parent:
        _flatten(child)
        if child.tag in ("metadata", "style") or child.get("style") == "fill: none":
            continue
        if child.tag in ("g", "defs") and len(child) == 0:
            continue
        kept.extend(child if child.tag == "g" and not child.attrib else [child])
    parent[:] = kept
