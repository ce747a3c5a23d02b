"""Runs that are stopped, killed or fail go on and end with the same bytes."""

from __future__ import annotations

import dataclasses
import errno
import itertools
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import made_up_rows
import numpy as np
import pytest
from made_up_rows import BATCH, COUNT, SHARD, MadeUpLoader, make_run, summing

from dlgenomics.errors import DataError, DlgError, OutputError, RunError
from dlgenomics.predict.parts.agreement import Intent
from dlgenomics.predict.parts.folder import Parts, standing
from dlgenomics.predict.parts.plan import Piece
from dlgenomics.predict.writing import merge

SHARDS = -(-COUNT // SHARD)
RESUME = Intent(resume=True)
FORMATS = ("o.tsv", "o.parquet", "o.h5", "o.npz", "o.bg", "o.bed.gz")


class Stop(Exception):
    """What is thrown into a run."""


def _stopping(after: int, error: BaseException):
    calls = []

    def run(arrays: dict[str, Any]) -> Any:
        calls.append(1)
        if len(calls) > after:
            raise error
        return summing(arrays)

    return run


@pytest.fixture
def expected(tmp_path: Path):
    def of(name: str) -> bytes:
        folder = tmp_path / "expected"
        folder.mkdir(exist_ok=True)
        make_run(folder / name)
        assert [one.name for one in folder.iterdir()] == [name]
        return (folder / name).read_bytes()

    return of


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("after", [0, 1, 7, 13, 22])
def test_a_run_that_fails_goes_on_to_the_same_bytes(
    tmp_path: Path, expected, name: str, after: int
) -> None:
    out = tmp_path / name
    with pytest.raises(Stop):
        make_run(out, run=_stopping(after, Stop()))
    assert not out.exists()
    done = Parts(out).done()
    assert len(done) <= after * BATCH // SHARD
    loader = MadeUpLoader()
    run = make_run(out, RESUME, loader=loader)
    assert run.found == done
    assert len(loader.seen) == COUNT - SHARD * len(done)
    assert out.read_bytes() == expected(name)
    assert [one.name for one in tmp_path.iterdir() if one.name != "expected"] == [name]


def test_finished_shards_are_read_while_the_run_goes_on(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def run(arrays: dict[str, Any]) -> Any:
        for path in sorted((tmp_path / "o.tsv.parts").glob("0*.npz")):
            with np.load(path) as stored:
                seen.append(stored["records/name"].tolist())
        return summing(arrays)

    make_run(tmp_path / "o.tsv", run=run)
    assert seen
    assert seen[0] == [f"row {i}" for i in range(SHARD)]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow),
                                  pytest.param(3, marks=pytest.mark.slow)])
def test_killed_at_random_moments_it_ends_with_the_same_bytes(
    tmp_path: Path, expected, seed: int
) -> None:
    rng = random.Random(seed)
    out = tmp_path / "o.tsv"
    kills = 0
    for _ in range(30):
        process = subprocess.Popen([sys.executable, made_up_rows.__file__, str(out)],
                                   stdout=subprocess.PIPE)
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        try:
            status = process.wait(timeout=rng.uniform(0.02, 0.1) * (kills + 1))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            assert not out.exists() or out.read_bytes() == expected(out.name)
            continue
        assert status == 0
        break
    assert kills >= 1
    assert out.read_bytes() == expected(out.name)
    assert {one.name for one in tmp_path.iterdir()} == {"expected", out.name}


def test_shards_that_are_there_are_not_counted_as_computed_now(tmp_path: Path) -> None:
    calls = []

    def dying(arrays: dict[str, Any]) -> Any:
        calls.append(1)
        if len(calls) > 4 * SHARD // BATCH:
            raise KeyboardInterrupt
        return summing(arrays)

    out = tmp_path / "o.tsv"
    with pytest.raises(KeyboardInterrupt):
        make_run(out, run=dying)
    kept = len(Parts(out).done())
    assert kept >= 1
    told: list[int] = []
    make_run(out, RESUME, progress=lambda stage, done, total, note="": told.append(done))
    assert told[0] == kept * SHARD
    assert max(now - before for before, now in itertools.pairwise(told)) == BATCH
    assert told[-1] == COUNT


def test_a_full_disk_keeps_what_is_finished(
    tmp_path: Path, expected, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "o.tsv"
    whole, calls = np.savez, []

    def full(stream: Any, **arrays: Any) -> None:
        calls.append(1)
        stream.write(b"half")
        if len(calls) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        stream.seek(0)
        whole(stream, **arrays)

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OutputError, match="no space left"):
        make_run(out)
    assert Parts(out).done() == {0, 1, 2}
    assert standing(out) == (3, SHARDS)
    assert {one.suffix for one in Parts(out).folder.iterdir()} == {".npz", ".json", ".lock"}
    monkeypatch.setattr(np, "savez", whole)
    assert make_run(out, RESUME).resumed == 3
    assert out.read_bytes() == expected("o.tsv")


