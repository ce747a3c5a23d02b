"""Each place in the reader's source that notes a problem is reached by a test of this room."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from message_sites import sites

from dlgenomics.spec.findings import _RULES

HERE = Path(__file__).parent
RANDOM = "not anything and not crash and not fuzz and not mutated and not build and not fail"
"""Tests of random specs are left out: a rule needs a spec that breaks it and nothing else."""


def test_sites_are_found():
    found = sites()
    assert len(found) > 150
    assert {name.partition(":")[0] for name in found} >= {
        "document.py", "arguments.py", "data_rules.py", "model_rules.py", "layers/dense.py"}


@pytest.mark.slow
def test_every_rule_is_broken_by_a_test(tmp_path):
    record = tmp_path / "sites.json"
    tests = HERE.parents[0]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "message_sites", "-p", "no:cacheprovider",
         "-m", "not slow", "-k", RANDOM, str(HERE)],
        env={**os.environ, "MESSAGE_SITES": str(record), "PYTHONPATH": str(tests)},
        cwd=tests.parent, check=True, capture_output=True)
    reached = json.loads(record.read_text())
    lines = {tuple(one) for one in reached["lines"]}
    silent = [name for name, (file, first, last) in sites().items()
              if not any((file, line) in lines for line in range(first, last + 1))]
    assert silent == []
    assert set(_RULES) - set(reached["types"]) == set()
    assert set(reached["types"]) - set(_RULES) <= {"target_kind"}
