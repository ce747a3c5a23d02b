"""The networks of AIDO.Protein, AIDO.RNA and AIDO.DNA in NumPy, float64: what ports are held to.

Written from the description of the architecture, for tensors by the names of their files, and
without a look at the layers under test. One sequence at a time, one token at a time where tokens
are routed, so that nothing is shared with code that batches, pads or masks.
"""

import math

import numpy as np

FM4BIO = {
    "model_type": "fm4bio", "architectures": ["FM4BioForMaskedLM"], "vocab_size": 44,
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
    "hidden_act": "swiglu", "position_embedding_type": "rope", "rotary_percent": 1.0,
    "normalization_type": "RMSNorm", "layer_norm_eps": 1e-5, "add_linear_bias": True, "moe": True,
    "num_experts": 4, "experts_per_token": 2, "use_lm_head": True, "tie_word_embeddings": True,
    "max_position_embeddings": 64, "pad_token_id": 0, "seq_len_interpolation_factor": None,
}
RNABERT = {
    "model_type": "rnabert", "architectures": ["RNABertForMaskedLM"], "vocab_size": 16,
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24,
    "hidden_act": "swiglu", "position_embedding_type": "rope", "rotary_percent": 1.0,
    "normalization_type": "LayerNorm", "layer_norm_eps": 1e-5, "add_linear_bias": True,
    "max_position_embeddings": 64, "pad_token_id": 0, "seq_len_interpolation_factor": None,
    "type_vocab_size": 2,
}


def random_tensors(config, seed=0):
    """Return random tensors of a configuration by name; no bias is 0 and no norm 1."""
    rng = np.random.default_rng(seed)
    return {name: _random(rng, name, shape) for name, shape in tensor_shapes(config).items()}


def _random(rng, name, shape):
    center = 1.0 if "ln.weight" in name or "LayerNorm.weight" in name else 0.0
    return rng.normal(center, 0.35 if len(shape) > 1 else 0.2, shape).astype("float32")


def tensor_shapes(config):
    """Return the shape of every tensor that a file of this configuration holds."""
    hidden, inner, vocab = (config[k] for k in ("hidden_size", "intermediate_size", "vocab_size"))
    shapes = {"bert.embeddings.word_embeddings.weight": (vocab, hidden)}

    def linear(name, out, into):
        shapes[f"{name}.weight"] = (out, into)
        if config["add_linear_bias"]:
            shapes[f"{name}.bias"] = (out,)

    def norm(name, kind):
        shapes[f"{name}.weight"] = (hidden,)
        if kind == "LayerNorm":
            shapes[f"{name}.bias"] = (hidden,)

    for number in range(config["num_hidden_layers"]):
        block = f"bert.encoder.layer.{number}"
        norm(f"{block}.attention.ln", config["normalization_type"])
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            linear(f"{block}.attention.{part}", hidden, hidden)
        norm(f"{block}.ln", config["normalization_type"])
        if config["model_type"] == "rnabert":
            linear(f"{block}.mlp.up_proj", inner, hidden)
            linear(f"{block}.mlp.gate_proj", inner, hidden)
            linear(f"{block}.mlp.down_proj", hidden, inner)
        elif config["moe"]:
            shapes[f"{block}.mlp.router.weight"] = (config["num_experts"], hidden)
            for expert in range(config["num_experts"]):
                linear(f"{block}.mlp.dense_h_to_4h_{expert}", 2 * inner, hidden)
                linear(f"{block}.mlp.dense_4h_to_h_{expert}", hidden, inner)
        else:
            linear(f"{block}.mlp.dense_h_to_4h", 2 * inner, hidden)
            linear(f"{block}.mlp.dense_4h_to_h", hidden, inner)
    norm("bert.encoder.ln", config["normalization_type"])
    if config.get("use_lm_head", True):
        shapes["cls.predictions.transform.dense.weight"] = (hidden, hidden)
        shapes["cls.predictions.transform.dense.bias"] = (hidden,)
        norm("cls.predictions.transform.LayerNorm", "LayerNorm")
        shapes["cls.predictions.bias"] = (vocab,)
    else:
        shapes["output_embed.weight"] = (config.get("output_vocab_size") or vocab, hidden)
    return shapes


