"""A feed-forward layer of which each position uses a part."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from dlgenomics.build.layers.gated_feed_forward import GatedFeedForward


@keras.saving.register_keras_serializable(package="dlgenomics")
class MixtureOfExperts(keras.layers.Layer):  # type: ignore[misc]
    """Several gated feed-forward layers; a router sends each position to the best few.

    The router is one projection without bias, in float32 whatever the precision. A position goes to
    the experts with its highest logits (of equal ones to the first), and their outputs are averaged
    with the softmax of those logits alone. No expert has a limit, so no position is dropped. Only
    what a position was sent to is computed.

    Shazeer et al., Outrageously large neural networks: the sparsely-gated mixture-of-experts layer,
    2017, arXiv:1701.06538.

    Args:
        num_experts: how many there are.
        experts_per_token: how many a position uses.
        units: channels inside each, see `GatedFeedForward`.
        activation: what each expert's gate passes through.
        use_bias: whether the experts' projections have biases.

    Input and output: (batch, length, channels). Weights, in order: ``router`` (channels, experts),
    then those of each expert.
    """

    def __init__(self, num_experts: int, units: int, experts_per_token: int = 2,
                 activation: Any = "silu", use_bias: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_experts, self.experts_per_token = num_experts, experts_per_token
        self.units, self.use_bias = units, use_bias
        self.activation = keras.activations.get(activation)
        self.experts = [
            GatedFeedForward(units, activation, use_bias, name=f"expert_{number}",
                             dtype=self.dtype_policy) for number in range(num_experts)]

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the router and the experts."""
        channels = input_shape[-1]
        self.router = self.add_weight(name="router", shape=(channels, self.num_experts),
                                      initializer="glorot_uniform", dtype="float32",
                                      autocast=False)
        for expert in self.experts:
            expert.build((None, channels))

    def call(self, inputs: Any) -> Any:
        """Return the weighted outputs of the experts that each position was sent to."""
        tokens = ops.reshape(inputs, (-1, inputs.shape[-1]))
        shares = self._shares(tokens)
        found = ops.zeros_like(tokens)
        for number, expert in enumerate(self.experts):
            share = shares[:, number]
            (rows,) = ops.nonzero(share)
            weight = ops.cast(ops.take(share, rows), self.compute_dtype)
            given = expert(ops.take(tokens, rows, axis=0)) * weight[:, None]
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

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, so that a saved layer can be made again."""
        names = ("num_experts", "units", "experts_per_token", "use_bias")
        return {**super().get_config(), **{name: getattr(self, name) for name in names},
                "activation": keras.activations.serialize(self.activation)}
