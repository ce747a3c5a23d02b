"""What a run would cost, measured on rows that there are."""

from __future__ import annotations

from made_up_rows import NAMING, MadeUpLoader, summing

from dlgenomics.predict.cost import measure_cost
from dlgenomics.predict.flow import Flow


def test_a_short_run_is_measured_in_whole_batches() -> None:
    sizes = set()

    def noting(arrays):
        sizes.add(len(arrays["x"]))
        return summing(arrays)

    loader = MadeUpLoader(3)
    cost = measure_cost(Flow(loader, noting, NAMING, 64), 10, 12, seconds=0.1)
    assert (cost.rows, cost.batch_size) == (3, 64)
    assert cost.measured_rows % 64 == 0
    assert sizes == {64}
    assert set(loader.seen) == {0, 1, 2}


def test_a_long_run_is_measured_on_its_first_rows() -> None:
    loader = MadeUpLoader(1000)
    measure_cost(Flow(loader, summing, NAMING, 8), None, 12, seconds=0.0)
    assert loader.seen[:16] == list(range(16))