def forward(config, tensors, ids):
    """Return hidden states (length, channels) and logits (length, outputs) of one sequence."""
    w = {name: tensor.astype("float64") for name, tensor in tensors.items()}
    x = w["bert.embeddings.word_embeddings.weight"][np.asarray(ids)]
    post = config.get("apply_residual_connection_post_layernorm", False)
    alpha = math.sqrt(2 * config["num_hidden_layers"])
    for number in range(config["num_hidden_layers"]):
        block = f"bert.encoder.layer.{number}"
        for norm, part in ((f"{block}.attention.ln", _attention), (f"{block}.ln", _mlp)):
            normed = _norm(config, w, norm, x)
            x = (alpha * normed if post else x) + part(config, w, block, normed)
    hidden = _norm(config, w, "bert.encoder.ln", x)
    return hidden, _logits(config, w, hidden)


def _logits(config, w, hidden):
    if not config.get("use_lm_head", True):
        return hidden @ w["output_embed.weight"].T
    head = "cls.predictions.transform"
    x = _gelu(_linear(w, f"{head}.dense", hidden))
    x = _layer_norm(x, w[f"{head}.LayerNorm.weight"], w[f"{head}.LayerNorm.bias"],
                    config["layer_norm_eps"])
    return x @ w["bert.embeddings.word_embeddings.weight"].T + w["cls.predictions.bias"]


def _attention(config, w, block, x):
    heads = config["num_attention_heads"]
    deep = x.shape[1] // heads
    query, key, value = (_linear(w, f"{block}.attention.self.{part}", x)
                         for part in ("query", "key", "value"))
    found = np.zeros_like(x)
    for head in range(heads):
        mine = slice(head * deep, (head + 1) * deep)
        logits = _rotated(query[:, mine]) @ _rotated(key[:, mine]).T / math.sqrt(deep)
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        found[:, mine] = weights / weights.sum(axis=1, keepdims=True) @ value[:, mine]
    return _linear(w, f"{block}.attention.output.dense", found)


def _rotated(x):
    """Turn each pair (i, i + half) of channels by an angle that grows with the position."""
    half = x.shape[1] // 2
    found = np.empty_like(x)
    for position, row in enumerate(x):
        for i in range(half):
            angle = position * 10000.0 ** (-i / half)
            a, b = row[i], row[i + half]
            found[position, i] = a * math.cos(angle) - b * math.sin(angle)
            found[position, i + half] = b * math.cos(angle) + a * math.sin(angle)
    return found


def _mlp(config, w, block, x):
    name = f"{block}.mlp"
    if config["model_type"] == "rnabert":
        up, gate = _linear(w, f"{name}.up_proj", x), _linear(w, f"{name}.gate_proj", x)
        return _linear(w, f"{name}.down_proj", up * _silu(gate))
    if not config["moe"]:
        return _fused(w, name, "", x)
    return np.stack([_routed(config, w, name, row) for row in x])


def _routed(config, w, name, row):
    logits = w[f"{name}.router.weight"] @ row
    chosen = sorted(range(len(logits)), key=lambda e: (-logits[e], e))[:config["experts_per_token"]]
    shares = np.exp([logits[e] - logits[chosen[0]] for e in chosen])
    return sum(share * _fused(w, name, f"_{e}", row)
               for share, e in zip(shares / shares.sum(), chosen, strict=True))


def _fused(w, name, suffix, x):
    both = _linear(w, f"{name}.dense_h_to_4h{suffix}", x)
    inner = both.shape[-1] // 2
    return _linear(w, f"{name}.dense_4h_to_h{suffix}", both[..., :inner] * _silu(both[..., inner:]))


def _linear(w, name, x):
    found = x @ w[f"{name}.weight"].T
    return found + w[f"{name}.bias"] if f"{name}.bias" in w else found


def _norm(config, w, name, x):
    weight, epsilon = w[f"{name}.weight"], config["layer_norm_eps"]
    if config["normalization_type"] == "LayerNorm":
        return _layer_norm(x, weight, w[f"{name}.bias"], epsilon)
    return x / np.sqrt((x ** 2).mean(axis=-1, keepdims=True) + epsilon) * weight


def _layer_norm(x, weight, bias, epsilon):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(axis=-1, keepdims=True) + epsilon) * weight + bias


def _silu(x):
    return x / (1 + np.exp(-x))


def _gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
