"""What the checks look at: a spec, what its network will be, and the examples where given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.dna import central_codes, sequence_keys
from dlgenomics.data.encoding import DNA, Alphabet, Codes
from dlgenomics.data.examples import Examples, labels_of, load_examples
from dlgenomics.data.intervals import Intervals
from dlgenomics.data.labels import resolve_columns
from dlgenomics.data.loaded import alphabet_of
from dlgenomics.data.split import Rows
from dlgenomics.errors import Problem
from dlgenomics.spec import Spec, summarize
from dlgenomics.spec.outline import Outline, outline
from dlgenomics.spec.summary import Summary
from dlgenomics.spec.types import Layer


@dataclass(frozen=True)
class Facts:
    """Labelled examples and their split.

    Attributes:
        codes: the sequences, uint8, shape (examples, length); length 0 where no input has letters.
        labels: shape (examples, columns), by target; NaN where a label is missing.
        parts: rows of ``train``, ``validation`` and ``test``.
        places: where the examples lie in the genome, if that is known.
        alphabet: what the codes stand for.
    """

    codes: Codes
    labels: Mapping[str, NDArray[np.floating[Any]]]
    parts: Mapping[str, Rows]
    places: Intervals | None = None
    alphabet: Alphabet = DNA

    @cached_property
    def keys(self) -> list[bytes]:
        """A key for each sequence, which DNA shares with its reverse complement."""
        return sequence_keys(self.codes, self.alphabet)

    @property
    def has_sequences(self) -> bool:
        """Whether there are letters to compare."""
        return bool(self.codes.shape[1])


@dataclass(frozen=True)
class Subject:
    """What the checks look at.

    Attributes:
        spec: the spec.
        warnings: what the reader of the spec doubts.
        facts: the examples, or None where no data were given.
    """

    spec: Spec
    warnings: Sequence[Problem] = ()
    facts: Facts | None = None

    @cached_property
    def summary(self) -> Summary:
        """The network's layers with their sizes."""
        return summarize(self.spec)

    @cached_property
    def outlines(self) -> dict[str, Outline]:
        """Shape, size and receptive field of each layer and input."""
        inputs = self.spec.data.inputs
        return outline(self.spec.model.layers,
                       {name: inputs[name].shape for name in self.spec.model.inputs})

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """The layers by name."""
        return {layer.name: layer for layer in self.spec.model.layers}

    @cached_property
    def written(self) -> list[Layer]:
        """The layers, each entry of the file once, however often ``repeat`` makes it."""
        first: dict[Any, Layer] = {}
        for layer in self.spec.model.layers:
            first.setdefault(layer.path, layer)
        return list(first.values())

    def before(self, layer: Layer) -> Iterator[Layer]:
        """Yield the layers that a layer follows directly; inputs are none."""
        yield from (self.layers[name] for name in layer.inputs if name in self.layers)

    def task_of(self, target: str) -> str:
        """Return the task of a target."""
        return self.spec.task_of(target)


def read_facts(spec: Spec, folder: Path) -> Facts:
    """Read the labelled examples of a spec.

    Raises:
        DataError: a file is missing or is not what it must be.
    """
    spec = resolve_columns(spec, folder)
    examples = load_examples(spec, folder)
    letters = list(spec.data.sequences.values())
    return Facts(
        codes=central_codes(examples), labels=_labels(spec, examples),
        parts=examples.parts.by_name(),
        places=examples.places,
        alphabet=alphabet_of(letters) if letters else DNA,
    )


def _labels(spec: Spec, examples: Examples) -> dict[str, NDArray[np.float32]]:
    """Return the labels of the targets in columns."""
    everything = np.arange(len(examples.names))
    return {name: labels_of(examples, name, everything) for name in examples.labels
            if len(spec.data.output_shape(name)) == 1}
