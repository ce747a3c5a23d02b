"""Every layer that a spec may use, against the same layer built by the installed Keras."""

import inspect

import numpy as np
import pytest
import yaml

from dlgenomics.spec.arguments import REQUIRED
from dlgenomics.spec.document import read_document
from dlgenomics.spec.graph import parse_layers
from dlgenomics.spec.layers import REFUSED_ARGUMENTS, REFUSED_LAYERS, RULES
from dlgenomics.spec.layers.rule import CannotFollow
from dlgenomics.spec.outline import outline
from dlgenomics.spec.problems import Problems

SEQ = (20, 4)
IMAGE = (9, 8, 3)
FLAT = (6,)
IDS = (20,)
TABLE = (7, 4)

# Arguments and shapes of the inputs, for each layer; at least one row a layer.
CASES = {
    "Dense": [({"units": 5}, FLAT), ({"units": 5, "use_bias": False}, SEQ),
              ({"units": 2, "activation": "gelu"}, IMAGE)],
    "Activation": [({"activation": "relu"}, SEQ), ({"activation": "softmax"}, FLAT)],
    "ReLU": [({}, SEQ), ({"max_value": 6, "negative_slope": 0.1, "threshold": 0.5}, SEQ)],
    "LeakyReLU": [({}, SEQ), ({"negative_slope": 0.1}, FLAT)],
    "ELU": [({}, SEQ), ({"alpha": 0.5}, FLAT)],
    "PReLU": [({}, SEQ), ({"shared_axes": [1]}, SEQ), ({"shared_axes": [1, 2]}, IMAGE)],
    "Softmax": [({}, SEQ), ({"axis": 1}, SEQ), ({"axis": 2}, SEQ)],
    "Flatten": [({}, SEQ), ({}, IMAGE), ({}, FLAT)],
    "Reshape": [({"target_shape": [5, 16]}, SEQ), ({"target_shape": [-1, 2, 5]}, SEQ),
                ({"target_shape": [80]}, SEQ), ({"target_shape": [-1]}, IMAGE)],
    "Permute": [({"dims": [2, 1]}, SEQ), ({"dims": [3, 1, 2]}, IMAGE)],
    "RepeatVector": [({"n": 3}, FLAT)],
    "Dropout": [({"rate": 0.2}, SEQ), ({"rate": 0}, FLAT)],
    "SpatialDropout1D": [({"rate": 0.2}, SEQ)],
    "GaussianDropout": [({"rate": 0.2}, SEQ)],
    "GaussianNoise": [({"stddev": 0.2}, SEQ)],
    "BatchNormalization": [({}, SEQ), ({}, FLAT), ({"axis": 1}, SEQ), ({"axis": 2}, SEQ),
                           ({"center": False}, SEQ), ({"scale": False, "center": False}, SEQ),
                           ({"axis": 3}, IMAGE)],
    "LayerNormalization": [({}, SEQ), ({"axis": 1}, SEQ), ({"center": False}, FLAT),
                           ({"scale": False}, SEQ)],
    "GroupNormalization": [({"groups": 2}, SEQ), ({"groups": -1}, SEQ), ({"groups": 3}, IMAGE),
                           ({"groups": 4, "axis": 1, "center": False}, SEQ),
                           ({"groups": 1, "scale": False}, FLAT)],
    "RMSNormalization": [({}, SEQ), ({"axis": 2}, SEQ), ({}, FLAT)],
    "UnitNormalization": [({}, SEQ), ({"axis": 1}, SEQ)],
    "AlphaDropout": [({"rate": 0.2}, SEQ)],
    "SpatialDropout2D": [({"rate": 0.2}, IMAGE)],
    "ActivityRegularization": [({"l1": 0.01}, SEQ), ({"l2": 0.1}, FLAT)],
    "Identity": [({}, SEQ)],
    "Rescaling": [({"scale": 0.5}, SEQ), ({"scale": 2, "offset": -1}, FLAT)],
    "Masking": [({}, SEQ), ({"mask_value": 0.25}, SEQ)],
    "UpSampling1D": [({}, SEQ), ({"size": 3}, SEQ)],
    "UpSampling2D": [({}, IMAGE), ({"size": [1, 3], "interpolation": "bilinear"}, IMAGE)],
    "ZeroPadding2D": [({}, IMAGE), ({"padding": 2}, IMAGE), ({"padding": [0, 3]}, IMAGE)],
    "Cropping2D": [({}, IMAGE), ({"cropping": 2}, IMAGE), ({"cropping": [0, 3]}, IMAGE)],
    "ZeroPadding1D": [({}, SEQ), ({"padding": 3}, SEQ), ({"padding": [0, 4]}, SEQ)],
    "Cropping1D": [({}, SEQ), ({"cropping": 3}, SEQ), ({"cropping": [0, 19]}, SEQ)],
    "Conv1D": [
        ({"filters": 3, "kernel_size": 5}, SEQ),
        ({"filters": 3, "kernel_size": [5], "strides": 2}, SEQ),
        ({"filters": 3, "kernel_size": 20}, SEQ),
        ({"filters": 3, "kernel_size": 5, "strides": 3, "padding": "same"}, SEQ),
        ({"filters": 3, "kernel_size": 5, "padding": "causal", "dilation_rate": 2}, SEQ),
        ({"filters": 3, "kernel_size": 5, "padding": "causal", "strides": 2}, SEQ),
        ({"filters": 3, "kernel_size": 5, "dilation_rate": 3}, SEQ),
        ({"filters": 6, "kernel_size": 3, "groups": 2}, SEQ),
        ({"filters": 4, "kernel_size": 3, "groups": 4, "use_bias": False}, SEQ),
    ],
    "Conv2D": [
        ({"filters": 3, "kernel_size": 2}, IMAGE),
        ({"filters": 3, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same"}, IMAGE),
        ({"filters": 3, "kernel_size": 2, "dilation_rate": [1, 2]}, IMAGE),
        ({"filters": 6, "kernel_size": 2, "groups": 3, "use_bias": False}, IMAGE),
    ],
    "SeparableConv1D": [
        ({"filters": 3, "kernel_size": 5}, SEQ),
        ({"filters": 3, "kernel_size": 5, "depth_multiplier": 2, "use_bias": False}, SEQ),
        ({"filters": 3, "kernel_size": 5, "strides": 2, "padding": "same"}, SEQ),
        ({"filters": 3, "kernel_size": 3, "dilation_rate": 4}, SEQ),
    ],
    "SeparableConv2D": [
        ({"filters": 3, "kernel_size": 2}, IMAGE),
        ({"filters": 3, "kernel_size": [3, 2], "depth_multiplier": 2, "strides": 2}, IMAGE),
        ({"filters": 3, "kernel_size": 3, "use_bias": False, "padding": "same"}, IMAGE),
    ],
    "DepthwiseConv1D": [
        ({"kernel_size": 5}, SEQ),
        ({"kernel_size": 5, "depth_multiplier": 3, "use_bias": False}, SEQ),
        ({"kernel_size": 5, "strides": 3, "padding": "same"}, SEQ),
        ({"kernel_size": 4, "dilation_rate": 3}, SEQ),
    ],
    "DepthwiseConv2D": [
        ({"kernel_size": 2}, IMAGE),
        ({"kernel_size": [3, 2], "depth_multiplier": 2, "strides": 2}, IMAGE),
        ({"kernel_size": 2, "dilation_rate": [2, 2], "use_bias": False}, IMAGE),
    ],
    "Conv1DTranspose": [
        ({"filters": 3, "kernel_size": 5}, SEQ),
        ({"filters": 3, "kernel_size": 5, "strides": 2, "use_bias": False}, SEQ),
        ({"filters": 3, "kernel_size": 2, "strides": 5}, SEQ),
        ({"filters": 3, "kernel_size": 5, "strides": 3, "padding": "same"}, SEQ),
    ],
    "Conv2DTranspose": [
        ({"filters": 3, "kernel_size": 3}, IMAGE),
        ({"filters": 3, "kernel_size": [3, 2], "strides": [1, 2]}, IMAGE),
        ({"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE),
    ],
    "AdaptiveMaxPooling1D": [({"output_size": 5}, SEQ), ({"output_size": 3}, SEQ)],
    "AdaptiveAveragePooling1D": [({"output_size": 5}, SEQ), ({"output_size": 20}, SEQ)],
    "AdaptiveMaxPooling2D": [({"output_size": [3, 2]}, IMAGE), ({"output_size": 4}, IMAGE)],
    "AdaptiveAveragePooling2D": [({"output_size": [3, 2]}, IMAGE), ({"output_size": 4}, IMAGE)],
    "MaxPooling1D": [({}, SEQ), ({"pool_size": 3}, SEQ), ({"pool_size": 3, "strides": 1}, SEQ),
                     ({"pool_size": 3, "padding": "same"}, SEQ), ({"pool_size": [20]}, SEQ),
                     ({"pool_size": 4, "strides": 3, "padding": "same"}, SEQ)],
    "AveragePooling1D": [({"pool_size": 2}, SEQ), ({"pool_size": 3, "strides": 2}, SEQ),
                         ({"pool_size": 3, "padding": "same"}, SEQ)],
    "MaxPooling2D": [({}, IMAGE), ({"pool_size": [3, 1], "strides": 2}, IMAGE),
                     ({"pool_size": 2, "padding": "same"}, IMAGE)],
    "AveragePooling2D": [({"pool_size": 2}, IMAGE), ({"pool_size": [2, 3]}, IMAGE)],
    "GlobalMaxPooling1D": [({}, SEQ), ({"keepdims": True}, SEQ)],
    "GlobalAveragePooling1D": [({}, SEQ), ({"keepdims": True}, SEQ)],
    "GlobalMaxPooling2D": [({}, IMAGE), ({"keepdims": True}, IMAGE)],
    "GlobalAveragePooling2D": [({}, IMAGE), ({"keepdims": True}, IMAGE)],
    "LSTM": [({"units": 3}, SEQ), ({"units": 3, "return_sequences": True}, SEQ),
             ({"units": 3, "use_bias": False}, SEQ)],
    "GRU": [({"units": 3}, SEQ), ({"units": 3, "reset_after": False}, SEQ),
            ({"units": 3, "use_bias": False, "return_sequences": True}, SEQ)],
    "SimpleRNN": [({"units": 3}, SEQ), ({"units": 3, "use_bias": False}, SEQ),
                  ({"units": 3, "return_sequences": True, "go_backwards": True}, SEQ)],
    "Bidirectional": [
        ({"layer": {"LSTM": {"units": 3, "return_sequences": True}}}, SEQ),
        ({"layer": {"GRU": {"units": 3}}, "merge_mode": "sum"}, SEQ),
        ({"layer": {"SimpleRNN": {"units": 3}}, "merge_mode": "ave"}, SEQ),
        ({"layer": {"GRU": {"units": 2, "return_sequences": True}}, "merge_mode": "mul"}, SEQ),
    ],
    "TimeDistributed": [
        ({"layer": {"Dense": {"units": 3}}}, SEQ),
        ({"layer": {"Flatten": {}}}, IMAGE),
        ({"layer": {"Conv1D": {"filters": 2, "kernel_size": 3}}}, IMAGE),
        ({"layer": {"BatchNormalization": {}}}, SEQ),
    ],
    "MultiHeadAttention": [
        ({"num_heads": 2, "key_dim": 3}, SEQ, SEQ),
        ({"num_heads": 2, "key_dim": 3, "value_dim": 5, "use_bias": False}, SEQ, SEQ),
        ({"num_heads": 2, "key_dim": 3, "output_shape": 7}, SEQ, (9, 6)),
        ({"num_heads": 3, "key_dim": 2}, SEQ, (9, 6), (9, 5)),
    ],
    "GroupQueryAttention": [
        ({"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}, SEQ, SEQ),
        ({"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1}, SEQ, (9, 4), (9, 5)),
        ({"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 2, "use_bias": False},
         SEQ, SEQ),
    ],
    "Attention": [({}, SEQ, SEQ), ({"use_scale": True}, SEQ, (9, 4)),
                  ({"score_mode": "concat", "dropout": 0.1}, SEQ, (9, 6), (9, 4))],
    "AdditiveAttention": [({}, SEQ, SEQ), ({"use_scale": False}, SEQ, (9, 6), (9, 4)),
                          ({"dropout": 0.1}, SEQ, (9, 6), (9, 4))],
    "Add": [({}, SEQ, SEQ), ({}, SEQ, SEQ, SEQ), ({}, SEQ, (1, 4))],
    "Average": [({}, SEQ, SEQ)],
    "Maximum": [({}, SEQ, SEQ), ({}, (20, 1), (1, 4))],
    "Minimum": [({}, SEQ, SEQ)],
    "Multiply": [({}, SEQ, SEQ), ({}, SEQ, (20, 1))],
    "Subtract": [({}, SEQ, SEQ)],
    "Concatenate": [({}, SEQ, (20, 3)), ({"axis": 1}, SEQ, (7, 4)), ({"axis": 2}, SEQ, SEQ),
                    ({"axis": -2}, SEQ, (7, 4), (1, 4)), ({}, FLAT, (2,))],
    "Embedding": [({"input_dim": 65, "output_dim": 3}, FLAT),
                  ({"input_dim": 5, "output_dim": 2, "mask_zero": True}, (20,))],
    "Dot": [({"axes": 1}, FLAT, FLAT), ({"axes": 2}, SEQ, (7, 4)), ({"axes": 1}, SEQ, (20, 3)),
            ({"axes": [2, 1]}, SEQ, (4, 3)), ({"axes": -1, "normalize": True}, SEQ, (9, 4)),
            ({"axes": [2, 1]}, SEQ, (4,)), ({"axes": [1, 1]}, (20,), SEQ)],
    "EinsumDense": [
        ({"equation": "abc,cd->abd", "output_shape": [20, 3], "bias_axes": "d"}, SEQ),
        ({"equation": "ab,bc->ac", "output_shape": 5}, FLAT),
        ({"equation": "abc,bd->adc", "output_shape": [7, 4], "activation": "relu"}, SEQ),
        ({"equation": "abc,bc->abc", "output_shape": [20, 4], "bias_axes": "bc"}, SEQ),
        ({"equation": "abc,bcde->ade", "output_shape": [2, 3], "bias_axes": "e"}, SEQ),
        ({"equation": "abcd,dbe->abce", "output_shape": [9, 8, 5]}, IMAGE),
    ],
    "AttentionPooling1D": [({}, SEQ), ({"pool_size": 5, "initial_scale": 0.0}, SEQ)],
    "AttentionSummary": [({}, SEQ), ({"units": 3}, SEQ), ({"units": None}, SEQ)],
    "RelativeMultiHeadAttention": [
        ({"num_heads": 2, "key_dim": 3, "value_dim": 13}, SEQ),
        ({"num_heads": 3, "key_dim": 2, "value_dim": 4, "symmetric": True,
          "num_relative_position_features": 9, "zero_initialize": False}, SEQ),
    ],
    "StochasticShift": [({"max_shift": 3}, SEQ)],
    "Threshold": [({}, SEQ), ({"threshold": 0.5, "value": 1e-6}, FLAT)],
    "IsotonicCalibration": [({}, FLAT), ({"knots": 5}, SEQ)],
    "Scale": [({}, SEQ), ({"scale": False}, FLAT), ({"center": False}, IMAGE)],
    "FrameSlice": [({}, SEQ), ({"frame": 1}, SEQ), ({"frame": 3, "frames": 4}, SEQ)],
    "GatedLinearUnit": [({}, SEQ), ({"activation": None}, FLAT)],
    "MixtureOfExperts": [({"num_experts": 3, "units": 5}, SEQ),
                         ({"num_experts": 1, "experts_per_token": 1, "units": 5,
                           "use_bias": False}, SEQ)],
    "ReverseComplement": [({}, SEQ), ({"complement": False}, SEQ)],
    "ReverseComplementConv1D": [
        ({"filters": 3, "kernel_size": 5}, SEQ),
        ({"filters": 3, "kernel_size": 4, "activation": "relu", "use_bias": False}, SEQ),
        ({"filters": 3, "kernel_size": 5, "strides": 3}, SEQ),
        ({"filters": 3, "kernel_size": 5, "padding": "same", "dilation_rate": 2}, SEQ),
        ({"filters": 3, "kernel_size": 2, "padding": "same", "dilation_rate": 4}, SEQ),
        ({"filters": 3, "kernel_size": 4, "padding": "same", "strides": 2}, SEQ),
    ],
    "ReverseComplementBatchNormalization": [({}, SEQ), ({"center": False}, SEQ),
                                            ({"scale": False, "center": False}, SEQ)],
    "ReverseComplementPool": [({}, SEQ), ({"mode": "sum"}, FLAT), ({"mode": "average"}, SEQ)],
    "SplineWeight1D": [({}, SEQ), ({"n_bases": 4, "spline_degree": 2, "use_bias": True}, SEQ),
                       ({"share_splines": True, "l2": 0.1, "l2_smooth": 0.2}, SEQ)],
    "SplineTransform": [({}, (3, 10)), ({"use_bias": True}, SEQ), ({"shared_weights": True}, IMAGE)],
    "PositionEncoding": [({}, SEQ), ({"max_wavelength": 100.0}, (7, 5))],
    "PositionEmbedding": [({}, SEQ)],
    "TokenTable": [({"vocabulary": 7, "channels": 4}, IDS)],
    "TokenEmbedding": [({"pad": 0}, IDS, TABLE)],
    "TokenDropout": [({"mask": 2}, SEQ, IDS), ({"mask": 2, "rate": 0.0}, SEQ, IDS)],
    "TokenPositionEmbedding": [({"length": 30}, SEQ), ({"length": 20}, SEQ)],
    "RunningPositionEmbedding": [({"length": 30, "pad": 0}, SEQ, IDS)],
    "SegmentEmbedding": [({}, SEQ), ({"segments": 3}, SEQ)],
    "SelfAttention": [({"num_heads": 2}, SEQ), ({"num_heads": 4, "use_bias": False}, SEQ)],
    "RotarySelfAttention": [({"num_heads": 2}, SEQ),
                            ({"num_heads": 1, "use_bias": False, "max_wavelength": 50.0}, SEQ)],
    "TokenScores": [({}, SEQ, TABLE), ({"use_bias": False}, SEQ, TABLE)],
    "TokenAverage": [({"outside": [0, 2]}, SEQ, IDS)],
}
ROWS = [pytest.param(kind, row[0], row[1:], id=f"{kind}-{i}")
        for kind, rows in CASES.items() for i, row in enumerate(rows)]

# What Keras refuses to build, a spec must refuse too: before anything is built.
IMPOSSIBLE = [
    ("Conv1D", {"filters": 3, "kernel_size": 21}, [SEQ]),
    ("Conv1D", {"filters": 3, "kernel_size": 11, "dilation_rate": 2}, [SEQ]),
    ("Conv1D", {"filters": 3, "kernel_size": 2, "strides": 2, "dilation_rate": 2}, [SEQ]),
    ("Conv1D", {"filters": 3, "kernel_size": 2, "groups": 2}, [SEQ]),
    ("Conv1D", {"filters": 3, "kernel_size": 2, "groups": 3}, [SEQ]),
    ("Conv1D", {"filters": 3, "kernel_size": 2}, [FLAT]),
    ("Conv2D", {"filters": 3, "kernel_size": 2}, [SEQ]),
    ("SeparableConv1D", {"filters": 3, "kernel_size": 2}, [FLAT]),
    ("DepthwiseConv1D", {"kernel_size": 2}, [FLAT]),
    ("DepthwiseConv1D", {"kernel_size": 21}, [SEQ]),
    ("SeparableConv2D", {"filters": 3, "kernel_size": 2}, [SEQ]),
    ("Conv1DTranspose", {"filters": 3, "kernel_size": 2}, [FLAT]),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 2}, [SEQ]),
    ("GroupNormalization", {"groups": 3}, [SEQ]),
    ("GroupNormalization", {}, [SEQ]),
    ("RMSNormalization", {"axis": 3}, [SEQ]),
    ("SpatialDropout2D", {"rate": 0.1}, [SEQ]),
    ("UpSampling2D", {}, [SEQ]),
    ("ZeroPadding2D", {}, [SEQ]),
    ("Cropping2D", {}, [SEQ]),
    ("Cropping2D", {"cropping": 4}, [IMAGE]),
    ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 3, "num_key_value_heads": 2},
     [SEQ, SEQ]),
    ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 2},
     [SEQ, (20, 5)]),
    ("MaxPooling1D", {}, [FLAT]),
    ("MaxPooling2D", {}, [SEQ]),
    ("GlobalMaxPooling1D", {}, [FLAT]),
    ("LSTM", {"units": 2}, [FLAT]),
    ("Bidirectional", {"layer": {"GRU": {"units": 2}}}, [FLAT]),
    ("Bidirectional", {"layer": {"Dense": {"units": 2}}}, [SEQ]),
    ("RepeatVector", {"n": 2}, [SEQ]),
    ("SpatialDropout1D", {"rate": 0.1}, [FLAT]),
    ("UpSampling1D", {}, [FLAT]),
    ("UpSampling1D", {}, [IMAGE]),
    ("ZeroPadding1D", {}, [FLAT]),
    ("ZeroPadding1D", {}, [IMAGE]),
    ("Cropping1D", {}, [FLAT]),
    ("Cropping1D", {"cropping": 10}, [SEQ]),
    ("Reshape", {"target_shape": [7, 7]}, [SEQ]),
    ("Reshape", {"target_shape": [-1, 7]}, [SEQ]),
    ("Reshape", {"target_shape": [-1, -1]}, [SEQ]),
    ("Permute", {"dims": [1, 3]}, [SEQ]),
    ("Permute", {"dims": [1]}, [SEQ]),
    ("BatchNormalization", {"axis": 3}, [SEQ]),
    ("LayerNormalization", {"axis": 4}, [SEQ]),
    ("PReLU", {"shared_axes": [3]}, [SEQ]),
    ("Add", {}, [SEQ, (20, 3)]),
    ("Subtract", {}, [SEQ, (19, 4)]),
    ("Concatenate", {}, [SEQ, (19, 4)]),
    ("Concatenate", {}, [SEQ, FLAT]),
    ("Concatenate", {"axis": 2}, [SEQ, (20,)]),
    ("Concatenate", {"axis": 5}, [SEQ, SEQ]),
]

IMPOSSIBLE += [
    ("Dot", {"axes": 2}, [SEQ, (20, 3)]),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [19, 3]}, [SEQ]),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [3]}, [SEQ]),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [20, 3], "bias_axes": "z"}, [SEQ]),
]

