"""Makes the fixtures of this folder with transformers 4.38.2 and PyTorch, on the CPU.

    python -m venv refs && refs/bin/pip install torch==2.13.0 transformers==4.38.2 "numpy<2"
    refs/bin/python tests/zoo/language/make_fixtures.py

Every fixture is a tiny network with random weights: ``config.json``, the tokenizer's files, the
weights, and ``expected.npz`` with what the reference gives. All parameters with one axis are
changed from the 0 and 1 they start at, so that a bias or norm that is forgotten shows.
``tokens.json`` has what the reference's tokenizers make of many texts.
"""

import itertools
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertTokenizer,
    EsmConfig,
    EsmForMaskedLM,
    EsmTokenizer,
)

FOLDER = Path(__file__).resolve().parent / "fixtures"
PROTEIN = ["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>"]
WORDS = ["<unk>", "<pad>", "<mask>", "<cls>", "<eos>", "<bos>",
         *map("".join, itertools.product("ATCG", repeat=3)), *"ATCGN"]
KMERS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
         *map("".join, itertools.product("ATCG", repeat=3))]
PROTBERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"LAGVESIKRDTPNQFYMHCWXUBZO"]

TEXTS = {
    "esm2": ["MKTAYIAKQR", "MK<mask>AYI<mask>", "", "M", "mktay", "MKJJTA", "MK TA\tY", "MKXBZUO.-",
             "MK1T*", "J", "M<mask>", "<mask><mask>K", "  MK  ", "MKTJ AJ", "M\u00c4K", "<null_1>MK"],
    "words": ["ATTCCGATT", "ATTCC", "", "A", "NNATTCCG", "ATNCCGA", "attccg", "ATRCCG", "ATT CCG",
              "ATT<mask>CCG", "RRATTYYCC", "AT\u00c4T", "ATTCCGATTN", "  ATT"],
    "kmers": ["ATTCCG", "ATT", "AT", "", "ATNCC", "attccg", "A", "ATT[MASK]CCG", "ATT TTC"],
    "protbert": ["MKTAY", "", "M", "MKJT", "MKXBZUO", "M K T", "mkt", "MK[MASK]T"],
}
"""Texts by fixture; what the reference is given for them is in `reference_text`."""


def perturbed(model):
    """Return a model in which no parameter of one axis has the value it starts at."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(parameter + 0.3 * noise if parameter.ndim == 1 else 0.25 * noise)
    return model.eval()


def esm(**changes):
    """Return a tiny ESM."""
    settings = {
        "vocab_size": len(PROTEIN), "mask_token_id": 32, "pad_token_id": 1, "hidden_size": 16,
        "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
        "max_position_embeddings": 40, "layer_norm_eps": 1e-5, "position_embedding_type": "rotary",
        "token_dropout": True, "emb_layer_norm_before": False, "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0, **changes}
    torch.manual_seed(3)
    return perturbed(EsmForMaskedLM(EsmConfig(**settings)))


def bert(vocabulary, **changes):
    """Return a tiny BERT."""
    settings = {
        "vocab_size": len(vocabulary), "hidden_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 2, "intermediate_size": 24, "max_position_embeddings": 40,
        "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "pad_token_id": 0,
        **changes}
    torch.manual_seed(4)
    return perturbed(BertForMaskedLM(BertConfig(**settings)))


def reference_text(name, text):
    """Return a text as the reference's tokenizer wants it, where it wants another form.

    Ours reads lower case as upper case, cuts DNA into words itself and takes residues without
    spaces; special tokens are left as they are.
    """
    specials = [token for token in ("<mask>", "<null_1>", "[MASK]") if token in text]
    parts = [text]
    for token in specials:
        parts = [piece for part in parts for piece in _around(part, token)]
    parts = [part if part in specials else part.upper() for part in parts]
    if name == "protbert":
        return " ".join(part if part in specials else " ".join(part) for part in parts)
    if name == "kmers":
        return " ".join(part if part in specials else " ".join(map(_words, part.split()))
                        for part in parts)
    return "".join(parts)


def _around(part, token):
    pieces = part.split(token)
    return [one for piece in pieces for one in (token, piece)][1:]


def _words(piece):
    return " ".join(piece[i:i + 3] for i in range(max(len(piece) - 2, 1)))


def tokenizer_of(name, folder):
    """Return the reference's tokenizer for the files of a fixture."""
    if name in ("kmers", "protbert"):
        return BertTokenizer(str(folder / "vocab.txt"), do_lower_case=False)
    end = {"eos_token": None} if name == "words" else {}
    return EsmTokenizer(str(folder / "vocab.txt"), **end)


def rename(state, old, new):
    """Return a state with another spelling of its names."""
    return {name.replace(old, new): tensor for name, tensor in state.items()}


def state_of(model):
    """Return a model's tensors without those that share memory with another."""
    found, seen = {}, set()
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            found[name] = tensor.clone()
    return found


def marginals_of(model, ids, mask):
    """Return log-probabilities at each place of a row of ids but the first and last, masked."""
    rows = []
    for place in range(1, len(ids) - 1):
        copy = torch.tensor([ids])
        copy[0, place] = mask
        with torch.no_grad():
            rows.append(torch.log_softmax(model(copy).logits[0, place], -1).numpy())
    return np.array(rows)


