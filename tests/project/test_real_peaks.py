"""The example on real peaks reaches what it claims; DLG_TEST_DATA names the data folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.real


@pytest.fixture
def data() -> Path:
    folder = os.environ.get("DLG_TEST_DATA")
    if not folder:
        pytest.skip("DLG_TEST_DATA does not name the folder with tf_peaks/ and basenji/")
    return Path(folder)


def test_chr1_is_predicted_from_the_other_chromosomes(data: Path, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", str(ROOT / "examples" / "tf_peaks" / "run.sh"), str(data),
                    str(tmp_path)], check=True, env={**os.environ, "PATH": path})
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["test"]["ctcf"]["auroc"] >= 0.985
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["split"]["test"] == pytest.approx(7241, abs=12)
    assert len((tmp_path / "chr22.tsv").read_text().splitlines()) == 11
    assert pq.read_table(tmp_path / "chr1.parquet")["chrom"].to_pylist() == ["chr1", "chr1"]
