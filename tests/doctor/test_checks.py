"""Each check on a spec or examples that it must find, and on ones that it must pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from dlgenomics.data.encoding import PROTEIN, reverse_complement
from dlgenomics.data.intervals import make_intervals
from dlgenomics.doctor import CHECKS, Finding
from dlgenomics.doctor.places import overlaps
from dlgenomics.doctor.subject import Facts, Subject
from dlgenomics.spec.document import read_document
from dlgenomics.spec.parse import check_document

GOOD = """\
spec: 1
name: tests/example
task: binary_classification
data:
  inputs: {dna: {kind: dna, length: 20}}
  targets: {bound: {column: bound}}
  train: {fasta: x.fa, labels: y.tsv}
model:
  layers:
    - Conv1D: {filters: 2, kernel_size: 9}
    - BatchNormalization
    - Activation: relu
    - Dropout: {rate: 0.2}
    - GlobalMaxPooling1D
    - Dense: {units: 1}
training: {batch_size: 16, optimizer: {Adam: {learning_rate: 0.001}}}
"""


@dataclass
class Example:
    """A spec and examples that every check passes, but for the changes made."""

    spec: dict[str, str] = field(default_factory=dict)
    """Texts of the spec, replaced by others."""
    data: Callable[[dict], None] | None = None
    """Changes the examples."""
    without_data: bool = False

    def subject(self) -> Subject:
        text = GOOD
        for old, new in self.spec.items():
            assert old in text, old
            text = text.replace(old, new)
        spec, warnings = check_document(read_document(text))
        return Subject(spec, tuple(warnings), None if self.without_data else self.facts(spec))

    def facts(self, spec) -> Facts:
        random = np.random.default_rng(0)
        made = {
            "codes": random.integers(0, 4, (200, 20)).astype("uint8"),
            "labels": {name: np.tile(np.arange(200)[:, None] % 2, len(target.names)).astype("f4")
                       for name, target in spec.data.targets.items()},
            "parts": {"train": np.arange(140), "validation": np.arange(140, 170),
                      "test": np.arange(170, 200)},
            "places": make_intervals([("chr1", 100 * i, 100 * i + 20, ".") for i in range(200)]),
        }
        if self.data:
            self.data(made)
        return Facts(**made)


def found(check: str, example: Example) -> list[Finding]:
    return list(CHECKS[check](example.subject()))


def _same_place(made):
    made["places"].start[175], made["places"].end[175] = 119, 130  # one base of row 1, 100-120


def _next_place(made):
    made["places"].start[175], made["places"].end[175] = 120, 130


def _copy(made):
    made["codes"][150] = made["codes"][3]


def _flipped_copy(made):
    made["codes"][150] = reverse_complement(made["codes"][3])


def _copy_within(made):
    made["codes"][5] = made["codes"][3]


def _contradiction(made):
    made["codes"][5] = reverse_complement(made["codes"][4])


def _agreement(made):
    made["codes"][6] = made["codes"][4]


def _no_test(made):
    made["parts"]["test"] = np.arange(0)


def _constant(made):
    made["labels"]["bound"][:140] = 1


def _constant_but_missing(made):
    made["labels"]["bound"][:140] = 0
    made["labels"]["bound"][1:140:2] = np.nan


def _some_missing(made):
    made["labels"]["bound"][:50] = np.nan


def _one_class_in_test(made):
    made["labels"]["bound"][170:] = 0


def _few_in_test(made):
    made["labels"]["bound"][170:] = 0
    made["labels"]["bound"][170:173] = 1


def _rare(made):
    made["labels"]["bound"][:140] = 0
    made["labels"]["bound"][:140:15] = 1


def _many_n(made):
    made["codes"][:5, :6] = 4


def _a_few_n(made):
    made["codes"][:, :2] = 4


def _measured(made):
    made["labels"]["bound"] += 0.25


def _three_classes(made):
    labels = np.eye(3)[np.arange(200) % 3]
    labels[:130] = [1, 0, 0]
    labels[0], labels[1] = [0, 1, 0], [0, 0, 1]
    made["labels"]["bound"] = labels


DENSE_BEHIND_FLATTEN = {"GlobalMaxPooling1D": "Flatten", "units: 1": "units: 1, name: bound",
                        "    - Dense": "    - Dense: {units: 40}\n    - Dense"}
REGRESSION = {"binary_classification": "regression", "units: 1": "units: 1, activation: sigmoid"}
CLASSES = {"binary_classification": "multiclass_classification",
           "{column: bound}": "{columns: [a, b, c]}", "units: 1": "units: 3"}
PROFILE = {"binary_classification": "profile", "    - GlobalMaxPooling1D\n": "",
           "{bound: {column: bound}}": "{bound: {kind: array, shape: [12, 1]}}\n"
           "  augment: [shift: {max: 3}, reverse_complement: {probability: 0.5}]",
           "labels: y.tsv": "arrays: y.npz"}
LSTM = {"    - Dropout": "    - LSTM: {units: 2, return_sequences: true}\n    - Dropout"}

WRONG = [
    ("overlapping places", Example(data=_same_place), "error", "1 of 30 test examples (3.3 %)"),
    ("same sequences", Example(data=_copy), "error", "1 of 30 validation examples"),
    ("same sequences", Example(data=_flipped_copy), "error", "or its reverse complement"),
    ("missing test set", Example(data=_no_test), "warning", "no test set"),
    ("missing test set", Example({"  train:": "  split: {by: random, test: 0}\n  train:"},
                                 without_data=True), "warning", "no test set"),
    ("constant targets", Example(data=_constant), "error", "every training example: 'bound'"),
    ("constant targets", Example(data=_constant_but_missing), "error", "every training example"),
    ("constant targets", Example(data=_one_class_in_test), "warning", "every test example"),
    ("constant targets", Example(data=_few_in_test), "warning", "Fewer than 10 examples"),
    ("contradictory copies", Example(data=_contradiction), "warning", "2 of 200 examples"),
    ("rare classes", Example(data=_rare), "warning", "bound 7.1 %"),
    ("rare classes", Example(CLASSES, _three_classes), "warning", "b 3.6 %, c 2.9 %"),
    ("unknown bases", Example(data=_many_n), "warning", "5 of 200 sequences"),
    ("parameters and examples", Example(DENSE_BEHIND_FLATTEN), "warning",
     "1,119 trainable parameters for 140 training examples (8.0 for each)"),
    ("doubts of the reader", Example({"kernel_size: 9": "kernel_size: 9, "
                                      "kernel_initializer: glorot_uniform"}), "warning",
     "glorot_uniform does not match relu"),
    ("dropout rate", Example({"rate: 0.2": "rate: 0.5"}), "hint",
     "drops 50 %; usual behind convolutions is 20 to 30 %"),
    ("dropout rate", Example({"rate: 0.2": "rate: 0.0"}), "hint", "drops 0 %"),
    ("dropout rate", Example({"- Dropout: {rate: 0.2}": "- Dropout: {rate: 0.7}\n    - Conv1D: "
                              "{filters: 2, kernel_size: 3}\n    - Dropout: {rate: 0.7}"}), "hint",
     "'dropout_1' and 1 more drop 70 %"),
    ("dropout rate", Example(LSTM), "hint", "usual in recurrent layers is 40 to 50 %"),
    ("dropout rate", Example({"- Dropout: {rate: 0.2}": "- GRU: {units: 2, dropout: 0.8, "
                              "return_sequences: true}"}), "hint", "drops 80 %"),
    ("dropout rate", Example({"- Dense: {units: 1}": "- Dropout: {rate: 0.75}\n"
                              "    - Dense: {units: 1}"}), "hint", "drops 75 %; usual is 10 to"),
    ("normalization behind dropout", Example({"    - BatchNormalization\n": "    - Dropout: "
                                              "{rate: 0.2, name: first}\n"
                                              "    - BatchNormalization\n"}), "warning",
     "directly behind 'first'"),
    ("normalization behind activation", Example({"kernel_size: 9":
                                                 "kernel_size: 9, activation: relu"}), "hint",
     "behind the activation relu"),
    ("normalization behind activation", Example({
        "- Conv1D: {filters: 2, kernel_size: 9}\n    - BatchNormalization": "- repeat: {times: 2, "
        "layers: [{Conv1D: {filters: 2, kernel_size: 5, activation: relu}}, BatchNormalization]}\n"
        "    - Conv1D: {filters: 2, kernel_size: 5, activation: elu}\n    - BatchNormalization"}),
     "hint", "relu of 'conv1d_1', and 1 more do likewise"),
    ("view shorter than a motif", Example({"kernel_size: 9": "kernel_size: 5"}), "warning",
     "see at most 5 bp"),
    ("view wider than the input", Example({"kernel_size: 9": "kernel_size: 9, padding: same, "
                                           "dilation_rate: 3"}), "hint", "sees 25 bp"),
    ("learning rate", Example({"0.001": "0.1"}), "warning", "usual is 1e-05 to 0.02"),
    ("learning rate", Example({"{Adam: {learning_rate: 0.001}}": "Adadelta"}), "warning",
     "0.001 (Keras's default); usual is 0.1 to 2"),
    ("learning rate", Example({"learning_rate: 0.001": "learning_rate: {CosineDecay: "
                               "{initial_learning_rate: 1, decay_steps: 9}}"}), "warning",
     "a learning rate of 1"),
    ("learning rate", Example({"learning_rate: 0.001": "learning_rate: {Warmup: {steps: 9, then: "
                               "{PiecewiseConstantDecay: {boundaries: [9], values: [1, 0.1]}}}}"}),
     "warning", "a learning rate of 1;"),
    ("learning rate", Example({"{Adam: {learning_rate: 0.001}}":
                               "{SGD: {learning_rate: 0.00005, momentum: 0.9}}"}), "warning",
     "SGD with a learning rate of 5e-05"),
    ("batch size", Example({"batch_size: 16": "batch_size: 140"}), "warning", "140 examples"),
    ("early stopping", Example({"{batch_size": "{callbacks: [], batch_size"}), "warning",
     "before epoch 100"),
    ("squared error for classes", Example(REGRESSION), "warning", "labels are all 0 or 1"),
    ("squared error for classes", Example(REGRESSION, without_data=True), "hint",
     "which may be classes"),
    ("arrays and augmentation", Example(PROFILE, without_data=True), "warning",
     "not the array 'bound'"),
]

RIGHT = [
    ("overlapping places", Example(data=_next_place)),
    ("same sequences", Example(data=_copy_within)),
    ("constant targets", Example(data=_some_missing)),
    ("contradictory copies", Example(data=_agreement)),
    ("rare classes", Example({"{batch_size": "{class_weight: balanced, batch_size"}, _rare)),
    ("unknown bases", Example(data=_a_few_n)),
    ("parameters and examples", Example(DENSE_BEHIND_FLATTEN, without_data=True)),
    ("dropout rate", Example({"rate: 0.2": "rate: 0.3"})),
    ("dropout rate", Example({"- Dropout: {rate: 0.2}": "- RelativeMultiHeadAttention: {num_heads: "
                              "1, key_dim: 2, value_dim: 6}\n    - Dropout: {rate: 0.4}"})),
    ("normalization behind activation", Example({"kernel_size: 9":
                                                 "kernel_size: 9, activation: linear"})),
    ("view shorter than a motif", Example({"- Conv1D: {filters: 2, kernel_size: 9}": "- repeat: "
                                           "{times: 2, layers: [{Conv1D: {filters: 2, "
                                           "kernel_size: 5}}]}"})),
    ("learning rate", Example({"{Adam: {learning_rate: 0.001}}": "Adam"})),
    ("learning rate", Example({"{Adam: {learning_rate: 0.001}}": "{SGD: {learning_rate: 0.1}}"})),
    ("learning rate", Example({"learning_rate: 0.001": "learning_rate: {Warmup: {steps: 9, then: "
                               "0.001}}"})),
    ("learning rate", Example({"{Adam: {learning_rate: 0.001}}":
                               "{SGD: {learning_rate: 0.0005, momentum: 0.9}}"})),
    ("batch size", Example({"batch_size: 16": "batch_size: 139"})),
    ("squared error for classes", Example(REGRESSION, _measured)),
    ("arrays and augmentation", Example({**PROFILE, "reverse_complement: {probability: 0.5}": ""},
                                        without_data=True)),
    ("arrays and augmentation", Example({**PROFILE, "[12, 1]": "[1]",
                                         "- Dense": "- Flatten\n    - Dense"}, without_data=True)),
    ("squared error for classes", Example({
        **REGRESSION, "bound: {column: bound}": "bound: {kind: input, input: numbers}",
        "dna: {kind: dna, length: 20}": "numbers: {kind: array, shape: [1]}",
        "fasta: x.fa, labels: y.tsv": "arrays: x.npz",
        "    - Conv1D: {filters: 2, kernel_size: 9}\n    - BatchNormalization\n": "",
        "    - GlobalMaxPooling1D\n": ""}, without_data=True)),
    ("squared error for classes", Example({"binary_classification": "regression"},
                                          without_data=True)),
]


@pytest.mark.parametrize(("check", "example", "severity", "words"), WRONG,
                         ids=[f"{i}-{w[0]}" for i, w in enumerate(WRONG)])
def test_what_is_wrong_is_found(check, example, severity, words):
    findings = found(check, example)
    assert [f.severity for f in findings] == [severity]
    assert words in findings[0].what
    for text in (findings[0].what, findings[0].why, findings[0].advice):
        assert text.strip().endswith(".")


@pytest.mark.parametrize(("check", "example"), RIGHT, ids=[f"{i}-{r[0]}" for i, r in
                                                           enumerate(RIGHT)])
def test_what_is_right_is_passed(check, example):
    assert found(check, example) == []


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_spec_is_passed(check):
    assert found(check, Example()) == []
    assert found(check, Example(without_data=True)) == []


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_a_failing_example(check):
    assert check in {wrong[0] for wrong in WRONG}


def test_one_shared_sequence_in_a_thousand_is_a_warning():
    def many(made):
        random = np.random.default_rng(1)
        made["codes"] = random.integers(0, 4, (2400, 20)).astype("uint8")
        made["codes"][2000] = made["codes"][1]
        made["labels"] = {"bound": (np.arange(2400) % 2)[:, None].astype("f4")}
        made["parts"] = {"train": np.arange(1000), "validation": np.arange(1000, 1400),
                         "test": np.arange(1400, 2400)}
        made["places"] = None

    assert [f.severity for f in found("same sequences", Example(data=many))] == ["warning"]


def test_overlaps_against_every_pair():
    random = np.random.default_rng(2)
    rows = [(f"chr{random.integers(1, 4)}", int(s), int(s + random.integers(1, 60)), ".")
            for s in random.integers(0, 900, 120)]
    places = make_intervals(rows)
    some, others = places[np.arange(0, 50)], places[np.arange(50, 120)]
    expected = [any(c == d and s < f and t < e for d, t, f, _ in rows[50:])
                for c, s, e, _ in rows[:50]]
    assert overlaps(some, others).tolist() == expected
    assert 0 < sum(expected) < 50


def test_proteins_have_one_strand_and_letters_of_their_own():
    def protein(made):
        made["codes"] = np.random.default_rng(0).integers(0, 20, (200, 20)).astype("uint8")
        made["codes"][150] = made["codes"][3][::-1]
        made["alphabet"] = PROTEIN

    example = Example(data=protein)
    assert found("same sequences", example) == []
    assert found("unknown bases", example) == []

    def copied(made):
        protein(made)
        made["codes"][150] = made["codes"][3]
        made["codes"][9] = PROTEIN.symbols.index("X")

    (same,) = found("same sequences", Example(data=copied))
    assert "complement" not in same.what
    assert "1 of 200 sequences are more than 10 % X" in found(
        "unknown bases", Example(data=copied))[0].what


@pytest.mark.parametrize("check", CHECKS)
def test_examples_without_letters_are_not_taken_for_copies(check):
    def numbers_only(made):
        made["codes"] = np.empty((200, 0), "uint8")

    assert found(check, Example(data=numbers_only)) == []
