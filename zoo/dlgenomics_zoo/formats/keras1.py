"""Names and parameters of Keras 1 → those of Keras 2, which the rest of the reader speaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_CLASSES: Final = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConv1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "AtrousConv2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
    "SeparableConvolution1D": "SeparableConv1D",
    "Deconvolution2D": "Conv2DTranspose",
    "Deconv2D": "Conv2DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "TimeDistributedDense": "Dense",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
}
_NAMES: Final = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample_length": "strides",
    "subsample": "strides",
    "border_mode": "padding",
    "atrous_rate": "dilation_rate",
    "pool_length": "pool_size",
    "stride": "strides",
    "bias": "use_bias",
    "p": "rate",
    "sigma": "stddev",
    "inner_activation": "recurrent_activation",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "length": "size",
}
_DIM_ORDERING: Final = {"th": "channels_first", "tf": "channels_last"}
_MERGES: Final = {
    "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "min": "Minimum",
    "concat": "Concatenate", "dot": "Dot",
}
_UNITS: Final = ("Dense", "LSTM", "GRU", "SimpleRNN")


class NoCounterpart(Exception):  # noqa: N818 - becomes part of one message about all layers
    """A layer or a setting that has no counterpart; the text says which."""


def modernise(class_name: str, config: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a layer's class and settings as Keras 2 writes them; those of Keras 2 pass.

    Raises:
        NoCounterpart: it is a merge by a function, or batch normalization in modes 1 or 2.
    """
    found = dict(config)
    if class_name == "Merge":
        return _merge(found)
    if class_name == "BatchNormalization" and found.pop("mode", 0) != 0:
        raise NoCounterpart(f"mode {config['mode']} (statistics of each batch)")
    if "dim_ordering" in found:
        found["data_format"] = _DIM_ORDERING.get(found.pop("dim_ordering"), "channels_last")
    if "nb_row" in found:
        found["kernel_size"] = [found.pop("nb_row"), found.pop("nb_col")]
    class_name = _CLASSES.get(class_name, class_name)
    if class_name in _UNITS and "output_dim" in found:
        found["units"] = found.pop("output_dim")
    for old, new in _NAMES.items():
        if old in found and new not in found:
            found[new] = found.pop(old)
    for key in ("padding", "cropping"):
        if isinstance(found.get(key), Mapping):
            found[key] = _sides(found[key])
    return class_name, found


def _sides(padding: Mapping[str, int]) -> list[Any]:
    """Return a padding by named sides as a list."""
    if "left_pad" in padding or "right_pad" in padding:
        return [padding.get("left_pad", 0), padding.get("right_pad", 0)]
    return [[padding.get("top_pad", 0), padding.get("bottom_pad", 0)],
            [padding.get("left_pad", 0), padding.get("right_pad", 0)]]


def _merge(config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    mode = config.get("mode", "sum")
    if config.get("mode_type", "raw") != "raw" or mode not in _MERGES:
        raise NoCounterpart(f"mode {str(mode)[:20]!r} of {config.get('mode_type', 'raw')}")
    kept = {"name": config.get("name")}
    if mode == "concat":
        kept["axis"] = config.get("concat_axis", -1)
    return _MERGES[mode], kept
