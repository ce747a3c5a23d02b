"""A checkpoint's folder → a model: the graph first, then the tensors, one at a time.

No more of a checkpoint is in host memory at a time than one tensor (of a ``.bin``: one file).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dlgenomics.errors import DataError, near_match
from dlgenomics.package.manifest import MANIFEST
from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.formats.errors import WeightsError
from dlgenomics_zoo.language.config import CONFIG, Config, read_config
from dlgenomics_zoo.language.family import Family, Placement
from dlgenomics_zoo.language.registry import MODEL_TYPES, family_of
from dlgenomics_zoo.language.shards import open_shards
from dlgenomics_zoo.language.vocabulary import FILES, Vocabulary, read_vocabulary

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model
    from dlgenomics.spec.types import Spec

Precision = Literal["float32", "bfloat16"]
_MOST_PROBLEMS = 20


def is_language_model(folder: Path) -> bool:
    """Tell whether a folder, no package, holds the config of a model that there is a port for."""
    path = folder / CONFIG
    if not path.is_file() or (folder / MANIFEST).is_file():
        return False
    return read_config(path).model_type in MODEL_TYPES


def language_model_spec(folder: Path, name: str | None = None) -> Spec:
    """Return the spec of the checkpoint in a folder; starts no Keras and reads no weights.

    Args:
        folder: with ``config.json`` and the tokenizer's files.
        name: of the model; default: the folder's.

    Raises:
        DataError: there is no port for it, or a file is not what it must be.
    """
    config = read_config(folder / CONFIG)
    return family_of(config).spec(config, _vocabulary(folder, config), name or _name(folder))


def count_parameters(folder: Path) -> int:
    """Return how many parameters the model in a folder has, by its config alone.

    Raises:
        DataError: there is no port for it.
    """
    config = read_config(folder / CONFIG)
    return family_of(config).parameters(config)


def open_language_model(folder: Path | str, precision: Precision = "float32", *,
                        name: str | None = None, limit: int | None = None,
                        progress: Progress = silent) -> Model:
    """Open a language model that was made with transformers.

    Args:
        folder: with ``config.json``, the tokenizer's files, and ``model.safetensors`` or
            ``pytorch_model.bin``, whole or in shards with an index.
        precision: ``float32``, or ``bfloat16`` with half the memory and three digits.
        name: of the model; default: the folder's.
        limit: the most parameters; default: 2,000,000,000.
        progress: told of the tensors.

    Returns:
        A model whose ``predict_on_batch`` takes sequences as texts, or token ids, and gives
        ``embedding`` (batch, tokens, channels), ``pooled`` (batch, channels) and, where the
        checkpoint has a head, ``logits`` (batch, tokens, vocabulary).

    Raises:
        DataError: there is no port for it, or a file is not what it must be.
        UnsafeModelError: a file asks for code to run.
        WeightsError: tensors are missing, left over or of another shape.
        TooLargeError: more parameters than ``limit``, found before anything is allocated.
    """
    from dlgenomics.build.model import assemble_empty_model  # noqa: PLC0415 - starts TensorFlow
    from dlgenomics.predict.model import Model, SourceRecord  # noqa: PLC0415
    from dlgenomics.spec.summary import PARAMETER_LIMIT  # noqa: PLC0415

    folder = Path(folder)
    spec = language_model_spec(folder, name)
    config = read_config(folder / CONFIG)
    model = assemble_empty_model(spec, precision,
                                 limit=PARAMETER_LIMIT if limit is None else limit)
    fill(model, family_of(config), config, folder, progress)
    return Model(spec, model, SourceRecord("transformers", str(folder)))


def fill(model: Any, family: Family, config: Config, folder: Path,
         progress: Progress = silent) -> None:
    """Set every weight of a network from the tensors of a checkpoint.

    Args:
        model: the ``keras.Model`` of the family's spec.
        family: of the checkpoint.
        config: of the checkpoint.
        folder: with its tensors.
        progress: told of the tensors.

    Raises:
        WeightsError: tensors are missing, left over or of another shape; all are listed. The
            network is then of no use.
    """
    filler = _Filler(model, family.weights(config))
    for tensors in open_shards(folder):
        for name in tensors.names:
            known = family.known_as(name, filler.wanted)
            if known in filler.waiting:
                filler.place(known, tensors.read(name))
                progress("reading weights", len(filler.seen), len(filler.wanted))
            elif known in filler.seen:
                filler.problems.append(f"the tensor {name!r} in {tensors.path.name}, which came "
                                       "before")
            elif not family.is_extra(known):
                filler.extra.append(name)
    filler.raise_any(folder)


class _Filler:
    """Puts tensors in their places and notes what does not fit."""

    def __init__(self, model: Any, wanted: Mapping[str, Placement]) -> None:
        self.wanted = wanted
        self.waiting = dict(wanted)
        self.seen: set[str] = set()
        self.extra: list[str] = []
        self.problems: list[str] = []
        self._variables = {(layer.name, weight.name): weight
                           for layer in model.layers for weight in layer.weights}
        named = {(place.layer, place.weight) for place in wanted.values()}
        self.problems += [f"no tensor for {weight!r} of {layer!r}"
                          for layer, weight in self._variables if (layer, weight) not in named]

    def place(self, name: str, array: Any) -> None:
        """Put a tensor in its place."""
        place = self.waiting.pop(name)
        self.seen.add(name)
        variable = self._variables[(place.layer, place.weight)]
        shape = tuple(variable.shape) if place.part is None else tuple(variable.shape[1:])
        changed = place.change(array) if array.ndim == len(shape) else array
        if changed.shape != shape:
            self.problems.append(f"{name!r} of shape {array.shape} for {place.weight!r} of "
                                 f"{place.layer!r}, which has {shape}")
        elif place.part is None:
            variable.assign(changed)
        else:
            variable.value[place.part].assign(changed.astype(variable.dtype))

    def raise_any(self, folder: Path) -> None:
        """Raise an error with all that was noted, tensors that never came and those left over.

        Raises:
            WeightsError: there is something.
        """
        extra = list(self.extra)
        found = [_missing(name, extra) for name in self.waiting]
        found += [f"the tensor {name!r}, which no layer takes" for name in extra]
        found += self.problems
        if found:
            hidden = len(found) - _MOST_PROBLEMS
            more = [f"and {hidden} more"] if hidden > 0 else []
            raise WeightsError(found[:_MOST_PROBLEMS] + more, folder)


def _missing(name: str, extra: list[str]) -> str:
    near = near_match(name, extra)
    return f"no tensor {name!r}" + (f" (there is {near!r})" if near else "")


def _vocabulary(folder: Path, config: Config) -> Vocabulary:
    tokens = family_of(config).tokens
    found = read_vocabulary(folder) or (Vocabulary(tokens, config.path) if tokens else None)
    size = config.whole("vocab_size")
    if found is None:
        raise DataError(f"a language model must come with its vocabulary, {FILES[0]} or "
                        f"{FILES[1]}. Received: neither. Fetch it into this folder.", path=folder)
    if len(found.tokens) > size:
        raise DataError(f"the vocabulary must have at most the {size:,} tokens of the config. "
                        f"Received: {len(found.tokens):,}. Fetch the tokenizer's files of this "
                        "very model.", path=found.path)
    return found


def _name(folder: Path) -> str:
    kept = "".join(c if (c.isalnum() and c.isascii()) or c in "._-" else "_"
                   for c in folder.resolve().name)
    return kept.lstrip("._-") or "language_model"
