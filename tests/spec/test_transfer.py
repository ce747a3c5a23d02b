"""Initial weights, frozen layers and packaged models as blocks, as a spec says them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics.errors import ModelNotFoundError, SpecError
from dlgenomics.spec import Spec, parse_spec, spec_to_yaml, summarize
from dlgenomics.spec.packaged import Packaged
from dlgenomics.spec.transfer import assigned_layers, frozen_layers, without_folders
from tiny import TINY_SPEC

SHA = "ab" * 32


def packages(**texts: str) -> Callable[[str], Packaged]:
    """Return what finds packaged models with these specs by name."""
    def find(name: str) -> Packaged:
        if name not in texts:
            raise ModelNotFoundError(name, list(texts))
        return Packaged(parse_spec(texts[name]), SHA)
    return find


def with_training(lines: str) -> str:
    return TINY_SPEC.replace("  seed: 3\n", "  seed: 3\n" + textwrap.indent(lines, "  "))


def with_layers(layers: str) -> str:
    before, _, rest = TINY_SPEC.partition("    - Conv1D")
    after = rest.partition("training:")[2]
    return f"{before}{textwrap.indent(textwrap.dedent(layers).strip(), '    ')}\ntraining:{after}"


BLOCK = """
- Package: {model: tiny, output: global_max_pooling1d_1, name: trunk}
- Dense: {units: 3, activation: relu}
- Dense: {units: 1}
"""


def layer(spec: Spec, name: str):
    return next(one for one in spec.model.layers if one.name == name)


def complaints(text: str, find=None) -> list[str]:
    with pytest.raises(SpecError) as caught:
        parse_spec(text, "a.yaml", find)
    return [f"{p.line}:{p.column}: {p.message}" for p in caught.value.problems]


def test_frozen_layers_are_not_counted_as_trained() -> None:
    spec = parse_spec(with_training("freeze: [conv*]\n"))
    summary = summarize(spec)
    assert frozen_layers(spec) == {"conv1d_1"}
    # 9*4*6 + 6 = 222 of the convolution, 6 + 1 of the head
    assert (summary.parameters, summary.trainable) == (229, 7)
    assert parse_spec(spec_to_yaml(spec)) == spec


@pytest.mark.parametrize(("lines", "message"), [
    ("freeze: [cov1d_1]\n", "freeze must name layers that have weights of their own, or a pattern "
     "of such names. Received: 'cov1d_1'. Did you mean 'conv1d_1'?"),
    ("freeze: [dropout_1]\n", "freeze must name layers that have weights of their own, or a "
     "pattern of such names. Received: 'dropout_1'."),
    ("freeze: ['*']\n", "training must have a layer to train. Received: every layer with weights "
     "is frozen. Freeze fewer, or add a layer."),
    ("freeze: conv1d_1\n", "training.freeze must be a list. Received: the text 'conv1d_1'."),
    ("pretrained: {from: x, exept: [bound]}\n",
     "training.pretrained has no key 'exept'. Did you mean 'except'?"),
    ("pretrained: {except: [bound]}\n",
     "training.pretrained needs the key 'from'. Received: none."),
    ("pretrained: {from: x, layers: [conv2d_*]}\n", "layers must name layers that have weights of "
     "their own, or a pattern of such names. Received: 'conv2d_*'. Did you mean 'conv1d_1'?"),
    ("pretrained: [x, y]\n", "a layer takes weights from one model. Received: 'conv1d_1' from 'x' "
     "and 'y'. Name it in the 'layers' of one."),
    ("pretrained: x\nsearch: {objective: val_loss, space: {training.batch_size: [8, 16]}}\n",
     "a search starts its trials from fresh weights. Received: a spec that takes weights from a "
     "packaged model. Search without it, then train the best spec with it."),
    ("pretrained: {from: x, sha256: 12}\n",
     "training.pretrained.sha256 must be a text. Received: 12."),
])
def test_what_is_refused(lines: str, message: str) -> None:
    training, mark, search = lines.partition("search:")
    found = complaints(f"{with_training(training)}{mark}{search}")
    assert [one.partition(": ")[2] for one in found] == [message]


def test_trainable_at_a_layer_is_sent_to_freeze() -> None:
    text = TINY_SPEC.replace("units: 1}", "units: 1, trainable: false}")
    assert "Dense has no argument 'trainable'. Name the layer in training.freeze." in (
        complaints(text)[0])


def test_a_name_alone_takes_all_that_fits_and_except_leaves_out() -> None:
    assert assigned_layers(parse_spec(with_training("pretrained: x\n"))) == [
        {"conv1d_1": "conv1d_1", "bound": "bound"}]
    spec = parse_spec(with_training("pretrained: {from: x, except: [bo*]}\n"))
    assert assigned_layers(spec) == [{"conv1d_1": "conv1d_1"}]
    assert parse_spec(spec_to_yaml(spec)) == spec


def test_layers_may_be_mapped_to_other_names_and_the_rest_comes_from_another_model() -> None:
    spec = parse_spec(with_training(
        "pretrained: [{from: x, layers: {conv1d_1: motifs}}, y]\n"))
    assert assigned_layers(spec) == [{"conv1d_1": "motifs"}, {"bound": "bound"}]


def test_folders_of_the_machine_do_not_go_into_a_package() -> None:
    spec = without_folders(parse_spec(with_training("pretrained: /home/me/models/tiny\n")))
    assert spec.training.pretrained[0].model == "tiny"
    named = without_folders(parse_spec(with_training("pretrained: lab/tiny\n")))
    assert named.training.pretrained[0].model == "lab/tiny"


def test_a_package_becomes_layers_with_its_name_before_theirs() -> None:
    spec = parse_spec(with_layers(BLOCK), packages=packages(tiny=TINY_SPEC))
    assert [(one.kind, one.name, one.inputs) for one in spec.model.layers] == [
        ("Conv1D", "trunk_conv1d_1", ("dna",)),
        ("Dropout", "trunk_dropout_1", ("trunk_conv1d_1",)),
        ("GlobalMaxPooling1D", "trunk", ("trunk_dropout_1",)),
        ("Dense", "dense_1", ("trunk",)),
        ("Dense", "bound", ("dense_1",)),
    ]
    assert frozen_layers(spec) == {"trunk_conv1d_1"}
    (entry,) = spec.training.pretrained
    assert (entry.model, entry.sha256) == ("tiny", SHA)
    assert entry.layers == {"trunk_conv1d_1": "conv1d_1"}
    # 222 frozen, 6*3 + 3 and 3 + 1 trained
    summary = summarize(spec)
    assert (summary.parameters, summary.trainable) == (247, 25)
    assert summary.layers[1].initializer == "from tiny"


def test_the_resolved_spec_needs_no_other_package() -> None:
    spec = parse_spec(with_layers(BLOCK), packages=packages(tiny=TINY_SPEC))
    assert "Package" not in spec_to_yaml(spec)
    assert parse_spec(spec_to_yaml(spec)) == spec


def test_a_trainable_package_is_not_frozen_and_may_be_the_head() -> None:
    spec = parse_spec(with_layers("- Package: {model: tiny, trainable: true}"),
                      packages=packages(tiny=TINY_SPEC))
    assert frozen_layers(spec) == frozenset()
    assert spec.model.outputs == ("bound",)
    assert spec.training.pretrained[0].layers == {
        "package_1_conv1d_1": "conv1d_1", "bound": "bound"}


def test_two_packages_feed_one_layer_and_repeat_numbers_them() -> None:
    spec = parse_spec(with_layers("""
        - repeat:
            times: 2
            layers:
              - Package: {model: tiny, from: dna, output: global_max_pooling1d_1, name: side}
        - Concatenate: {from: [side_1, side_2]}
        - Dense: {units: 1}
        """), packages=packages(tiny=TINY_SPEC))
    assert layer(spec, "concatenate_1").inputs == ("side_1", "side_2")
    assert frozen_layers(spec) == {"side_1_conv1d_1", "side_2_conv1d_1"}


def test_both_strands_share_a_packages_weights() -> None:
    spec = parse_spec(with_layers("""
        - ReverseComplementAverage: {layers: [Package: {model: tiny, trainable: true}]}
        - Activation: {activation: sigmoid}
        """), packages=packages(tiny=TINY_SPEC))
    again = layer(spec, "package_1_rc")
    assert again.shares == "package_1"
    assert set(spec.training.pretrained[0].layers) == {"package_1_conv1d_1", "package_1"}


SHARED = with_layers("""
- Conv1D: {filters: 2, kernel_size: 3, name: first}
- Shared: {of: first, from: dna, name: second}
- Add: {from: [first, second]}
- GlobalMaxPooling1D
- Dense: {units: 1}
""")


def test_the_first_that_is_taken_owns_shared_weights() -> None:
    spec = parse_spec(with_layers("""
        - Package: {model: shared, output: second, name: cut}
        - GlobalMaxPooling1D
        - Dense: {units: 1}
        """), packages=packages(shared=SHARED))
    assert (layer(spec, "cut").kind, layer(spec, "cut").shares) == ("Conv1D", None)
    assert spec.training.pretrained[0].layers == {"cut": "first"}


CYCLIC = with_layers("- Package: {model: tiny}")


@pytest.mark.parametrize(("layers", "message"), [
    ("- Package: {model: tinny}\n- Dense: {units: 1}",
     "a model is a name that `dlg ls` lists, or a folder with a model.yaml (of a language model: a "
     "config.json). "
     "Received: 'tinny'. Did you mean 'tiny'?"),
    ("- Package: {model: tiny, output: global_max}\n- Dense: {units: 1}",
     "'output' must be a layer of 'tiny'. Received: 'global_max'. "
     "Did you mean 'global_max_pooling1d_1'?"),
    ("- Conv1D: {filters: 2, kernel_size: 3, name: c}\n- Package: {model: tiny, from: [c, dna]}",
     "Package needs 1 input as 'from: name'. Received: 2."),
    ("- GlobalMaxPooling1D\n- Package: {model: tiny}",
     "Conv1D cannot follow shape (None, 4): it needs (length, channels) behind the batch axis."),
    ("- Package: {model: quarter}", "'quarter' must be fed with what it was trained on, n quarter. "
     "Received: 'dna' with n zeros. Declare the input as its package does."),
    ("- Package: {model: tiny, frozen: true}",
     "Package has no argument 'frozen'. It has: model, output, trainable."),
    ("- Package: {output: bound}", "Package needs the argument 'model'. Received: none."),
    ("- Package: {model: cyclic}", "a packaged model must have a valid spec. Received: 'cyclic', "
     "where <spec>:17:24: a Package needs the packaged model, which knows its layers. Received: "
     "'tiny', and nowhere to look it up. Read the spec with `dlg`, or with packages=."),
])
def test_packages_that_do_not_fit_are_refused(layers: str, message: str) -> None:
    find = packages(tiny=TINY_SPEC, quarter=TINY_SPEC.replace("length: 60", "length: 60, n: quarter"),
                    cyclic=CYCLIC)
    found = complaints(with_layers(layers), find)
    assert message in [one.partition(": ")[2] for one in found]


def test_a_spec_can_be_read_without_packages_and_says_what_it_lacks() -> None:
    (found,) = complaints(with_layers(BLOCK))
    assert found == ("17:24: a Package needs the packaged model, which knows its layers. "
                     "Received: 'tiny', and nowhere to look it up. Read the spec with `dlg`, or "
                     "with packages=.")


NUMBERS = TINY_SPEC.replace(
    "dna: {kind: dna, length: 60}", "dna: {kind: numeric, columns: [gc, cpg], scale: standard}"
).replace("fasta: sequences.fa.gz, labels", "table").replace(
    "    - Conv1D: {filters: 6, kernel_size: 9, activation: relu}\n", "").replace(
    "    - GlobalMaxPooling1D\n", "").replace(
    "  augment:\n    - reverse_complement: {probability: 0.5}\n", "")
FITTED = NUMBERS.replace(
    "scale: standard", "scale: standard, fitted: {center: [1.0, 2.0], spread: [1.0, 3.0]}")


def test_numbers_must_be_scaled_as_the_packaged_model_had_them() -> None:
    find = packages(numbers=FITTED)
    text = "    - Package: {model: numbers, trainable: true}\ntraining: {}\n"
    fitted = FITTED.partition("    - Dropout")[0] + text
    assert parse_spec(fitted, packages=find).model.layers
    (found,) = complaints(NUMBERS.partition("    - Dropout")[0] + text, find)
    assert re.search(r"'numbers' must be fed with what it was trained on, fitted .*1\.0, 2\.0.*"
                     r"Received: 'dna' with fitted none\. Declare the input as its package does",
                     found)


def test_several_outputs_need_a_choice() -> None:
    text = TINY_SPEC.replace("    bound: {column: bound}", "    bound: {column: bound}\n"
                             "    other: {column: other}").replace(
        "- Dense: {units: 1}", "- Dense: {units: 1, name: bound}\n"
        "    - Dense: {units: 1, from: global_max_pooling1d_1, name: other}").replace(
        "training:", "  outputs: [bound, other]\ntraining:")
    find = packages(two=text)
    (found,) = complaints(with_layers("- Package: {model: two}"), find)
    assert found.endswith("Package needs 'output', one of 'two''s layers, as the model has several "
                          "outputs: bound, other. Received: none.")
    assert parse_spec(with_layers("- Package: {model: two, output: other, trainable: true}"),
                      packages=find).model.outputs == ("bound",)


def test_what_the_readme_shows_is_valid() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text()
    section = text.partition("## Start from a trained model\n")[2]
    block, start = re.findall(r"```yaml\n(.*?)```", section, re.S)[:2]
    head = TINY_SPEC.partition("model:\n")[0]
    spec = parse_spec(head + block, packages=packages(**{"./tiny": TINY_SPEC}))
    assert frozen_layers(spec) == {"trunk_conv1d_1", "bound_calibration"}
    spec = parse_spec(TINY_SPEC.partition("training:\n")[0] + start)
    assert assigned_layers(spec) == [{"conv1d_1": "conv1d_1"}]


@pytest.mark.parametrize("odd", [
    "pretrained: 3", "pretrained: [3]", "pretrained: [[x]]", "pretrained: {from: [x]}",
    "pretrained: {from: x, layers: 3}", "pretrained: {from: x, layers: {bound: 3}}",
    "freeze: 3", "freeze: [3]", "freeze: [[x]]", "freeze: {a: 1}", "pretrained: {}",
])
def test_odd_values_are_problems_but_never_crash(odd: str) -> None:
    assert complaints(with_training(odd + "\n"))
