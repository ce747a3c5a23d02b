"""Embeddings of sequences: the numbers, their order, and the files."""

from pathlib import Path

import aido_numpy
import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny_language_models import PROTEIN, protein_forward, residue_ids

from dlgenomics.data.sequences import Record
from dlgenomics.errors import DlgError, OutputError
from dlgenomics.language.embed import Wish, embed, write_embeddings
from dlgenomics.language.embedding import Contents, Embedding
from dlgenomics.language.network import blocks, hidden, hidden_layer
from dlgenomics.language.tokenized import tokenize, tokens_input
from dlgenomics.language.writers import open_writer

FIXTURES = Path(__file__).resolve().parents[1] / "zoo" / "language" / "fixtures"
LETTERS = ["MKTAYIAKQR", "M", "WCHMFYNQLLLLGGVVSSTTPPDDEEKK", "LAG", "MK", "A" * 31, "GGV"]


@pytest.fixture(scope="module")
def found(protein):
    return tokenize([Record(f"p{i}", text, 1) for i, text in enumerate(LETTERS)],
                    tokens_input(protein.inputs), "a.fa")


@pytest.fixture(scope="module")
def end(protein):
    """What gives the vectors at the network's end: compiled once."""
    return hidden(protein)


def rows(letters):
    """Return the vectors of the residues, by NumPy."""
    return protein_forward(residue_ids(letters))[0][:-1]


def joined(parts):
    parts = list(parts)
    return [name for part in parts for name in part.names], np.concatenate(
        [part.vectors for part in parts])


@pytest.mark.parametrize("batch_tokens", [1, 40, 8192])
def test_means_are_those_of_numpy_in_file_order(end, found, batch_tokens):
    part, channels = end
    names, vectors = joined(embed(part, found, Wish(batch_tokens=batch_tokens)))
    assert names == [f"p{i}" for i in range(len(LETTERS))]
    assert vectors.shape == (len(LETTERS), channels) == (7, 16)
    expected = np.stack([rows(letters).mean(axis=0) for letters in LETTERS])
    np.testing.assert_allclose(vectors, expected, rtol=1e-5, atol=2e-5)


def test_vectors_of_residues_are_those_of_numpy(end, found):
    parts = list(embed(end[0], found, Wish("tokens", batch_tokens=64)))
    by_sequence = [one for part in parts for one in part.by_sequence()]
    for one, letters in zip(by_sequence, LETTERS, strict=True):
        np.testing.assert_allclose(one, rows(letters), rtol=1e-5, atol=2e-5)


