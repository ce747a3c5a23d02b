"""Old Keras layers → layers of a spec, one rule for each class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from dlgenomics_zoo.formats.keras1 import NoCounterpart, modernise
from dlgenomics_zoo.formats.keras_lambda import apply_lambda
from dlgenomics_zoo.formats.keras_plain import NORM, PLAIN, Plain
from dlgenomics_zoo.formats.keras_settings import arguments_from
from dlgenomics_zoo.formats.keras_steps import Step, Value

Handler = Callable[[Step], Value]

_ACTIVATION_LAYERS: Final = ("LeakyReLU", "ReLU", "ELU", "ThresholdedReLU", "Softmax")
_LIST_ARGUMENTS: Final = ("target_shape", "dims", "shared_axes")
_CHANNELS_FIRST: Final = "channels_first"
_MERGES: Final = ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Concatenate")
_CONCISE: Final = ("ConvDNA", "ConvRNA", "ConvAA", "ConvCodon", "ConvSequence")
"""Names that concise gives to Conv1D by what it reads."""


def apply_layer(step: Step) -> Value:
    """Add what stands for an old layer and return what it gives.

    Raises:
        NoCounterpart: there is nothing that gives the same numbers.
    """
    inner = step.config.get("activation")
    if isinstance(inner, Mapping) and inner.get("class_name") in _ACTIVATION_LAYERS:
        return _with_activation_layer(step, inner)
    handler = SPECIAL.get(step.class_name)
    if handler is not None:
        return handler(step)
    rule = PLAIN.get(step.class_name)
    if rule is None:
        raise NoCounterpart("unknown class")
    return _plain(step, rule)


def _with_activation_layer(step: Step, inner: Mapping[str, Any]) -> Value:
    """Apply a layer whose activation is itself a layer, such as LeakyReLU."""
    before = apply_layer(replace(step, config={**step.config, "activation": "linear"}))
    step.made = step.network.last_weighted if step.first is None else None
    return apply_layer(replace(step, name=f"{step.name}_activation", inputs=[before],
                               class_name=inner["class_name"], config=inner.get("config", {})))


def _plain(step: Step, rule: Plain) -> Value:
    (before,) = _single_input(step)
    arguments = _arguments(step, rule)
    if rule.layout == "any":
        return replace(step.main(rule.kind, arguments, before), turned=before.turned)
    if rule.layout == "window":
        return _windowed(step, rule, arguments, before)
    return step.main(rule.kind, arguments, step.straight(before))


def _single_input(step: Step) -> tuple[Value]:
    if len(step.inputs) != 1:
        raise NoCounterpart(f"{len(step.inputs)} inputs")
    return (step.inputs[0],)


def _arguments(step: Step, rule: Plain, config: Mapping[str, Any] | None = None
               ) -> dict[str, Any]:
    found = dict(step.config if config is None else config)
    for new, old in (rule.renamed or {}).items():
        if old in found:
            found[new] = found.pop(old)
    arguments = arguments_from(found, rule.arguments, step.release, step.note)
    for key in _LIST_ARGUMENTS:
        if key in arguments and not isinstance(arguments[key], list):
            arguments[key] = [arguments[key]]
    for key in ("padding", "cropping"):
        if isinstance(arguments.get(key), list):
            arguments[key] = _equal_sides(arguments[key])
    return arguments


def _equal_sides(sides: list[Any]) -> list[Any]:
    """Return ``[[a, a], [b, b]]`` as ``[a, b]``."""
    if not any(isinstance(s, list) for s in sides):
        return sides
    pairs = [s if isinstance(s, list) else [s, s] for s in sides]
    if any(a != b for a, b in pairs):
        raise NoCounterpart(f"padding that differs by side, {pairs}")
    return [a for a, _ in pairs]


def _windowed(step: Step, rule: Plain, arguments: dict[str, Any], before: Value) -> Value:
    first = step.config.get("data_format") == _CHANNELS_FIRST
    value = step.turned(before) if first else step.straight(before)
    if step.theano and arguments.get("padding") == "same":
        value, arguments = _centred(step, rule.kind, arguments, value)
    value, arguments = _padded(step, rule.kind, arguments, value)
    if rule.kind == "UpSampling2D" and arguments["interpolation"] != "nearest" and (
        step.release < (2, 3) and "-tf" not in step.version
    ):
        raise NoCounterpart("bilinear upsampling, which Keras 3 aligns otherwise")
    found = step.main(rule.kind, arguments, value)
    wanted = step.config.get("output_shape")  # of a Deconvolution2D of Keras 1
    if wanted and sorted(filter(None, wanted)) != sorted(n for n in found.shape if n):
        raise NoCounterpart(f"the output shape {wanted}")
    return replace(found, turned=first and len(found.shape) > 1)


def _centred(step: Step, kind: str, arguments: dict[str, Any],
             value: Value) -> tuple[Value, dict[str, Any]]:
    """Return what Theano's padding 'same' does where TensorFlow's differs.

    Theano centres each window on its position, TensorFlow the row of all windows; they agree for
    odd kernels without strides.
    """
    rank = 2 if kind.endswith("2D") else 1
    widths, steps, rates = (_per_axis(arguments.get(key, 1), rank)
                            for key in ("kernel_size", "strides", "dilation_rate"))
    if "pool_size" not in arguments and all(w % 2 for w in widths) and set(steps) == {1}:
        return value, arguments
    length = value.shape[0]
    if kind != "Conv1D" or length is None:
        raise NoCounterpart("padding 'same' of Theano, which TensorFlow places otherwise; "
                            "kernel_flip=False reads it as made by TensorFlow")
    width = (widths[0] - 1) * rates[0] + 1
    windows = -(-length // steps[0])
    left = width // 2
    right = max(0, (windows - 1) * steps[0] + width - length - left)
    step.note("Theano's padding 'same' became zeros at both ends and padding 'valid'.")
    padded = step.helper("ZeroPadding1D", {"padding": [left, right]}, value)
    return padded, {**arguments, "padding": "valid"}


def _per_axis(value: Any, rank: int) -> list[int]:
    return list(value) if isinstance(value, list) else [value] * rank


def _padded(step: Step, kind: str, arguments: dict[str, Any],
            value: Value) -> tuple[Value, dict[str, Any]]:
    """Return what a layer of Theano's paddings 'half' and 'full' does as explicit zeros."""
    mode = arguments.get("padding")
    if mode not in ("half", "full") or kind not in ("Conv1D", "Conv2D"):
        return value, arguments
    size = arguments["kernel_size"]
    sizes = size if isinstance(size, list) else [size] * (1 if kind == "Conv1D" else 2)
    zeros = [n // 2 if mode == "half" else n - 1 for n in sizes]
    step.note(f"Theano's padding {mode!r} became zeros at both ends and padding 'valid'.")
    name = kind.replace("Conv", "ZeroPadding")
    padding: Any = zeros[0] if kind == "Conv1D" else zeros
    return step.helper(name, {"padding": padding}, value), {**arguments, "padding": "valid"}


def _activation(step: Step) -> Value:
    (before,) = _single_input(step)
    arguments = arguments_from(step.config, {"activation": "linear"}, step.release, step.note)
    if arguments["activation"] in ("softmax", "log_softmax", "sparsemax", "glu"):
        return step.main("Activation", arguments, step.straight(before))
    return replace(step.main("Activation", arguments, before), turned=before.turned)


def _flatten(step: Step) -> Value:
    (before,) = _single_input(step)
    arguments_from(step.config, {}, step.release, step.note)
    if step.config.get("data_format") == _CHANNELS_FIRST:
        # This setting makes Keras 2 turn channels last first, whatever the weights were made for.
        value = step.turned(before) if len(before.shape) > 1 else before
        return replace(step.main("Flatten", {}, value), turned=False)
    return step.main("Flatten", {}, step.straight(before))


def _normalized(step: Step) -> Value:
    (before,) = _single_input(step)
    if "epsilon" not in step.config:
        step.note("BatchNormalization without epsilon has Keras's 0.001.")
    arguments = arguments_from(step.config, NORM, step.release, step.note)
    axis, rank = arguments["axis"], len(before.shape)
    if isinstance(axis, list):
        raise NoCounterpart(f"several axes {axis}")
    place = axis if axis > 0 else rank + 1 + axis
    if not 0 < place <= rank:
        raise NoCounterpart(f"axis {axis} of {rank + 1}")
    if before.turned and place == 1:
        return replace(step.main("BatchNormalization", {**arguments, "axis": -1}, before),
                       turned=True)
    axis = -1 if place == rank else place
    return step.main("BatchNormalization", {**arguments, "axis": axis}, step.straight(before))


def _merged(step: Step) -> Value:
    kind, values = step.class_name, list(step.inputs)
    axes = {"axis": -1} if kind == "Concatenate" else {}
    arguments = arguments_from(step.config, axes, step.release, step.note)
    turned = all(v.turned for v in values)
    if turned and arguments.get("axis", 1) == 1:
        arguments = {**arguments, **({"axis": -1} if axes else {})}
        return replace(step.main(kind, arguments, *values), turned=True)
    return step.main(kind, arguments, *map(step.straight, values))


def _dot(step: Step) -> Value:
    arguments = arguments_from(step.config, {"axes": None, "normalize": False}, step.release,
                               step.note)
    if "axes" not in arguments:
        raise NoCounterpart("no axes")
    return step.main("Dot", arguments, *map(step.straight, step.inputs))


def _inner(step: Step, config: Any) -> tuple[str, dict[str, Any]]:
    """Return the layer inside a wrapper as kind and arguments."""
    class_name, settings = modernise(config["class_name"], config["config"])
    rule = PLAIN.get(class_name)
    if class_name in ("Flatten", "Activation"):
        wanted = {"activation": "linear"} if class_name == "Activation" else {}
        return class_name, arguments_from(settings, wanted, step.release, step.note)
    if class_name == "BatchNormalization":
        return class_name, arguments_from(settings, NORM, step.release, step.note)
    if rule is None or settings.get("data_format") == _CHANNELS_FIRST:
        raise NoCounterpart(f"{class_name} inside a wrapper")
    return rule.kind, _arguments(step, rule, settings)


def _time_distributed(step: Step) -> Value:
    (before,) = _single_input(step)
    kind, arguments = _inner(step, step.config["layer"])
    return step.main("TimeDistributed", {"layer": {kind: arguments}}, step.straight(before))


def _bidirectional(step: Step) -> Value:
    (before,) = _single_input(step)
    kind, arguments = _inner(step, step.config["layer"])
    backward = step.config.get("backward_layer")
    if backward:
        other = _inner(step, backward)
        if other != (kind, {**arguments, "go_backwards": not arguments["go_backwards"]}):
            raise NoCounterpart("a backward layer that differs from the forward one")
    mode = step.config.get("merge_mode", "concat")
    return step.main("Bidirectional", {"merge_mode": mode, "layer": {kind: arguments}},
                     step.straight(before))


def _concise(step: Step) -> Value:
    return _plain(step, PLAIN["Conv1D"])


def _summed(step: Step) -> Value:
    (before,) = _single_input(step)
    length = step.straight(before).shape[0]
    if length is None:
        raise NoCounterpart("a sum over a length that varies")
    mean = step.helper("GlobalAveragePooling1D", {}, step.straight(before))
    return step.main("Rescaling", {"scale": float(length)}, mean)


def _quick_gelu(step: Step) -> Value:
    (before,) = _single_input(step)
    step.note("The custom layer GELU is x · sigmoid(1.702 x), as in Basenji and scBasset.")
    return replace(step.main("Activation", {"activation": "quick_gelu"}, before),
                   turned=before.turned)


def _passed(step: Step) -> Value:
    step.note(f"{step.class_name} acts in training only and was left out.")
    return step.inputs[0]


def _input(step: Step) -> Value:
    return step.inputs[0]


SPECIAL: Final[dict[str, Handler]] = {
    "InputLayer": _input,
    "Activation": _activation,
    "Flatten": _flatten,
    "BatchNormalization": _normalized,
    "TimeDistributed": _time_distributed,
    "Bidirectional": _bidirectional,
    "Lambda": apply_lambda,
    "GlobalSumPooling1D": _summed,
    "GELU": _quick_gelu,
    "Dot": _dot,
    **dict.fromkeys(_MERGES, _merged),
    **dict.fromkeys(_CONCISE, _concise),
    **dict.fromkeys(("StochasticReverseComplement", "StochasticShift", "SwitchReverse"), _passed),
}
