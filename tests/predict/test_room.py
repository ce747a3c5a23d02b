"""Batches only where there is room: TensorFlow ends the process where its kernels get no memory."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_up_rows import BATCH, COUNT, NAMING, MadeUpLoader, summing

from dlgenomics.memory import Space
from dlgenomics.predict import room as rooms
from dlgenomics.predict.batches import Halving, batch_rows
from dlgenomics.predict.flow import Flow
from dlgenomics.predict.memory import gradient_row_bytes, row_bytes
from dlgenomics.predict.room import Room
from dlgenomics.predict.writers.result import Result
from dlgenomics.spec import parse_spec

ROW = 1000


class _Machine:
    """A process that has some memory and takes some for each row while a network runs.

    Args:
        free: bytes in all.
        row: bytes a row really takes.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, free: int, row: int) -> None:
        self.free, self.row, self.taken, self.sizes = free, row, 0, []
        monkeypatch.setattr(rooms, "free_space", lambda: Space(self.free - self.taken, None))
        monkeypatch.setattr(rooms, "used_space", lambda: Space(self.taken, None))
        monkeypatch.setattr(rooms, "_Watch", lambda: self)

    most = Space()

    def start(self) -> None:
        """Begin to watch."""

    def stop(self) -> None:
        """End it."""

    def run(self, arrays):
        """Run a network, or die of it."""
        count = len(arrays["x"])
        self.sizes.append(count)
        assert count * self.row <= self.free, "the process is gone"
        self.most = Space(count * self.row, None)
        return 2 * arrays["x"]


def _flow(machine: _Machine, batch_size: int, rows: int) -> np.ndarray:
    careful = Halving(machine.run, ROW, threads=2)
    found = []
    for first in range(0, rows, batch_size):
        left = np.arange(first, min(first + batch_size, rows))
        if careful.takes(batch_size):
            found.append(careful({"x": left}))
            continue
        while len(left):
            size = careful.next_rows(len(left))
            found.append(careful.alone({"x": left[:size]}))
            left = left[size:]
    return np.concatenate(found)


@pytest.mark.parametrize(("free", "factor"), [
    (free, factor) for free in (10**5, 10**6, 10**7) for factor in (1, 2, 5, 15, 100)
    if 8 * factor * ROW <= free])
def test_no_batch_is_tried_that_would_not_fit(
    monkeypatch: pytest.MonkeyPatch, free: int, factor: int
) -> None:
    """It holds though a row takes a hundred times what is thought, if eight rows fit."""
    machine = _Machine(monkeypatch, free, factor * ROW)
    found = _flow(machine, 5000, 20_000)
    assert np.array_equal(found, 2 * np.arange(20_000))
    possible = free // (factor * ROW)
    assert max(machine.sizes) > min(5000, possible / 4)  # nor is room left unused


def test_where_there_is_room_batches_are_whole_from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = _Machine(monkeypatch, 200_000_000, ROW)
    _flow(machine, 5000, 20_000)
    assert machine.sizes == [5000] * 4


def test_batches_grow_by_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = _Machine(monkeypatch, 10**6, ROW // 10)
    _flow(machine, 2000, 2000)
    grown = machine.sizes[1:-1]
    assert all(b <= 4 * a for a, b in itertools.pairwise(grown[1:]))


def test_nothing_is_known_of_other_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "free_space", Space)
    assert Room(ROW).rows() == sys.maxsize
    monkeypatch.setattr(rooms, "free_space", lambda: Space(10**6, None))
    monkeypatch.setattr(rooms, "used_space", Space)
    room = Room(ROW)
    for size in (8, 8, 32):
        with room.learning(size):
            pass
    assert room.rows() == 10**6 // 2 // (8 * ROW)


@pytest.mark.parametrize("free", [100, 30_000, 10**9])
def test_a_flow_reads_in_parts_what_has_no_room(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    machine = _Machine(monkeypatch, free, 0)
    whole = Flow(MadeUpLoader(), summing, NAMING, BATCH, frozenset({"records"}))
    parts = Flow(MadeUpLoader(), lambda arrays: (machine.run(arrays), summing(arrays))[1], NAMING,
                 BATCH, frozenset({"records"}), row_bytes=ROW, threads=2)
    expected, found = (Result.join(list(one.results(batch_rows(0, COUNT, BATCH))))
                       for one in (whole, parts))
    assert np.array_equal(found.predictions, expected.predictions)
    assert [*found.records["name"]] == [*expected.records["name"]]
    assert parts.careful.shortened == (1 if free == 100 else None)


SPEC = """
spec: 1
name: test/wide
description: Layers that hold a lot at once.
license: MIT
task: binary_classification
data:
  inputs:
    dna: {kind: dna, length: 1000}
  targets:
    bound: {column: bound}
model:
  layers:
    - Conv1D: {name: first, filters: 64, kernel_size: 1}
    - Conv1D: {name: second, filters: 64, kernel_size: 1}
    - Add: {from: [first, second]}
    - GlobalMaxPooling1D: {}
    - Dense: {name: bound, units: 1}
"""


def test_what_is_held_at_once_is_counted() -> None:
    spec = parse_spec(SPEC)
    layer = 4 * 1000 * 64
    assert row_bytes(spec) == 3 * layer  # the first waits for the sum
    assert gradient_row_bytes(spec) == 2 * (3 * layer + 4 * (4 * 1000 + 64 + 1))


PROGRAM = """
import json, resource, sys
import numpy as np
from dlgenomics.build.model import assemble_model
from dlgenomics.memory import used_space
from dlgenomics.predict.batches import batch_rows
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.flow import Flow
from dlgenomics.predict.forward import Forward
from dlgenomics.predict.memory import row_bytes
from dlgenomics.spec import parse_spec
from made_up_rows import MadeUpLoader

ROWS = 2500

class Sequences(MadeUpLoader):
    def arrays(self, rows):
        return {"dna": np.eye(4, dtype=np.float32)[(7 * rows[:, None] + np.arange(1000) ** 2 // 3) % 4]}

spec = parse_spec(sys.argv[1])
forward = Forward(assemble_model(spec), ["dna"], ["bound"])
resource.setrlimit(resource.RLIMIT_AS, (used_space().addresses + 1_200_000_000,) * 2)
flow = Flow(Sequences(ROWS), lambda arrays: forward(arrays)["bound"], Naming(labels={"bound": ["bound"]}),
            ROWS, row_bytes=row_bytes(spec))
found = [one.predictions for one in flow.results(batch_rows(0, ROWS, ROWS))]
expected = [forward(Sequences().arrays(rows))["bound"] for rows in batch_rows(0, ROWS, 100)]
print(json.dumps([bool(np.array_equal(np.concatenate(found), np.concatenate(expected))),
                  flow.careful.shortened]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v does nothing elsewhere")
def test_tensorflow_lives_where_memory_is_short() -> None:
    """A batch of 2,500 rows holds 1.9 GB at once; 1.2 are left, and its kernels crash of that."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, SPEC], capture_output=True, text=True,
                          cwd=Path(__file__).parents[1], check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    same, rows = json.loads(done.stdout)
    assert same
    assert 100 < rows < 2500
