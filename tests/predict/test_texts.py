"""Shards keep texts of any length in about as many bytes as they have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlgenomics.predict.columns import Naming
from dlgenomics.predict.parts.folder import Parts
from dlgenomics.predict.parts.texts import pack_texts, unpack_texts
from dlgenomics.predict.writers.result import Result

LONG = "chr1:1:" + "A" * 10_000 + ":A"


def _named(names: list[object]) -> Result:
    return Result({"name": np.array(names, object)}, np.zeros((len(names), 1), np.float32), Naming(),
                  kept={"metadata": {"gene": np.array(["é"] * len(names))}})


def test_a_long_name_makes_no_other_longer(tmp_path: Path) -> None:
    names = [*(f"v{i}" for i in range(5000)), LONG, "π", "", b"bytes", 7, "\t"]
    whole = _named(names).portable()
    assert whole.nbytes < 20 * len(names)
    parts = Parts(tmp_path / "o.tsv")
    parts.folder.mkdir()
    parts.save(0, whole)
    assert parts.path_of(0).stat().st_size < 30 * len(names)
    found = parts.load(0, Naming())
    assert found.records["name"].tolist() == whole.records["name"].tolist() == [
        *names[:5003], "bytes", "7", "\t"]
    assert found.kept["metadata"]["gene"].tolist() == ["é"] * len(names)
    assert found.nbytes == whole.nbytes  # blocks are of one size, whether rows were kept or not


@pytest.mark.parametrize("letters", [1, 64, 65])
def test_short_texts_are_kept_as_numpy_does(tmp_path: Path, letters: int) -> None:
    kind = _named(["é" * letters, "b"]).portable().records["name"].dtype
    assert kind == (np.dtype(f"U{letters}") if letters <= 64 else np.dtype(object))


@pytest.mark.parametrize("array", [
    np.array([], object), np.array(["", ""], object), np.array([["a", "π"], ["", "cc"]], object),
    np.array("one", object),
], ids=["none", "empty", "two axes", "no axis"])
def test_arrays_of_texts_come_back_in_their_shape(array: np.ndarray) -> None:
    packed = pack_texts({"kept/a": array, "kept/b": np.arange(3)})
    assert all(one.dtype.kind in "iu" for one in packed.values())
    found = unpack_texts(packed)
    assert list(found) == ["kept/a", "kept/b"]
    assert found["kept/a"].shape == array.shape
    assert found["kept/a"].tolist() == array.tolist()
    assert found["kept/b"].tolist() == [0, 1, 2]
