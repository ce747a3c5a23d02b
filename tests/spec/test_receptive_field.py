"""Receptive fields against a trial: change one position of the input, see which outputs change."""

import numpy as np
import pytest

from dlgenomics.spec import parse_spec, summarize

LENGTH = 64

STACKS = {
    "one": "- Conv1D: {filters: 2, kernel_size: 5}",
    "two": "- Conv1D: {filters: 2, kernel_size: 5}\n- Conv1D: {filters: 2, kernel_size: 4}",
    "same": "- Conv1D: {filters: 2, kernel_size: 5, padding: same}",
    "causal": "- Conv1D: {filters: 2, kernel_size: 4, padding: causal, dilation_rate: 3}",
    "strides": "- Conv1D: {filters: 2, kernel_size: 5, strides: 2}\n"
               "- Conv1D: {filters: 2, kernel_size: 3, strides: 3}",
    "dilated": "- Conv1D: {filters: 2, kernel_size: 3, dilation_rate: 4}\n"
               "- Conv1D: {filters: 2, kernel_size: 3}",
    "pooled": "- Conv1D: {filters: 2, kernel_size: 4}\n- MaxPooling1D: {pool_size: 3}\n"
              "- Conv1D: {filters: 2, kernel_size: 3}\n- AveragePooling1D: {pool_size: 2}",
    "overlapping": "- MaxPooling1D: {pool_size: 4, strides: 2}\n- Conv1D: {filters: 1, "
                   "kernel_size: 3}",
    "separable": "- SeparableConv1D: {filters: 2, kernel_size: 6}",
    "local": "- Dense: {units: 3}\n- Activation: relu\n- BatchNormalization\n- Dropout: {rate: 0.1}",
    "moved": "- ZeroPadding1D: {padding: 2}\n- Conv1D: {filters: 2, kernel_size: 3}\n"
             "- Cropping1D: {cropping: 1}",
    "residual": "- Conv1D: {filters: 2, kernel_size: 1, name: a}\n"
                "- Conv1D: {filters: 2, kernel_size: 7, padding: same, name: b}\n"
                "- Add: {from: [a, b], name: c}",
    "each step": "- TimeDistributed: {layer: {Dense: {units: 2}}}",
    "causal beside same": "- Conv1D: {filters: 2, kernel_size: 7, padding: causal, name: a}\n"
                          "- Conv1D: {filters: 2, kernel_size: 9, padding: same, from: dna, name: b}\n"
                          "- Add: {from: [a, b], name: c}",
    "causal beside same, behind a pool":
        "- MaxPooling1D: {pool_size: 2, name: p}\n"
        "- Conv1D: {filters: 2, kernel_size: 5, padding: causal, name: a}\n"
        "- Conv1D: {filters: 2, kernel_size: 4, padding: same, from: p, name: b}\n"
        "- Concatenate: {from: [a, b], name: c}\n- Conv1D: {filters: 1, kernel_size: 2}",
    "shifted": "- ZeroPadding1D: {padding: [6, 0], name: a}\n- Cropping1D: {cropping: [0, 6], name: b}\n"
               "- Add: {from: [b, dna], name: c}",
    "cropped residual": "- Conv1D: {filters: 4, kernel_size: 7, name: a}\n"
                        "- Cropping1D: {cropping: [0, 6], from: dna, name: b}\n"
                        "- Cropping1D: {cropping: [6, 0], from: dna, name: d}\n"
                        "- Average: {from: [a, b, d], name: c}",
    "strided same": "- Conv1D: {filters: 2, kernel_size: 5, strides: 2, padding: same, name: a}\n"
                    "- MaxPooling1D: {pool_size: 2, from: dna, name: b}\n"
                    "- Concatenate: {from: [a, b], name: c}",
    "other strand": "- ReverseComplement\n- Conv1D: {filters: 2, kernel_size: 5, strides: 2}\n"
                    "- Conv1D: {filters: 2, kernel_size: 3}",
    "there and back": "- ReverseComplement\n- Conv1D: {filters: 4, kernel_size: 5, padding: causal}\n"
                      "- ReverseComplement\n- Add: {from: [reverse_complement_2, dna], name: c}",
    "attention pooling": "- AttentionPooling1D: {pool_size: 4}\n- Conv1D: {filters: 2, kernel_size: 3}",
    "frames": "- Conv1D: {filters: 2, kernel_size: 5}\n- FrameSlice\n- Conv1D: {filters: 1, kernel_size: 2}",
    "both strands' kernels": "- ReverseComplementConv1D: {filters: 2, kernel_size: 5}\n"
                             "- ReverseComplementPool",
    "small ones": "- StochasticShift: {max_shift: 3}\n- Threshold\n- Scale\n- SplineWeight1D\n"
                  "- PositionEmbedding\n- PositionEncoding",
    "shared": "- Conv1D: {filters: 4, kernel_size: 5, padding: same, name: a}\n- Shared: {of: a}",
}

