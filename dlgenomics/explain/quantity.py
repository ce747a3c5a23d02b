"""The number that is explained, as compiled functions of the network's inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.data.encoding import OneHot
from dlgenomics.explain.attention_layers import find_attention
from dlgenomics.explain.attention_weights import attention_weights, shared_by_bases
from dlgenomics.explain.attribution import Numbers
from dlgenomics.explain.graph import plainly, run_to
from dlgenomics.explain.point import Point
from dlgenomics.explain.reach import Reach, find_reach
from dlgenomics.explain.references import Several
from dlgenomics.explain.rescale import rescaled
from dlgenomics.explain.rules import check_rules, layers_between
from dlgenomics.explain.substitution import Substitution, substituted
from dlgenomics.predict.model import Model
from dlgenomics.spec.types import Layer

Arrays = Mapping[str, NDArray[Any]]

_SEQUENCES: Final = " sequences"
"""Where the sequences stand beside their references: no input can have this name."""


@dataclass(frozen=True, eq=False)
class Quantity:
    """One number of a network for each example.

    Attributes:
        model: the network with its spec.
        point: which number.
        explained: the input with respect to which it is explained.
    """

    model: Model
    point: Point
    explained: str

    @cached_property
    def value(self) -> Callable[..., Any]:
        """Input tensors by name → the number of each row."""
        return self.compiled(self._number)

    @cached_property
    def gradient(self) -> Callable[..., Any]:
        """Input tensors by name → its gradient with respect to the explained input."""
        def run(arrays: dict[str, Any]) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(arrays[self.explained])
                number = self._number(arrays)
            return tape.gradient(number, arrays[self.explained],
                                 unconnected_gradients=tf.UnconnectedGradients.ZERO)

        return self.compiled(run)

    @cached_property
    def multiplier(self) -> Callable[..., Any]:
        """Input tensors by name, with the references behind the sequences → multipliers.

        Raises:
            DlgError: a layer has no rule.
        """
        check_rules(self.model.spec, self.point, self.explained)
        layers = layers_between(self.model.spec, self.explained, self.point.layer)
        between = {layer.name for layer in layers}

        def call(layer: Layer, made: Any, before: list[Any]) -> Any:
            return (rescaled if layer.name in between else plainly)(layer, made, before)

        def run(arrays: dict[str, Any]) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(arrays[self.explained])
                number = tf.split(self.column(run_to(self.model, self.point, arrays, call)), 2)[0]
            return tf.split(tape.gradient(number, arrays[self.explained]), 2)[0]

        return self.compiled(run)

    @cached_property
    def reach(self) -> Reach:
        """How far one letter reaches."""
        return find_reach(self.model.spec, self.point, self.explained)

    @cached_property
    def substitution(self) -> Substitution:
        """What replaces letters of sequences, in the way that is less work."""
        return Substitution(self, by_window=self.reach.is_worth_it)

    @cached_property
    def attention(self) -> Callable[..., Any]:
        """Input tensors by name → the share of attention of each base, by layer.

        Raises:
            DlgError: the network has no attention.
        """
        positions = find_attention(self.model.spec, self.point, self.explained)

        def run(arrays: dict[str, Any]) -> dict[str, Any]:
            found = {}

            def call(layer: Layer, made: Any, before: list[Any]) -> Any:
                if layer.name in positions:
                    weights = attention_weights(layer, made, before)
                    found[layer.name] = shared_by_bases(weights, positions[layer.name])
                return plainly(layer, made, before)

            run_to(self.model, self.point, arrays, call)
            return found

        return self.compiled(run)

    def _number(self, arrays: Arrays) -> Any:
        return self.column(run_to(self.model, self.point, arrays, plainly))

    def column(self, tensor: Any) -> Any:
        """Return the number from the tensor at the point."""
        chosen = tf.cast(tensor[..., self.point.column], tf.float32)
        return tf.reduce_sum(tf.reshape(chosen, [tf.shape(chosen)[0], -1]), axis=1)

    def compiled(self, run: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
        """Compile a function of input tensors by name."""
        inputs = {name: tf.TensorSpec((None, *one.shape), tf.int32 if one.kind == "kmer"
                                      else tf.float32) for name, one in self.model.inputs.items()}
        made: Callable[..., Any] = tf.function(run, input_signature=[inputs])
        return made


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch of sequences, and the network as a function of them; other inputs are held.

    Attributes:
        quantity: the number that is explained.
        arrays: all inputs by name.
        batch_size: rows that go through the network at once.
    """

    quantity: Quantity
    arrays: Arrays
    batch_size: int = 128

    @property
    def x(self) -> OneHot:
        """The sequences: float32, shape (batch, length, 4)."""
        return self.arrays[self.quantity.explained]

    def values(self, variants: Several) -> Numbers:
        """Return the explained number of variants (batch, k, length, 4): shape (batch, k)."""
        return self._run(self.quantity.value, variants)

    def gradients(self, variants: Several) -> Numbers:
        """Return its gradient at variants: shape (batch, k, length, 4)."""
        return self._run(self.quantity.gradient, variants)

    def substituted(self, letters: NDArray[np.int64]) -> Numbers:
        """Return the number with one letter replaced; see `substituted`."""
        return substituted(self.quantity, self.arrays, letters, self.batch_size)

    def multipliers(self, references: Several) -> Numbers:
        """Return DeepLIFT's multipliers against references: shape (batch, k, length, 4)."""
        multiplier = self.quantity.multiplier

        def run(arrays: dict[str, Any]) -> Any:
            own = {**arrays, self.quantity.explained: arrays[_SEQUENCES]}
            del own[_SEQUENCES]
            return multiplier({name: np.concatenate([one, arrays[name]])
                               for name, one in own.items()})

        sequences = np.broadcast_to(self.x[:, None], references.shape)
        return self._run(run, references, {_SEQUENCES: sequences})

    def attention(self) -> dict[str, Numbers]:
        """Return the share of attention of each base by layer, each (batch, length)."""
        rows = range(0, len(self.x), self.batch_size)
        parts = [self.quantity.attention({name: one[i:i + self.batch_size]
                                          for name, one in self.arrays.items()}) for i in rows]
        return {name: np.concatenate([part[name].numpy() for part in parts]) for name in parts[0]}

    def _run(self, function: Callable[..., Any], variants: Several,
             beside: Mapping[str, Several] | None = None) -> Numbers:
        """Run a function over variants, with the other inputs of the sequence that each is of."""
        count, each = variants.shape[:2]
        owner = np.repeat(np.arange(count), each)
        flat = {name: one.reshape(-1, *one.shape[2:]) for name, one in
                {self.quantity.explained: variants, **(beside or {})}.items()}
        parts = []
        for first in range(0, count * each, self.batch_size):
            rows = slice(first, first + self.batch_size)
            held = {name: one[owner[rows]] for name, one in self.arrays.items()}
            parts.append(function({**held, **{k: v[rows] for k, v in flat.items()}}).numpy())
        found: Numbers = np.concatenate(parts)
        return found.reshape(count, each, *found.shape[1:])
