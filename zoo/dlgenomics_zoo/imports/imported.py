"""A model made elsewhere, in our words, and the package that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.tokens import encode_tokens, token_reader
from dlgenomics.spec import summarize
from dlgenomics.spec.inputs import DnaInput, Input, KmerInput, ProteinInput, RnaInput, TokensInput
from dlgenomics.spec.types import Spec
from dlgenomics_zoo.formats.errors import WeightsError

EXAMPLES: Final = 4
SLACK: Final = 1.1
"""A network may have this many times the numbers of its arrays; beyond it nothing is built."""
MOST_TOKENS: Final = 64


@dataclass(frozen=True)
class Imported:
    """A model made elsewhere.

    Attributes:
        spec: the network and what feeds it.
        weights: layer → its arrays in the order of Keras 3's ``layer.weights``.
        notes: sentences about what was translated or guessed.
        origin: where it comes from: source, name, and the checksum of each file.
    """

    spec: Spec
    weights: Mapping[str, Sequence[NDArray[Any]]]
    notes: tuple[str, ...]
    origin: Mapping[str, Any]


def package_imported(imported: Imported, folder: Path, command: str = "") -> Path:
    """Write a package of an imported model; its test replays what it says of made-up inputs.

    Args:
        imported: the model.
        folder: the package's folder; one that is there is replaced by a whole new one.
        command: what makes the package, for its record.

    Raises:
        WeightsError: weights and network do not fit together; nothing is written.
        OutputError: it cannot be written.
    """
    _compare_sizes(imported)
    from dlgenomics.build import assemble_model  # noqa: PLC0415 - starts TensorFlow
    from dlgenomics.package.write import write_package  # noqa: PLC0415
    from dlgenomics.train.run import versions  # noqa: PLC0415
    from dlgenomics_zoo.formats.load_weights import load_weights  # noqa: PLC0415

    model = assemble_model(imported.spec)
    load_weights(model, imported.weights, imported.spec.name)
    record = {"imported": dict(imported.origin), "notes": list(imported.notes)}
    return write_package(model, imported.spec, made_up_inputs(imported.spec), folder,
                         training=record, versions=versions(), extra={}, command=command)


def _compare_sizes(imported: Imported) -> None:
    """Compare the network with its arrays before memory is taken for it.

    Raises:
        WeightsError: the network is larger, as of a file that is built to exhaust memory.
    """
    wanted = summarize(imported.spec).parameters
    there = sum(array.size for arrays in imported.weights.values() for array in arrays)
    if wanted > SLACK * there:
        raise WeightsError([f"a network of {wanted:,} parameters with arrays of {there:,} numbers"],
                           imported.spec.name)


def made_up_inputs(spec: Spec) -> dict[str, NDArray[Any]]:
    """Return a few inputs of a spec, always the same: random letters, words and numbers."""
    rng = np.random.default_rng(0)
    return {name: _made_up(spec.data.inputs[name], rng) for name in spec.model.inputs}


def _made_up(one: Input, rng: np.random.Generator) -> NDArray[Any]:
    if isinstance(one, DnaInput | RnaInput | ProteinInput):
        length, letters = one.shape
        return np.eye(letters, dtype=np.float32)[rng.integers(0, letters, (EXAMPLES, length))]
    if isinstance(one, TokensInput):
        return _made_up_tokens(one, rng)
    if isinstance(one, KmerInput):
        return rng.integers(0, 4 ** one.k + 1, (EXAMPLES, *one.shape)).astype(np.int32)
    return rng.random((EXAMPLES, *one.shape)).astype(np.float32)


def _made_up_tokens(one: TokensInput, rng: np.random.Generator) -> NDArray[np.int32]:
    """Return ids of random tokens of different numbers, with those before and behind them."""
    special, reader = set(one.tokenizer.special.values()), token_reader(one.tokenizer)
    known = [token for token in one.tokenizer.vocabulary
             if token not in special and reader.tokens(token) == [token]]
    wanted = rng.integers(1, min(one.length, MOST_TOKENS) - 1, EXAMPLES)
    texts = [" ".join(rng.choice(known, count)) for count in wanted]
    return encode_tokens(texts, one.tokenizer, one.length)
