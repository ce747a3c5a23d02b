"""Checkpoints that are spelt otherwise, and those that do not fit: nothing is loaded by halves."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_checkpoints import write_safetensors

from dlgenomics.errors import DataError, MissingFileError, TooLargeError
from dlgenomics_zoo.formats.errors import UnsafeModelError, WeightsError
from dlgenomics_zoo.formats.safetensors import open_safetensors, read_safetensors
from dlgenomics_zoo.language.config import Config, read_config
from dlgenomics_zoo.language.family import any_tokenizer
from dlgenomics_zoo.language.load import (
    is_language_model,
    language_model_spec,
    open_language_model,
)
from dlgenomics_zoo.language.registry import FAMILIES, MODEL_TYPES, family_of
from dlgenomics_zoo.language.shards import weight_files

FIXTURES = Path(__file__).resolve().parent / "fixtures"


@pytest.fixture
def made(tmp_path):
    """Return a function: a fixture with its config and tensors changed → its folder."""

    def make(name="esm2", config=None, change=None):
        folder = tmp_path / "made"
        shutil.copytree(FIXTURES / name, folder)
        if config:
            path = folder / "config.json"
            values = {**json.loads(path.read_text()), **config}
            path.write_text(json.dumps(values))
        if change:
            arrays = dict(read_safetensors(folder / "model.safetensors").arrays)
            write_safetensors(folder / "model.safetensors", change(arrays))
        return folder

    return make


def expected_of(name):
    with np.load(FIXTURES / name / "expected.npz") as stored:
        return dict(stored)


def embedding_of(model, ids):
    found = model.predict_on_batch(ids)
    return found["embedding"] if isinstance(found, dict) else found


def test_stray_tensors_and_spellings_of_newer_and_older_files_are_taken(made):
    def change(arrays):
        stray = {f"esm.encoder.layer.{i}.attention.self.rotary_embeddings.inv_freq":
                 np.ones(4, np.float32) for i in range(2)}
        stray |= {"esm.embeddings.position_ids": np.arange(40)[None],
                  "esm.contact_head.regression.weight": np.ones((1, 4), np.float32),
                  "lm_head.decoder.weight": arrays["esm.embeddings.word_embeddings.weight"]}
        spelt = {name.replace("layer_norm.weight", "layer_norm.gamma")
                 .replace("layer_norm.bias", "layer_norm.beta"): a for name, a in arrays.items()}
        assert set(spelt) != set(arrays)
        return {**spelt, **stray}

    expected = expected_of("esm2")
    found = open_language_model(made(change=change)).predict_on_batch(expected["ids"])
    kept = expected["mask"].astype(bool)
    np.testing.assert_allclose(found["logits"][kept], expected["logits"][kept], atol=5e-5)


def test_an_encoder_without_its_head_is_taken(made):
    def change(arrays):
        return {name.removeprefix("esm."): a for name, a in arrays.items()
                if name.startswith("esm.")}

    folder = made(config={"architectures": ["EsmModel"]}, change=change)
    model = open_language_model(folder)
    assert model.spec.model.outputs == ("embedding", "pooled")
    expected = expected_of("esm2")
    kept = expected["mask"].astype(bool)
    np.testing.assert_allclose(embedding_of(model, expected["ids"])[kept],
                               expected["embedding"][kept], atol=5e-5)


def without(name):
    return lambda arrays: {k: a for k, a in arrays.items() if k != name}


def renamed(old, new):
    return lambda arrays: {new if k == old else k: a for k, a in arrays.items()}


def reshaped(name, shape):
    return lambda arrays: {**arrays, name: np.zeros(shape, np.float32)}


UP = "esm.encoder.layer.1.intermediate.dense"


@pytest.mark.parametrize(("change", "message"), [
    (without(f"{UP}.bias"), f"no tensor '{UP}.bias'"),
    (renamed(f"{UP}.bias", f"{UP}.biass"),
     f"no tensor '{UP}.bias' (there is '{UP}.biass'); the tensor '{UP}.biass', which no layer takes"),
    (lambda arrays: {**arrays, "esm.adapter.weight": np.ones(3, np.float32)},
     "the tensor 'esm.adapter.weight', which no layer takes"),
    (reshaped(f"{UP}.weight", (24, 15)),
     f"'{UP}.weight' of shape (24, 15) for 'kernel' of 'up_2', which has (16, 24)"),
    (reshaped(f"{UP}.weight", (24,)), "of shape (24,) for 'kernel'"),
    (reshaped(f"{UP}.bias", (24, 1)), "of shape (24, 1) for 'bias'"),
    (lambda arrays: {**arrays, f"{UP}.weight": arrays[f"{UP}.weight"].T.copy()},
     "of shape (16, 24) for 'kernel' of 'up_2', which has (16, 24)"),
    (lambda arrays: {**arrays, "lm_head.layer_norm.gamma": np.ones(16, np.float32)},
     "the tensor 'lm_head.layer_norm.gamma' in model.safetensors, which came before"),
])
def test_tensors_that_do_not_fit_are_all_named(made, change, message):
    with pytest.raises(WeightsError) as caught:
        open_language_model(made(change=change))
    assert message in str(caught.value)


def test_many_problems_are_shortened(made):
    with pytest.raises(WeightsError, match="and 21 more"):
        open_language_model(made(change=lambda _: {"a": np.ones(1, np.float32)}))


REFUSED = [
    ("esm2", "hidden_act", "relu", 'hidden_act must be "gelu". Received: "relu"'),
    ("esm2", "position_embedding_type", "relative_key",
     'position_embedding_type must be "absolute" or "rotary". Received: "relative_key"'),
    ("esm2", "is_decoder", True, "is_decoder must be false. Received: true"),
    ("esm2", "is_folding_model", True, "is_folding_model must be false. Received: true"),
    ("esm2", "pad_token_id", 0, "pad_token_id must be 1. Received: 0"),
    ("esm2", "mask_token_id", 31, "mask_token_id must be 32. Received: 31"),
    ("kmers", "pad_token_id", 3, "pad_token_id must be 0. Received: 3"),
    ("gated", "add_bias_fnn", "no", 'add_bias_fnn must be true or false. Received: "no"'),
    ("esm2", "token_dropout", "yes", 'token_dropout must be true or false. Received: "yes"'),
    ("esm2", "num_hidden_layers", 0, "num_hidden_layers must be a whole number of at least 1"),
    ("esm2", "hidden_size", None, "hidden_size must be a whole number of at least 1"),
    ("esm2", "hidden_size", True, "hidden_size must be a whole number of at least 1"),
    ("esm2", "hidden_size", "16", 'hidden_size must be a whole number of at least 1. Received: "16"'),
    ("esm2", "layer_norm_eps", 0, "layer_norm_eps must be a number above 0. Received: 0"),
    ("esm2", "mask_token_id", None, "mask_token_id must be a whole number of at least 0"),
    ("esm2", "model_type", "esn", "Did you mean 'esm'?"),
    ("esm2", "model_type", None, "Received: none"),
    ("kmers", "hidden_act", "gelu_new", 'hidden_act must be "gelu". Received: "gelu_new"'),
    ("kmers", "pruned_heads", {"0": [1]}, "pruned_heads must be {}"),
    ("kmers", "position_embedding_type", "rotary", 'must be "absolute". Received: "rotary"'),
]


@pytest.mark.parametrize(("name", "key", "value", "message"), REFUSED)
def test_a_config_of_another_network_is_refused_by_the_key(made, name, key, value, message):
    folder = made(name, config={key: value})
    with pytest.raises(DataError) as caught:
        language_model_spec(folder)
    assert message in str(caught.value)
    assert "config.json" in str(caught.value)


def test_heads_that_do_not_divide_the_channels_are_refused(made):
    from dlgenomics.errors import SpecError

    with pytest.raises(SpecError, match="the channels of a head must be even"):
        language_model_spec(made(config={"num_attention_heads": 5}))


@pytest.mark.parametrize(("content", "message"), [
    (b"{", "no JSON"), (b"[1]", "a list"), (b"\xff", "no JSON"), (b"[" * 100_000, "no JSON"),
])
def test_a_config_that_is_none_is_refused(tmp_path, content, message):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_config(tmp_path / "config.json")


def test_a_folder_without_config_or_weights_says_so(tmp_path, made):
    with pytest.raises(MissingFileError, match="no such file"):
        open_language_model(tmp_path)
    assert not is_language_model(tmp_path)
    folder = made()
    assert is_language_model(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(DataError, match=r"model.safetensors or .* Received: none of them"):
        open_language_model(folder)


def test_shards_come_from_the_index_alone(made):
    folder = made("esm1b")
    (folder / "model-00003-of-00003.safetensors").write_bytes(b"not named by the index")
    assert [path.name for path in weight_files(folder)] == [
        "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]


def test_safetensors_are_taken_before_pickles(made):
    folder = made("esm2")
    (folder / "pytorch_model.bin").write_bytes(b"never looked at")
    assert [path.name for path in weight_files(folder)] == ["model.safetensors"]


@pytest.mark.parametrize("name", ["../esm2/model.safetensors", "/etc/passwd", "a/b.safetensors",
                                  "..", "", "..\\x.safetensors"])
def test_an_index_may_not_lead_out_of_its_folder(made, name):
    folder = made("esm1b")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(UnsafeModelError, match="files of its own folder only"):
        weight_files(folder)


@pytest.mark.parametrize("index", [{}, {"weight_map": {}}, {"weight_map": {"a": 1}},
                                   {"weight_map": ["a"]}])
def test_an_index_that_is_none_is_refused(made, index):
    folder = made("esm1b")
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(DataError, match="weight_map"):
        weight_files(folder)


def test_a_shard_may_hold_the_head_alone(made):
    folder = made("esm2")
    arrays = read_safetensors(folder / "model.safetensors").arrays
    where = {name: f"{'body' if name.startswith('esm.') else 'head'}.safetensors"
             for name in arrays}
    for file in set(where.values()):
        write_safetensors(folder / file, {n: a for n, a in arrays.items() if where[n] == file})
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    expected = expected_of("esm2")
    found = open_language_model(folder).predict_on_batch(expected["ids"])
    kept = expected["mask"].astype(bool)
    np.testing.assert_allclose(found["logits"][kept], expected["logits"][kept], atol=5e-5)


def test_a_shard_that_is_missing_is_named(made):
    folder = made("esm1b")
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(MissingFileError, match=r"model-00002-of-00002.safetensors"):
        open_language_model(folder)


def test_a_shard_that_is_cut_is_refused(made):
    folder = made("esm1b")
    path = folder / "model-00002-of-00002.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="truncated or damaged"):
        open_language_model(folder)


def test_tensors_are_read_one_at_a_time():
    path = FIXTURES / "esm2" / "model.safetensors"
    found, whole = open_safetensors(path), read_safetensors(path).arrays
    assert set(found.names) == set(whole)
    name = f"{UP}.weight"
    np.testing.assert_array_equal(found.read(name), whole[name])


def test_what_is_too_large_is_refused_before_it_is_allocated(made):
    huge = {"hidden_size": 5120, "intermediate_size": 20480, "num_hidden_layers": 48}
    with pytest.raises(TooLargeError):
        open_language_model(made(config=huge))


ESM2 = {"model_type": "esm", "vocab_size": 33, "mask_token_id": 32, "pad_token_id": 1,
        "token_dropout": True, "position_embedding_type": "rotary",
        "max_position_embeddings": 1026, "num_attention_heads": 20}
BERT = {"model_type": "bert", "num_attention_heads": 16}
PUBLISHED = [
    ({**ESM2, "num_hidden_layers": 6, "hidden_size": 320, "intermediate_size": 1280}, 7_512_353),
    ({**ESM2, "num_hidden_layers": 33, "hidden_size": 1280, "intermediate_size": 5120},
     651_042_593),
    ({**ESM2, "num_hidden_layers": 33, "hidden_size": 1280, "intermediate_size": 5120,
      "position_embedding_type": "absolute", "emb_layer_norm_before": True}, 652_358_433),
    ({**ESM2, "num_hidden_layers": 24, "hidden_size": 1280, "intermediate_size": 5120,
      "position_embedding_type": "absolute", "max_position_embeddings": 1002, "vocab_size": 4105,
      "token_dropout": False}, 480_444_425),
    ({**BERT, "num_hidden_layers": 30, "hidden_size": 1024, "intermediate_size": 4096,
      "max_position_embeddings": 40_000, "vocab_size": 30}, 419_933_214),
    ({**BERT, "num_hidden_layers": 12, "hidden_size": 768, "intermediate_size": 3072,
      "max_position_embeddings": 512, "vocab_size": 4101}, 89_196_549),
]
"""ESM-2 of 8 M and 650 M, ESM-1b, Nucleotide Transformer of 500 M, ProtBert and DNABERT-6; numbers
of parameters as transformers 4.38 counts them, without those that no token's numbers pass through:
the head of contacts, and the positions of a rotary model."""


@pytest.mark.parametrize(("config", "counted"), PUBLISHED)
def test_published_sizes_are_counted_without_weights(config, counted):
    assert MODEL_TYPES[config["model_type"]].parameters(Config(config, Path("c"))) == counted


@pytest.mark.parametrize("family", FAMILIES, ids=lambda one: one.name)
def test_families_are_found_by_their_model_types(family):
    for model_type in family.model_types:
        assert family_of(Config({"model_type": model_type}, Path("config.json"))) is family


@pytest.mark.parametrize("name", ["esm2", "esm1b", "words", "gated", "kmers", "protbert"])
def test_every_tensor_goes_to_a_weight_of_its_own(name):
    config = read_config(FIXTURES / name / "config.json")
    family = family_of(config)
    document = family.document(config, any_tokenizer(("a",)))
    assert document["task"] == "language_model"
    places = [(p.layer, p.weight, p.part) for p in family.weights(config).values()]
    assert len(set(places)) == len(places)
