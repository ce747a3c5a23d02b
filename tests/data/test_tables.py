"""Tables of labels: read, joined by name, turned into numbers."""

import gzip

import numpy as np
import pytest

from dlgenomics.data.tables import read_table, write_table
from dlgenomics.errors import DataError, MissingFileError

TEXT = "name\tbound\tcell\ns1\t1\tA\ns2\t0\tB\n\ns3\t0.5\tC\n"


@pytest.fixture
def read(tmp_path):
    def write_and_read(text):
        path = tmp_path / "labels.tsv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(path)

    return write_and_read


@pytest.fixture
def refusal():
    def of(call, *arguments):
        with pytest.raises(DataError) as caught:
            call(*arguments)
        return caught.value.line, str(caught.value).split("labels.tsv", 1)[1].split(": ", 1)[1]

    return of


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, "#" + TEXT,
                                  gzip.compress(TEXT.encode(), mtime=0)],
                         ids=["unix", "windows", "mark", "hash", "gzip"])
def test_columns(read, text):
    table = read(text)
    assert list(table.columns) == ["name", "bound", "cell"]
    assert table.texts("cell").tolist() == ["A", "B", "C"]
    assert table.numbers("bound").tolist() == [1.0, 0.0, 0.5]
    assert table.numbers("bound").dtype == np.float32
    assert table.lines.tolist() == [2, 3, 5]


def test_empty_cells_and_unicode_are_kept(read):
    table = read("name\tnote\tx\na\t\t1\nb\tgène 遺\t\n")
    assert table.texts("note").tolist() == ["", "gène 遺"]
    assert table.texts("x").tolist() == ["1", ""]


def test_rows_are_joined_by_name_in_the_order_asked_for(read):
    joined = read(TEXT).joined(["s3", "s1"], "a.fa")
    assert joined.numbers("bound").tolist() == [0.5, 1.0]
    assert joined.texts("cell").tolist() == ["C", "A"]
    assert joined.lines.tolist() == [5, 2]


def test_a_name_that_is_not_in_the_table(read, refusal):
    assert refusal(read(TEXT).joined, ["s1", "seq2", "zz"], "a.fa") == (
        None, "the labels must name every sequence of a.fa. Received: no row for 'seq2' and 1 more. "
        "Did you mean 's2'?")


def test_a_name_twice_in_the_table(read, refusal):
    assert refusal(read(TEXT + "s1\t1\tD\n").joined, ["s2"], "a.fa") == (
        None, "each name must stand once in the labels. Received: 's1' 2 times.")


def test_an_unknown_column(read, refusal):
    assert refusal(read(TEXT).numbers, "bond") == (
        None, "the labels must have the column 'bond'. Received: name, bound, cell. "
        "Did you mean 'bound'?")


@pytest.mark.parametrize("bad", ["", "x", "nan", "inf", "-inf", "1e39", "1,5", "0x1"])
def test_what_is_no_finite_number(read, refusal, bad):
    table = read(f"name\ty\na\t1\n\nb\t{bad}\nc\tz\n")
    assert refusal(table.numbers, "y") == (
        4, f"column 'y' must hold finite numbers. Received: {bad!r}. Fill in or remove the row.")


@pytest.mark.parametrize("good", ["1", "-2.5", "1e-3", " 7 ", "3E5"])
def test_numbers(read, good):
    assert read(f"name\ty\na\t{good}\n").numbers("y")[0] == np.float32(float(good))


@pytest.mark.parametrize(("text", "line", "message"), [
    ("", None, "a table must have a header and at least one row. Received: 0 lines."),
    ("name\tx\n", None, "a table must have a header and at least one row. Received: 1 lines."),
    ("name\tx\na\t1\nb\n", 3, "every line must have the 2 columns of the header. Received: 1."),
    ("name\tx\na\t1\t2\n", 2, "every line must have the 2 columns of the header. Received: 3."),
    ("name\tx\tx\na\t1\t2\n", 1, "every column must have a name of its own. "
     "Received: name, x, x."),
])
def test_malformed(read, refusal, text, line, message):
    assert refusal(read, text) == (line, message)


def test_missing_file(tmp_path):
    with pytest.raises(MissingFileError, match="the labels table must be a file that exists"):
        read_table(tmp_path / "labels.tsv")


def test_written_tables_are_read_back(tmp_path):
    write_table(tmp_path / "t.tsv", ["name", "x"], [("a", 1), ("b", 2.5)])
    assert (tmp_path / "t.tsv").read_bytes() == b"name\tx\na\t1\nb\t2.5\n"
    assert read_table(tmp_path / "t.tsv").numbers("x").tolist() == [1.0, 2.5]