@pytest.mark.parametrize(("limit", "halved"), [(3, 2), (1, 1), (2, 2)])
def test_a_batch_that_does_not_fit_is_halved(
    tmp_path: Path, expected, limit: int, halved: int
) -> None:
    sizes: list[int] = []

    def small(arrays: dict[str, Any]) -> Any:
        sizes.append(len(arrays["x"]))
        if len(arrays["x"]) > limit:
            raise MemoryError
        return summing(arrays)

    run = make_run(tmp_path / "o.tsv", run=small)
    assert run.flow.careful.limit == halved
    assert sizes.count(BATCH) == 2  # beside others, then by itself
    assert (tmp_path / "o.tsv").read_bytes() == expected("o.tsv")


def test_tensorflows_word_for_no_memory_is_known_and_one_row_must_fit(tmp_path: Path) -> None:
    import tensorflow as tf

    def never(arrays: dict[str, Any]) -> Any:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")

    with pytest.raises(DlgError, match=r"a single row must fit.*OOM when allocating"):
        make_run(tmp_path / "o.tsv", run=never)
    assert not list(tmp_path.iterdir())


def test_an_input_that_breaks_in_the_middle_keeps_what_is_finished(
    tmp_path: Path, expected
) -> None:
    class Breaking(MadeUpLoader):
        def arrays(self, rows: np.ndarray) -> dict[str, np.ndarray]:
            if 40 in rows:
                raise DataError("no sequence at chr1:400-410", path="genome.fa")
            return super().arrays(rows)

    out = tmp_path / "o.tsv"
    with pytest.raises(DataError, match="chr1:400-410"):
        make_run(out, loader=Breaking())
    assert Parts(out).done() == set(range(5))
    make_run(out, RESUME)
    assert out.read_bytes() == expected("o.tsv")


def test_an_input_that_may_not_be_read_is_not_the_output(tmp_path: Path) -> None:
    class Denied(MadeUpLoader):
        def arrays(self, rows: np.ndarray) -> dict[str, np.ndarray]:
            raise PermissionError(errno.EACCES, "Permission denied", "/data/signal.bw")

    for intent in (Intent(), Intent(piece=Piece(1, 2))):
        with pytest.raises(PermissionError, match=r"/data/signal\.bw"):
            make_run(tmp_path / "o.tsv", intent, loader=Denied())


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path, expected) -> None:
    out = tmp_path / "o.tsv"
    with pytest.raises(KeyboardInterrupt):
        make_run(out, run=_stopping(11, KeyboardInterrupt()))
    assert 3 <= len(Parts(out).done()) <= 5
    make_run(out, RESUME)
    assert out.read_bytes() == expected("o.tsv")


# Whose shards they are -----------------------------------------------------------------------


@pytest.mark.parametrize(("change", "named"), [
    ({"model": {"name": "sum", "sha256": "2"}}, r"other content of model\."),
    ({"inputs": {"fasta_file": {"file": "g.fa", "sha256": "b"}}},
     r"other content of inputs\.fasta_file\."),
    ({"inputs": {}}, r"inputs\.fasta_file \(.*now None\)"),
    ({"options": {"layer": "conv"}}, r"options\.layer \(None, now conv\)"),
    ({"versions": {"tensorflow": "9"}}, r"versions\.tensorflow"),
])
def test_a_change_is_noticed_and_named(tmp_path: Path, change: dict, named: str) -> None:
    out = tmp_path / "o.tsv"
    facts = {"inputs": {"fasta_file": {"file": "g.fa", "sha256": "a"}}, "options": {"layer": None}}
    with pytest.raises(Stop):
        make_run(out, run=_stopping(8, Stop()), **facts)
    with pytest.raises(RunError, match=rf"same model, files and options.*{named}.*--restart"):
        make_run(out, RESUME, **{**facts, **change})
    assert len(Parts(out).done()) >= 2
    with pytest.raises(RunError, match=r"of 12 shards\. Go on with --resume"):
        make_run(out, **facts)
    run = make_run(out, Intent(restart=True), **{**facts, **change})
    assert run.resumed == 0


def test_another_process_at_the_same_output_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "o.tsv"
    with (Parts(out).alone(None),
          pytest.raises(RunError, match="another process that writes it")):
        make_run(out)
    with Parts(out).alone(Piece(1, 2)):
        make_run(out, Intent(piece=Piece(2, 2)))
        with pytest.raises(RunError, match="another process that writes it"):
            make_run(out, Intent(piece=Piece(1, 2)))


def test_a_whole_run_and_a_piece_are_never_made_at_once(tmp_path: Path, expected) -> None:
    out = tmp_path / "o.tsv"

    def whole_meanwhile(arrays: dict[str, Any]) -> Any:
        for call in (lambda: make_run(out, shard_rows=4 * SHARD), lambda: merge(out)):
            with pytest.raises(RunError, match="another process that writes it"):
                call()
        return summing(arrays)

    def piece_meanwhile(arrays: dict[str, Any]) -> Any:
        with pytest.raises(RunError, match="another process that writes it"):
            make_run(out, Intent(piece=Piece(2, 4)))
        return summing(arrays)

    make_run(out, Intent(piece=Piece(1, 4)), run=whole_meanwhile)
    make_run(out, RESUME, run=piece_meanwhile)
    assert out.read_bytes() == expected("o.tsv")


