"""Commands on models of the Hugging Face Hub."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dlgenomics.memory import Space
from hub import Hub
from hub_models import CARD, keras_h5, profile_h5

Dlg = Callable[..., tuple[int, str, str]]
MODEL, _, _ = keras_h5()


def test_plan_prints_what_would_happen(hub: Hub, run_dlg: Dlg) -> None:
    commit = hub.publish("lab/net", {"model.h5": MODEL, "README.md": CARD.replace(b"mit", b"cc-by-nc-4.0"),
                                     "notes.pkl": b"x"})
    status, out, err = run_dlg("plan", "hf://lab/net")
    assert status == 0
    for part in (commit, "keras: model.h5 is a whole Keras model.", "cc-by-nc-4.0 (NON-COMMERCIAL USE ONLY)",
                 f"1 file, {len(MODEL) / 1000:.3g} kB", "kB (by the sizes of its files)", "none needed", "pickles"):
        assert part in out
    assert err == "Next: dlg get-model hf://lab/net\n"
    assert run_dlg("info", "hf://lab/net")[1] == out


def test_plan_as_json(hub: Hub, run_dlg: Dlg) -> None:
    commit = hub.publish("lab/net", {"model.h5": MODEL, "README.md": CARD})
    found = json.loads(run_dlg("plan", "hf://lab/net", "--json")[1])
    assert found["address"] == f"hf://lab/net@{commit}"
    assert (found["route"], found["license"], found["bytes"], found["missing"]) == (
        "keras", "mit", len(MODEL), len(MODEL))
    assert found["files"][0]["sha256"]
    assert found["obstacles"] == []


def test_plan_says_what_stops_a_model(hub: Hub, run_dlg: Dlg, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = hub.publish("lab/program", {"saved_model.pb": b"program", "variables/variables.index": b"x"})
    monkeypatch.setattr("dlgenomics_zoo.hub.memory.free_space", lambda: Space(0))
    _, out, err = run_dlg("plan", "hf://lab/program")
    assert "saved_model" in out
    assert f"It runs code: with trust only, as hf://lab/program@{commit}" in err
    assert "a model must fit in this machine's memory" in err
    assert "Next:" not in err


def test_get_model_fetches_verifies_and_copies(hub: Hub, run_dlg: Dlg, tmp_path: Path) -> None:
    commit = hub.publish("lab/net", {"model.h5": MODEL, "README.md": CARD})
    status, out, err = run_dlg("get-model", "hf://lab/net", "-o", tmp_path / "mine")
    assert status == 0
    assert f"hf://lab/net@{commit}" in out
    assert f"Next: dlg predict {tmp_path / 'mine'}" in err
    assert "Fetching hf://lab/net:" in err
    assert run_dlg("test", tmp_path / "mine")[0] == 0
    assert run_dlg("test", "hf://lab/net")[0] == 0
    found = json.loads(run_dlg("get-model", "hf://lab/net", "--json")[1])
    assert (found["source"], found["plan"]["commit"]) == ("huggingface", commit)


def test_predict_reads_a_genome_with_a_model_of_the_hub(hub: Hub, run_dlg: Dlg, tmp_path: Path) -> None:
    name = "kundajelab/encode-chrombpnet-ATAC-K562-ENCSR483RKN"
    content, reference = profile_h5(3, 4)
    hub.publish(name, {"fold_0/model.chrombpnet_nobias.fold_0.x.h5": content})
    (tmp_path / "g.fa").write_text(">chr1\n" + "ACGTTGCA" * 10 + "\n")
    (tmp_path / "i.bed").write_text("chr1\t20\t60\n")
    status, out, err = run_dlg("predict", f"hf://{name}", "--fasta", tmp_path / "g.fa", "--intervals",
                               tmp_path / "i.bed")
    assert status == 0, err
    x = np.array([[[float(letter == base) for base in "ACGT"] for letter in ("ACGTTGCA" * 10)[30:50]]])
    row = out.splitlines()[1].split("\t")
    np.testing.assert_allclose(float(row[-1]), reference(x)[1][0, 0], rtol=1e-4)


def test_convert_lets_an_array_be_dna(hub: Hub, run_dlg: Dlg, tmp_path: Path) -> None:
    hub.publish("lab/net", {"model.h5": MODEL})
    status, out, err = run_dlg("convert", "hf://lab/net", "-o", tmp_path / "zoo", "--dna", "zeros")
    assert status == 0, out + err
    assert "kind: dna" in (tmp_path / "zoo" / "lab" / "net" / "model.yaml").read_text()


@pytest.mark.parametrize(("address", "said"), [
    ("hf://lab", "hf://org/name[@revision][/subfolder][#file]"),
    ("hf://lab/nothing", "not found, or private"),
    ("hf://lab/net@v9", "It has main"),
    ("hf://lab/net#model.hdf5", "Did you mean 'model.h5'?"),
])
def test_a_mistake_is_a_sentence(hub: Hub, run_dlg: Dlg, address: str, said: str) -> None:
    hub.publish("lab/net", {"model.h5": MODEL})
    for command in ("plan", "get-model", "info", "predict"):
        more = ["--sequences", "x"] if command == "predict" else []
        status, _, err = run_dlg(command, address, *more)
        assert status == 1
        assert said in err
        assert "Traceback" not in err


def test_a_program_needs_trust_and_a_commit(hub: Hub, run_dlg: Dlg) -> None:
    commit = hub.publish("lab/program", {"saved_model.pb": b"program"})
    status, _, err = run_dlg("get-model", "hf://lab/program")
    assert (status, "nothing of a model is run without trust" in err) == (1, True)
    status, _, err = run_dlg("get-model", "hf://lab/program", "--trust")
    assert (status, f"write hf://lab/program@{commit}" in err) == (1, True)
    assert run_dlg("get-model", f"hf://lab/program@{commit}", "--trust")[0] == 0


def test_embed_takes_a_language_model_of_the_hub(hub: Hub, run_dlg: Dlg, tmp_path: Path) -> None:
    folder = Path(__file__).resolve().parents[1] / "zoo" / "language" / "fixtures" / "esm2"
    hub.publish("lab/esm", {p.name: p.read_bytes() for p in folder.iterdir()})
    (tmp_path / "p.fa").write_text(">a\nMKTAYIAK\n>b\nMK\n")
    status, _, err = run_dlg("embed", "hf://lab/esm", "--sequences", tmp_path / "p.fa", "-o", tmp_path / "o.npz")
    assert status == 0, err
    assert not hub.asked("expected.npz")
    status, _, err = run_dlg("embed", folder, "--sequences", tmp_path / "p.fa", "-o", tmp_path / "same.npz")
    assert status == 0, err
    with np.load(tmp_path / "o.npz") as found, np.load(tmp_path / "same.npz") as expected:
        np.testing.assert_array_equal(found["embeddings"], expected["embeddings"])
        assert found["embeddings"].shape == (2, 16)
