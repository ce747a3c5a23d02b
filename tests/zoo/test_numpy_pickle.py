"""Plain values and arrays out of pickles, none of which is unpickled."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlgenomics.errors import DataError, MissingFileError
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.formats.numpy_pickle import read_values

VALUES = {
    "is_training": False, "rate": 0.5, "count": 3, "none": None, "text": "é", "nested": [(1, 2), {"a": 1.5}],
    "float32": np.arange(6, dtype="float32").reshape(2, 3), "by columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "big endian": np.arange(3, dtype=">i4"), "bool": np.array([True, False]), "scalar": np.float32(2.5),
    "empty": np.zeros((0, 4)), "none at all": np.array(7), "letters": np.array(["a", "bc"]),
    "slice": np.arange(10)[::3], "bool scalar": np.True_,
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_values_are_those_that_were_written(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "values.pkl"
    path.write_bytes(pickle.dumps(VALUES, protocol=protocol))
    found = read_values(path)
    assert list(found) == list(VALUES)
    for name, value in VALUES.items():
        assert type(found[name]) is type(value)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(found[name], value, strict=True)
        else:
            assert found[name] == value


def test_a_pickle_of_python_2(tmp_path: Path) -> None:
    """Its texts are bytes, as are the numbers of arrays."""
    path = tmp_path / "values.pkl"
    path.write_bytes(
        b"\x80\x02}q\x00U\x04rateq\x01cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03"
        b"K\x00\x85q\x04U\x01bq\x05\x87q\x06Rq\x07(K\x01K\x01\x85q\x08cnumpy\ndtype\nq\tU\x02f4q\nK\x00K"
        b"\x01\x87q\x0bRq\x0c(K\x03U\x01<q\rNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0eb\x89U\x04"
        b"\x00\x00\x80?q\x0ftq\x10bs.")
    assert read_values(path)["rate"].tolist() == [1.0]


class _Hostile:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return (Path.touch, (self.marker,))


@pytest.mark.parametrize("value", [
    _Hostile, lambda marker: {"a": [_Hostile(marker)]},
    lambda marker: np.array([_Hostile(marker)], dtype=object), lambda marker: Path, lambda marker: {"a": pickle.loads},
], ids=["call", "nested", "in an array", "class", "function"])
def test_nothing_is_run(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "values.pkl"
    path.write_bytes(pickle.dumps(value(tmp_path / "it-ran")))
    with pytest.raises(UnsafeModelError):
        read_values(path)
    assert not (tmp_path / "it-ran").exists()


def test_arrays_of_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "values.pkl"
    path.write_bytes(pickle.dumps(np.array([1, "a"], dtype=object)))
    with pytest.raises(UnsafeModelError, match="'O8'"):
        read_values(path)


@pytest.mark.parametrize("cut", [0, 1, 20, 60, -1])
def test_what_is_no_whole_pickle(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "values.pkl"
    path.write_bytes(pickle.dumps({"a": np.arange(100)})[:cut])
    with pytest.raises(DataError):
        read_values(path)
    path.write_bytes(pickle.dumps({"a": np.arange(100)}).replace(b"(K\x01Kd\x85", b"(K\x01K\xff\x85"))
    with pytest.raises(DataError, match="truncated or damaged"):
        read_values(path)
    with pytest.raises(MissingFileError):
        read_values(tmp_path / "no.pkl")
