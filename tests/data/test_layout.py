"""Layouts of one-hot DNA: expected arrays are made with NumPy's einsum, axis by axis."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.data.encoding import encode, one_hot
from dlgenomics.data.layout import Layout

# (alphabet_axis, dummy_axis) → the axes of an example and how einsum names them.
FORMS = {
    (1, None): ((30, 4), "bla->bla"), (0, None): ((4, 30), "bla->bal"),
    (0, 1): ((4, 1, 30), "bla,o->baol"), (0, 2): ((4, 30, 1), "bla,o->balo"),
    (1, 2): ((30, 4, 1), "bla,o->blao"), (2, 0): ((1, 30, 4), "bla,o->bola"),
    (1, 0): ((1, 4, 30), "bla,o->boal"), (2, 1): ((30, 1, 4), "bla,o->bloa"),
}
X = np.random.default_rng(5).random((3, 30, 4)).astype(np.float32)


@pytest.mark.parametrize("axes", FORMS)
def test_axes_lie_where_they_are_said_to(axes: tuple[int, int | None]) -> None:
    shape, form = FORMS[axes]
    layout = Layout(*axes)
    assert layout.shape(30) == shape
    assert layout.fits(shape)
    assert not layout.fits((*shape, 1))
    operands = (X, np.ones(1, np.float32)) if "," in form else (X,)
    assert np.array_equal(layout.apply(X), np.einsum(form, *operands))


@given(st.sampled_from(list(FORMS)), st.sampled_from(["".join(p) for p in permutations("ACGT")]))
def test_undo_is_the_inverse_of_apply(axes: tuple[int, int | None], alphabet: str) -> None:
    layout = Layout(*axes, alphabet)
    assert np.array_equal(layout.undo(layout.apply(X)), X)
    assert np.array_equal(layout.apply(layout.undo(layout.apply(X))), layout.apply(X))


def test_channels_have_their_order() -> None:
    x = one_hot(encode("AGCT"))[None]
    assert np.array_equal(Layout(1, None, "AGCT").apply(x)[0], np.eye(4))
    assert Layout(0, 1, "AGCT").words == "(4, 1, length), channels A G C T"
    assert Layout(0, 1).shape(None) == (4, 1, None)


def test_numbers_have_their_type() -> None:
    quarter = np.full((1, 2, 4), 0.25, np.float32)
    assert Layout().typed(quarter).dtype == np.float32
    assert Layout(dtype="float64").typed(quarter).dtype == np.float64
    assert not Layout(dtype="int64").typed(quarter).any()


@pytest.mark.parametrize("axes", [(2, None), (-1, None), (0, 0), (3, 0), (1, 3), (1, -1)])
def test_axes_that_there_are_not(axes: tuple[int, int | None]) -> None:
    with pytest.raises(ValueError, match=f"Received: alphabet_axis {axes[0]}"):
        Layout(*axes)


@pytest.mark.parametrize("alphabet", ["", "ACG", "ACGG", "ACGTN", "acgt"])
def test_an_alphabet_is_the_four_bases(alphabet: str) -> None:
    with pytest.raises(ValueError, match="A, C, G and T"):
        Layout(1, None, alphabet)
