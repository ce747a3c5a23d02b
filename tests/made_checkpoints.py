"""Folders with a checkpoint as transformers writes them, with any tensors."""

import json
from pathlib import Path

import numpy as np

KINDS = {"float32": "F32", "float16": "F16", "int64": "I64"}


def write_checkpoint(folder, config, tensors, *, shards=1, vocabulary=()):
    """Write config, tensors (in one file, or in shards with an index) and vocabulary."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    if vocabulary:
        (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    if shards == 1:
        write_safetensors(folder / "model.safetensors", tensors)
        return folder
    where = {}
    for number in range(shards):
        name = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        part = dict(list(tensors.items())[number::shards])
        write_safetensors(folder / name, part)
        where |= dict.fromkeys(part, name)
    index = {"metadata": {}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def write_safetensors(path, tensors):
    """Write one file."""
    header, at = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": KINDS[array.dtype.name], "shape": list(array.shape),
                        "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    with Path(path).open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for array in tensors.values():
            stream.write(np.ascontiguousarray(array).tobytes())
