"""Letters as a file has them; kipoiseq's numbers for them are in tests/zoo."""

from __future__ import annotations

import numpy as np
import pyfaidx
import pytest

from dlgenomics.data.letters import (
    Letters,
    backward,
    one_hot,
    reverse_complement,
    texts,
    upper,
)


def _letters(text: str) -> Letters:
    return np.frombuffer(text.encode(), np.uint8)


def test_complements_are_those_of_another_library() -> None:
    text = "ACGTNacgtnYRWSKMDVHBXyrwskmdvhbx"
    found = texts(reverse_complement(_letters(text))[None])
    assert found == [pyfaidx.complement(text)[::-1]]


@pytest.mark.parametrize(("letter", "row"), [
    ("A", [1, 0, 0, 0]), ("C", [0, 1, 0, 0]), ("G", [0, 0, 1, 0]), ("T", [0, 0, 0, 1]),
    ("N", [0.25] * 4), *((one, [0.0] * 4) for one in "acgtnRXU-.*"),
])
def test_only_upper_case_bases_and_n_are_numbers(letter: str, row: list[float]) -> None:
    found = one_hot(_letters(letter))
    assert found.dtype == np.float32
    assert found.tolist() == [row]


def test_upper_case() -> None:
    assert texts(upper(_letters("acgtnrAC-x"))[None]) == ["ACGTNRAC-X"]


@pytest.mark.parametrize("shape", [(1, 8), (3, 5), (4, 6), (8, 3), (2, 4), (0, 5), (5, 0)])
def test_backward(shape):
    rows = np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)
    assert backward(rows).tolist() == [row[::-1] for row in rows.tolist()]
