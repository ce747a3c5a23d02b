"""What a summary says, against numbers from the literature and the models that Keras builds."""

import pytest
from published import BASSET, DANQ, TAL1

from dlgenomics.errors import TooLargeError
from dlgenomics.spec import check_size, parse_spec, summarize


@pytest.mark.parametrize(("text", "parameters", "trainable"), [
    (TAL1, 5_341, 5_341), (BASSET, 4_140_464, 4_135_064), (DANQ, 2_959_923, 2_959_923),
], ids=["dragonn", "basset", "danq"])
def test_parameters_of_published_networks(text, parameters, trainable):
    summary = summarize(parse_spec(text))
    assert (summary.parameters, summary.trainable) == (parameters, trainable)


@pytest.mark.parametrize("text", [TAL1, DANQ], ids=["dragonn", "danq"])
def test_each_row_is_what_keras_builds(keras, text):
    from dlgenomics.build import build_model

    spec = parse_spec(text)
    model = build_model(spec)
    rows = {row.name: row for row in summarize(spec).layers}
    assert set(rows) == {layer.name for layer in model.layers}
    for layer in model.layers:
        row = rows[layer.name]
        assert row.parameters == layer.count_params()
        output = layer.output if not isinstance(layer.output, list) else layer.output[0]
        assert (None, *row.shape) == output.shape


def test_lengths_of_basset_are_those_of_its_paper():
    rows = {row.name: row for row in summarize(parse_spec(BASSET)).layers}
    lengths = [rows[f"{kind}_{i}"].shape[0] for i in (1, 2, 3)
               for kind in ("conv1d", "max_pooling1d")]
    assert lengths == [582, 194, 184, 46, 40, 10]
    assert rows["flatten_1"].shape == (2000,)


def test_a_row_says_what_a_layer_is():
    rows = {row.name: row for row in summarize(parse_spec(DANQ)).layers}
    assert rows["dna"].kind == "Input"
    assert rows["recurrent"].kind == "Bidirectional(LSTM)"
    assert rows["attended"].inputs == ("context", "context")
    assert rows["attended"].shape == (75, 640)
    assert rows["recurrent"].receptive_field is None
    assert rows["max_pooling1d_1"].receptive_field == 38  # 26 + 12
    assert rows["dropout_1"].initializer == ""


def test_a_network_that_is_too_large_is_refused_before_it_is_built():
    spec = parse_spec(TAL1)
    assert check_size(spec, 5_341) == summarize(spec)
    with pytest.raises(TooLargeError) as caught:
        check_size(spec, 5_340)
    assert (caught.value.parameters, caught.value.limit) == (5_341, 5_340)
    assert str(caught.value) == ("a model may have at most 5,340 parameters here. "
                                 "Received: 5,341. Reduce units, filters or length.")
