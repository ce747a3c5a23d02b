"""AIDO.Protein, AIDO.RNA and AIDO.DNA against NumPy that was written from the description."""

import json

import aido_numpy
import numpy as np
import pytest
from made_checkpoints import write_checkpoint

from dlgenomics.data.tokens import token_reader
from dlgenomics.errors import DlgError
from dlgenomics_zoo.formats.errors import WeightsError
from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.fm4bio import FM4BIO, TOKENS
from dlgenomics_zoo.language.load import language_model_spec, open_language_model
from dlgenomics_zoo.language.rnabert import RNABERT

PROTEINS = ["MKTAYIAKQR", "M", "MKX-.", "WCHM[MASK]FYNQ", "MKTAYIAKQRLLLLGGVVSS"]
BASES = ["ACGTN", "G", "GGG[MASK]TTUU", "ACGTACGTACGTACGTACGT"]

FM4BIO_VARIANTS = {
    "mixture": {},
    "mixture with LayerNorm": {"normalization_type": "LayerNorm"},
    "mixture without biases": {"add_linear_bias": False},
    "structure tokens": {"use_lm_head": False, "output_vocab_size": 9,
                         "tie_word_embeddings": False},
    "scores of all rows": {"use_lm_head": False, "vocab_size": 50, "tie_word_embeddings": False},
    "dense": {"moe": False},
    "dense with post-norm residual": {"moe": False, "normalization_type": "LayerNorm",
                                      "apply_residual_connection_post_layernorm": True},
}
RNABERT_VARIANTS = {
    "LayerNorm": {}, "RMSNorm without biases": {"normalization_type": "RMSNorm",
                                                "add_linear_bias": False},
}
VARIANTS = [
    *(pytest.param({**aido_numpy.FM4BIO, **c}, PROTEINS, id=n) for n, c in FM4BIO_VARIANTS.items()),
    *(pytest.param({**aido_numpy.RNABERT, **c}, BASES, id=n) for n, c in RNABERT_VARIANTS.items()),
]


def opened(folder, config, **how):
    tensors = aido_numpy.random_tensors(config)
    write_checkpoint(folder, config, tensors)
    return open_language_model(folder, **how), tensors


def ids_of(model, text):
    ((_, one),) = model.inputs.items()
    return token_reader(one.tokenizer).encode(text)


def assert_close(found, expected, scale=1e-5):
    np.testing.assert_allclose(found, expected, rtol=scale, atol=scale * np.abs(expected).max())


@pytest.mark.parametrize(("config", "texts"), VARIANTS)
def test_it_gives_what_numpy_gives_padded_or_alone(tmp_path, config, texts):
    model, tensors = opened(tmp_path / "it", config)
    together = model.predict_on_batch(texts)
    alone = model.predict_on_batch(texts[:1])
    for row, text in enumerate(texts):
        ids = ids_of(model, text)
        hidden, logits = aido_numpy.forward(config, tensors, ids)
        assert_close(together["embedding"][row, :len(ids)], hidden)
        assert_close(together["logits"][row, :len(ids)], logits)
        residues = [i for i, one in enumerate(ids) if not is_outside(model, one)]
        assert_close(together["pooled"][row], hidden[residues].mean(axis=0))
    assert_close(alone["logits"][0], together["logits"][0, :alone["logits"].shape[1]])


def is_outside(model, token):
    ((_, one),) = model.inputs.items()
    return token in one.tokenizer.outside


@pytest.mark.parametrize(("config", "texts"), VARIANTS[:1])
def test_bfloat16_is_close(tmp_path, config, texts):
    model, tensors = opened(tmp_path / "it", config, precision="bfloat16")
    found = model.predict_on_batch(texts)["logits"]
    ids = ids_of(model, texts[0])
    expected = aido_numpy.forward(config, tensors, ids)[1]
    assert np.corrcoef(found[0, :len(ids)].ravel(), expected.ravel())[0, 1] > 0.99


def test_shards_and_copies_of_tensors(tmp_path):
    config = aido_numpy.FM4BIO
    tensors = aido_numpy.random_tensors(config)
    whole = open_language_model(write_checkpoint(tmp_path / "whole", config, tensors))
    copies = {"cls.predictions.decoder.weight": tensors["bert.embeddings.word_embeddings.weight"],
              "cls.predictions.decoder.bias": tensors["cls.predictions.bias"]}
    write_checkpoint(tmp_path / "shards", config, {**tensors, **copies}, shards=2)
    shards = open_language_model(tmp_path / "shards")
    np.testing.assert_array_equal(whole.predict_on_batch(PROTEINS)["logits"],
                                  shards.predict_on_batch(PROTEINS)["logits"])


