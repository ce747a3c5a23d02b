"""The layers of Keras that a spec may use, each with its rule."""

from typing import Final

from dlgenomics.spec.layers import convolution, dense, merging, recurrent
from dlgenomics.spec.layers.rule import LayerRule as LayerRule

RULES: Final[dict[str, LayerRule]] = {
    **dense.RULES,
    **convolution.RULES,
    **recurrent.RULES,
    **merging.RULES,
}

REFUSED_LAYERS: Final = {
    "Lambda": "Lambda runs code and is not allowed",
    "TFSMLayer": "TFSMLayer runs a saved program and is not allowed",
    "InputLayer": "Inputs are declared under data.inputs",
    "Input": "Inputs are declared under data.inputs",
}

REFUSED_ARGUMENTS: Final = {
    "data_format": "Specs are always channels last.",
    "dtype": "Precision is chosen for the whole model, not by layer.",
    "seed": "Set training.seed; every layer follows it.",
    "input_shape": "The shape follows from data.inputs.",
    "batch_input_shape": "The shape follows from data.inputs.",
    "weights": "Weights are loaded from a package.",
    "trainable": "Every layer of a spec is trained.",
    "stateful": "Batches are independent of each other.",
    "return_state": "Only outputs can be passed on.",
    "alpha": "In Keras 3 it is called 'negative_slope'.",
}
