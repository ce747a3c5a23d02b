"""Old Keras layers whose settings are the arguments of one layer of a spec: a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Plain:
    """A layer whose settings are its arguments.

    Attributes:
        kind: the layer of a spec.
        arguments: argument → what it was where a file does not say; None leaves it out.
        renamed: argument → the name that the setting has in the file.
        layout: ``any`` works on each number by itself, ``window`` has a data_format, ``last``
            needs the layout of the old network.
    """

    kind: str
    arguments: Mapping[str, Any]
    renamed: Mapping[str, str] | None = None
    layout: str = "last"


def _linear(**more: Any) -> dict[str, Any]:
    return {**more, "activation": "linear", "use_bias": True}


def _window(**more: Any) -> dict[str, Any]:
    return {"kernel_size": None, "strides": 1, "padding": "valid", **_linear(**more)}


def _pool(default: Any) -> dict[str, Any]:
    return {"pool_size": default, "strides": None, "padding": "valid"}


_RECURRENT: Final = {
    "units": None, "activation": "tanh", "use_bias": True, "dropout": 0.0,
    "recurrent_dropout": 0.0, "return_sequences": False, "go_backwards": False,
}
NORM: Final = {"axis": -1, "epsilon": 0.001, "center": True, "scale": True}
_DEPTH: Final = {"dilation_rate": 1, "depth_multiplier": 1}

PLAIN: Final[dict[str, Plain]] = {
    "Dense": Plain("Dense", _linear(units=None)),
    "Conv1D": Plain("Conv1D", _window(filters=None, dilation_rate=1, groups=1), layout="window"),
    "Conv2D": Plain("Conv2D", _window(filters=None, dilation_rate=1, groups=1), layout="window"),
    "SeparableConv1D": Plain("SeparableConv1D", _window(filters=None, **_DEPTH), layout="window"),
    "SeparableConv2D": Plain("SeparableConv2D", _window(filters=None, **_DEPTH), layout="window"),
    "DepthwiseConv1D": Plain("DepthwiseConv1D", _window(**_DEPTH), layout="window"),
    "DepthwiseConv2D": Plain("DepthwiseConv2D", _window(**_DEPTH), layout="window"),
    "Conv1DTranspose": Plain("Conv1DTranspose", _window(filters=None), layout="window"),
    "Conv2DTranspose": Plain("Conv2DTranspose", _window(filters=None), layout="window"),
    **{f"{how}Pooling1D": Plain(f"{how}Pooling1D", _pool(2), layout="window")
       for how in ("Max", "Average")},
    **{f"{how}Pooling2D": Plain(f"{how}Pooling2D", _pool(2), layout="window")
       for how in ("Max", "Average")},
    **{f"Global{how}Pooling{n}D": Plain(f"Global{how}Pooling{n}D", {"keepdims": False},
                                        layout="window")
       for how in ("Max", "Average") for n in (1, 2)},
    "UpSampling1D": Plain("UpSampling1D", {"size": 2}, layout="window"),
    "UpSampling2D": Plain("UpSampling2D", {"size": 2, "interpolation": "nearest"},
                          layout="window"),
    "ZeroPadding1D": Plain("ZeroPadding1D", {"padding": 1}, layout="window"),
    "ZeroPadding2D": Plain("ZeroPadding2D", {"padding": 1}, layout="window"),
    "Cropping1D": Plain("Cropping1D", {"cropping": [1, 1]}, layout="window"),
    "Cropping2D": Plain("Cropping2D", {"cropping": 0}, layout="window"),
    "SpatialDropout1D": Plain("SpatialDropout1D", {"rate": 0.5}, layout="window"),
    "SpatialDropout2D": Plain("SpatialDropout2D", {"rate": 0.5}, layout="window"),
    "Dropout": Plain("Dropout", {"rate": 0.5}, layout="any"),
    "AlphaDropout": Plain("AlphaDropout", {"rate": 0.5}, layout="any"),
    "GaussianDropout": Plain("GaussianDropout", {"rate": 0.5}, layout="any"),
    "GaussianNoise": Plain("GaussianNoise", {"stddev": 0.0}, layout="any"),
    "ActivityRegularization": Plain("ActivityRegularization", {"l1": 0.0, "l2": 0.0},
                                    layout="any"),
    "ReLU": Plain("ReLU", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0},
                  layout="any"),
    "LeakyReLU": Plain("LeakyReLU", {"negative_slope": 0.3}, {"negative_slope": "alpha"}, "any"),
    "ELU": Plain("ELU", {"alpha": 1.0}, layout="any"),
    "ThresholdedReLU": Plain("Threshold", {"threshold": 1.0, "value": 0.0},
                             {"threshold": "theta"}, "any"),
    "Rescaling": Plain("Rescaling", {"scale": 1.0, "offset": 0.0}, layout="any"),
    "Identity": Plain("Identity", {}, layout="any"),
    "PReLU": Plain("PReLU", {"shared_axes": None}),
    "Softmax": Plain("Softmax", {"axis": -1}),
    "Reshape": Plain("Reshape", {"target_shape": None}),
    "Permute": Plain("Permute", {"dims": None}),
    "RepeatVector": Plain("RepeatVector", {"n": None}),
    "Embedding": Plain("Embedding", {"input_dim": None, "output_dim": None}),
    "Masking": Plain("Masking", {"mask_value": 0.0}),
    "LayerNormalization": Plain("LayerNormalization", NORM),
    "GroupNormalization": Plain("GroupNormalization", {"groups": 32, **NORM}),
    "UnitNormalization": Plain("UnitNormalization", {"axis": -1}),
    "LSTM": Plain("LSTM", {**_RECURRENT, "recurrent_activation": "hard_sigmoid"}),
    "GRU": Plain("GRU", {**_RECURRENT, "recurrent_activation": "hard_sigmoid",
                         "reset_after": False}),
    "SimpleRNN": Plain("SimpleRNN", _RECURRENT),
    "SplineT": Plain("SplineTransform", {"shared_weights": False, "use_bias": False}),
    "SplineWeight1D": Plain("SplineWeight1D", {
        "n_bases": 10, "spline_degree": 3, "share_splines": False, "use_bias": False,
        "l2_smooth": None, "l2": None}),
    "ReverseComplement": Plain("ReverseComplement", {"complement": True}),
}
"""What concise calls SplineT and SplineWeight1D is understood too."""
