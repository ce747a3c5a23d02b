"""Columns of cells are what splitting each line gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.data.cells import cells_of, cells_of_rows

_CELL = st.one_of(
    st.sampled_from(["", "chr1", "chr10", "+", "-", "0", "-1", "12", "007", "9" * 13, "é", "٣"]),
    st.text(st.characters(exclude_characters="\t\n", exclude_categories=["Cs"]), max_size=5),
    st.integers(0, 10**12 - 1).map(str),
    st.just("x" * 70),
)


@st.composite
def _rows(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(_CELL, min_size=width, max_size=width), min_size=1, max_size=8))


@given(_rows())
def test_columns_are_those_of_split_lines(rows: list[list[str]]) -> None:
    cells = cells_of("".join("\t".join(row) + "\n" for row in rows))
    assert cells is not None
    assert (len(cells), cells.width) == (len(rows), len(rows[0]))
    assert [cells.row(line) for line in range(len(rows))] == rows
    for column, texts in enumerate(zip(*rows, strict=True)):
        assert cells.texts(column).tolist() == list(texts)
        names, places = cells.levels(column)
        assert names == tuple(dict.fromkeys(texts))
        assert [names[place] for place in places] == list(texts)
        assert cells.numbers(column, 12).tolist() == [
            int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else -1
            for text in texts]
        assert cells.letters(column).tolist() == [
            text if len(text) == 1 and text.isascii() and text != "\0" else "" for text in texts]


@given(_rows(), _rows())
def test_lines_of_different_width_have_no_columns(
    rows: list[list[str]], others: list[list[str]]
) -> None:
    text = "".join("\t".join(row) + "\n" for row in rows + others)
    assert (cells_of(text) is None) == (len(rows[0]) != len(others[0]))


@pytest.mark.parametrize("text", ["\n\na\tb\tc\td\n", "a\tb\nc\n\td\n"])
def test_lines_whose_cells_would_fill_a_table_have_none_if_they_differ(text: str) -> None:
    assert cells_of(text) is None


def test_rows_become_cells() -> None:
    cells = cells_of_rows([["chr1", "5"], ["chrX", "17"]])
    assert cells.levels(0)[0] == ("chr1", "chrX")
    assert cells.numbers(1, 12).tolist() == [5, 17]
