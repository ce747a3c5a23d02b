"""Settings of old Keras layers → arguments of a spec; what is not understood is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dlgenomics.spec.vocabulary import ACTIVATIONS, OWN_ACTIVATIONS
from dlgenomics_zoo.formats.keras1 import NoCounterpart

_WITHOUT_EFFECT: Final = frozenset((
    "name", "trainable", "dtype", "dtype_policy", "batch_input_shape", "batch_shape",
    "input_shape", "input_dtype", "input_dim", "input_length", "sparse", "ragged", "seed",
    "noise_shape", "implementation", "consume_less", "unroll", "init", "inner_init",
    "forget_bias_init", "unit_forget_bias", "weights", "momentum", "fused", "adjustment",
    "virtual_batch_size", "renorm_clipping", "renorm_momentum", "synchronized",
    "supports_masking", "autocast", "data_format",
    "gamma_init", "beta_init", "output_shape", "build_config", "quantization_config", "seq_length",
    "depthwise_init", "pointwise_init", "optional", "lora_rank", "lora_alpha", "use_cudnn",
    "W_learning_rate_multiplier", "b_learning_rate_multiplier", "cpu_force_unroll",
))
"""Settings that change no output of a trained network."""

_ENDINGS: Final = ("_initializer", "_regularizer", "_constraint")

_MUST_BE_OFF: Final = frozenset((
    "stateful", "time_major", "renorm", "zero_output_for_mask", "return_state", "mask_zero",
    "return_attention_scores", "ragged_output",
))

_ONE: Final = (1, [1, 1])

_SYNONYMS: Final = {"exp": "exponential", "swish_v2": "silu", "identity": "linear"}


def arguments_from(config: Mapping[str, Any], wanted: Mapping[str, Any],
                   release: tuple[int, int], note: Callable[[str], None]) -> dict[str, Any]:
    """Return a layer's arguments.

    Args:
        config: the settings of the old layer.
        wanted: argument → what it was where the file does not say; None leaves it out.
        release: the Keras that wrote it.
        note: takes sentences for the user.

    Raises:
        NoCounterpart: a setting that would change outputs is not understood.
    """
    for key, value in config.items():
        if key in wanted or key in _WITHOUT_EFFECT or value is None:
            continue
        if key.endswith(_ENDINGS):
            if key.endswith("_regularizer"):
                note("Regularizers were dropped: they act in training only.")
            continue
        if (key in _MUST_BE_OFF and not value) or (
            key in ("dilation_rate", "groups") and plain(value) in _ONE
        ):
            continue
        raise NoCounterpart(f"the setting {key}={str(value)[:40]}")
    found = {}
    for key, default in wanted.items():
        value = config.get(key, default)
        if value is not None:
            found[key] = activation(value, release, note) if "activation" in key else plain(value)
    return found


def plain(value: Any) -> Any:
    """Return a value as a spec writes it: a list of one number is the number."""
    if isinstance(value, list | tuple):
        return plain(value[0]) if len(value) == 1 else [plain(v) for v in value]
    if isinstance(value, Mapping) and "value" in value:  # a number of NumPy, as some wrote it
        return plain(value["value"])
    return value


def activation(value: Any, release: tuple[int, int], note: Callable[[str], None]) -> str:
    """Return the name of an activation, with the numerics of the Keras that wrote it.

    Raises:
        NoCounterpart: it is none that specs know.
    """
    if isinstance(value, Mapping):
        value = value.get("config") if value.get("class_name") in ("function", "Function") else (
            value.get("class_name"))
    name = str(value).removeprefix("keras>")
    name = _SYNONYMS.get(name, name)
    if name == "hard_sigmoid" and release < (3, 0):
        note("hard_sigmoid is clip(0.2 x + 0.5, 0, 1), as it was before Keras 3.")
        return "hard_sigmoid_keras2"
    if name not in ACTIVATIONS and name not in OWN_ACTIVATIONS:
        raise NoCounterpart(f"the activation {name[:40]!r}")
    return name