def test_a_shard_without_the_rows_of_the_plan_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "o.tsv"
    make_run(out, Intent(piece=Piece(1, 1)))
    plan = Parts(out).plan()
    Parts(out).begin(dataclasses.replace(plan, shard_rows=4 * SHARD))
    for call in (lambda: merge(out), lambda: make_run(out, RESUME)):
        with pytest.raises(RunError, match=r"000000\.npz must hold rows 0 to 32, which are 32\. "
                           r"Received: 8, of a run that was divided.*--restart"):
            call()
    assert not out.exists()
    assert len(Parts(out).done()) == SHARDS


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    out = tmp_path / "o.tsv"
    with pytest.raises(Stop):
        make_run(out, run=_stopping(8, Stop()))
    path = Parts(out).path_of(1)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(RunError, match=r"shard 000001\.npz must be whole"):
        make_run(out, RESUME)
    path.unlink()
    make_run(out, RESUME)
    assert out.exists()


# Pieces --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("of", [1, 3, 50])
def test_pieces_in_any_order_make_the_same_file(
    tmp_path: Path, expected, name: str, of: int
) -> None:
    out = tmp_path / name
    numbers = list(range(1, of + 1))
    random.Random(of).shuffle(numbers)
    seen: list[int] = []
    for number in numbers:
        loader = MadeUpLoader()
        make_run(out, Intent(piece=Piece(number, of)), loader=loader, shard_rows=12)
        seen += loader.seen
    assert sorted(seen) == list(range(COUNT))
    assert not out.exists()
    plan = merge(out, "sum" if name == "o.bg" else None)
    assert (plan.rows, plan.shards) == (COUNT, 8)
    assert out.read_bytes() == expected(name)
    assert {one.name for one in tmp_path.iterdir()} == {"expected", name}


def test_pieces_that_are_missing_are_named(tmp_path: Path) -> None:
    out = tmp_path / "o.tsv"
    with pytest.raises(RunError, match=r"Received: none\. Make the pieces with"):
        merge(out)
    make_run(out, Intent(piece=Piece(2, 4)))
    with pytest.raises(RunError, match=r"Received: 3 of 12; not 0-2, 6-11\."):
        merge(out)
    with pytest.raises(RunError, match=r"options\.layer"):
        make_run(out, Intent(piece=Piece(1, 4)), options={"layer": "x"})


@pytest.mark.parametrize(("number", "rows", "shards"), [(1, 24, 3), (2, 24, 3), (4, 18, 3)])
def test_a_piece_counts_what_is_its_own(
    tmp_path: Path, number: int, rows: int, shards: int
) -> None:
    out = tmp_path / "o.tsv"
    make_run(out, Intent(piece=Piece(3, 4)))
    for resumed in (0, shards):
        run = make_run(out, Intent(piece=Piece(number, 4)))
        assert (run.rows, len(run.shards), run.resumed) == (rows, shards, resumed)
    whole = make_run(out, RESUME)
    assert (whole.rows, len(whole.shards), whole.resumed) == (COUNT, SHARDS, 3 + shards)


def test_pieces_are_merged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected) -> None:
    out = tmp_path / "o.tsv"
    make_run(out, Intent(piece=Piece(1, 1)))
    alone = Parts.alone

    def later(parts: Parts, piece: Piece | None):
        monkeypatch.undo()
        merge(out)  # another process, between this one's look and its lock
        return alone(parts, piece)

    monkeypatch.setattr(Parts, "alone", later)
    with pytest.raises(RunError, match=r"Received: none\. Make the pieces with"):
        merge(out)
    assert out.read_bytes() == expected("o.tsv")
    assert {one.name for one in tmp_path.iterdir()} == {"expected", "o.tsv"}


def test_shards_without_a_plan_are_nobodys(tmp_path: Path, expected) -> None:
    out = tmp_path / "o.tsv"
    with pytest.raises(Stop):
        make_run(out, run=_stopping(8, Stop()))
    stale = Parts(out).path_of(0).read_bytes()
    (Parts(out).folder / "plan.json").unlink()
    for number in (1, 2):
        run = make_run(out, Intent(piece=Piece(number, 2)), run=lambda arrays: summing(arrays) + 1)
        assert run.resumed == 0
    assert Parts(out).path_of(0).read_bytes() != stale
    merge(out)
    assert out.read_bytes() != expected("o.tsv")


def test_a_run_may_finish_what_pieces_began(tmp_path: Path, expected) -> None:
    out = tmp_path / "o.tsv"
    make_run(out, Intent(piece=Piece(1, 2)))
    make_run(out, RESUME)
    assert out.read_bytes() == expected("o.tsv")


def test_a_run_without_rows_has_a_header(tmp_path: Path) -> None:
    make_run(tmp_path / "o.tsv", loader=MadeUpLoader(0))
    assert (tmp_path / "o.tsv").read_text() == "name\tsum\tfirst\n"
