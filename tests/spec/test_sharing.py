"""`Shared`, `Siamese` and `ReverseComplementAverage`: one set of weights on several inputs."""

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dlgenomics.errors import SpecError
from dlgenomics.spec import parse_spec, spec_to_yaml, summarize

ONE = """\
spec: 1
name: one
task: binary_classification
data:
  inputs:
    dna: {kind: dna, length: 12}
  targets:
    bound: {column: bound}
"""

TWO = """\
spec: 1
name: two
task: binary_classification
data:
  inputs:
    ref: {kind: dna, length: 30}
    alt: {kind: dna, length: 30}
  targets:
    effect: {column: effect}
model:
  layers:
    - Conv1D: {filters: 3, kernel_size: 5, activation: relu, from: ref, name: scan}
    - GlobalMaxPooling1D: {name: best}
    - Shared: {of: scan, from: alt, name: scan_alt}
    - Shared: {of: best, name: best_alt}
    - Subtract: {from: [best_alt, best]}
    - Dense: {units: 1, name: effect}
"""

SIAMESE = TWO.split("    - Conv1D", maxsplit=1)[0] + """\
    - Siamese:
        from: [ref, alt]
        merge: Subtract
        layers:
          - Conv1D: {filters: 3, kernel_size: 5, activation: relu, name: scan}
          - GlobalMaxPooling1D: {name: best}
    - Dense: {units: 1, name: effect}
"""

STRANDS = """
    - ReverseComplementAverage:
        name: both
        layers:
          - Conv1D: {filters: 4, kernel_size: 5, activation: relu}
          - BatchNormalization
          - GlobalMaxPooling1D
          - Dense: {units: 2, activation: sigmoid, name: score}
    """


def rows(text):
    return {row.name: row for row in summarize(parse_spec(text)).layers}


def strand_of(x):
    return x[:, ::-1, ::-1]


def one_hot(rng, length, count=3):
    return np.eye(4, dtype="float32")[rng.integers(0, 4, (count, length))]


def test_a_shared_layer_is_the_same_layer_again():
    scan, again = parse_spec(TWO).model.layers[0], parse_spec(TWO).model.layers[2]
    assert (again.kind, again.inputs, again.shares) == ("Conv1D", ("alt",), "scan")
    assert again.arguments == scan.arguments
    assert again.arguments["kernel_initializer"].name == "HeNormal"


def test_weights_are_counted_once_and_the_summary_says_whose_they_are():
    found = rows(TWO)
    assert (found["scan"].parameters, found["scan_alt"].parameters) == (63, 0)
    assert found["scan_alt"].kind == "Shared(scan)"
    assert found["scan_alt"].initializer == ""
    assert found["scan_alt"].receptive_field == found["scan"].receptive_field == 5
    assert found["scan_alt"].shape == (26, 3)


def test_a_shared_layer_of_a_shared_layer_has_the_first_ones_weights():
    text = TWO.replace("of: best,", "of: best_alt, from: scan_alt,").replace(
        "    - Shared: {of: best_alt", "    - Shared: {of: best, name: best_alt, from: scan}\n"
        "    - Shared: {of: best_alt").replace("name: best_alt}\n    - Sub", "name: last}\n    - Sub"
        ).replace("[best_alt, best]", "[last, best_alt, best]").replace("Subtract", "Add")
    layers = parse_spec(text).model.layers
    assert [layer.shares for layer in layers if layer.shares] == ["scan", "best", "best"]


@pytest.mark.parametrize(("text", "shared"), [(TWO, 2), (SIAMESE, 1)], ids=["Shared", "Siamese"])
def test_shared_layers_survive_writing_and_reading(text, shared):
    spec = parse_spec(text)
    written = spec_to_yaml(spec)
    assert "Siamese" not in written
    assert written.count("Shared") == shared
    assert parse_spec(written) == spec
    assert spec_to_yaml(parse_spec(written)) == written


