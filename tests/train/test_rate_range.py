"""The learning-rate range test, on curves made up here and on a tiny network."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dlgenomics.errors import DlgError
from dlgenomics.spec import parse_spec
from dlgenomics.train.rate_range import judge, range_test, smooth
from tiny import TINY_SPEC

RATES = np.geomspace(1e-6, 10, 141)  # 20 steps a decade
Dlg = Callable[..., tuple[int, str, str]]


def _valley(rng: np.random.Generator, noise: float) -> np.ndarray:
    """A loss that falls from 1 at rates of .001 to .2 at .1, and explodes from there."""
    x = np.log10(RATES)
    falling = 1 - 0.8 / (1 + np.exp(-6 * (x + 2)))
    return falling + np.exp(4 * (x - 0)) + noise * rng.normal(size=len(x))


@pytest.mark.parametrize("noise", [0, 0.05])
def test_it_finds_the_valley(rng: np.random.Generator, noise: float) -> None:
    found = judge(RATES, _valley(rng, noise), ended_early=True)
    exact = RATES[_valley(rng, 0).argmin()]
    assert found.lowest == pytest.approx(exact, rel=1)
    assert found.suggestion == pytest.approx(found.lowest / 10, rel=0.05)
    assert 0.005 < found.steepest < 0.02  # the middle of the fall is .01
    assert "lowest at" in found.why
    assert "about to become unstable" in found.why


def test_a_network_that_died_in_an_explosion_is_not_taken_for_a_good_one() -> None:
    x = np.log10(RATES)
    losses = np.where(x < -1, 1 - 0.3 / (1 + np.exp(-6 * (x + 2))), np.where(x < 0, 5.0, 0.6))
    found = judge(RATES, losses, ended_early=False)
    assert 0.01 < found.lowest < 0.1


def test_what_never_falls_gives_no_suggestion(rng: np.random.Generator) -> None:
    found = judge(RATES, 0.7 + 0.001 * rng.normal(size=141), ended_early=False)
    assert found.suggestion is None
    assert found.why.startswith("The loss did not fall at any rate")


def test_what_falls_to_the_end_asks_for_higher_rates() -> None:
    found = judge(RATES, np.linspace(1, 0.2, 141), ended_early=False)
    assert found.suggestion == pytest.approx(1, rel=0.2)
    assert "try a higher --high first" in found.why


def test_nan_from_the_start_is_said() -> None:
    with pytest.raises(DlgError, match="must stay finite"):
        judge(RATES[:3], np.ones(3), ended_early=True)


def test_smoothing_keeps_straight_lines_and_means() -> None:
    assert smooth(np.full(30, 2.0)) == pytest.approx(np.full(30, 2.0))
    line = smooth(np.arange(60.0))
    assert line[15:45] == pytest.approx(np.arange(15.0, 45.0), abs=1e-4)


def test_a_tiny_network_learns_at_the_rate_suggested(tiny_data: Path) -> None:
    seen = []
    spec = parse_spec(TINY_SPEC)
    found = range_test(spec, tiny_data, steps=100,
                       progress=lambda stage, done, total, note="": seen.append((done, total)))
    assert seen[-1] == (len(found.losses), 100)
    assert found.suggestion is not None
    assert 0.002 < found.suggestion < 0.5  # few weights bear high rates; the spec has 0.02
    assert np.diff(np.log(found.rates)) == pytest.approx(np.log(1e7) / 99)
    schedule = TINY_SPEC.replace("0.02", "{Warmup: {epochs: 3, then: 5.0}}")
    assert range_test(parse_spec(schedule), tiny_data, steps=100) == found


def test_rates_are_as_a_spec_writes_them(tiny_data: Path) -> None:
    """For a quarter of the batch size that is meant, a quarter of the rate written is used."""
    plain = range_test(parse_spec(TINY_SPEC), tiny_data, steps=60, low=1e-6, high=0.1)
    text = TINY_SPEC.replace("batch_size: 32", "batch_size: 32\n  reference_batch_size: 128")
    scaled = range_test(parse_spec(text), tiny_data, steps=60, low=4e-6, high=0.4)
    assert scaled.losses == pytest.approx(plain.losses, rel=1e-4)
    assert scaled.lowest == pytest.approx(4 * plain.lowest)


@pytest.mark.parametrize(("options", "message"), [
    ({"low": 0.1, "high": 0.01}, "rates must rise"), ({"low": 0.0}, "rates must rise"),
    ({"steps": 5}, "at least 20 steps"),
])
def test_wrong_ranges(tiny_data: Path, options: dict[str, float], message: str) -> None:
    with pytest.raises(DlgError, match=message):
        range_test(parse_spec(TINY_SPEC), tiny_data, **options)


def test_the_command_writes_a_picture_or_numbers(
    run_dlg: Dlg, tiny_spec: Path, tiny_data: Path, tmp_path: Path
) -> None:
    def run(*more: object) -> tuple[int, str, str]:
        return run_dlg("lr-range", tiny_spec, "--data", tiny_data, "--steps", 60, "--low", 1e-4, *more)

    status, out, err = run("-o", tmp_path / "rates.png")
    assert status == 0
    assert float(out) > 0
    assert "The loss was lowest at" in err
    assert (tmp_path / "rates.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads(run("-o", tmp_path / "rates.json", "--json")[1])
    assert found == json.loads((tmp_path / "rates.json").read_text())
    assert len(found["rates"]) == len(found["losses"]) == len(found["smoothed"])
    assert run("-o", tmp_path / "rates.jpg")[0] == 2
    assert run("--high", 1e-5)[0] == 1