def test_the_vectors_of_scores_may_be_their_own(tmp_path):
    config = {**aido_numpy.RNABERT, "tie_word_embeddings": False}
    tensors = aido_numpy.random_tensors(config)
    own = np.random.default_rng(5).normal(size=(16, 16)).astype("float32")
    write_checkpoint(tmp_path, config, {**tensors, "cls.predictions.decoder.weight": own})
    model = open_language_model(tmp_path)
    hidden = aido_numpy.forward(config, tensors, ids_of(model, BASES[0]))[0]
    swapped = {**tensors, "bert.embeddings.word_embeddings.weight": own}
    wide = {name: tensor.astype("float64") for name, tensor in swapped.items()}
    assert_close(model.predict_on_batch(BASES[:1])["logits"][0],
                 aido_numpy._logits(config, wide, hidden))


def test_an_encoder_without_a_head(tmp_path):
    config = {**aido_numpy.RNABERT, "architectures": ["RNABertModel"]}
    tensors = {name.removeprefix("bert."): tensor
               for name, tensor in aido_numpy.random_tensors(config).items()
               if name.startswith("bert.")}
    model = open_language_model(write_checkpoint(tmp_path, config, tensors))
    assert set(model.predict_on_batch(BASES)) == {"embedding", "pooled"}


def test_it_becomes_a_package_that_gives_the_same(tmp_path, run_dlg, monkeypatch):
    from dlgenomics import get_model

    monkeypatch.chdir(tmp_path)
    model, _ = opened(tmp_path / "protein", aido_numpy.FM4BIO)
    status, _, err = run_dlg("convert", "./protein", "-o", "packages")
    assert status == 0, err
    package = get_model(next((tmp_path / "packages").rglob("model.yaml")).parent)
    for name, found in package.predict_on_batch(PROTEINS).items():
        np.testing.assert_array_equal(found, model.predict_on_batch(PROTEINS)[name])


def test_tensors_must_fit(tmp_path):
    tensors = aido_numpy.random_tensors(aido_numpy.FM4BIO)
    mlp = "bert.encoder.layer.1.mlp"
    del tensors[f"{mlp}.dense_h_to_4h_3.weight"]
    tensors["bert.encoder.layer.2.ln.weight"] = np.zeros(16, "float32")
    tensors[f"{mlp}.router.weight"] = np.zeros((5, 16), "float32")
    tensors[f"{mlp}.dense_4h_to_h_1.weight"] = np.zeros((24, 16), "float32")
    write_checkpoint(tmp_path, aido_numpy.FM4BIO, tensors)
    with pytest.raises(WeightsError) as caught:
        open_language_model(tmp_path)
    for message in (
            f"no tensor '{mlp}.dense_h_to_4h_3.weight'",
            "the tensor 'bert.encoder.layer.2.ln.weight', which no layer takes",
            f"'{mlp}.router.weight' of shape (5, 16) for 'router' of 'experts_2', which has (16, 4)",
            f"'{mlp}.dense_4h_to_h_1.weight' of shape (24, 16) for 'down_kernel' of 'experts_2'"):
        assert message in str(caught.value)


@pytest.mark.parametrize(("model_type", "change", "message"), [
    ("fm4bio", {"position_embedding_type": "rope_2d"}, "residue and row of an alignment"),
    ("fm4bio", {"position_embedding_type": "absolute"}, 'must be "rope". Received: "absolute"'),
    ("fm4bio", {"hidden_act": "gelu"}, 'hidden_act must be "swiglu". Received: "gelu"'),
    ("fm4bio", {"rotary_percent": 0.5}, "rotary_percent must be"),
    ("fm4bio", {"seq_len_interpolation_factor": 2.0}, "seq_len_interpolation_factor must be null"),
    ("fm4bio", {"normalization_type": "ScaleNorm"}, 'must be "RMSNorm" or "LayerNorm"'),
    ("fm4bio", {"moe": "yes"}, "moe must be true or false"),
    ("fm4bio", {"num_experts": 0}, "num_experts must be a whole number of at least 1"),
    ("fm4bio", {"num_experts": 1}, "experts_per_token may be at most num_experts"),
    ("fm4bio", {"num_attention_heads": 7}, "num_heads must divide 16 channels"),
    ("rnabert", {"position_embedding_type": "absolute", "hidden_act": "gelu"},
     'position_embedding_type must be "rope"'),
    ("rnabert", {"hidden_size": None}, "hidden_size must be a whole number"),
])
def test_other_networks_are_refused_by_name(tmp_path, model_type, change, message):
    plain = aido_numpy.FM4BIO if model_type == "fm4bio" else aido_numpy.RNABERT
    (tmp_path / "config.json").write_text(json.dumps({**plain, **change}))
    with pytest.raises(DlgError, match=message):
        language_model_spec(tmp_path)