WHOLE = {
    "recurrent": "- LSTM: {units: 2, return_sequences: true}",
    "both ways": "- Bidirectional: {layer: {GRU: {units: 2, return_sequences: true}}}",
    "attention": "- MultiHeadAttention: {from: [dna, dna], num_heads: 1, key_dim: 2}",
    "softmax over length": "- Softmax: {axis: 1}",
    "norm over length": "- LayerNormalization: {axis: 1}",
    "relative attention": "- RelativeMultiHeadAttention: {num_heads: 1, key_dim: 2, value_dim: 6, "
                          "zero_initialize: false}",
    "summary": "- AttentionSummary: {units: 2}\n- Reshape: {target_shape: [1, 4]}",
    "both directions": "- ReverseComplement\n- Add: {from: [dna, reverse_complement_1], name: c}",
    "different steps": "- FrameSlice: {frames: 2, name: a}\n- MaxPooling1D: {from: dna, name: b}\n"
                       "- Add: {from: [a, b], name: c}",
}


def seen(keras, spec):
    """Return the widest stretch of the input that one output position of a Keras model sees."""
    from dlgenomics.build import build_model

    model = build_model(spec)
    body = keras.Model(model.input, model.get_layer(spec.model.layers[-3].name).output)
    for weights in body.trainable_weights:
        weights.assign(np.abs(weights.numpy()) + 0.1)
    changed_input = np.repeat(np.eye(LENGTH, dtype="float32")[..., None], 4, axis=2)
    plain = body.predict_on_batch(np.zeros((1, LENGTH, 4), "float32"))
    moved = body.predict_on_batch(changed_input)
    changed = np.abs(moved - plain).max(axis=2) > 1e-7  # (input position, output position)
    positions = [np.flatnonzero(column) for column in changed.T]
    return max(p[-1] - p[0] + 1 for p in positions if len(p))


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_receptive_field_is_what_the_network_sees(keras, with_layers, layers):
    spec = parse_spec(with_layers(layers, length=LENGTH))
    assert summarize(spec).layers[-3].receptive_field == seen(keras, spec)


@pytest.mark.parametrize("layers", WHOLE.values(), ids=WHOLE)
def test_layers_that_see_everything_say_so(keras, with_layers, layers):
    spec = parse_spec(with_layers(layers, length=LENGTH))
    assert summarize(spec).layers[-3].receptive_field is None
    assert seen(keras, spec) == LENGTH


def test_flatten_and_the_head_see_everything(with_layers):
    spec = parse_spec(with_layers("- Conv1D: {filters: 1, kernel_size: 3}"))
    assert [row.receptive_field for row in summarize(spec).layers] == [1, 3, None, None]


def test_a_field_as_wide_as_the_input_is_the_whole(with_layers):
    text = "- Conv1D: {{filters: 1, kernel_size: {}, padding: same}}"
    fields = [summarize(parse_spec(with_layers(text.format(k)))).layers[1].receptive_field
              for k in (49, 50, 99)]
    assert fields == [49, None, None]


SMOOTH = [name for name in STACKS if "MaxPooling" not in STACKS[name] and "relu" not in STACKS[name]]


@pytest.mark.parametrize("name", SMOOTH)
def test_receptive_field_is_where_the_gradient_is_not_zero(keras, with_layers, name):
    """The second way: derivatives of each output position by each input position."""
    import tensorflow as tf

    from dlgenomics.build import build_model

    spec = parse_spec(with_layers(STACKS[name], length=LENGTH))
    model = build_model(spec)
    body = keras.Model(model.input, model.get_layer(spec.model.layers[-3].name).output)
    for weights in body.trainable_weights:
        weights.assign(np.abs(weights.numpy()) + 0.1)
    x = tf.Variable(np.random.default_rng(0).uniform(0.5, 1, (1, LENGTH, 4)).astype("float32"))
    with tf.GradientTape() as tape:
        output = tf.reduce_sum(body(x), axis=(0, 2))
    slopes = np.abs(tape.jacobian(output, x)[:, 0]).max(axis=2)  # (output position, input position)
    widths = [np.flatnonzero(row > 1e-9) for row in slopes]
    field = max(w[-1] - w[0] + 1 for w in widths if len(w))
    assert summarize(spec).layers[-3].receptive_field == field