def test_layers_are_numbered_by_blocks(protein, found):
    tensors = aido_numpy.random_tensors(PROTEIN)
    assert blocks(protein.spec) == 2
    first = joined(embed(hidden(protein, 0)[0], found, Wish("tokens")))[1]
    vectors = tensors["bert.embeddings.word_embeddings.weight"]
    np.testing.assert_allclose(first[:10], vectors[residue_ids(LETTERS[0])], rtol=1e-6)
    # One block alone, its last normalization taken off: what enters the second block.
    one_block = {**PROTEIN, "num_hidden_layers": 1, "layer_norm_eps": 1e-5}
    normed = aido_numpy.forward(one_block, tensors, [*residue_ids(LETTERS[0]), 34])[0][:-1]
    middle = joined(embed(hidden(protein, 1)[0], found, Wish("tokens")))[1][:10]
    scaled = middle / np.sqrt((middle ** 2).mean(axis=1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(scaled * tensors["bert.encoder.ln.weight"], normed, rtol=1e-4,
                               atol=1e-5)


@pytest.mark.parametrize(("layer", "name"), [
    (None, "embedding"), (2, "embedding"), (0, "embedded"), ("experts_1", "experts_1"),
])
def test_names_of_layers(spec, layer, name):
    assert hidden_layer(spec, layer) == name


@pytest.mark.parametrize(("fixture", "names"), [
    ("esm2", ["token_dropout", "add_2", "embedding"]),
    ("protbert", ["norm_before", "feed_forward_norm_1", "embedding"]),
])
def test_blocks_of_other_families(fixture, names):
    from dlgenomics_zoo.language.load import language_model_spec

    found = language_model_spec(FIXTURES / fixture)
    assert [hidden_layer(found, number) for number in range(3)] == names


@pytest.mark.parametrize(("layer", "message"), [
    (3, r"a number from 0 to 2 or a layer's name\. Received: 3"),
    (-1, "Received: -1"),
    ("expert_1", r"Did you mean 'experts_1'\?"),
])
def test_a_layer_that_is_none(spec, layer, message):
    with pytest.raises(DlgError, match=message):
        hidden_layer(spec, layer)


def test_a_layer_without_vectors_of_tokens(protein):
    with pytest.raises(DlgError, match=r"must have vectors at each token\. Received: 'pooled'"):
        hidden(protein, "pooled")


PARTS = [Embedding(("a", "b"), (3, 1), np.arange(8, dtype="float32").reshape(2, 4)),
         Embedding(("c",), (2,), np.array([[8.0, -9.0, 0.5, 1e-9]], "float32"))]
BY_RESIDUE = [Embedding(("a", "b"), (3, 1), np.arange(16, dtype="float32").reshape(4, 4)),
              Embedding(("c",), (2,), -np.arange(8, dtype="float32").reshape(2, 4))]


def written(path, pool):
    parts = PARTS if pool == "mean" else BY_RESIDUE
    vectors = np.concatenate([part.vectors for part in parts])
    with open_writer(path, Contents(3, len(vectors), 4, pool, {"model": "m"})) as writer:
        for part in parts:
            writer.write(part)
    return vectors


def read_parquet(path):
    table = pq.read_table(path)
    vectors = table.column("embedding").to_pylist()
    rows = [row for one in vectors for row in (one if isinstance(one[0], list) else [one])]
    about = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    return (table.column("name").to_pylist(), table.column("length").to_pylist(),
            np.array(rows, "float32"), about)


def read_hdf5(path):
    with h5py.File(path) as file:
        return (list(file["names"].asstr()), file["lengths"][:].tolist(), file["embeddings"][:],
                dict(file.attrs))


def read_npz(path):
    with np.load(path, allow_pickle=False) as file:
        about = dict(str(one).split(": ", 1) for one in file["about"])
        return (file["names"].tolist(), file["lengths"].tolist(), file["embeddings"], about)


@pytest.mark.parametrize("pool", ["mean", "tokens"])
@pytest.mark.parametrize(("ending", "read"), [
    (".parquet", read_parquet), (".h5", read_hdf5), (".npz", read_npz),
])
def test_files_hold_names_lengths_and_vectors(tmp_path, ending, read, pool):
    path = tmp_path / f"made{ending}"
    expected = written(path, pool)
    names, lengths, vectors, about = read(path)
    assert (names, lengths) == (["a", "b", "c"], [3, 1, 2])
    np.testing.assert_array_equal(vectors, expected)
    assert (about["model"], about["pool"]) == ("m", pool)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(("ending", "read"), [(".h5", h5py.File), (".npz", np.load)])
def test_offsets_say_whose_rows_are_whose(tmp_path, ending, read):
    written(tmp_path / f"made{ending}", "tokens")
    with read(tmp_path / f"made{ending}") as file:
        assert file["offsets"][:].tolist() == [0, 3, 4, 6]


def test_a_file_is_written_from_a_model(protein, found, tmp_path):
    contents = write_embeddings(protein, found, tmp_path / "made.npz", Wish("tokens"))
    assert (contents.sequences, contents.rows, contents.channels) == (7, sum(map(len, LETTERS)), 16)
    names, lengths, vectors, about = read_npz(tmp_path / "made.npz")
    assert (names, lengths) == (list(found.names), list(map(len, LETTERS)))
    np.testing.assert_allclose(vectors[:10], rows(LETTERS[0]), rtol=1e-5, atol=2e-5)
    assert (about["model"], about["layer"]) == ("protein", "embedding")


def test_an_unknown_ending_is_refused(tmp_path):
    with pytest.raises(OutputError, match=r"must end in \.parquet.*\.npz\. Received: '\.tsv'"):
        written(tmp_path / "made.tsv", "mean")


@pytest.mark.parametrize("ending", [".parquet", ".h5", ".npz"])
def test_an_interruption_leaves_what_was_there(tmp_path, ending):
    path = tmp_path / f"made{ending}"
    path.write_text("old")

    def interrupted():
        with open_writer(path, Contents(3, 3, 4, "mean")) as writer:
            writer.write(PARTS[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
