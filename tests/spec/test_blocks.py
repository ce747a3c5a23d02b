"""`repeat` and `Residual`: the plain layers they stand for, and what is wrong inside them."""

import time

import pytest

from dlgenomics.errors import SpecError
from dlgenomics.spec import parse_spec, spec_to_yaml, summarize
from dlgenomics.spec.parse import spec_warnings


def graph(text):
    """Return (kind, name, inputs) of each layer but the head's two."""
    return [(layer.kind, layer.name, layer.inputs) for layer in parse_spec(text).model.layers[:-2]]


def test_repeat_stands_for_its_layers_again_and_again(with_layers):
    short = with_layers("""
        - repeat:
            times: 3
            layers:
              - Conv1D: {filters: 4, kernel_size: 3, name: conv}
              - ReLU
        """)
    assert graph(short) == [
        ("Conv1D", "conv_1", ("dna",)), ("ReLU", "relu_1", ("conv_1",)),
        ("Conv1D", "conv_2", ("relu_1",)), ("ReLU", "relu_2", ("conv_2",)),
        ("Conv1D", "conv_3", ("relu_2",)), ("ReLU", "relu_3", ("conv_3",)),
    ]


def test_repeat_is_the_long_form(with_layers):
    layer = "- Conv1D: {filters: 4, kernel_size: 3, activation: relu}\n- Dropout: {rate: 0.1}\n"
    inside = "".join(f"    {line}\n" for line in layer.splitlines())
    short = with_layers(f"- repeat:\n    times: 4\n    layers:\n{inside}")
    assert parse_spec(short) == parse_spec(with_layers(layer * 4))


def test_residual_adds_the_blocks_input_to_its_output(with_layers):
    short = with_layers("""
        - Conv1D: {filters: 4, kernel_size: 3, name: stem}
        - Residual:
            layers:
              - Conv1D: {filters: 4, kernel_size: 5, padding: same}
              - BatchNormalization
        - Residual: {from: stem, name: joined, layers: [{Multiply: {from: [add_1, stem]}}]}
        """)
    assert graph(short) == [
        ("Conv1D", "stem", ("dna",)),
        ("Conv1D", "conv1d_1", ("stem",)),
        ("BatchNormalization", "batch_normalization_1", ("conv1d_1",)),
        ("Add", "add_1", ("stem", "batch_normalization_1")),
        ("Multiply", "multiply_1", ("add_1", "stem")),
        ("Add", "joined", ("stem", "multiply_1")),
    ]


NESTED = """
    - Conv1D: {filters: 4, kernel_size: 3, name: stem}
    - repeat:
        times: 2
        layers:
          - repeat:
              times: 2
              layers:
                - Residual:
                    name: sum
                    layers:
                      - Dense: {units: 4, name: inner}
                      - Residual: {layers: [{Dense: {units: 4, from: inner}}]}
          - Add: {from: [stem, sum_2], name: outer}
    """


def test_blocks_nest_and_each_copy_has_its_own_names(with_layers):
    text = with_layers(NESTED)
    found = graph(text)
    names = [name for _, name, _ in found]
    assert [n for n in names if n.startswith(("sum", "inner", "outer"))] == [
        "inner_1_1", "sum_1_1", "inner_2_1", "sum_2_1", "outer_1",
        "inner_1_2", "sum_1_2", "inner_2_2", "sum_2_2", "outer_2",
    ]
    by_name = {name: inputs for _, name, inputs in found}
    assert by_name["inner_1_2"] == ("outer_1",)
    assert by_name["inner_2_2"] == ("sum_1_2",)
    assert by_name["outer_2"] == ("stem", "sum_2_2")
    assert by_name["sum_1_2"] == ("outer_1", "add_3")


def test_a_resolved_spec_holds_plain_layers(with_layers):
    spec = parse_spec(with_layers("""
        - repeat:
            times: 2
            layers:
              - Residual: {layers: [{Conv1D: {filters: 4, kernel_size: 3, padding: same}}]}
        """))
    text = spec_to_yaml(spec)
    assert "repeat" not in text
    assert "Residual" not in text
    assert parse_spec(text) == spec
    assert summarize(spec).layers[-3].receptive_field == 5  # two of width 3


