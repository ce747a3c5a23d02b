"""``dlg embed`` and ``dlg score-mutations`` as a user types them."""

import gzip
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny_language_models import protein_checkpoint, protein_forward, residue_ids

FASTA = b">a one\r\nMKTAYIAKQR\r\n>b\r\nLA\r\nG\r\n>c\r\nm\r\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return protein_checkpoint(tmp_path_factory.mktemp("models") / "protein")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.fa").write_bytes(FASTA)
    (tmp_path / "one.fa").write_bytes(b">a\nMKTAYIAKQR\n")
    (tmp_path / "long.fa").write_bytes(b">s\nLAG*\n>long\n" + b"L" * 40 + b"\n")
    return tmp_path


def rows(letters):
    """Return the vectors of the residues, by NumPy."""
    return protein_forward(residue_ids(letters))[0][:-1]


def test_embed_writes_a_vector_for_each_sequence(run_dlg, model, folder):
    status, out, err = run_dlg("embed", model, "--sequences", "a.fa", "-o", "a.parquet")
    assert (status, out) == (0, "")
    assert "3 vectors of 16 numbers for 3 sequences in a.parquet" in err
    assert "NON-COMMERCIAL USE ONLY" in err
    table = pq.read_table("a.parquet").to_pydict()
    assert (table["name"], table["length"]) == (["a", "b", "c"], [10, 3, 1])
    expected = [rows(letters).mean(axis=0) for letters in ("MKTAYIAKQR", "LAG", "M")]
    np.testing.assert_allclose(table["embedding"], expected, rtol=1e-4, atol=2e-5)


def test_embed_says_what_it_did_as_json(run_dlg, model, folder):
    (folder / "a.fa.gz").write_bytes(gzip.compress(b">a\nMK*J\n>b\n" + b"L" * 40))
    status, out, err = run_dlg("embed", model, "--sequences", "a.fa.gz", "-o", "a.npz", "--pool",
                               "tokens", "--layer", 1, "--truncate", "--json", "--batch-tokens", 9)
    assert status == 0, err
    found = json.loads(out)
    assert found == {"model": "protein", "sequences": 2, "rows": 4 + 31, "channels": 16,
                     "pool": "tokens", "layer": found["layer"], "unknown_tokens": 2,
                     "truncated": ["b"], "output": "a.npz"}
    assert "2 letters are not in the model's vocabulary, and read as -, first '*' in sequence 'a'." in err
    assert "1 sequence was cut" in err
    with np.load("a.npz") as file:
        assert file["embeddings"].shape == (35, 16)
        assert file["offsets"].tolist() == [0, 4, 35]


@pytest.mark.parametrize(("content", "message"), [
    (b"", "must hold at least one sequence"),
    (b">a\nMK\n>a\nMK\n", "'a' twice"),
    (b">a\nMK\n>long\n" + b"L" * 40, "context of 32 tokens"),
])
def test_embed_refuses_a_fasta_before_tensorflow_starts(run_dlg, model, folder, content, message,
                                                        monkeypatch):
    import dlgenomics_cli.language

    monkeypatch.setattr(dlgenomics_cli.language.Opening, "model", None)  # it would be called
    (folder / "bad.fa").write_bytes(content)
    status, _, err = run_dlg("embed", model, "--sequences", "bad.fa", "-o", "a.npz")
    assert status == 1
    assert message in err
    assert not (folder / "a.npz").exists()


def test_embed_refuses_endings_models_and_layers(run_dlg, model, folder):
    status, _, err = run_dlg("embed", model, "--sequences", "a.fa", "-o", "a.csv")
    assert (status, ".parquet, .h5, .hdf5 or .npz. Received: '.csv'" in err) == (1, True)
    status, _, err = run_dlg("embed", model, "--sequences", "a.fa", "-o", "a.npz", "--layer", 3)
    assert (status, "a number from 0 to 2" in err) == (1, True)
    status, _, err = run_dlg("embed", "./none", "--sequences", "a.fa", "-o", "a.npz")
    assert status == 1
    status, _, err = run_dlg("embed", "dragonn/tal1", "--sequences", "a.fa", "-o", "a.npz")
    assert (status, "one input, of kind tokens" in err) == (1, True)
    assert not (folder / "a.npz").exists()


