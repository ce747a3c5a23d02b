"""Batches that do not fit into memory, in several threads at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made_up_rows import BATCH, COUNT, NAMING, MadeUpLoader, summing

from dlgenomics.errors import DlgError
from dlgenomics.predict.batches import Halving, batch_rows
from dlgenomics.predict.computation import Computation
from dlgenomics.predict.flow import Flow
from dlgenomics.predict.order import Order, file_batch
from dlgenomics.predict.writers.result import Result


class _Memory:
    """A network whose rows take room that all threads share."""

    def __init__(self, room: int, meeting: int) -> None:
        self.sizes: list[int] = []
        self._room, self._taken = room, 0
        self._lock = threading.Lock()
        self._first = threading.Barrier(meeting)
        self._met = threading.local()

    def __call__(self, arrays: dict[str, Any]) -> Any:
        count = len(arrays["x"])
        with self._lock:
            self.sizes.append(count)
            self._taken += count
            fits = self._taken <= self._room
        if not hasattr(self._met, "yet"):
            self._met.yet = self._first.wait()  # all are inside before the first leaves
        with self._lock:
            self._taken -= count
        if not fits:
            raise MemoryError
        return 2 * arrays["x"]


def _run(careful: Halving, threads: int, rows: int) -> list[Any]:
    batches = [{"x": np.full((rows, 1), number)} for number in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(careful, batches))


@pytest.mark.parametrize(("threads", "room", "rows", "limit"), [
    (2, 256, 512, 256), (8, 256, 512, 256), (2, 1, 2, 1), (8, 3, 8, 2), (3, 512, 512, None),
    (2, 1024, 512, None)])
def test_batches_are_halved_for_themselves_not_for_others(
    threads: int, room: int, rows: int, limit: int | None
) -> None:
    careful = Halving(_Memory(room, threads))
    found = _run(careful, threads, rows)
    assert careful.limit == limit
    for number, one in enumerate(found):
        assert np.array_equal(one, np.full((rows, 1), 2 * number))


def test_what_fits_is_run_once() -> None:
    network = _Memory(1024, 2)
    _run(Halving(network), 2, 512)
    assert network.sizes == [512, 512]


def test_a_single_row_must_fit() -> None:
    careful = Halving(_Memory(0, 1))
    with pytest.raises(DlgError, match="a single row must fit into memory"):
        careful({"x": np.zeros((4, 1))})


class _Loader(MadeUpLoader):
    """Rows of which only some can be read at once."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.sizes = most, []

    def arrays(self, rows: Any) -> Any:
        self.sizes.append(len(rows))
        if len(rows) > self.most:
            raise MemoryError
        return super().arrays(rows)


@pytest.mark.parametrize(("most", "limit"), [(BATCH, None), (BATCH - 1, BATCH // 2), (2, 2), (1, 1)])
def test_a_batch_that_cannot_be_read_at_once_is_read_in_parts(most: int, limit: int | None) -> None:
    whole = Flow(MadeUpLoader(), summing, NAMING, BATCH, frozenset({"records", "metadata"}))
    parts = replace(whole, loader=_Loader(most), threads=2)
    expected, found = (Result.join(list(flow.results(batch_rows(0, COUNT, BATCH))))
                       for flow in (whole, parts))
    assert np.array_equal(found.predictions, expected.predictions)
    assert [*found.records["name"]] == [*expected.records["name"]]
    assert len(found) == COUNT
    assert parts.careful.limit == limit


def test_a_single_row_must_be_readable() -> None:
    flow = Flow(_Loader(0), summing, NAMING, BATCH)
    with pytest.raises(DlgError, match="a single row must fit into memory"):
        list(flow.results(batch_rows(0, COUNT, BATCH)))


@pytest.mark.parametrize(("numbers", "keeps", "rows"), [
    (1, False, 60_000), (1000, False, 2**26 // 4000), (1000, True, 2**26 // (4 * 5000)),
    (10**9, False, 1)])
def test_a_batch_gives_no_more_than_a_shard_holds(numbers: int, keeps: bool, rows: int) -> None:
    """A shard is written as a whole: 64 MiB of results, whatever is asked for."""
    network = SimpleNamespace(data=SimpleNamespace(inputs={"dna": SimpleNamespace(shape=(1000, 4))}))
    computation = Computation(summing, NAMING, numbers, 0)
    order = Order(batch_size=60_000, keep_inputs=keeps)
    assert file_batch(network, order, computation, 10**6) == rows
