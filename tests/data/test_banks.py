"""Rows in memory and rows read when asked for are the same rows."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlgenomics.data.arrays import check_finite, open_array
from dlgenomics.data.banks import GenomeBank, Held, hold, join
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import make_intervals
from dlgenomics.errors import DataError, MissingFileError


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.data())
def test_joined_banks_are_one_array(sizes, data):
    parts = [np.arange(n * 3).reshape(n, 3) + 100 * i for i, n in enumerate(sizes)]
    whole = np.concatenate(parts)
    bank = join([Held(part) for part in parts])
    assert bank.shape == whole.shape
    rows = data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=8)) if len(whole) else []
    assert (bank.take(np.array(rows, np.int64)) == whole[rows]).all()


@pytest.fixture
def genome(tmp_path, monkeypatch):
    monkeypatch.setenv("DLG_CACHE", str(tmp_path / "cache"))
    (tmp_path / "g.fa").write_text(">chr1\n" + "ACGTTGCAN" * 20 + "\n", encoding="ascii")
    with Genome(tmp_path / "g.fa") as opened:
        yield opened


def test_a_small_bank_is_held_and_a_large_one_is_read(genome, monkeypatch):
    windows = make_intervals([("chr1", i, i + 10, "+-"[i % 2]) for i in range(0, 100, 7)])
    bank = GenomeBank(genome, windows.widened(3))
    assert bank.shape == (15, 16)
    held = hold(bank)
    monkeypatch.setenv("DLG_MEMORY", "239 B")  # a byte less than 15 x 16
    assert hold(bank) is bank
    monkeypatch.setenv("DLG_MEMORY", "240 B")
    assert isinstance(hold(bank), Held)
    rows = np.array([3, 3, 14, 0])
    assert (held.take(rows) == bank.take(rows)).all()
    assert bank.take(np.array([], np.int64)).shape == (0, 16)


@pytest.fixture(params=["npz", "h5"])
def arrays(request, tmp_path):
    x = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
    y = np.array([[0.0], [np.nan], [1], [2], [3], [np.inf]])
    path = tmp_path / f"a.{request.param}"
    if request.param == "npz":
        np.savez(path, x=x, y=y, words=np.array(["a"] * 6))
    else:
        with h5py.File(path, "w") as file:
            file["x"], file["y"], file["words"] = x, y, np.array([b"a"] * 6)
    return path


def test_arrays_of_both_formats(arrays):
    bank = open_array(arrays, "x", (2, 2))
    expected = np.arange(24).reshape(6, 2, 2)
    assert bank.shape == (6, 2, 2)
    for rows in ([5, 0, 5, 2], [], [1]):
        assert (bank.take(np.array(rows, np.int64)) == expected[rows]).all()
    check_finite(bank, "x", arrays, may_miss=False)


@pytest.mark.parametrize(("key", "shape", "message"), [
    ("z", (2, 2), "the file must hold the array 'z'. Received: "),
    ("x", (4,), "array 'x' must have shape (examples, 4). Received: (6, 2, 2)."),
    ("words", (), "array 'words' must hold numbers. Received: "),
])
def test_arrays_that_do_not_fit(arrays, key, shape, message):
    with pytest.raises(DataError) as caught:
        open_array(arrays, key, shape)
    assert message in str(caught.value)


def test_numbers_that_are_not_finite(arrays):
    bank = open_array(arrays, "y", (1,))
    with pytest.raises(DataError, match=r"Received: nan in row 1. Where labels are missing"):
        check_finite(bank, "y", arrays, may_miss=False)
    with pytest.raises(DataError, match="Received: inf in row 5"):
        check_finite(bank, "y", arrays, may_miss=True)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"\x89HDF cut", b"no arrays"])
def test_files_that_are_no_arrays(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"the arrays must be"):
        open_array(tmp_path / "a.npz", "x", (1,))
    with pytest.raises(MissingFileError):
        open_array(tmp_path / "b.npz", "x", (1,))


def test_an_array_of_objects_is_not_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}], object))
    with pytest.raises(DataError, match=r"the arrays must be an \.npz or HDF5 file of numbers"):
        open_array(tmp_path / "a.npz", "x", ())
