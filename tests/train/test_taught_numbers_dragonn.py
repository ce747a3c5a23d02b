"""DragoNN's localization task at the size of a test: the bar is reached in a minute."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TASKS = ROOT / "examples" / "dragonn"


@pytest.mark.slow
def test_localization_reaches_its_bar_on_few_sequences(tmp_path: Path) -> None:
    from dlgenomics.simulate import load_motif, simulate, write_simulation
    from dlgenomics.spec import parse_spec
    from dlgenomics.train.fit import train

    text = (TASKS / "localization.yaml").read_text()
    assert text.count("length: 1000") == 1
    spec = parse_spec(text.replace("length: 1000", "length: 500"))
    made = simulate("density-localization", load_motif("TAL1_known4"), count=4000, length=500)
    write_simulation(made, tmp_path)
    started = time.process_time()
    run = train(spec, tmp_path, tmp_path / "run")
    assert run.metrics["test"]["bound"]["auroc"] >= 0.93
    assert time.process_time() - started < 60
