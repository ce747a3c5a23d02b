"""All checks together, from the text of a spec and from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dlgenomics.data.sequences import read_sequences, write_sequences
from dlgenomics.doctor import SEVERITIES, examine
from dlgenomics.errors import MissingFileError, SpecError
from dlgenomics.registry import registry
from tiny import TINY_SPEC


def test_the_tiny_spec_and_its_data_have_no_error(tiny_data: Path) -> None:
    findings = examine(TINY_SPEC, "tiny.yaml", tiny_data)
    assert not [f for f in findings if f.severity == "error"]


def test_findings_stand_at_their_place_worst_first() -> None:
    text = TINY_SPEC.replace("rate: 0.1", "rate: 0.9").replace("0.02", "7")
    findings = examine(text)
    lines = text.splitlines()
    by_check = {f.check: f for f in findings}
    rate = by_check["dropout rate"]
    assert lines[rate.line - 1][rate.column - 1:].startswith("0.9")
    learning = by_check["learning rate"]
    assert lines[learning.line - 1][learning.column - 1:].startswith("7")
    ranks = [SEVERITIES.index(f.severity) for f in findings]
    assert ranks == sorted(ranks)


def test_copies_of_a_repeated_layer_are_one_finding() -> None:
    layer = "    - Dropout: {rate: 0.1}\n"
    assert layer in TINY_SPEC
    text = TINY_SPEC.replace(layer, "    - repeat: {times: 3, layers: [Dropout: {rate: 0.9}]}\n")
    assert [f.check for f in examine(text)].count("dropout rate") == 1


def test_a_wrong_spec_and_missing_data_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        examine(TINY_SPEC.replace("filters", "filtres"))
    with pytest.raises(MissingFileError):
        examine(TINY_SPEC, "tiny.yaml", tmp_path)


@pytest.mark.parametrize("name", registry)
def test_built_in_specs_can_be_examined(name: str) -> None:
    assert not [f for f in examine(registry[name].path.read_text()) if f.severity == "error"]


def test_the_command(run_dlg, tiny_data: Path, tiny_spec: Path, tmp_path: Path) -> None:
    tiny_spec.write_text(TINY_SPEC.replace("rate: 0.1", "rate: 0.9"))
    status, out, err = run_dlg("doctor", tiny_spec)
    assert status == 0
    assert "hint: 'dropout_1' drops 90 %" in out
    assert f"where {tiny_spec}:18:23" in out
    assert "add --data FOLDER" in err
    status, out, _ = run_dlg("doctor", tiny_spec, "--data", tiny_data, "--json")
    assert status == 0
    assert {"severity", "check", "what", "why", "advice", "line", "column"} <= set(
        json.loads(out)[0])


def test_a_leak_is_an_error(run_dlg, tiny_data: Path, tiny_spec: Path, tmp_path: Path) -> None:
    sequences = read_sequences(tiny_data / "sequences.fa.gz", 60)
    write_sequences(tmp_path / "sequences.fa.gz", list(sequences.names),
                    sequences.codes[[0] * len(sequences)])
    (tmp_path / "labels.tsv").write_bytes((tiny_data / "labels.tsv").read_bytes())
    status, out, err = run_dlg("doctor", tiny_spec, "--data", tmp_path)
    assert status == 1
    assert "(100.0 %) have the same sequence as one of the training set" in out
    assert "free of errors" in err


def test_no_tensorflow_is_started(tiny_data: Path, tiny_spec: Path) -> None:
    code = ("import sys; from pathlib import Path; from dlgenomics.doctor import examine; "
            f"examine(Path({str(tiny_spec)!r}).read_text(), 'x', Path({str(tiny_data)!r})); "
            "print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
