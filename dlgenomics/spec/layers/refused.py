"""What Keras knows and a spec may not use, each with the reason in one sentence."""

from __future__ import annotations

from typing import Final

_REFUSED: Final = {
    "{} runs code and is not allowed": (
        "Lambda", "FlaxLayer", "JaxLayer", "TorchModuleWrapper",
    ),
    "{} runs a saved program and is not allowed": ("TFSMLayer",),
    "Inputs are declared under data.inputs": ("InputLayer", "Input"),
    "{} is a base class; write one of its kinds": ("Layer", "Wrapper"),
    "{} takes a cell; write LSTM, GRU or SimpleRNN": ("RNN", "StackedRNNCells"),
    "{} is one step of a layer; write LSTM, GRU or SimpleRNN": (
        "LSTMCell", "GRUCell", "SimpleRNNCell",
    ),
    "Genomes have no third axis to slide along; write its 1D or 2D kind": (
        "Conv3D", "Conv3DTranspose", "MaxPooling3D", "AveragePooling3D", "AdaptiveMaxPooling3D",
        "AdaptiveAveragePooling3D", "GlobalMaxPooling3D", "GlobalAveragePooling3D",
        "SpatialDropout3D", "UpSampling3D",
        "ZeroPadding3D", "Cropping3D",
    ),
    "{} is for films; write a Conv1D before an LSTM": ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),
    "{} turns vectors back into tokens, which no target is; write Embedding": (
        "ReversibleEmbedding",
    ),
    "{} learns from data before training; data.inputs prepares inputs": (
        "Normalization", "Discretization", "StringLookup", "IntegerLookup", "TextVectorization",
    ),
    "{} prepares tables or text; data.inputs prepares inputs": (
        "CategoryEncoding", "Hashing", "HashedCrossing",
    ),
    "{} is for sound": ("MelSpectrogram", "STFTSpectrogram"),
    "{} is for pictures; DNA has data.augment": (
        "AugMix", "AutoContrast", "CenterCrop", "ContrastLimitedAdaptiveHistogramEqualization",
        "CutMix", "Equalization", "MaxNumBoundingBoxes", "MixUp", "RandAugment",
        "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast",
        "RandomCrop", "RandomElasticTransform", "RandomErasing", "RandomFlip",
        "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert",
        "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation",
        "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom", "Resizing",
        "Solarization",
    ),
    "{} chains layers that prepare pictures; list the layers": ("Pipeline",),
    "{} is for adversarial training, which specs do not do": ("SpectralNormalization",),
}

_OTHER_NAMES: Final = {
    "Conv1D": ("Convolution1D",),
    "Conv2D": ("Convolution2D",),
    "Conv3D": ("Convolution3D",),
    "Conv1DTranspose": ("Convolution1DTranspose",),
    "Conv2DTranspose": ("Convolution2DTranspose",),
    "Conv3DTranspose": ("Convolution3DTranspose",),
    "SeparableConv1D": ("SeparableConvolution1D",),
    "SeparableConv2D": ("SeparableConvolution2D",),
    "MaxPooling1D": ("MaxPool1D",),
    "MaxPooling2D": ("MaxPool2D",),
    "MaxPooling3D": ("MaxPool3D",),
    "AveragePooling1D": ("AvgPool1D",),
    "AveragePooling2D": ("AvgPool2D",),
    "AveragePooling3D": ("AvgPool3D",),
    "GlobalMaxPooling1D": ("GlobalMaxPool1D",),
    "GlobalMaxPooling2D": ("GlobalMaxPool2D",),
    "GlobalMaxPooling3D": ("GlobalMaxPool3D",),
    "GlobalAveragePooling1D": ("GlobalAvgPool1D",),
    "GlobalAveragePooling2D": ("GlobalAvgPool2D",),
    "GlobalAveragePooling3D": ("GlobalAvgPool3D",),
}

_REASONS: Final = {
    name: reason.format(name) for reason, names in _REFUSED.items() for name in names
}

REFUSED_LAYERS: Final[dict[str, str]] = {
    **_REASONS,
    **{
        other: _REASONS.get(name, f"Write {name}, the same layer")
        for name, others in _OTHER_NAMES.items()
        for other in others
    },
}
"""Layer → reason, without the full stop. A test finds layers of Keras that are in no table."""

REFUSED_ARGUMENTS: Final = {
    "data_format": "Specs are always channels last.",
    "dtype": "Precision is chosen for the whole model, not by layer.",
    "seed": "Set training.seed; every layer follows it.",
    "input_shape": "The shape follows from data.inputs.",
    "batch_input_shape": "The shape follows from data.inputs.",
    "weights": "Weights are loaded from a package.",
    "trainable": "Name the layer in training.freeze.",
    "stateful": "Batches are independent of each other.",
    "return_state": "Only outputs can be passed on.",
    "alpha": "In Keras 3 it is called 'negative_slope'.",
}