# Keras builds these, but they mix the examples of a batch, hold nothing, or fail at the first
# batch: refused on purpose.
UNWISE = [
    ("Softmax", {"axis": 0}, [SEQ]),
    ("Concatenate", {"axis": 0}, [SEQ, SEQ]),
    ("Reshape", {"target_shape": [0]}, [SEQ]),
    ("BatchNormalization", {"axis": 0}, [SEQ]),
    ("Cropping1D", {"cropping": [20, 0]}, [SEQ]),
    ("GroupNormalization", {"groups": 0}, [SEQ]),
    ("UnitNormalization", {"axis": 0}, [SEQ]),
    ("RMSNormalization", {"axis": 1}, [SEQ]),
    ("Attention", {}, [SEQ, (9, 5)]),
    ("AdditiveAttention", {}, [SEQ, (9, 5)]),
    ("AdaptiveMaxPooling1D", {"output_size": 21}, [SEQ]),
    ("DepthwiseConv2D", {"kernel_size": 2, "strides": [1, 2]}, [IMAGE]),
    ("Bidirectional", {"layer": {"GRU": {"units": 2}}, "merge_mode": None}, [SEQ]),
    ("Embedding", {"input_dim": 5, "output_dim": 2}, [SEQ]),
    ("Dot", {"axes": 3}, [SEQ, SEQ]),
    ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": [3]}, [SEQ]),
    ("Dot", {"axes": 1}, [IMAGE, IMAGE]),
    ("AttentionPooling1D", {"pool_size": 3}, [SEQ]),
    ("AttentionPooling1D", {}, [FLAT]),
    ("AttentionSummary", {}, [FLAT]),
    ("RelativeMultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 5}, [SEQ]),
    ("RelativeMultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 6,
                                    "num_relative_position_features": 9}, [SEQ]),
    ("RelativeMultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 6}, [(1, 4)]),
    ("RelativeMultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 6}, [FLAT]),
    ("StochasticShift", {"max_shift": 3}, [FLAT]),
    ("FrameSlice", {"frame": 3}, [SEQ]),
    ("FrameSlice", {"frame": 2}, [(2, 4)]),
    ("FrameSlice", {}, [FLAT]),
    ("MixtureOfExperts", {"num_experts": 3, "experts_per_token": 4, "units": 5}, [SEQ]),
    ("MixtureOfExperts", {"num_experts": 3, "units": 5}, [FLAT]),
    ("GatedLinearUnit", {}, [(20, 3)]),
    ("GatedLinearUnit", {}, [()]),
    ("ReverseComplement", {}, [FLAT]),
    ("ReverseComplementConv1D", {"filters": 3, "kernel_size": 4, "padding": "same"}, [SEQ]),
    ("ReverseComplementConv1D", {"filters": 3, "kernel_size": 5, "strides": 2}, [SEQ]),
    ("ReverseComplementConv1D", {"filters": 3, "kernel_size": 1, "strides": 2, "padding": "same"},
     [SEQ]),
    ("ReverseComplementConv1D", {"filters": 3, "kernel_size": 2, "strides": 2, "dilation_rate": 2},
     [SEQ]),
    ("ReverseComplementConv1D", {"filters": 3, "kernel_size": 3}, [FLAT]),
    ("ReverseComplementConv1D", {"filters": 3, "kernel_size": 21}, [SEQ]),
    ("ReverseComplementBatchNormalization", {}, [(20, 3)]),
    ("ReverseComplementBatchNormalization", {}, [FLAT]),
    ("ReverseComplementPool", {}, [(5,)]),
    ("SplineWeight1D", {"n_bases": 3}, [SEQ]),
    ("SplineWeight1D", {}, [(1, 4)]),
    ("SplineWeight1D", {}, [FLAT]),
    ("SplineTransform", {}, [FLAT]),
    ("SplineTransform", {"shared_weights": True, "use_bias": True}, [SEQ]),
    ("PositionEncoding", {}, [FLAT]),
    ("PositionEmbedding", {}, [IMAGE]),
    ("TokenTable", {"vocabulary": 7, "channels": 4}, [SEQ]),
    ("TokenEmbedding", {"pad": 0}, [SEQ, TABLE]),
    ("TokenEmbedding", {"pad": 0}, [IDS, FLAT]),
    ("TokenDropout", {"mask": 2}, [SEQ, SEQ]),
    ("TokenPositionEmbedding", {"length": 19}, [SEQ]),
    ("RunningPositionEmbedding", {"length": 30, "pad": 0}, [FLAT, IDS]),
    ("SegmentEmbedding", {}, [IMAGE]),
    ("SelfAttention", {"num_heads": 3}, [SEQ]),
    ("RotarySelfAttention", {"num_heads": 4}, [SEQ]),
    ("RotarySelfAttention", {"num_heads": 3}, [(20, 8)]),
    ("TokenScores", {}, [SEQ, (7, 5)]),
    ("TokenScores", {}, [SEQ, IDS]),
    ("TokenAverage", {"outside": [0]}, [SEQ, SEQ]),
]


@pytest.mark.parametrize("equation", [
    "", "abc", "abc,cd", "ab,cd->abd", "abc,cd->bd", "abc,cd->bad", "abc,acd->abd", "abcc,cd->abd",
    "abc,cdd->abd", "abc,cd->abdd", "abc,de->abe", "abc,cde->abd", "abc,cd->abx", "aBc,cd->aBd",
    "...c,cd->...d", "abc, cd->abd", "abc,cd->abd;import os", 5, None, ["abc,cd->abd"],
])
def test_only_products_over_named_axes_are_equations(equation):
    problems = Problems(read_document("layers: []"))
    assert RULES["EinsumDense"].arguments["equation"].kind.check(
        "equation", equation, ("layers",), problems) is None
    assert "must be an equation such as 'abc,cd->abd'" in problems.found[0].message


def class_of(kind):
    """Return the class of a layer: Keras's, or our own."""
    from dlgenomics.build.layers import layer_class

    return layer_class(kind)


def outline_of(kind, arguments, shapes):
    """Return what the spec says of one layer over inputs of those shapes."""
    inputs = {f"in{i}": tuple(s) for i, s in enumerate(shapes)}
    raw = [{kind: {**arguments, "from": list(inputs), "name": "it"}}]
    problems = Problems(read_document(yaml.safe_dump({"layers": raw})))
    layers = parse_layers(raw, ("layers",), {}, list(inputs), problems)
    problems.raise_any()
    return outline(layers, inputs)["it"]


def in_keras(keras, kind, arguments, shapes):
    """Return a Keras layer of the same arguments and its symbolic output."""
    make = class_of(kind)
    own = {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items() if k != "layer"}
    if "layer" in arguments:
        ((inner, inner_arguments),) = arguments["layer"].items()
        layer = make(getattr(keras.layers, inner)(**inner_arguments), **own)
    else:
        layer = make(**own)
    inputs = [keras.Input(shape) for shape in shapes]
    if kind in ("MultiHeadAttention", "GroupQueryAttention"):
        return layer, layer(*inputs)
    return layer, layer(inputs if len(inputs) > 1 else inputs[0])


def test_every_layer_has_a_case():
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize(("kind", "arguments", "shapes"), ROWS)
def test_shape_and_parameters_are_those_of_keras(keras, kind, arguments, shapes):
    found = outline_of(kind, arguments, shapes)
    layer, output = in_keras(keras, kind, arguments, shapes)
    counts = [int(sum(np.prod(w.shape) for w in weights))
              for weights in (layer.trainable_weights, layer.non_trainable_weights)]
    assert found.shape == output.shape[1:]
    assert list(found.size) == counts


@pytest.mark.parametrize(("kind", "arguments", "shapes"), ROWS)
def test_what_a_spec_allows_runs(keras, kind, arguments, shapes):
    layer, output = in_keras(keras, kind, arguments, shapes)
    arrays = [np.ones((2, *shape), np.float32) for shape in shapes]
    separate = kind in ("MultiHeadAttention", "GroupQueryAttention")
    found = layer(*arrays) if separate or len(arrays) == 1 else layer(arrays)
    batch = 1 if kind == "TokenTable" else 2  # the table is one for all examples
    assert found.shape == (batch, *output.shape[1:])


@pytest.mark.parametrize(("kind", "arguments", "shapes"), IMPOSSIBLE)
def test_what_keras_refuses_cannot_follow(keras, kind, arguments, shapes):
    with pytest.raises(CannotFollow):
        outline_of(kind, arguments, shapes)
    with pytest.raises((ValueError, TypeError, IndexError)):
        in_keras(keras, kind, arguments, shapes)


@pytest.mark.parametrize(("kind", "arguments", "shapes"), UNWISE)
def test_unwise_layers_cannot_follow(kind, arguments, shapes):
    with pytest.raises(CannotFollow):
        outline_of(kind, arguments, shapes)


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_convolved_lengths_are_those_of_keras(keras, padding):
    rng = np.random.default_rng(0)
    for _ in range(60):
        length, kernel, stride, dilation = (int(rng.integers(1, n)) for n in (40, 12, 5, 4))
        if padding == "valid" and (kernel - 1) * dilation + 1 > length:
            continue
        steps = {"strides": stride} if rng.random() < 0.5 else {"dilation_rate": dilation}
        arguments = {"filters": 2, "kernel_size": kernel, "padding": padding, **steps}
        expected = keras.layers.Conv1D(**arguments).compute_output_shape((None, length, 4))
        assert outline_of("Conv1D", arguments, [(length, 4)]).shape == expected[1:]


@pytest.mark.parametrize("kind", ["MaxPooling1D", "AveragePooling1D"])
def test_pooled_lengths_are_those_of_keras(keras, kind):
    rng = np.random.default_rng(1)
    for _ in range(60):
        pool = int(rng.integers(1, 9))
        arguments = {"pool_size": pool, "strides": int(rng.integers(1, 6)),
                     "padding": str(rng.choice(["valid", "same"]))}
        length = int(rng.integers(pool, 40))
        expected = getattr(keras.layers, kind)(**arguments).compute_output_shape((None, length, 4))
        assert outline_of(kind, arguments, [(length, 4)]).shape == expected[1:]


@pytest.mark.parametrize("kind", RULES)
def test_arguments_and_defaults_are_those_of_keras(keras, kind):
    signature = inspect.signature(class_of(kind).__init__).parameters
    for name, argument in RULES[kind].arguments.items():
        default = signature[name].default
        assert argument.default == (REQUIRED if default is inspect.Parameter.empty else default)


@pytest.mark.parametrize("kind", RULES)
def test_required_arguments_of_keras_are_in_the_table(keras, kind):
    signature = inspect.signature(class_of(kind).__init__).parameters
    required = {name for name, p in signature.items() if p.default is inspect.Parameter.empty
                and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)} - {"self", "layer"}
    assert required <= set(RULES[kind].arguments)


def test_refused_layers_and_arguments_are_not_in_the_table():
    assert not set(REFUSED_LAYERS) & set(RULES)
    table = {(kind, name) for kind, rule in RULES.items() for name in rule.arguments}
    refused = {(kind, name) for kind in RULES for name in REFUSED_ARGUMENTS}
    assert table & refused == {("ELU", "alpha")}  # ELU's alpha is current; LeakyReLU's is not


def test_layers_of_our_own_have_rules_and_no_name_of_keras(keras):
    from dlgenomics.build.layers import OWN_LAYERS

    assert set(OWN_LAYERS) <= set(RULES)
    assert not [name for name in OWN_LAYERS if hasattr(keras.layers, name)]


def test_every_layer_of_keras_is_allowed_or_refused(keras):
    """A new release of Keras makes someone decide about each layer that it adds."""
    public = {name for name, found in vars(keras.layers).items()
              if inspect.isclass(found) and issubclass(found, keras.Layer)}
    assert public - set(RULES) - set(REFUSED_LAYERS) == set()
    assert set(REFUSED_LAYERS) - public == {"Input"}  # a function


def test_other_names_of_layers_lead_to_the_one_that_specs_use(keras):
    for name, reason in REFUSED_LAYERS.items():
        real = getattr(getattr(keras.layers, name), "__name__", name)
        if real in RULES:
            assert reason == f"Write {real}, the same layer"


@pytest.mark.parametrize("reason", sorted(set(REFUSED_LAYERS.values())))
def test_reasons_continue_a_sentence(reason):
    assert reason[0].isupper()
    assert not reason.endswith(".")
