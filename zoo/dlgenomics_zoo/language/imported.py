"""A checkpoint's folder → what becomes a package: the spec, with its tokenizer, and the weights."""

from __future__ import annotations

from pathlib import Path

from dlgenomics.files import sha256_of
from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.imports.imported import Imported
from dlgenomics_zoo.language.config import CONFIG
from dlgenomics_zoo.language.load import open_language_model
from dlgenomics_zoo.language.shards import weight_files
from dlgenomics_zoo.language.vocabulary import FILES


def import_language_model(folder: Path, name: str | None = None,
                          progress: Progress = silent) -> Imported:
    """Read a language model that was made with transformers, all of it into memory.

    Args:
        folder: see `open_language_model`.
        name: of the model; default: the folder's.
        progress: told of the tensors.

    Raises:
        DlgError: see `open_language_model`.
    """
    model = open_language_model(folder, name=name, progress=progress)
    weights = {layer.name: layer.get_weights() for layer in model.model.layers if layer.weights}
    files = [folder / CONFIG, *weight_files(folder), *(folder / one for one in FILES)]
    origin = {"source": "transformers", "name": model.name,
              "files": {path.name: sha256_of(path) for path in files if path.is_file()}}
    return Imported(model.spec, weights, (), origin)
