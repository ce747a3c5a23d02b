"""Tokens per second of a language model against the limit that matrix products set.

Run: python tests/benchmarks/language_speed.py [--family fm4bio|rnabert] [--precision bfloat16]
         [--hidden 2304 --heads 36 --units 7680 --layers 36 --experts 8] [--batch 8] [--tokens 512]

Weights are random. The network and one large matrix product run in turns; the limit is the rate of
that product divided by the operations that a token needs: attention among its sequence and, of a
mixture of experts, the experts that it is sent to. The first runs, which compile, do not count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import aido_numpy
import numpy as np
import tensorflow as tf

from dlgenomics.build.model import assemble_empty_model
from dlgenomics.predict.forward import Forward
from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.registry import MODEL_TYPES
from dlgenomics_zoo.language.vocabulary import Vocabulary

PLACE = Path("config.json")


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--family", choices=["fm4bio", "rnabert"], default="fm4bio")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    for name, value in (("hidden", 512), ("heads", 8), ("units", 1536), ("layers", 4),
                        ("experts", 8), ("batch", 4), ("tokens", 256), ("rounds", 5),
                        ("matrix", 2048)):
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def config_of(asked: argparse.Namespace) -> dict[str, Any]:
    """Return the config of the network."""
    plain = aido_numpy.FM4BIO if asked.family == "fm4bio" else aido_numpy.RNABERT
    return {**plain, "hidden_size": asked.hidden, "num_attention_heads": asked.heads,
            "intermediate_size": asked.units, "num_hidden_layers": asked.layers,
            "num_experts": asked.experts, "moe": asked.experts > 1,
            "max_position_embeddings": asked.tokens}


def network(config: dict[str, Any], precision: str) -> Any:
    """Return the network with random weights."""
    family = MODEL_TYPES[config["model_type"]]
    spec = family.spec(Config(config, PLACE), Vocabulary(family.tokens, PLACE), "speed")
    model = assemble_empty_model(spec, precision, limit=10**11)
    rng = np.random.default_rng(1)
    for weight in model.weights:  # zeros would send all tokens to the same experts
        weight.assign(0.02 * tf.random.stateless_normal(
            weight.shape, rng.integers(0, 2**31, 2), dtype=weight.dtype))
    return Forward(model, ["tokens"], list(spec.model.outputs))


def operations(config: dict[str, Any], tokens: int) -> float:
    """Return the floating-point operations that one token needs."""
    hidden, units = config["hidden_size"], config["intermediate_size"]
    routed = config["model_type"] == "fm4bio" and config["moe"]
    used = config["experts_per_token"] if routed else 1
    block = 2 * (4 * hidden**2 + used * 3 * hidden * units) + 4 * tokens * hidden
    return config["num_hidden_layers"] * block + 2 * hidden * (hidden + config["vocab_size"])


def product(size: int, precision: str) -> Callable[[], None]:
    """Return what multiplies two square matrices and waits for the result."""
    a = tf.random.normal((size, size), dtype=precision)
    run = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)))
    return lambda: run().numpy()


def seconds(action: Callable[[], Any]) -> float:
    """Return how long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    """Print the figures."""
    asked = arguments()
    config = config_of(asked)
    forward, multiply = network(config, asked.precision), product(asked.matrix, asked.precision)
    ids = np.random.default_rng(2).integers(5, 10, (asked.batch, asked.tokens)).astype("int32")
    actions = (lambda: forward({"tokens": ids}), multiply)
    for action in actions * 2:
        action()
    taken = [[seconds(action) for action in actions] for _ in range(asked.rounds)]
    model_time, product_time = (statistics.median(one) for one in zip(*taken, strict=True))
    rate = 2 * asked.matrix**3 / product_time
    speed, limit = ids.size / model_time, rate / operations(config, asked.tokens)
    device = tf.config.list_physical_devices("GPU") or tf.config.list_physical_devices("CPU")
    print(f"{device[0].device_type}, {asked.precision}: matrix products {rate / 1e9:,.1f} GFLOP/s")
    print(f"{operations(config, asked.tokens) / 1e6:,.1f} MFLOP a token, {asked.batch} sequences "
          f"of {asked.tokens} tokens")
    print(f"{speed:,.0f} tokens/s, limit {limit:,.0f}: {speed / limit:.2f} of it")


if __name__ == "__main__":
    main()
