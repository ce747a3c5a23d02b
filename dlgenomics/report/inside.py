"""What happened inside the layers: gradient norms and dead units, by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from dlgenomics.errors import plural
from dlgenomics.report.curves import shown_column
from dlgenomics.report.drawing import INK, LINES, draw
from dlgenomics.report.outcome import Outcome, Values
from dlgenomics.report.page import Html, element, figure, figures, section
from dlgenomics.report.words import compact
from dlgenomics.train.layer_table import LayerState

MOST_LINES: Final = len(LINES)
"""More layers are drawn as a map of colours."""
_PLAIN: Final = FuncFormatter(lambda value, _: f"{value:g}")
MANY_DEAD: Final = 0.5
FADES: Final = 1e-3
"""A gradient norm of the first layer that is this much smaller than the last one's fades."""


def inside(outcome: Outcome) -> Html:
    """Return the section on gradients and dead units; nothing where a run wrote none."""
    if not outcome.layers:
        return Html()
    norms = table_of(outcome.layers, "gradient_norm")
    dead = table_of(outcome.layers, "dead_units")
    drawn = [
        figure(_figure("gradients", "Gradient norm", norms, outcome.kept, logarithmic=True),
               "How strongly the loss pulls at each layer's weights, on one batch that stays the "
               "same; epoch 0 is before training. Logarithmic.") if norms else Html(),
        figure(_figure("dead", "Share of dead units", dead, outcome.kept, logarithmic=False),
               "Units that give zero for every example of that batch: they pass nothing on and "
               "learn nothing.") if any((each > 0).any() for each in dead.values()) else Html(),
    ]
    return section("Inside the layers", element("p", " ".join(_sentences(norms, dead, outcome))),
                   figures(*drawn))


def table_of(states: Sequence[LayerState], what: str) -> dict[str, Values]:
    """Return one measure by layer, in the network's order: values by epoch, NaN where missing."""
    epochs = 1 + max(state.epoch for state in states)
    found: dict[str, Values] = {}
    for state in states:
        value = getattr(state, what)
        if value is not None:
            found.setdefault(state.layer, np.full(epochs, np.nan))[state.epoch] = value
    return found


def _sentences(norms: Mapping[str, Values], dead: Mapping[str, Values],
               outcome: Outcome) -> list[str]:
    said = [_gradients_said(norms)] if len(norms) > 1 else []
    if not dead:
        return [*said, "No layer rests at zero, so none can die."]
    kept = {layer: float(values[min(outcome.kept, len(values) - 1)])
            for layer, values in dead.items()}
    if not any(kept.values()):
        return [*said, f"After epoch {outcome.kept}, whose weights were kept, no unit is dead."]
    many = {layer: value for layer, value in kept.items() if value >= MANY_DEAD}
    if many:
        named = ", ".join(f"{layer} ({100 * value:.0f} %)" for layer, value in many.items())
        said.append(f"After epoch {outcome.kept}, whose weights were kept, half or more of the "
                    f"units are dead in {named}: lower the learning rate, use leaky_relu, or make "
                    "these layers smaller.")
    else:
        said.append(f"After epoch {outcome.kept}, whose weights were kept, no layer has more than "
                    f"{100 * max(kept.values()):.0f} % of dead units.")
    return said


def _gradients_said(norms: Mapping[str, Values]) -> str:
    names = list(norms)
    first, last = norms[names[0]][0], norms[names[-1]][0]
    if not (np.isfinite([first, last]).all() and last > 0):
        return "The gradient before training is zero or not finite."
    said = (f"Before training the gradient's norm is {compact(float(last))} in {names[-1]} and "
            f"{compact(float(first))} in {names[0]}")
    if first < FADES * last:
        return (f"{said}: it fades on its way back, so the first layers learn slowly. Try batch "
                "normalization, residual blocks, or the initializer that fits the activation.")
    if first > last / FADES:
        return f"{said}: it grows on its way back. Set clipnorm, or lower the learning rate."
    return f"{said}, across {plural(len(names), 'layer')} with weights: it neither fades nor grows."


def _figure(name: str, title: str, values: Mapping[str, Values], kept: int, *,
            logarithmic: bool) -> Html:
    few = len(values) <= MOST_LINES
    plot = _lines(values, title, logarithmic=logarithmic) if few else _map(values, title,
                                                                     logarithmic=logarithmic)

    def drawn(axes: Axes) -> None:
        plot(axes)
        axes.axvline(kept, color=INK, linewidth=1, linestyle=":", label=f"epoch {kept}, kept")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_xlabel("Epoch")

    height = 3.9 if few else max(3.9, 1.2 + 0.19 * len(values))
    return draw(name, f"{title} by layer and epoch", drawn,
                size=(5.2, height + (0.2 * max(0, len(values) // 2 - 1) if few else 0)))


def _lines(values: Mapping[str, Values], title: str, *, logarithmic: bool) -> Any:
    def plot(axes: Axes) -> None:
        axes.set_ylabel(title)
        for (layer, each), (colour, dashes) in zip(values.items(), LINES, strict=False):
            axes.plot(np.arange(len(each)), each, color=colour, linestyle=dashes,
                      label=shown_column(layer), marker="o" if len(each) < 3 else None)
        positive = any((each > 0).any() for each in values.values())
        if logarithmic and positive:
            axes.set_yscale("log", nonpositive="mask")
            axes.yaxis.set_major_formatter(_PLAIN)
            axes.yaxis.set_minor_formatter(NullFormatter())
        elif not logarithmic:
            axes.set_ylim(-0.02, 1.02)

    return plot


def _map(values: Mapping[str, Values], title: str, *, logarithmic: bool) -> Any:
    """Return a plot of layers by epochs, the first layer on top; dark is little."""
    table = np.stack(list(values.values()))
    shown = np.ma.masked_where(~(table > 0), table) if logarithmic else np.ma.masked_invalid(table)
    scale: dict[str, Any] = {"vmin": 0, "vmax": 1}
    if logarithmic and shown.count():
        low, high = float(shown.min()), float(shown.max())
        scale = {"norm": LogNorm(low, max(high, 1.01 * low))}

    def plot(axes: Axes) -> None:
        image = axes.imshow(shown, aspect="auto", interpolation="nearest", cmap="cividis",
                            extent=(-0.5, table.shape[1] - 0.5, len(table) - 0.5, -0.5), **scale)
        step = -(-len(table) // 40)
        axes.set_yticks(range(0, len(table), step), [shown_column(n) for n in list(values)[::step]],
                        fontsize=8)
        axes.grid(visible=False)
        whole = axes.get_figure()
        assert whole is not None  # noqa: S101 - axes that are drawn on belong to a figure
        bar = whole.colorbar(image, ax=axes, label=title, shrink=0.8)
        if logarithmic:
            bar.ax.yaxis.set_major_formatter(_PLAIN)
            bar.ax.yaxis.set_minor_formatter(NullFormatter())

    return plot