def spec_of(tmp_path, config):
    (tmp_path / "config.json").write_text(json.dumps(config))
    return language_model_spec(tmp_path)


def test_residues_and_one_token_behind_them(tmp_path):
    spec = spec_of(tmp_path, aido_numpy.FM4BIO)
    reader = token_reader(spec.data.inputs["tokens"].tokenizer)
    assert len(TOKENS) == 44
    assert reader.encode("LAG") == [1, 2, 3, 34]
    assert reader.encode("l a\tg") == [1, 2, 3, 34]
    assert reader.encode("[MASK]O.-") == [28, 25, 26, 27, 34]
    assert reader.encode("J*1") == [27, 27, 27, 34]  # what is unknown is a gap
    assert reader.encode("") == [34]


def test_bases_between_two_tokens(tmp_path):
    spec = spec_of(tmp_path, aido_numpy.RNABERT)
    reader = token_reader(spec.data.inputs["tokens"].tokenizer)
    assert reader.encode("AGCTUN") == [2, 5, 6, 7, 8, 9, 10, 3]
    assert reader.encode("acgr[MASK]") == [2, 5, 7, 6, 4, 1, 3]


def test_a_vocabulary_in_the_folder_counts(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[MASK]", "[CLS]", "[SEP]", "[UNK]",
                                                   "T", "C", "G", "A"]))
    spec = spec_of(tmp_path, aido_numpy.RNABERT)
    assert token_reader(spec.data.inputs["tokens"].tokenizer).encode("AT") == [2, 8, 5, 3]


def test_the_licence_is_in_the_spec(tmp_path):
    from dlgenomics_zoo.fetch import is_noncommercial

    for config in (aido_numpy.FM4BIO, aido_numpy.RNABERT):
        assert is_noncommercial(spec_of(tmp_path, config).license)
    assert is_noncommercial("GenBio AI Community License Agreement")


# Published configs; total_size is what the index files beside them say, in bytes of float32.
PROTEIN_16B = {
    "add_linear_bias": True, "architectures": ["FM4BioForMaskedLM"], "experts_per_token": 2,
    "hidden_act": "swiglu", "hidden_size": 2304, "intermediate_size": 7680,
    "layer_norm_eps": 1e-05, "max_position_embeddings": 2048, "model_type": "fm4bio", "moe": True,
    "normalization_type": "RMSNorm", "num_attention_heads": 36, "num_experts": 8,
    "num_hidden_layers": 36, "pad_token_id": 0, "position_embedding_type": "rope",
    "rotary_percent": 1.0, "seq_len_interpolation_factor": None, "tie_word_embeddings": False,
    "type_vocab_size": 2, "use_lm_head": False, "vocab_size": 128,
}
RNA_1B600M = {
    "add_linear_bias": True, "architectures": ["RNABertForMaskedLM"], "hidden_act": "swiglu",
    "hidden_size": 2048, "intermediate_size": 5440, "layer_norm_eps": 1e-05,
    "max_position_embeddings": 1024, "model_type": "rnabert", "normalization_type": "LayerNorm",
    "num_attention_heads": 32, "num_hidden_layers": 32, "pad_token_id": 0,
    "position_embedding_type": "rope", "rotary_percent": 1.0,
    "seq_len_interpolation_factor": None, "type_vocab_size": 2, "vocab_size": 16,
}


@pytest.mark.parametrize(("family", "config", "total_size"), [
    (FM4BIO, PROTEIN_16B, 64_237_962_240), (RNABERT, RNA_1B600M, 6_446_374_976),
])
def test_parameters_are_counted_without_allocating(tmp_path, family, config, total_size):
    counted = family.parameters(Config(config, tmp_path / "config.json"))
    assert 4 * counted == total_size


def test_counting_starts_no_tensorflow():
    import subprocess
    import sys

    code = ("import sys; from pathlib import Path; from dlgenomics_zoo.language.fm4bio import "
            "FM4BIO; from dlgenomics_zoo.language.config import Config; "
            f"print(FM4BIO.parameters(Config({PROTEIN_16B!r}, Path('config.json')))); "
            "assert not {'tensorflow', 'keras'} & set(sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert round(int(done.stdout) / 1e9, 2) == 16.06
