"""What a repository holds, in words, and what would open it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dlgenomics_zoo.hub.checkout import Checkout
from dlgenomics_zoo.hub.errors import NoRouteError

_KINDS: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("model.yaml",), "a model.yaml"),
    ((".keras",), "Keras 3 files"),
    ((".weights.h5",), "Keras weights without a network"),
    (("tf_model.h5",), "weights of transformers' TensorFlow classes, which are gone"),
    ((".h5", ".hdf5"), "HDF5 files"),
    ((".safetensors",), "safetensors"),
    ((".bin",), "PyTorch checkpoints (.bin)"),
    ((".pt", ".pth", ".ckpt"), "PyTorch checkpoints"),
    (("saved_model.pb",), "SavedModels"),
    ((".tar", ".tar.gz", ".tgz"), "tar archives"),
    ((".onnx",), "ONNX graphs"),
    ((".pkl", ".pickle", ".joblib"), "pickles"),
    ((".msgpack",), "Flax weights"),
    ((".gguf", ".ggml"), "GGUF files"),
    ((".py",), "Python files"),
)
_TODO: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    ((".keras", ".h5", ".hdf5"), "Choose one of the files with #."),
    ((".safetensors", ".bin", ".pt", ".pth", ".ckpt"),
     "These are arrays without a network that is known here: fetch the file and name a port "
     "(dlg convert FILE --port NAME), or write the network as a spec."),
    ((".pkl", ".pickle", ".joblib"),
     "Unpickling can run any code, and nothing here does it: ask the authors for safetensors, "
     "ONNX or Keras."),
    ((".msgpack", ".gguf"), "Ask the authors for safetensors or Keras."),
)


def kinds_found(names: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds of model file among some names, each with its count."""
    counts: dict[str, int] = {}
    for name in names:
        kind = next((kind for endings, kind in _KINDS if name.endswith(endings)), None)
        if kind:
            counts[kind] = counts.get(kind, 0) + 1
    return tuple(f"{count} × {kind}" if count > 1 else kind for kind, count in counts.items())


def explain(checkout: Checkout) -> NoRouteError:
    """Return the error for a repository that nothing here opens."""
    names = [checkout.address.file] if checkout.address.file else checkout.names
    todo = next((todo for endings, todo in _TODO if any(n.endswith(endings) for n in names)),
                "Look at its files: it may hold data, or a model in a form of its own.")
    if not names and checkout.address.subfolder:
        todo = f"There is no folder {checkout.address.subfolder!r}; look at its files."
    return NoRouteError(str(checkout.address), kinds_found(names), todo)
