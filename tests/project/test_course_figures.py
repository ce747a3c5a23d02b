"""The course's figures show the course's numbers."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "course"


@pytest.fixture(scope="module")
def figures() -> ModuleType:
    found = importlib.util.spec_from_file_location("course_figures", FOLDER / "figures.py")
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _line(axes, label: str) -> tuple[np.ndarray, np.ndarray]:
    return next(line.get_data() for line in axes.get_lines() if line.get_label() == label)


def test_activations_and_their_slopes(figures: ModuleType, tmp_path: Path) -> None:
    axes = {one.get_title().split()[0]: one
            for one in figures.activations(tmp_path).axes}
    assert set(axes) == set(figures.ACTIVATIONS)
    x, y = _line(axes["sigmoid"], "function")
    assert y == pytest.approx(1 / (1 + np.exp(-x)), abs=1e-12)
    assert _line(axes["tanh"], "derivative")[1] == pytest.approx(1 - np.tanh(x)**2, abs=1e-12)
    assert _line(axes["leaky_relu"], "function")[1] == pytest.approx(np.where(x > 0, x, 0.2 * x))


def test_costs_and_pulls(figures: ModuleType, tmp_path: Path) -> None:
    cost, pull = figures.losses(tmp_path).axes
    p, entropy = _line(cost, "cross-entropy, −log p")
    assert entropy == pytest.approx(-np.log(p), rel=1e-4, abs=1e-6)
    assert _line(cost, "squared error, (1 − p)²")[1] == pytest.approx((1 - p)**2, abs=1e-6)
    first, second = (line.get_ydata() for line in pull.get_lines())
    assert first == pytest.approx(1 - p, abs=1e-5)
    assert second == pytest.approx(2 * (1 - p) * p * (1 - p), abs=1e-5)


def test_softmax_bars(figures: ModuleType, tmp_path: Path) -> None:
    heights = [[bar.get_height() for bar in axes.patches]
               for axes in figures.softmax(tmp_path).axes]
    assert np.array(heights) == pytest.approx(np.array([
        [0.693396, 0.107943, 0.198661], [0.244728, 0.665241, 0.090031],
        [0.319873, 0.289433, 0.390694], [0.017868, 0.975559, 0.006573]]), abs=1e-6)


def test_receptive_fields(figures: ModuleType, tmp_path: Path) -> None:
    (axes,) = figures.receptive_field(tmp_path).axes
    # 10; + 9; + 3 by the pooling; + 9 steps of 2 outputs that are 4 bp apart; then all.
    assert [bar.get_width() for bar in axes.patches] == [1, 10, 19, 22, 94, 200, 200]


def test_an_unknown_figure(figures: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["figures.py", "out", "activation"])
    with pytest.raises(SystemExit, match=r"a figure must be one of activations, .*"
                       r"Received: activation\."):
        figures.main()


def test_the_page_lists_every_figure(figures: ModuleType) -> None:
    text = (FOLDER / "README.md").read_text()
    assert [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")] == list(
        figures.FIGURES)
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) < 150_000