def test_embed_takes_a_model_of_the_hub(run_dlg, model, folder, hub):
    hub.publish("lab/protein", {path.name: path.read_bytes() for path in model.iterdir()})
    status, _, err = run_dlg("embed", "hf://lab/protein", "--sequences", "a.fa", "-o", "hub.npz")
    assert status == 0, err
    with np.load("hub.npz") as file:
        np.testing.assert_allclose(file["embeddings"][2], rows("M").mean(axis=0), rtol=1e-4,
                                   atol=2e-5)


def masked(place, old, new):
    ids = residue_ids("MKTAYIAKQR")
    ids[place] = 28
    row = protein_forward(ids)[1][place]
    return row[residue_ids(new)[0]] - row[residue_ids(old)[0]]


def test_score_mutations_prints_a_table(run_dlg, model, folder):
    status, out, err = run_dlg("score-mutations", model, "--sequences", "one.fa", "--mutations",
                               "A4V,M1L")
    assert status == 0, err
    rows = [line.split("\t") for line in out.splitlines()]
    assert rows[0] == ["name", "mutation", "score"]
    assert [row[:2] for row in rows[1:]] == [["a", "A4V"], ["a", "M1L"]]
    np.testing.assert_allclose([float(row[2]) for row in rows[1:]],
                               [masked(3, "A", "V"), masked(0, "M", "L")], rtol=1e-4, atol=2e-5)


def test_score_mutations_takes_all_or_a_table(run_dlg, model, folder):
    status, out, _ = run_dlg("score-mutations", model, "--sequences", "a.fa", "-o", "s.parquet",
                             "--json", "--marginal", "wild-type")
    assert status == 0
    assert json.loads(out) == {"model": "protein", "sequences": 3, "mutations": 14 * 19,
                               "marginal": "wild-type", "unknown_tokens": 0, "output": "s.parquet"}
    assert pq.read_table("s.parquet").column_names == ["name", "mutation", "score"]
    (folder / "m.tsv").write_bytes(b"name\tmutant\r\nlong\tL40A\r\ns\tG3L:L1V\r\n")
    status, _, err = run_dlg("score-mutations", model, "--sequences", "long.fa", "--mutations",
                             "m.tsv", "-o", "s.tsv.gz", "--window")
    assert (status, "2 mutations of 2 sequences in s.tsv.gz" in err) == (0, True)
    assert "1 letter is not in the model's vocabulary, and read as -, first '*' in sequence 's'." in err
    lines = gzip.decompress((folder / "s.tsv.gz").read_bytes()).decode().splitlines()
    assert [line.split("\t")[:2] for line in lines[1:]] == [["s", "G3L:L1V"], ["long", "L40A"]]


@pytest.mark.parametrize(("arguments", "status", "message"), [
    (["--sequences", "one.fa", "--mutations", "A3V"], 1, "position 3 must hold A. Received: T"),
    (["--sequences", "one.fa", "--mutations", "A99V"], 1, "positions must be from 1 to 10"),
    (["--sequences", "one.fa", "--mutations", "A4"], 1, "Write A23V"),
    (["--sequences", "a.fa", "--mutations", "A4V"], 2, "the FASTA holds 3"),
    (["--sequences", "one.fa", "--mutations", "none.tsv"], 1, "must be a file that exists"),
    (["--sequences", "long.fa"], 1, "context of 31 letters. Received: 'long' with 40"),
    (["--sequences", "one.fa", "-o", "s.h5"], 1, ".tsv, .tsv.gz, .parquet"),
    (["--sequences", "one.fa", "--json"], 2, "--json prints a summary"),
])
def test_score_mutations_refuses(run_dlg, model, folder, arguments, status, message):
    found, out, err = run_dlg("score-mutations", model, *arguments)
    assert (found, out) == (status, "")
    assert message in err
