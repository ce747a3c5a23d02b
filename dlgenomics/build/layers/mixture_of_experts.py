"""A feed-forward layer of which each position uses a part."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="dlgenomics")
class MixtureOfExperts(keras.layers.Layer):  # type: ignore[misc]
    """Several gated feed-forward layers; a router sends each position to the best few.

    The router is one projection without bias, in float32 whatever the precision. A position goes to
    the experts with its highest logits (of equal ones to the first), and their outputs are averaged
    with the softmax of those logits alone. No expert has a limit, so no position is dropped. Only
    what a position was sent to is computed. An expert is ``down(first · activation(second))``,
    where first and second are the halves of ``up(x)``; see `GatedLinearUnit`.

    Shazeer et al., Outrageously large neural networks: the sparsely-gated mixture-of-experts layer,
    2017, arXiv:1701.06538.

    Args:
        num_experts: how many there are.
        units: channels inside each, after gating.
        experts_per_token: how many a position uses.
        activation: what each expert's gate passes through.
        use_bias: whether the experts' projections have biases.

    Input and output: (batch, length, channels). Weights, in order: ``router`` (channels, experts),
    ``up_kernel`` (experts, channels, 2 · units), ``up_bias``, ``down_kernel`` (experts, units,
    channels), ``down_bias``.
    """

    def __init__(self, num_experts: int, units: int, experts_per_token: int = 2,
                 activation: Any = "silu", use_bias: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.supports_jit = False  # how many positions an expert gets is known when it runs
        self.num_experts, self.experts_per_token = num_experts, experts_per_token
        self.units, self.use_bias = units, use_bias
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Make the router and the experts."""
        channels = input_shape[-1]
        self.router = self.add_weight(name="router", shape=(channels, self.num_experts),
                                      dtype="float32", autocast=False)
        self.up_kernel, self.up_bias = self._projections("up", channels, 2 * self.units)
        self.down_kernel, self.down_bias = self._projections("down", self.units, channels)

    def _projections(self, name: str, into: int, out: int) -> tuple[Any, Any]:
        limit = math.sqrt(6 / (into + out))  # Glorot's for each; Keras would count all experts
        kernel = self.add_weight(name=f"{name}_kernel", shape=(self.num_experts, into, out),
                                 initializer=keras.initializers.RandomUniform(-limit, limit))
        if not self.use_bias:
            return kernel, None
        return kernel, self.add_weight(name=f"{name}_bias", shape=(self.num_experts, out),
                                       initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """Return the weighted outputs of the experts that each position was sent to."""
        tokens = ops.reshape(inputs, (-1, inputs.shape[-1]))
        shares, expert = self._shares(tokens), self._experts()
        found = ops.zeros_like(tokens)
        for number in range(self.num_experts):
            share = shares[:, number]
            (rows,) = ops.nonzero(share)
            weight = ops.cast(ops.take(share, rows), self.compute_dtype)
            given = expert(number, ops.take(tokens, rows, axis=0)) * weight[:, None]
            found = ops.scatter_update(found, rows[:, None], ops.take(found, rows, axis=0) + given)
        return ops.reshape(found, ops.shape(inputs))

    def _shares(self, tokens: Any) -> Any:
        """Return how much of each expert a position takes: float32, (positions, experts)."""
        logits = ops.matmul(ops.cast(tokens, "float32"), self.router)
        best, chosen = ops.top_k(logits, self.experts_per_token)
        slots = ops.one_hot(chosen, self.num_experts, dtype="float32")
        # Keras's softmax warns where there is one to choose from.
        weights = ops.exp(best - ops.logsumexp(best, axis=-1, keepdims=True))
        return ops.sum(weights[..., None] * slots, axis=1)

    def _experts(self) -> Any:
        """Return the function of expert and positions; weights are cast once for all experts."""
        ups, downs = (ops.convert_to_tensor(one) for one in (self.up_kernel, self.down_kernel))

        def expert(number: int, tokens: Any) -> Any:
            up = ops.matmul(tokens, ups[number])
            up = up if self.up_bias is None else up + self.up_bias[number]
            first, second = ops.split(up, 2, axis=-1)
            down = ops.matmul(first * self.activation(second), downs[number])
            return down if self.down_bias is None else down + self.down_bias[number]

        return expert

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        names = ("num_experts", "units", "experts_per_token", "use_bias")
        return {**super().get_config(), **{name: getattr(self, name) for name in names},
                "activation": keras.activations.serialize(self.activation)}
