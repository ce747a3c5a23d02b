"""How much host memory loading a language model takes beyond the model itself.

Run: python tests/benchmarks/language_memory.py [GIGABYTES] [float32|bfloat16]

Writes a mixture of experts with random weights of about that size (default 3), shard by shard, to a
temporary folder, and loads it. Printed are the peak of resident memory during loading less what
TensorFlow had before, the bytes of the weights, and the difference measured in the largest layer.
Linux only: the peak is the kernel's own (VmHWM), set back before loading.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import aido_numpy
import numpy as np

from dlgenomics_zoo.language import open_language_model

GIGABYTES = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
PRECISION = sys.argv[2] if len(sys.argv) > 2 else "float32"
SHARD = 700_000_000
TINY = {**aido_numpy.FM4BIO}


def config_of(size: float) -> dict[str, object]:
    """Return a configuration of about so many bytes of float32."""
    one = {**TINY, "hidden_size": 1024, "num_attention_heads": 16, "intermediate_size": 3072,
           "num_experts": 8, "num_hidden_layers": 1}
    block = bytes_of({**one, "num_hidden_layers": 2}) - bytes_of(one)
    return {**one, "num_hidden_layers": max(2, round(size / block))}


def bytes_of(config: Mapping[str, object]) -> int:
    """Return the bytes of all tensors in float32."""
    return sum(4 * int(np.prod(shape)) for shape in aido_numpy.tensor_shapes(config).values())


def write_random(folder: Path, config: Mapping[str, object]) -> int:
    """Write a checkpoint without holding more than a tensor; return the number of shards."""
    shards: list[dict[str, tuple[int, ...]]] = [{}]
    for name, shape in aido_numpy.tensor_shapes(config).items():
        if bytes_in(shards[-1]) > SHARD:
            shards.append({})
        shards[-1][name] = shape
    names = [f"model-{i + 1:05}-of-{len(shards):05}.safetensors" for i in range(len(shards))]
    for file, shapes in zip(names, shards, strict=True):
        write_shard(folder / file, shapes)
    where = {name: file for file, shapes in zip(names, shards, strict=True) for name in shapes}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    (folder / "config.json").write_text(json.dumps(config))
    return len(shards)


def bytes_in(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Return the bytes of tensors of those shapes."""
    return sum(4 * int(np.prod(shape)) for shape in shapes.values())


def write_shard(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Write random tensors one after another."""
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text, rng = json.dumps(header).encode(), np.random.default_rng(1)
    with path.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for shape in shapes.values():
            stream.write((rng.standard_normal(shape, np.float32) * np.float32(0.02)).data)


def memory(what: str) -> int:
    """Return a number of bytes that the kernel keeps for this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def warm_up(folder: Path) -> None:
    """Let TensorFlow take what it takes once, with a network of the same layers."""
    folder.mkdir()
    write_random(folder, TINY)
    open_language_model(folder, PRECISION).predict_on_batch(["MKTAYIAKQR"])


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "large"
        folder.mkdir()
        config = config_of(GIGABYTES * 1e9)
        shards = write_random(folder, config)
        warm_up(Path(made) / "tiny")
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")
        model = open_language_model(folder, PRECISION, limit=10**11)
        peak, after = memory("VmHWM") - before, memory("VmRSS") - before
        sizes = {layer.name: sum(w.value.dtype.size * int(np.prod(w.shape)) for w in layer.weights)
                 for layer in model.model.layers}
        weights, largest = sum(sizes.values()), max(sizes.values())
        print(f"{bytes_of(config) / 1e9:.2f} GB in {shards} shards, loaded as {PRECISION}")
        print(f"weights        {weights / 1e9:8.3f} GB")
        print(f"largest layer  {largest / 1e9:8.3f} GB")
        print(f"peak           {peak / 1e9:8.3f} GB, {(peak - weights) / 1e9:+.3f} beyond the "
              f"weights: {(peak - weights) / largest:.2f} of the largest layer")
        print(f"afterwards     {after / 1e9:8.3f} GB")


if __name__ == "__main__":
    main()
