"""The page on whole genomes: its commands have the options that they name, and its script works."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "genome_wide"


@pytest.mark.parametrize("name", ["README.md", "Snakefile", "array.sh", "main.nf"])
def test_every_option_that_it_names_exists(name: str) -> None:
    from dlgenomics_cli.commands import ALL

    known = {option for command in ALL if command.name in ("predict", "merge")
             for one in command.params for option in one.opts}
    text = (FOLDER / name).read_text()
    used = {option for line in re.findall(r"dlg (?:predict|merge)[^\n]*(?:\\\n[^\n]*)*", text)
            for option in re.findall(r"--[a-z][a-z-]*", line)}
    assert used <= known
    assert used or name == "Snakefile"


@pytest.mark.slow
def test_an_array_of_jobs_makes_the_file_of_one_run(
    tmp_path: Path, run_dlg: Callable[..., tuple[int, str, str]]
) -> None:
    pytest.importorskip("pybigtools", reason="the extra tracks is not installed")
    letters = np.random.default_rng(1).choice(list("ACGT"), 5000)
    (tmp_path / "g.fa").write_text(">chr1\n" + "".join(letters) + "\n")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for piece in ("2", "1"):  # as two arrays of one task each, as after a failure
        subprocess.run(["sh", FOLDER / "array.sh", "g.fa", "o.bw", "2"], cwd=tmp_path, check=True,
                       env={**os.environ, "PATH": path, "SLURM_ARRAY_TASK_ID": piece,
                            "SLURM_ARRAY_TASK_COUNT": "1"})
    assert run_dlg("merge", tmp_path / "o.bw")[0] == 0
    assert run_dlg("predict", "dragonn/tal1", "--fasta", tmp_path / "g.fa", "--tile", 200,
                   "--resize", "center", "-o", tmp_path / "whole.bw")[0] == 0
    assert (tmp_path / "o.bw").read_bytes() == (tmp_path / "whole.bw").read_bytes()