def test_siamese_stands_for_shared_layers_and_their_merger():
    graph = [(layer.kind, layer.name, layer.inputs, layer.shares)
             for layer in parse_spec(SIAMESE).model.layers]
    assert graph == [
        ("Conv1D", "scan", ("ref",), None),
        ("GlobalMaxPooling1D", "best", ("scan",), None),
        ("Conv1D", "scan_branch2", ("alt",), "scan"),
        ("GlobalMaxPooling1D", "best_branch2", ("scan_branch2",), None),  # nothing to share
        ("Subtract", "subtract_1", ("best", "best_branch2"), None),
        ("Dense", "effect", ("subtract_1",), None),
    ]


def test_branches_may_follow_several_layers_each():
    text = SIAMESE.replace("merge: Subtract", "merge: Average").replace(
        "from: [ref, alt]", "from: [[ref, alt], [alt, ref]]").replace(
        "          - Conv1D: {", "          - Concatenate\n          - Conv1D: {from: ref, name: side, "
        "filters: 3, kernel_size: 1}\n          - Conv1D: {from: concatenate_1, ")
    text = text.replace("          - Global", "          - Concatenate: {axis: 1, from: [scan, side]}\n          - Global")
    graph = {layer.name: layer.inputs for layer in parse_spec(text).model.layers}
    assert graph["concatenate_1"] == ("ref", "alt")
    assert graph["concatenate_1_branch2"] == ("alt", "ref")
    assert graph["side_branch2"] == ("alt",)
    assert graph["concatenate_2_branch2"] == ("scan_branch2", "side_branch2")


def test_the_network_has_one_set_of_weights(keras):
    from dlgenomics.build import build_model

    spec = parse_spec(TWO)
    model = build_model(spec)
    assert model.count_params() == summarize(spec).parameters == 67
    x = one_hot(np.random.default_rng(0), 30)
    inner = keras.Model(model.inputs, [model.get_layer(n).output for n in ("best", "best_alt")])
    first, second = inner({"ref": x, "alt": x})
    np.testing.assert_array_equal(first, second)
    first, second = inner({"ref": x, "alt": strand_of(x)})
    assert np.abs(np.asarray(first) - np.asarray(second)).max() > 0


def test_siamese_is_what_shared_writes_out(keras):
    from dlgenomics.build import build_model

    x, y = (one_hot(np.random.default_rng(i), 30) for i in (1, 2))
    text = TWO.replace("[best_alt, best]", "[best, best_alt]")
    found = [np.asarray(build_model(parse_spec(t))({"ref": x, "alt": y})) for t in (text, SIAMESE)]
    np.testing.assert_array_equal(*found)


def test_both_strands_give_one_prediction(keras, with_layers):
    from dlgenomics.build import build_model

    spec = parse_spec(with_layers(STRANDS, head="- Dense: {units: 1, name: bound}\n"))
    assert spec == parse_spec(spec_to_yaml(spec))
    model = build_model(spec)
    assert model.count_params() == summarize(spec).parameters
    x = one_hot(np.random.default_rng(3), 50)
    np.testing.assert_allclose(model(x), model(strand_of(x)), rtol=1e-6)
    single = keras.Model(model.input, model.get_layer("score").output)
    both = keras.Model(model.input, model.get_layer("both").output)
    expected = (np.asarray(single(x)) + np.asarray(single(strand_of(x)))) / 2
    np.testing.assert_allclose(both(x), expected, rtol=1e-6)


def test_outputs_along_the_sequence_are_realigned(keras, with_layers):
    from dlgenomics.build import build_model

    spec = parse_spec(with_layers("""
        - ReverseComplementAverage:
            name: both
            realign: true
            layers: [{Conv1D: {filters: 2, kernel_size: 5, name: score}}]
        """))
    model = build_model(spec)
    x = one_hot(np.random.default_rng(4), 50)
    single, both = (keras.Model(model.input, model.get_layer(n).output) for n in ("score", "both"))
    expected = (np.asarray(single(x)) + np.asarray(single(strand_of(x)))[:, ::-1]) / 2
    np.testing.assert_allclose(both(x), expected, rtol=1e-5, atol=1e-6)
    assert parse_spec(spec_to_yaml(spec)) == spec
    assert rows(spec_to_yaml(spec))["both"].receptive_field == 5


