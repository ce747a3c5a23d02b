"""Runs on Dask's workers give the same bytes, even if a worker dies."""

from __future__ import annotations

import functools
import os
import signal
from pathlib import Path

import pytest
from made_up_rows import BATCH, COUNT, NAMING, SHARD, MadeUpLoader, make_run, summing

from dlgenomics.errors import DlgError
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
    assert make_shard(content, 3) == 3
    assert Parts(out).done() == {3}
    before = Parts(out).path_of(3).stat().st_mtime_ns
    make_shard(content, 3)
    assert Parts(out).path_of(3).stat().st_mtime_ns == before
    make_run(out, Intent(resume=True))
    make_run(tmp_path / "expected.tsv")
    assert out.read_bytes() == (tmp_path / "expected.tsv").read_bytes()


@pytest.mark.slow
def test_several_processes_one_of_which_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "died"
    plan, found = write_distributed("2", tmp_path / "o.parquet", _plan(),
                                    functools.partial(make_flow, marker), Intent())
    assert marker.exists()
    assert (plan.shards, found) == (12, 0)
    make_run(tmp_path / "expected.parquet")
    assert (tmp_path / "o.parquet").read_bytes() == (tmp_path / "expected.parquet").read_bytes()
    assert not Parts(tmp_path / "o.parquet").folder.exists()


@pytest.mark.slow
def test_no_scheduler_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlgenomics.predict.distributed.ANSWER_SECONDS", 1)
    with pytest.raises(DlgError, match="address of a scheduler that answers"):
        write_distributed("tcp://127.0.0.1:1", tmp_path / "o.tsv", _plan(),
                          functools.partial(make_flow, None), Intent())
    assert not list(tmp_path.iterdir())
