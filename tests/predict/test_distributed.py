"""Runs on Dask's workers give the same bytes, even if a worker dies."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import time
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from made_up_rows import BATCH, COUNT, NAMING, SHARD, MadeUpLoader, make_run, summing

from dlgenomics.errors import DlgError, OutputError
from dlgenomics.predict.distributed import Job, make_shard, write_distributed
from dlgenomics.predict.flow import Flow
from dlgenomics.predict.parts.agreement import Intent
from dlgenomics.predict.parts.folder import Parts
from dlgenomics.predict.parts.plan import Plan

pickle = pytest.importorskip("distributed.protocol.pickle",
                             reason="the extra distributed is not installed")


def make_flow(marker: Path | None, plan: Plan) -> Flow:
    """Return how rows become results; the process that finds no marker makes one and dies."""
    def dying(arrays):
        if marker is not None and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return summing(arrays)

    return Flow(MadeUpLoader(), dying, NAMING, plan.batch_size,
                frozenset({"records", "metadata"}))


def _plan() -> Plan:
    return Plan({"name": "sum", "sha256": "1"}, {}, {}, {}, COUNT, BATCH, SHARD, NAMING,
                MadeUpLoader().contig_lengths)


def test_a_shard_is_made_once(tmp_path: Path) -> None:
    out = tmp_path / "o.tsv"
    Parts(out).begin(_plan())
    content = pickle.dumps(Job(functools.partial(make_flow, None), _plan(), out))
    assert set(make_shard(content, 3).seconds) == {"load", "compute", "write"}
    assert Parts(out).done() == {3}
    before = Parts(out).path_of(3).stat().st_mtime_ns
    assert set(make_shard(content, 3).seconds.values()) == {0.0}
    assert Parts(out).path_of(3).stat().st_mtime_ns == before
    make_run(out, Intent(resume=True))
    make_run(tmp_path / "expected.tsv")
    assert out.read_bytes() == (tmp_path / "expected.tsv").read_bytes()


@pytest.mark.slow
def test_several_processes_one_of_which_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "died"
    done = write_distributed("2", tmp_path / "o.parquet", _plan(),
                             functools.partial(make_flow, marker), Intent())
    assert marker.exists()
    assert (done.rows, done.shards, done.resumed, done.halved) == (COUNT, 12, 0, None)
    assert set(done.seconds) == {"load", "compute", "write"}
    assert min(done.seconds.values()) > 0
    make_run(tmp_path / "expected.parquet")
    assert (tmp_path / "o.parquet").read_bytes() == (tmp_path / "expected.parquet").read_bytes()
    assert not Parts(tmp_path / "o.parquet").folder.exists()


def test_seconds_are_those_of_each_shard_and_memory_that_was_short_is_told(tmp_path: Path) -> None:
    out = tmp_path / "o.tsv"
    Parts(out).begin(_plan())
    content = pickle.dumps(Job(short_of_memory, _plan(), out))
    first, second = make_shard(content, 0), make_shard(content, 1)
    assert first.halved == second.halved == BATCH // 2
    assert first.seconds["compute"] > 0.2 > second.seconds["compute"]


def test_a_worker_of_several_threads_opens_the_model_once(tmp_path: Path) -> None:
    Parts(tmp_path / "o.tsv").begin(_plan())
    opened = tmp_path / "opened"
    content = pickle.dumps(Job(functools.partial(counted, opened), _plan(), tmp_path / "o.tsv"))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(functools.partial(make_shard, content), range(_plan().shards)))
    assert opened.read_text() == "."
    assert Parts(tmp_path / "o.tsv").done() == set(range(_plan().shards))


def counted(opened: Path, plan: Plan) -> Flow:
    """Return how rows become results, slowly, and note that it was asked for."""
    with opened.open("a") as stream:
        stream.write(".")
    time.sleep(0.05)
    return make_flow(None, plan)


def short_of_memory(plan: Plan) -> Flow:
    """Return how rows become results: slowly at first, and by no more than half a batch."""
    flow, calls = make_flow(None, plan), []

    def run(arrays):
        if not calls:
            calls.append(1)
            time.sleep(0.2)
        if len(next(iter(arrays.values()))) > BATCH // 2:
            raise MemoryError
        return flow.run(arrays)

    return replace(flow, run=run)


def test_nothing_is_started_for_shards_that_are_all_there(tmp_path: Path) -> None:
    out = tmp_path / "o.tsv"
    Parts(out).begin(_plan())
    content = pickle.dumps(Job(functools.partial(make_flow, None), _plan(), out))
    for shard in range(_plan().shards):
        make_shard(content, shard)
    done = write_distributed("tcp://127.0.0.1:1", out, _plan(),
                             functools.partial(make_flow, None), Intent(resume=True))
    assert (done.resumed, done.seconds["compute"]) == (12, 0.0)
    assert done.seconds["write"] > 0


def fatal(plan: Plan) -> Flow:
    """Return how rows become results: not at all, the process dies."""
    return replace(make_flow(None, plan), run=lambda arrays: os.kill(os.getpid(), signal.SIGKILL))


def full_disk(plan: Plan) -> Flow:
    """Return how rows become results: not at all, with an error of ours."""
    def run(arrays):
        raise OutputError("o.parts/000003.npz", "no space left on device", "Free some.")

    return replace(make_flow(None, plan), run=run)


@pytest.mark.slow
@pytest.mark.parametrize(("make", "kind", "sentence"), [
    (fatal, DlgError, "each worker died that took it"),
    (full_disk, OutputError, "no space left on device"),
])
def test_what_goes_wrong_in_workers_is_said_as_anywhere_else(
    tmp_path: Path, make: Callable[[Plan], Flow], kind: type[DlgError], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence):
        write_distributed("1", tmp_path / "o.tsv", replace(_plan(), shard_rows=COUNT), make,
                          Intent())
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_no_scheduler_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlgenomics.predict.distributed.ANSWER_SECONDS", 1)
    with pytest.raises(DlgError, match="address of a scheduler that answers"):
        write_distributed("tcp://127.0.0.1:1", tmp_path / "o.tsv", _plan(),
                          functools.partial(make_flow, None), Intent())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [ValueError("no number: 'x'"),
                                   PermissionError(13, "Permission denied", "genome.fa")])
def test_an_error_of_the_work_is_told_as_it_is(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from dlgenomics.predict.distributed import _client

    class Client(contextlib.nullcontext[None]):
        """A client whose scheduler answers."""

        def __init__(self, where: str, timeout: int) -> None:
            super().__init__()

    monkeypatch.setitem(sys.modules, "distributed", types.SimpleNamespace(Client=Client))
    with pytest.raises(type(error)) as raised, _client("tcp://node1:8786", 3):
        raise error
    assert raised.value is error
