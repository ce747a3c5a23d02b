"""``dlg info`` of a language model, as transformers has it."""

import json
import shutil
from pathlib import Path

FOLDER = str(Path(__file__).resolve().parents[1] / "zoo" / "language" / "fixtures" / "esm2")


def test_it_tells_what_goes_in_and_comes_out(run_dlg):
    status, out, err = run_dlg("info", FOLDER)
    assert status == 0
    assert "sequences as texts, or their token ids, int32, at most 40" in out
    assert "logits (batch, tokens, 33); embedding (batch, tokens, 16)" in out
    assert "pooled (batch, 16)" in out
    assert "pooled (batch, 16):" not in out
    assert "4,817" in out
    assert f"Next: dlg embed {FOLDER}" in err


def test_its_spec_is_data(run_dlg):
    status, out, _ = run_dlg("info", FOLDER, "--json")
    found = json.loads(out)
    assert (status, found["task"]) == (0, "language_model")
    assert len(found["data"]["inputs"]["tokens"]["tokenizer"]["vocabulary"]) == 33


def test_a_config_of_another_network_is_told(run_dlg, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(FOLDER, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_act": "relu"}))
    status, _, err = run_dlg("info", str(folder))
    assert status != 0
    assert 'hidden_act must be "gelu". Received: "relu"' in err


def test_predict_names_the_commands_of_a_language_model(run_dlg, tmp_path):
    (tmp_path / "a.fa").write_text(">a\nMK\n")
    (tmp_path / "a.bed").write_text("a\t0\t2\n")
    status, _, err = run_dlg("predict", FOLDER, "--fasta", tmp_path / "a.fa", "--intervals",
                             tmp_path / "a.bed", "-o", tmp_path / "p.tsv")
    assert status == 1
    assert "Received: a language model" in err
    assert "`dlg embed`" in err
    assert "`dlg score-mutations`" in err
    assert "right folder" not in err


def test_a_misspelt_folder_has_a_near_match(run_dlg, tmp_path, monkeypatch):
    shutil.copytree(FOLDER, tmp_path / "esm2")
    (tmp_path / "esm4").mkdir()  # no model
    (tmp_path / "a.fa").write_text(">a\nMK\n")
    monkeypatch.chdir(tmp_path)
    for typed, meant in (("./esm3", "./esm2"), (f"{tmp_path}/esm3/", f"{tmp_path}/esm2")):
        status, _, err = run_dlg("embed", typed, "--sequences", "a.fa", "-o", "a.npz")
        assert status == 1
        assert "config.json" in err
        assert f"Did you mean '{meant}'?" in err