def write(name, model, vocabulary, batch, pad, form="safetensors", state=None, **more):
    """Write a fixture; ``batch`` are rows of ids, filled up with ``pad``."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    settings = {**model.config.to_diff_dict(), "architectures": [type(model).__name__]}
    (folder / "config.json").write_text(json.dumps(settings, indent=1, sort_keys=True) + "\n")
    (folder / "vocab.txt").write_text("".join(f"{token}\n" for token in vocabulary))
    state = state_of(model) if state is None else state
    if form == "safetensors":
        save_file(state, folder / "model.safetensors")
    else:
        shards(folder, state, form)
    width = max(map(len, batch))
    ids = np.array([[*row, *[pad] * (width - len(row))] for row in batch], np.int32)
    mask = (ids != pad).astype(np.int64)
    with torch.no_grad():
        found = model(torch.tensor(ids, dtype=torch.long), attention_mask=torch.tensor(mask),
                      output_hidden_states=True)
    np.savez_compressed(folder / "expected.npz", ids=ids, mask=mask,
                        logits=found.logits.numpy(), embedding=found.hidden_states[-1].numpy(),
                        first=found.hidden_states[0].numpy(), **more)


def shards(folder, state, form):
    """Write a state in two shards with an index."""
    names = sorted(state)
    stem, ending = ("model", "safetensors") if form == "two safetensors" else (
        "pytorch_model", "bin")
    files = {name: f"{stem}-0000{1 + (i % 2)}-of-00002.{ending}" for i, name in enumerate(names)}
    for file in sorted(set(files.values())):
        part = {name: state[name].contiguous() for name in names if files[name] == file}
        if ending == "bin":
            torch.save(part, folder / file)
        else:
            save_file(part, folder / file)
    index = {"metadata": {"total_size": 0}, "weight_map": files}
    (folder / f"{stem}.{ending}.index.json").write_text(json.dumps(index, indent=1) + "\n")


class Gated(torch.nn.Module):
    """The gated feed-forward part of the second Nucleotide Transformer: SwiGLU, no bias."""

    def __init__(self, channels, units):
        super().__init__()
        self.dense = torch.nn.Linear(channels, 2 * units, bias=False)

    def forward(self, x):
        """Return the gated half."""
        opened, kept = self.dense(x).chunk(2, dim=-1)
        return torch.nn.functional.silu(opened) * kept


def write_gated(batch):
    """Write the second Nucleotide Transformer, whose class transformers does not have."""
    model = esm(token_dropout=False, vocab_size=len(WORDS), mask_token_id=2,
                tie_word_embeddings=False)
    for layer in model.esm.encoder.layer:
        layer.intermediate = Gated(16, 24)
        layer.output.dense = torch.nn.Linear(24, 16, bias=False)
    model.config.add_bias_fnn = False
    write("gated", perturbed(model), WORDS, batch, 1)


def main():
    """Write all fixtures."""
    rng = np.random.default_rng(0)

    def rows(lengths, low, high, start, end):
        return [[*start, *rng.integers(low, high, n).tolist(), *end] for n in lengths]

    proteins = rows([9, 4, 12], 4, 31, [0], [2])
    proteins[0][3] = proteins[0][6] = proteins[2][1] = 32
    model = esm()
    write("esm2", model, PROTEIN, proteins, 1,
          marginals=marginals_of(model, [0, 20, 15, 11, 5, 2], 32))
    write("esm1b", esm(position_embedding_type="absolute", emb_layer_norm_before=True), PROTEIN,
          proteins, 1, "two safetensors")
    model = esm(position_embedding_type="absolute", token_dropout=False, vocab_size=len(WORDS),
                mask_token_id=2)
    (FOLDER / "words").mkdir(parents=True, exist_ok=True)
    (FOLDER / "words" / "tokenizer_config.json").write_text(json.dumps({"eos_token": None}) + "\n")
    write("words", model, WORDS, rows([7, 3], 6, len(WORDS), [3], []), 1, "two bins")
    kmers = bert(KMERS)
    write("kmers", kmers, KMERS, rows([8, 5], 4, len(KMERS), [2], [3]), 0,
          state=rename(rename(state_of(kmers), "LayerNorm.weight", "LayerNorm.gamma"),
                       "LayerNorm.bias", "LayerNorm.beta"))
    write("protbert", bert(PROTBERT, tie_word_embeddings=False), PROTBERT,
          rows([6, 9], 4, 30, [2], [3]), 0)
    write_gated(rows([7, 3], 6, len(WORDS), [3], []))
    tokens = {}
    for name, texts in TEXTS.items():
        made = tokenizer_of(name, FOLDER / name)
        tokens[name] = [[text, made(reference_text(name, text))["input_ids"]] for text in texts]
    lines = [f"{json.dumps(name)}: [\n" + ",\n".join(map(json.dumps, pairs)) + "]"
             for name, pairs in tokens.items()]
    (FOLDER / "tokens.json").write_text("{\n" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