def test_blocks_that_share_nest_in_repeat(with_layers, keras):
    from dlgenomics.build import build_model

    spec = parse_spec(with_layers("""
        - Conv1D: {filters: 4, kernel_size: 1, name: stem}
        - repeat:
            times: 2
            layers:
              - Dense: {units: 4, name: one}
              - Shared: {of: one, name: two}
              - Residual: {layers: [{Shared: {of: one}}, {Shared: {of: stem}}]}
        - ReverseComplementAverage: {layers: [{Siamese: {from: [add_2, stem], layers: [Dense: {units: 3}]}}]}
        """))
    assert parse_spec(spec_to_yaml(spec)) == spec
    assert build_model(spec).count_params() == summarize(spec).parameters
    shares = {layer.name: layer.shares for layer in spec.model.layers if layer.shares}
    assert (shares["two_1"], shares["two_2"]) == ("one_1", "one_2")
    assert shares["dense_1_branch2_rc"] == "dense_1"


def test_a_shared_layer_may_be_an_output(keras):
    from dlgenomics.build import build_model

    text = TWO.split("    - Subtract", maxsplit=1)[0].replace(
        "    effect: {column: effect}", "    effect: {column: effect}\n    other: {column: other}"
    ) + """\
    - Dense: {units: 1, from: best, name: effect}
    - Shared: {of: effect, from: best_alt, name: other}
  outputs: [effect, other]
"""
    spec = parse_spec(text)
    assert spec.model.layers[-1].arguments["activation"] == "sigmoid"
    model = build_model(spec)
    x = one_hot(np.random.default_rng(5), 30)
    found = model({"ref": x, "alt": x})
    np.testing.assert_array_equal(found["effect"], found["other"])


REFUSED = [
    ("- §Shared: {from: dna}", "Shared needs the argument 'of'. Received: none."),
    ("- Shared: {of: §dan}", "'of' must name an input or a layer above. Received: 'dan'. "
     "Did you mean 'dna'?"),
    ("- Shared: {of: §dna}", "'of' must name a layer above. Received: the input 'dna'."),
    ("- Shared: {of: §3}", "of must be a text. Received: 3."),
    ("- ReLU: {name: a}\n- Shared: {of: a, §units: 3}", "Shared has no argument 'units'. "
     "It has: of."),
    ("- Dense: {units: 3, name: a}\n- §Shared: {of: a}",
     "Dense cannot follow shape (None, 50, 3): it has the weights of 'a', which follows "
     "(None, 50, 4)."),
    ("- PositionEmbedding: {name: a}\n- Cropping1D\n- §Shared: {of: a}",
     "PositionEmbedding cannot follow shape (None, 48, 4): it has the weights of 'a', which "
     "follows (None, 50, 4)."),
    ("- Siamese: {§from: dna, layers: [ReLU]}", "Siamese needs at least 2 inputs as 'from: [...]', "
     "each a name or a list of as many names as the others. Received: 1."),
    ("- Siamese: §{layers: [ReLU]}", "Siamese needs at least 2 inputs as 'from: [...]', "
     "each a name or a list of as many names as the others. Received: none."),
    ("- Siamese: {§from: [dna, [dna, dna]], layers: [ReLU]}", "Siamese needs at least 2 inputs as "
     "'from: [...]', each a name or a list of as many names as the others. Received: 2, some with "
     "2 names."),
    ("- Siamese: {from: [dna, §dan], layers: [ReLU]}", "'from' must name an input or a layer "
     "above. Received: 'dan'. Did you mean 'dna'?"),
    ("- Siamese: {from: [dna, dna], merge: §Mean, layers: [ReLU]}", "merge must be one of "
     "Concatenate, Add, Average, Maximum, Minimum, Multiply, Subtract. Received: the text 'Mean'."),
    ("- Siamese: {from: [dna, dna, dna], merge: §Subtract, layers: [ReLU]}", "Subtract merges 2 "
     "branches. Received: 3. Use another merge."),
    ("- ReverseComplementAverage: {§from: [dna, dna], layers: [ReLU]}",
     "ReverseComplementAverage needs 1 input as 'from: name'. Received: 2."),
    ("- ReverseComplementAverage: {realign: §yes please, layers: [ReLU]}",
     "realign must be true or false. Received: the text 'yes please'."),
    ("- Flatten\n- §ReverseComplementAverage: {layers: [ReLU]}", "ReverseComplement cannot follow "
     "shape (None, 200): it needs (length, channels) behind the batch axis."),
]


