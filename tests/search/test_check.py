"""Values that no trial could use are found before any trial runs."""

from __future__ import annotations

import pytest

from dlgenomics.errors import SpecError
from dlgenomics.search.check import check_values
from dlgenomics.spec.document import read_document
from dlgenomics.spec.parse import check_document
from tiny import TINY_SPEC

GOOD = """\
    model.layers[*].Conv1D.filters: [2, 4]
    training.batch_size: {low: 8, high: 64, integer: true}
"""


def check(axes: str, spec: str = TINY_SPEC) -> None:
    document = read_document(f"{spec}search:\n  objective: val_auroc\n  space:\n{axes}", "a.yaml")
    search = check_document(document)[0].search
    assert search is not None
    check_values(document, search)


def test_good_values_pass() -> None:
    check(GOOD)


def test_the_ready_made_space_fits_the_tiny_spec() -> None:
    document = read_document(TINY_SPEC + "search: {objective: val_auroc, space: angermueller2016}")
    search = check_document(document)[0].search
    assert search is not None
    check_values(document, search)


BAD = {
    "    model.layers[*].Conv1D.filters: [2, 0]\n":
        "a.yaml:31:41: model.layers[*].Conv1D.filters = 0 must give a valid spec. Received: filters "
        "must be a whole number of at least 1. Received: 0.",
    "    model.layers[*].Conv1D.filter: [2]\n":
        "a.yaml:31:37: model.layers[*].Conv1D.filter = 2 must give a valid spec. Received: Conv1D "
        "has no argument 'filter'. Did you mean 'filters'?",
    "    learning_rate: [0.1, 1e-3]\n":
        "a.yaml:31:26: learning_rate = '1e-3' must give a valid spec. Received: learning_rate must "
        "be a number or a schedule. Received: the text '1e-3'. Write 1.0e-3, unquoted.",
    "    dropout: {low: 0.1, high: 1.5}\n":
        "a.yaml:31:31: dropout = 1.5 must give a valid spec. Received: rate must be a number of at "
        "least 0 and below 1. Received: 1.5.",
    "    optimizer: {choices: [Adam, Adem]}\n":
        "a.yaml:31:33: optimizer = 'Adem' must give a valid spec. Received: optimizer must be an "
        "optimizer that specs may use. Received: 'Adem'. Did you mean 'adam'?",
    "    rate_decay: [none, slow]\n":
        "a.yaml:31:24: rate_decay = 'slow' must give a valid spec. Received: rate_decay must be one "
        "of none, linear, exponential. Received: the text 'slow'.",
    "    momentum: [0.8, 0.9]\n":
        "a.yaml:31:5: an axis must make a difference. Received: 'momentum', whose values all give "
        "the same spec. Remove it.",
    "    model.layers[*].Dropout.rate: [0.1, 0.2]\n    dropout: [0.3, 0.4]\n":
        "a.yaml:31:5: an axis must make a difference. Received: 'model.layers[*].Dropout.rate', "
        "whose values all give the same spec. Remove it.",
}


@pytest.mark.parametrize(("axes", "message"), BAD.items(), ids=BAD)
def test_a_bad_value_is_named_with_its_place(axes, message) -> None:
    with pytest.raises(SpecError) as caught:
        check(axes)
    assert str(caught.value) == message


def test_a_value_that_fits_some_combinations_is_good() -> None:
    check("    model.layers[*].Conv1D.kernel_size: [9, 80]\n"
          "    data.inputs.dna.length: [60, 100]\n")


def test_momentum_makes_a_difference_where_some_optimizer_has_one() -> None:
    check("    momentum: [0.8, 0.9]\n    optimizer: [Adam, SGD, Adagrad]\n")