REFUSED = [
    ("- Residual: §5", "Residual takes its arguments as a mapping. Received: 5. "
     "Write Residual: {argument: value}."),
    ("- §Residual: {}", "Residual needs the argument 'layers'. Received: none."),
    ("- Residual: {layers: §[]}", "layers must be a list of at least one layer. "
     "Received: a list of 0."),
    ("- Residual: {layers: §ReLU}", "layers must be a list of at least one layer. "
     "Received: the text 'ReLU'."),
    ("- Residual: {layers: [ReLU], §§units: 3}", "Residual has no argument 'units'. "
     "It has: layers."),
    ("- Residual: {layers: [ReLU], §from: [dna, dna]}", "Residual needs 1 input as "
     "'from: name'. Received: 2."),
    ("- Residual: {layers: [ReLU], from: §dan}", "'from' must name an input or a layer above. "
     "Received: 'dan'. Did you mean 'dna'?"),
    ("- Residual: {layers: [ReLU], name: §no-name}", "name must be a text of letters, digits and "
     "underscores that starts with a letter. Received: the text 'no-name'."),
    ("- §residual: {layers: [ReLU]}", "a layer must be one that specs may use. "
     "Received: 'residual'. Did you mean 'Residual'?"),
    ("- §repeat: {layers: [ReLU]}", "repeat needs the argument 'times'. Received: none."),
    ("- repeat: {times: §0, layers: [ReLU]}", "times must be a whole number of at least 1. "
     "Received: 0."),
    ("- repeat: {times: §1001, layers: [ReLU]}", "times must be a whole number of at most 1,000. "
     "Received: 1001."),
    ("- repeat: {times: 2, layers: [ReLU], §from: dna}", "repeat has no argument 'from'. "
     "It has: times, layers."),
    ("- repeat: {times: 3, layers: [{Conv1D: {filters: §none, kernel_size: 3}}]}",
     "filters must be a whole number of at least 1. Received: the text 'none'."),
    ("- repeat: {times: 3, layers: [{§Conv1d: {name: x}}, {Add: {from: [x, dna]}}]}",
     "a layer must be one that specs may use. Received: 'Conv1d'. Did you mean 'Conv1D'?"),
    ("- repeat: {times: 20, layers: [{§Conv1D: {filters: 4, kernel_size: 9}}]}",
     "Conv1D cannot follow shape (None, 2, 4): its window of 9 is wider than the 2 positions "
     "there are."),
    ("- §Residual: {layers: [{Conv1D: {filters: 3, kernel_size: 5}}]}",
     "Residual adds its input to its output, so both must have the same shape. Received: input "
     "(None, 50, 4) and output (None, 46, 3). Use padding: same, and as many filters or units as "
     "channels come in."),
    ("- §Residual: {layers: [{Dense: {units: 1}}]}",  # a plain Add would broadcast
     "Residual adds its input to its output, so both must have the same shape. Received: input "
     "(None, 50, 4) and output (None, 50, 1). Use padding: same, and as many filters or units as "
     "channels come in."),
    ("- repeat: {times: 1000, layers: [§ReLU, Identity]}", "a model may have at most 1,000 layers, "
     "those made by 'repeat' included. Received: more. Repeat fewer times."),
    ("- repeat: {times: 2, layers: [{ReLU: {name: x}}]}\n- Dense: {units: 2, from: §x}",
     "'from' must name an input or a layer above. Received: 'x'. Repeated layers have a number: the last "
     "one is 'x_2'."),
    ("- ReLU: {name: x_2}\n- repeat: {times: 3, layers: [{ReLU: {name: §x}}]}",
     "a layer's name must be its own. Received: 'x_2' again."),
]


@pytest.mark.parametrize(("layers", "message"), REFUSED)
def test_what_is_wrong_has_its_place(with_layers, refusals, places, layers, message):
    marked = with_layers(layers.replace("§§", "§"))
    messages, at = refusals(marked)
    assert (messages, at) == ([message], places(marked))


def test_repeats_within_repeats_stop_at_the_bound(with_layers):
    inner = "[ReLU]"
    for _ in range(8):
        inner = f"[{{repeat: {{times: 1000, layers: {inner}}}}}]"
    with pytest.raises(SpecError, match="at most 1,000 layers"):
        parse_spec(with_layers(f"- repeat: {{times: 1000, layers: {inner}}}"))


def test_many_wrong_names_in_many_copies_take_seconds_at_most(with_layers):
    wrong = ", ".join(["dan"] * 900)
    started = time.process_time()
    with pytest.raises(SpecError, match="Did you mean 'dna'"):
        parse_spec(with_layers(f"- repeat: {{times: 400, layers: [ReLU, {{Add: {{from: [{wrong}]}}}}]}}"))
    assert time.process_time() - started < 60  # hours without a bound on near matches


def test_connections_have_a_bound(with_layers, refusals, places):
    names = ", ".join(["dna"] * 900)
    text = with_layers("- repeat: {times: 400, layers: [{Add: {from: [" + names + "]}}]}")
    started = time.process_time()
    messages, _ = refusals(text)
    assert messages == ["a model may have at most 20,000 connections, those made by 'repeat' "
                        "included. Received: more. Repeat fewer times."]
    assert time.process_time() - started < 5


def test_many_connections_below_the_bound_are_read(with_layers):
    names = ", ".join(["dna"] * 900)
    text = with_layers("- repeat: {times: 22, layers: [{Add: {from: [" + names + "], name: x}}]}\n"
                       "- Add: {from: [" + ", ".join(f"x_{i}" for i in range(1, 23)) + "]}")
    layers = parse_spec(text).model.layers
    assert sum(len(layer.inputs) for layer in layers) == 22 * 900 + 22 + 2


def test_a_thousand_layers_are_read(with_layers):
    text = with_layers("- repeat: {times: 998, layers: [ReLU]}")
    assert len(parse_spec(text).model.layers) == 1000
    with pytest.raises(SpecError, match="at most 1,000 layers"):
        parse_spec(text.replace("998", "999"))


def test_a_repeated_layer_is_warned_about_once(with_layers):
    text = with_layers("- repeat: {times: 3, layers: [{Dense: {units: 4, activation: tanh, "
                       "kernel_initializer: he_normal}}]}")
    assert len(spec_warnings(text)) == 1


def test_blocks_build(keras, with_layers):
    from dlgenomics.build import build_model

    spec = parse_spec(with_layers(NESTED))
    model = build_model(spec)
    assert model.count_params() == summarize(spec).parameters