@pytest.mark.parametrize(("layers", "message"), REFUSED)
def test_what_is_wrong_has_its_place(with_layers, refusals, places, layers, message):
    marked = with_layers(layers)
    messages, at = refusals(marked)
    assert (messages, at) == ([message], places(marked))


def test_copies_count_as_layers(with_layers):
    many = ", ".join(["dna"] * 500)
    with pytest.raises(SpecError, match="at most 1,000 layers"):
        parse_spec(with_layers(f"- Siamese: {{from: [{many}], layers: [ReLU, ReLU]}}"))


def test_the_task_chooses_the_activation_of_what_is_averaged(with_layers):
    block = "- ReverseComplementAverage: {layers: [Flatten, {Dense: {units: 1}}], name: bound}\n"
    layers = parse_spec(with_layers(block, head="")).model.layers
    assert [layer.kind for layer in layers].count("Dense") == 2
    assert {layer.arguments["activation"] for layer in layers if layer.kind == "Dense"} == {
        "sigmoid"}
    wrong = with_layers(block.replace("units: 1", "units: 1, activation: relu"), head="")
    with pytest.raises(SpecError, match="must have activation sigmoid"):
        parse_spec(wrong)


NAMES = st.sampled_from(["dna", "a", "b", "a_1", "relu_1", "x-y", None, 5, [], {}, ["dna", "a"],
                         [["dna"], ["a"]], [["dna", "a"], ["b", "b"]], True])
PLACE = {"from": NAMES, "name": st.sampled_from(["a", "b", "x-y", 5])}
PLAIN = st.one_of(
    st.sampled_from(["ReLU", "Add", "Shared", "Siamese", "repeat", None, 5, {}]),
    st.builds(lambda kind, place: {kind: place}, st.sampled_from(["ReLU", "Add", "Flatten", "FrameSlice"]),
              st.fixed_dictionaries({}, optional=PLACE)),
    st.builds(lambda place: {"Dense": {"units": 4, **place}},
              st.fixed_dictionaries({}, optional=PLACE)),
    st.builds(lambda place: {"Shared": place},
              st.fixed_dictionaries({}, optional={**PLACE, "of": NAMES})),
)
ENTRIES = st.recursive(PLAIN, lambda inner: st.builds(
    lambda kind, body: {kind: body},
    st.sampled_from(["Siamese", "ReverseComplementAverage", "Residual", "repeat"]),
    st.fixed_dictionaries({"layers": st.lists(inner, max_size=3)}, optional={
        **PLACE, "times": st.integers(0, 3), "merge": st.sampled_from(["Add", "Subtract", "No"]),
        "realign": st.booleans()}),
), max_leaves=8)


@settings(max_examples=200)
@given(st.lists(ENTRIES, max_size=5), st.booleans())
def test_no_list_of_blocks_makes_the_reader_fail(entries, head):
    ending = ["Flatten", {"Dense": {"units": 1, "name": "bound"}}] if head else []
    text = ONE + yaml.safe_dump({"model": {"layers": entries + ending}})
    try:
        spec = parse_spec(text)
    except SpecError:
        return  # any other exception fails the test
    assert parse_spec(spec_to_yaml(spec)) == spec
