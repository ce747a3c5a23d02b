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
