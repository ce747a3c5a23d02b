"""``dlg predict`` in pieces, after an interruption, as tracks, and what it would cost."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import h5py
import numpy as np
import pysam
import pytest

from dlgenomics.predict.parts.folder import Parts
from dlgenomics.progress import Progress, silent
from dlgenomics_cli.output import say, starting_tensorflow

Dlg = Callable[..., tuple[int, str, str]]


@pytest.fixture
def files(tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    """Copies of a genome and intervals; runs have shards of 16 rows."""
    monkeypatch.setattr("dlgenomics.predict.parts.plan.SHARD_BATCHES", 2)
    for name in ("genome.fa", "intervals.bed"):
        shutil.copy(tiny_data / name, tmp_path / name)
    return ("--fasta", tmp_path / "genome.fa", "--intervals", tmp_path / "intervals.bed",
            "--batch-size", 8)


@pytest.mark.parametrize("name", ["o.tsv", "o.parquet"])
def test_pieces_are_merged_to_the_bytes_of_one_run(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path, name: str
) -> None:
    whole, pieces = tmp_path / f"whole-{name}", tmp_path / name
    assert run_dlg("predict", tiny_package, *files, "-o", whole)[0] == 0
    for piece in ("2/3", "1/3", "3/3"):
        status, _, err = run_dlg("predict", tiny_package, *files, "-o", pieces, "--shard", piece)
        assert (status, f"Piece {piece} is done. When all are: dlg merge" in err) == (0, True)
    out = run_dlg("merge", pieces, "--json")[1]
    assert json.loads(out) == {"output": str(pieces), "rows": 70, "shards": 5,
                               "model": "test/tiny", "written": "predictions"}
    assert pieces.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(("options", "said"), [
    ((), "70 predictions, from 5 shards, in "), (("--layer", 2), "70 rows of layer 2, from "),
    (("--gradients", "bound"), "70 rows of gradients of bound, from "),
])
def test_merging_says_what_was_written(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path,
    options: tuple[object, ...], said: str,
) -> None:
    out = tmp_path / "o.npz"
    assert run_dlg("predict", tiny_package, *files, *options, "-o", out, "--shard", "1/1")[0] == 0
    status, _, err = run_dlg("merge", out, "--column", "nonsense")
    assert (status, "--column is for tracks" in err) == (2, True)
    status, _, err = run_dlg("merge", tmp_path / "{column}.npz")
    assert (status, "braces are for {column}" in err) == (2, True)
    status, _, err = run_dlg("merge", out)
    assert (status, said in err) == (0, True), err


@contextlib.contextmanager
def _bars() -> Iterator[Progress]:
    try:
        yield silent
    finally:
        say("bars are gone")


def test_ctrl_c_while_tensorflow_starts_shows_nothing_of_its_chatter(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def start(error: type[BaseException]) -> None:
        with starting_tensorflow():
            os.write(2, b"chatter")
            raise error

    for error, is_shown in ((KeyboardInterrupt, False), (RuntimeError, True)):
        with pytest.raises(error):
            start(error)
        assert ("chatter" in capfd.readouterr().err) is is_shown


def _stopped(*_: object) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_says_how_to_go_on_and_a_changed_file_is_noticed(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dlgenomics.predict.forward import Forward

    out, call, calls = tmp_path / "o.tsv", Forward.__call__, []

    def interrupted(self: Forward, arrays):
        calls.append(1)
        if len(calls) > 6:
            raise KeyboardInterrupt
        return call(self, arrays)

    command = ("predict", tiny_package, *files, "-o", out)
    with monkeypatch.context() as patch:
        patch.setattr(Forward, "__call__", interrupted)
        patch.setattr(import_module("dlgenomics_cli.commands.predict"), "progress", _bars)
        status, _, err = run_dlg(*command)
    assert status == 130
    assert err.rindex("bars are gone") < err.index("of 5 shards")
    assert f"of 5 shards are kept in {out}.parts; go on with the same command and --resume" in err
    with monkeypatch.context() as patch:
        patch.setattr(import_module("dlgenomics_cli.commands.predict"), "open_model", _stopped)
        status, _, err = run_dlg(*command, "--resume")
        assert (status, err.count("go on with the same command and --resume")) == (130, 1)
        status, _, err = run_dlg(*command[:-1], tmp_path / "new.tsv")
        assert (status, err.strip()) == (130, "Interrupted.")
    status, _, err = run_dlg(*command)
    assert (status, "Go on with --resume, or begin anew with --restart" in err) == (1, True)
    assert "same command" not in err
    bed = tmp_path / "intervals.bed"
    text = bed.read_text()
    bed.write_text(text.replace("\t+\t", "\t-\t", 1))
    status, _, err = run_dlg(*command, "--resume")
    assert (status, "other content of inputs.intervals_file." in err) == (1, True)
    bed.write_text(text)
    status, _, err = run_dlg(*command, "--resume", "--keep-metadata")
    assert (status, "options.keep_metadata (False, now True)" in err) == (1, True)
    found = json.loads(run_dlg(*command, "--resume", "--json")[1])
    assert found["resumed"] >= 1
    assert found["rows"] == 70
    run_dlg("predict", tiny_package, *files, "-o", tmp_path / "whole.tsv")
    assert out.read_bytes() == (tmp_path / "whole.tsv").read_bytes()


@pytest.mark.parametrize(("options", "sentence"), [
    (["--shard", "4/3"], "such as 3/50"), (["--shard", "x"], "such as 3/50"),
    (["--shard", "1/3", "--restart"], "--restart throws shards away"),
    (["--dask", "2", "--shard", "1/2"], "--dask makes all shards"),
    (["--resume", "-o", "-"], "need a file"), (["--shard", "1/2", "-o", "/dev/null"], "need a file"),
    (["--layer", "1", "--gradients", "bound"], "give one"),
    (["--column", "bound"], "--column is for tracks"),
    (["--keep-inputs", "-o", "o.bw"], "hold numbers alone"),
    (["-o", "{column}.tsv"], "braces are for {column} in the name of a track"),
    (["-o", "{columns}.bw"], "Received: -o {columns}.bw"), (["-o", "col{x}.bg"], "braces are for"),
    (["-o", "{column}/o.bw"], "braces are for"), (["-o", "o{.parquet"], "braces are for"),
])
def test_options_that_do_not_go_together(
    run_dlg: Dlg, files: tuple[object, ...], tmp_path: Path, options: list[str], sentence: str
) -> None:
    status, _, err = run_dlg("predict", "x", *files, "-o", tmp_path / "o.tsv", *options)
    assert (status, sentence in err) == (2, True)


def test_gradients_and_layers_are_written_the_same_way(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path
) -> None:
    from dlgenomics import get_model

    model = get_model(tiny_package)
    x = model.default_dataloader(fasta_file=files[1], intervals_file=files[3]).load_all()["inputs"]
    for option, value, key, expected, words in (
        ("--gradients", "bound", "grads", model.input_grad(x), "gradients of bound"),
        ("--layer", "conv1d_1", "preds", model.predict_activation_on_batch(x, "conv1d_1"),
         "layer conv1d_1"),
    ):
        status, _, err = run_dlg("predict", tiny_package, *files, option, value, "--keep-inputs",
                                 "-o", tmp_path / "o.h5")
        assert (status, f"70 rows of {words} in" in err) == (0, True)
        with h5py.File(tmp_path / "o.h5") as stored:
            assert np.abs(stored[key][:] - expected).max() < 1e-6
            assert np.array_equal(stored["inputs"][:], x)
    status, _, err = run_dlg("predict", tiny_package, *files, "--gradients", "bond", "-o",
                             tmp_path / "g.h5")
    assert (status, "Did you mean 'bound'" in err) == (1, True)
    status, _, err = run_dlg("predict", tiny_package, *files, "--layer", "conv1d_11", "-o",
                             tmp_path / "g.h5")
    assert (status, "Did you mean 'conv1d_1'" in err) == (1, True)


def test_a_pipe_and_a_device_take_text(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path
) -> None:
    whole = tmp_path / "whole.tsv"
    assert run_dlg("predict", tiny_package, *files, "-o", whole)[0] == 0
    told = json.loads(run_dlg("predict", tiny_package, *files, "-o", "/dev/null", "--json")[1])
    assert (told["rows"], told["output"], told["shards"]) == (70, "/dev/null", None)
    for name, change in (("pipe", bytes), ("pipe.tsv", bytes), ("pipe.tsv.gz", gzip.decompress)):
        pipe = tmp_path / name
        os.mkfifo(pipe)
        with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
            status, _, err = run_dlg("predict", tiny_package, *files, "-o", pipe)
            assert change(reader.read()) == whole.read_bytes()
        assert (status, f"70 predictions (bound) in {pipe}" in err) == (0, True)
    os.mkfifo(tmp_path / "pipe.h5")
    status, _, err = run_dlg("predict", tiny_package, *files, "-o", tmp_path / "pipe.h5")
    assert (status, "a pipe or a device takes text. Received: .h5. End in .tsv" in err) == (1, True)
    assert not list(tmp_path.glob("pipe*.parts"))


@pytest.mark.parametrize(("name", "came"), [("folder.tsv", "a folder"), ("file.zarr", "a file"),
                                            ("file.zarr/o.tsv", "Not a directory")])
def test_places_where_nothing_can_be_written_are_refused_at_once(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path, name: str,
    came: str
) -> None:
    (tmp_path / "folder.tsv").mkdir()
    (tmp_path / "file.zarr").write_text("mine")
    status, _, err = run_dlg("predict", tiny_package, *files, "-o", tmp_path / name)
    assert status == 1
    assert f"the output must be writable. Received: {came}." in err
    assert "shards are kept" not in err
    assert not list(tmp_path.glob("*.parts"))


def test_the_summary_says_how_far_an_engine_is_from_tensorflow(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path
) -> None:
    pytest.importorskip("openvino", reason="the extra openvino is not installed")
    command = ("predict", tiny_package, *files, "--engine", "openvino-bfloat16", "-o")
    status, _, err = run_dlg(*command, tmp_path / "o.tsv")
    assert status == 0, err
    said = re.search(r"Engine openvino-bfloat16: its test numbers differ from TensorFlow's by "
                     r"(\S+) at most \(allowed: rtol 0\.03, atol 0\.02\)\.", err)
    assert said, err
    told = json.loads(run_dlg(*command, tmp_path / "p.tsv", "--json")[1])
    assert told["engine"] == "openvino-bfloat16"
    assert (told["comparison"]["rtol"], told["comparison"]["atol"]) == (0.03, 0.02)
    assert float(said[1]) == float(f"{told['comparison']['difference']:.3g}") < 0.03
    status, _, err = run_dlg("predict", tiny_package, *files, "-o", tmp_path / "q.tsv")
    assert (status, "Engine" in err) == (0, False)


def test_a_run_goes_on_with_files_that_lie_elsewhere(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path
) -> None:
    out, elsewhere = tmp_path / "o.tsv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert run_dlg("predict", tiny_package, *files, "-o", out, "--shard", "1/2")[0] == 0
    for name in ("genome.fa", "intervals.bed"):
        shutil.move(tmp_path / name, elsewhere / name)
    moved = [elsewhere / one.name if isinstance(one, Path) else one for one in files]
    found = json.loads(run_dlg("predict", tiny_package, *moved, "-o", out, "--resume", "--json")[1])
    assert (found["rows"], found["resumed"], found["written"]) == (70, 2, "predictions")


def test_predictions_as_a_track(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path
) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="the extra tracks is not installed")
    run_dlg("predict", tiny_package, *files, "-o", tmp_path / "o.bw")
    run_dlg("predict", tiny_package, *files, "-o", tmp_path / "o.tsv")
    _, _, err = run_dlg("predict", tiny_package, *files, "-o", tmp_path / "o.{column}.bw")
    assert "o.{column}.bw, a file for each column" in err
    assert (tmp_path / "o.bound.bw").read_bytes() == (tmp_path / "o.bw").read_bytes()
    track = pybigtools.open(str(tmp_path / "o.bw"))
    rows = [line.split("\t") for line in (tmp_path / "o.tsv").read_text().splitlines()[1:]]
    starts = [int(row[1]) for row in rows]
    ends = [int(row[2]) for row in rows]
    for row, start, end in zip(rows, starts, ends, strict=True):
        if not any(s < end and start < e for s, e in zip(starts, ends, strict=True)
                   if (s, e) != (start, end)):
            found = track.values(row[0], start, end, fillna=None)
            assert (np.float32(found) == np.float32(row[-1])).all()


def test_a_dry_run_says_what_it_would_cost_and_writes_nothing(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dlgenomics.predict.cost import HUMAN_GENOME

    out = tmp_path / "o.tsv"
    status, text, err = run_dlg("predict", tiny_package, *files, "-o", out, "--dry-run", "--json")
    assert status == 0, err
    found = json.loads(text)
    assert (found["rows"], found["batch_size"], found["window"]) == (70, 8, 60)
    assert found["rows_per_second"] > 0
    assert found["measured_rows"] >= 70
    assert found["seconds"] >= 0.5
    hours = HUMAN_GENOME / 60 / found["rows_per_second_per_core"] / 3600
    assert found["human_genome"]["core_hours_every_60_bp"] == pytest.approx(hours, rel=0.02)
    assert "core-hours" in run_dlg("predict", tiny_package, *files, "--dry-run")[1]
    assert not list(tmp_path.glob("o.tsv*"))


def test_bad_records_stop_a_run_or_are_listed_beside_it(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path
) -> None:
    bed, out = tmp_path / "intervals.bed", tmp_path / "o.tsv"
    lines = bed.read_text().splitlines()
    bed.write_text("\n".join([*lines[:5], "chr1 nonsense", *lines[5:], "more"]) + "\n")
    status, _, err = run_dlg("predict", tiny_package, *files, "-o", out)
    assert (status, f"{bed}:6: a BED line must have" in err) == (1, True)
    status, _, err = run_dlg("predict", tiny_package, *files, "-o", out, "--skip-bad")
    assert (status, f"2 bad records were left out; {out}.skipped.tsv lists them." in err) == (0, True)
    noted = (tmp_path / "o.tsv.skipped.tsv").read_text().splitlines()
    assert noted[0] == "file\tline\treason"
    assert noted[1].startswith(f"{bed}\t6\ta BED line must have")
    assert len(out.read_text().splitlines()) == 71


SITES = ("##fileformat=VCFv4.2\n##contig=<ID={contig}>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
         "{contig}\t40\t.\tN\tC\t.\t.\t.\n{contig}\t50\t.\tN\tT\t.\t.\t.\n")
GENES = ('{contig}\tX\tgene\t41\t60\t.\t+\t.\tgene_id "a";\n'
         '{contig}\tX\tgene\t51\t90\t.\t-\t.\tgene_id "b";\n')


@pytest.fixture
def contig(files: tuple[object, ...]) -> str:
    """The name of a contig of the genome."""
    return Path(str(files[1])).read_text().partition("\n")[0][1:].split()[0]


@pytest.mark.parametrize(("option", "text", "bad", "reason"), [
    ("--vcf", SITES, "{contig}\tten\t.\tA\tC\t.\t.\t.\n", "POS must be a whole number"),
    ("--gtf", GENES, "{contig}\tX\tgene\n", "a line of a GTF must have 9 columns"),
    ("--sequences", ">a\n" + "A" * 60 + "\n>b\n" + "C" * 60 + "\n", ">c\nACGT\n", "must have 60 bp"),
], ids=["vcf", "gtf", "sequences"])
def test_bad_records_of_every_kind_are_listed(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], contig: str, tmp_path: Path,
    option: str, text: str, bad: str, reason: str,
) -> None:
    path, out = tmp_path / "places", tmp_path / "o.tsv"
    path.write_text((text + bad).format(contig=contig))
    genome = () if option == "--sequences" else files[:2]
    command = ("predict", tiny_package, *genome, option, path, "-o", out)
    status, _, err = run_dlg(*command)
    place = text.count("\n") + 1
    assert (status, f"{path}:{place}: " in err, reason in err) == (1, True, True)
    status, text_out, err = run_dlg(*command, "--skip-bad", "--json")
    assert status == 0, err
    assert (json.loads(text_out)["skipped"], json.loads(text_out)["rows"]) == (1, 2)
    _, row = (tmp_path / "o.tsv.skipped.tsv").read_text().splitlines()
    assert row.startswith(f"{path}\t{place}\t")
    assert reason in row
    status, rows, err = run_dlg(*command[:-1], "-", "--skip-bad")
    assert (status, len(rows.splitlines())) == (0, 3)
    noted, counted = err.splitlines()[-2:]
    assert (noted.startswith(f"{path}:{place}: "), counted) == (True, "1 bad record was left out.")


def test_a_bcf_gives_the_predictions_of_its_vcf(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], contig: str, tmp_path: Path
) -> None:
    vcf, bcf = tmp_path / "v.vcf", tmp_path / "v.bcf"
    vcf.write_text(SITES.format(contig=contig))
    with pysam.VariantFile(str(vcf)) as source, pysam.VariantFile(
            str(bcf), "wb", header=source.header) as made:
        for record in source:
            made.write(record)
    for path in (vcf, bcf):
        status, _, err = run_dlg("predict", tiny_package, *files[:2], "--vcf", path, "-o",
                                 path.with_suffix(f"{path.suffix}.tsv"))
        assert status == 0, err
    assert (tmp_path / "v.bcf.tsv").read_bytes() == (tmp_path / "v.vcf.tsv").read_bytes()


@pytest.mark.slow
def test_workers_of_dask_make_the_bytes_of_one_process(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path
) -> None:
    pytest.importorskip("distributed", reason="the extra distributed is not installed")
    one, several = tmp_path / "one.tsv", tmp_path / "several.tsv"
    assert run_dlg("predict", tiny_package, *files, "-o", one)[0] == 0
    status, out, err = run_dlg("predict", tiny_package, *files, "-o", several, "--dask", "2",
                               "--json")
    assert status == 0, err
    assert several.read_bytes() == one.read_bytes()
    alone = json.loads(run_dlg("predict", tiny_package, *files, "-o", one, "--json")[1])
    told = json.loads(out)
    assert set(told.pop("seconds")) == set(alone.pop("seconds")) == {"load", "compute", "write"}
    assert {**told, "output": ""} == {**alone, "output": ""}
    assert not list(tmp_path.glob("*.parts"))


def test_workers_that_are_refused_leave_the_list_of_skipped_records(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path
) -> None:
    bed, out = tmp_path / "intervals.bed", tmp_path / "o.tsv"
    good = bed.read_text()
    bed.write_text(f"{good}chr1 nonsense\n")
    command = ("predict", tiny_package, *files, "-o", out, "--skip-bad")
    assert run_dlg(*command)[0] == 0
    noted = (tmp_path / "o.tsv.skipped.tsv").read_text()
    bed.write_text(good)
    with Parts(out).alone(None):
        status, _, err = run_dlg(*command, "--dask", "1")
    assert (status, "another process that writes it" in err) == (1, True), err
    assert (tmp_path / "o.tsv.skipped.tsv").read_text() == noted


def test_workers_are_not_told_to_read_standard_input(
    run_dlg: Dlg, tiny_package: Path, files: tuple[object, ...], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bed = (tmp_path / "intervals.bed").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bed)))
    status, _, err = run_dlg("predict", tiny_package, "--fasta", files[1], "--intervals", "-",
                             "-o", tmp_path / "o.tsv", "--dask", "2")
    assert (status, "Received: standard input. Write it to a file" in err) == (1, True), err
    assert not list(tmp_path.glob("o.tsv*"))
