"""Commands as a user types them: results, JSON, exit statuses, examples."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pytest
from made_splicing import take_the_place_of_spliceai
from tiny_language_models import protein_checkpoint

from dlgenomics_cli.commands import ALL
from dlgenomics_zoo.client import place_in_zoo

Dlg = Callable[..., tuple[int, str, str]]


@pytest.fixture
def placed(tiny_package: Path) -> Path:
    return shutil.copytree(tiny_package, place_in_zoo("test/tiny"))


def test_the_main_job_from_end_to_end(
    run_dlg: Dlg, tmp_path: Path, tiny_spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, _ = run_dlg("simulate", "single-motif", "--count", 400, "--length", 60,
                             "--genome", 20, "--seed", 5, "-o", "data")
    assert status == 0
    assert {Path(line).name for line in out.split()} == {
        "sequences.fa.gz", "labels.tsv", "motifs.bed", "genome.fa", "intervals.bed"}
    status, out, err = run_dlg("train", tiny_spec, "--data", "data", "-o", "run")
    assert status == 0
    assert "weights of epoch" in out
    assert Path("run/report.html").is_file()
    assert "dlg package run" in err
    status, out, _ = run_dlg("package", "run")
    assert (status, "verified" in out) == (0, True)
    status, out, err = run_dlg("get-model", "test/tiny")
    assert status == 0
    assert re.search(r"source +local", out)
    assert re.search(r"verified +11 files", out)
    assert "dlg predict test/tiny" in err
    status, out, err = run_dlg("predict", "test/tiny", "--fasta", "data/genome.fa", "--intervals",
                               "data/intervals.bed", "-o", "out.tsv")
    assert (status, out) == (0, "")
    assert "20 predictions" in err
    assert len(Path("out.tsv").read_text().splitlines()) == 21
    status, out, _ = run_dlg("predict", "./run", "--sequences", "x")
    assert status == 1  # a run folder is no package


def test_validate_says_ok_or_every_problem(run_dlg: Dlg, tiny_spec: Path, tmp_path: Path) -> None:
    assert run_dlg("validate", tiny_spec, "dragonn/tal1")[0] == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text(tiny_spec.read_text().replace("filters", "filtres").replace("units", "unit"))
    status, out, err = run_dlg("validate", tiny_spec, bad)
    assert status == 1
    assert f"{tiny_spec}: ok" in out
    assert f"{bad}: 2 problems" in out
    assert f"{bad}:17:16: Conv1D has no argument 'filtres'. Did you mean 'filters'?" in err
    status, out, _ = run_dlg("validate", bad, "--json")
    assert status == 1
    assert len(json.loads(out)[0]["problems"]) == 2


def test_validate_prints_warnings_and_passes(run_dlg: Dlg, tiny_spec: Path) -> None:
    tiny_spec.write_text(tiny_spec.read_text().replace(
        "activation: relu", "activation: relu, kernel_initializer: glorot_uniform"))
    status, _, err = run_dlg("validate", tiny_spec)
    assert status == 0
    assert "glorot_uniform does not match relu; he_normal does" in err


def test_show_names_shapes_parameters_view_and_reason(run_dlg: Dlg) -> None:
    status, out, _ = run_dlg("show", "dragonn/tal1")
    assert status == 0
    rows = {line.split("\t")[0]: line.split("\t") for line in out.splitlines() if "\t" in line}
    assert rows["conv1d_2"][1:] == ["Conv1D", "(batch, 482, 15)", "2,265", "19 bp",
                                    "he_normal (He, chosen for relu)"]
    assert rows["bound"][2:5] == ["(batch, 1)", "196", "all"]
    assert "5,341 parameters" in out
    assert json.loads(run_dlg("show", "dragonn/tal1", "--json")[1])["parameters"] == 5341


def test_show_alone_lists_the_built_in_specs(run_dlg: Dlg) -> None:
    from dlgenomics import registry

    status, out, _ = run_dlg("show")
    rows = [line.split("\t") for line in out.splitlines()]
    assert status == 0
    assert [row[0] for row in rows[1:]] == list(registry)
    assert "5,341" in next(row for row in rows if row[0] == "dragonn/tal1")
    assert [row["spec"] for row in json.loads(run_dlg("show", "--json")[1])] == list(registry)


def test_ls_and_info_and_test(run_dlg: Dlg, placed: Path) -> None:
    status, out, _ = run_dlg("ls")
    assert [line.split("\t")[0] for line in out.splitlines()][:3] == [
        "model", "test/tiny", "dragonn/tal1"]
    assert [e["name"] for e in json.loads(run_dlg("ls", "--json", "--source", "local")[1])] == [
        "test/tiny"]
    status, out, err = run_dlg("ls", "nothing-like-it")
    assert (status, out) == (0, "")
    assert "No model matches" in err
    out = run_dlg("info", "test/tiny")[1]
    assert re.search(r"input +dna \(batch, 60, 4\)", out)
    assert json.loads(run_dlg("info", "test/tiny", "--json")[1])["package"]["format"] == 1
    status, out, _ = run_dlg("test", "test/tiny")
    assert (status, "8 examples replayed" in out) == (0, True)
    assert json.loads(run_dlg("test", placed, "--json")[1])["passed"] is True


def test_get_model_copies(run_dlg: Dlg, placed: Path, tmp_path: Path) -> None:
    status, out, err = run_dlg("get-model", "test/tiny", "-o", tmp_path / "mine")
    assert (status, str(tmp_path / "mine") in out) == (0, True)
    assert f"dlg predict {tmp_path / 'mine'}" in err
    assert run_dlg("test", tmp_path / "mine")[0] == 0


def test_predict_reads_standard_input_and_writes_standard_output(
    placed: Path, tiny_data: Path
) -> None:
    lines = (tiny_data / "intervals.bed").read_text()
    done = subprocess.run(
        [sys.executable, "-c", "from dlgenomics_cli import main; main()", "predict", "test/tiny",
         "--fasta", str(tiny_data / "genome.fa"), "--intervals", "-"],
        input=lines, capture_output=True, text=True, check=True)
    header, *rows = done.stdout.splitlines()
    assert header.split("\t") == ["chrom", "start", "end", "name", "strand", "bound"]
    assert len(rows) == 70
    assert done.stderr == ""


def test_predict_summary_as_json(
    run_dlg: Dlg, placed: Path, tiny_data: Path, tmp_path: Path
) -> None:
    files = ("--fasta", tiny_data / "genome.fa", "--intervals", tiny_data / "intervals.bed")
    out = run_dlg("predict", "test/tiny", *files, "-o", tmp_path / "o.parquet", "--json")[1]
    found = json.loads(out)
    assert set(found.pop("seconds")) == {"load", "compute", "write"}
    assert found == {"model": "test/tiny", "rows": 70, "written": "predictions",
                     "columns": ["bound"], "shards": 1, "output": str(tmp_path / "o.parquet"),
                     "resumed": 0, "batch_size": 70, "halved": None, "skipped": 0,
                     "engine": "tensorflow", "comparison": None}
    assert run_dlg("predict", "test/tiny", *files, "--json")[0] == 2


@pytest.mark.parametrize("arguments", [
    ["predict", "dragonn/tal1"],
    ["predict", "dragonn/tal1", "--fasta", "x"],
    ["predict", "dragonn/tal1", "--sequences", "x", "--intervals", "y"],
    ["predict", "dragonn/tal1", "--sequences", "x", "--pad"],
    ["simulate", "no-such-task", "-o", "x"],
    ["no-such-command"],
    ["train"],
])
def test_wrong_usage_leaves_with_2(run_dlg: Dlg, arguments: list[str]) -> None:
    assert run_dlg(*arguments)[0] == 2


def _help(command: click.Command) -> str:
    return command.get_help(click.Context(command, info_name=command.name))


@pytest.mark.parametrize("command", ALL, ids=lambda c: c.name)
def test_every_command_explains_itself_with_an_example(command: click.Command) -> None:
    text = _help(command)
    assert "Example:" in text
    assert all(parameter.help for parameter in command.params
               if isinstance(parameter, click.Option))


@pytest.mark.parametrize("command", ALL, ids=lambda c: c.name)
def test_every_example_runs(
    command: click.Command, run_dlg: Dlg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    tiny_run: Path, tiny_data: Path, request: pytest.FixtureRequest,
) -> None:
    """In a folder with what the examples name; training is cut to one epoch."""
    example = _help(command).partition("Example:")[2].split("\n")[1].strip()
    words = shlex.split(example)
    assert words[:2] == ["dlg", command.name]
    monkeypatch.chdir(tmp_path)
    if command.name in ("train", "search", "resume", "package", "doctor", "baseline",
                        "ensemble", "evaluate", "lr-range"):
        _prepare_run(command.name, run_dlg, tiny_run, tiny_data)
    if command.name in ("predict", "explain", "merge", "view"):
        run_dlg("simulate", "density-localization", "--count", 2, "--genome", 4, "-o", ".")
        Path("intervals.bed").rename("peaks.bed")
    if command.name == "view":
        run_dlg("predict", "dragonn/tal1", "--fasta", "genome.fa", "--intervals", "peaks.bed",
                "-o", "predictions.tsv")
    if command.name == "merge":
        run_dlg("predict", "dragonn/tal1", "--fasta", "genome.fa", "--intervals", "peaks.bed",
                "-o", "predictions.parquet", "--shard", "1/1")
    if command.name in ("score-variants", "spliceai"):
        run_dlg("simulate", "density-localization", "--count", 2, "--genome", 4, "-o", ".")
        _prepare_variants()
    if command.name == "spliceai":
        take_the_place_of_spliceai(monkeypatch, tmp_path)
    if command.name == "motifs":
        pytest.importorskip("modiscolite", reason="needs the extra motifs")
        _prepare_scores()
    if command.name in ("embed", "score-mutations"):
        protein_checkpoint(Path("protein-model"))
        Path("proteins.fa").write_text(">a\nMKTAYIAKQR\n>b\nLAG\n")
        Path("protein.fa").write_text(">a\nMKTAYIAKQR\n")
    if command.name == "plan":
        request.getfixturevalue("hub").publish("my-lab/tal1", {"model.onnx": b"a graph"})
    if command.name == "push":
        request.getfixturevalue("hub").tokens["a-token"] = "my-lab"
        monkeypatch.setenv("HF_TOKEN", "a-token")
    status, _, err = run_dlg(*words[1:])
    assert status == 0, err


def _prepare_variants() -> None:
    shutil.copy("genome.fa", "hg38.fa")
    contig, line = Path("genome.fa").read_text().splitlines()[:2]
    Path("variants.vcf").write_text(
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"{contig[1:]}\t20\t.\t{line[19]}\t{line[19]}A\t.\t.\t.\n")


def _prepare_scores() -> None:
    from dlgenomics.explain.contributions import Contributions
    from dlgenomics.explain.writers import write_contributions
    from dlgenomics.simulate.motif_files import BUILT_IN

    rng = np.random.default_rng(1)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (40, 100))]
    found = Contributions("m", "ism", "q", tuple(map(str, range(40))), x,
                          rng.normal(0, 0.1, x.shape).astype(np.float32), x[:, 0, 0], x[:, 0, 0])
    write_contributions(Path("scores.h5"), found)
    shutil.copy(BUILT_IN, "motifs.meme")


def _prepare_folds(tiny_run: Path, tiny_data: Path) -> None:
    from dlgenomics.package.write import package_run
    from dlgenomics.spec import load_spec
    from dlgenomics.train.fit import train

    spec = load_spec(tiny_run / "spec.yaml")
    other = spec.model_copy(update={"training": spec.training.model_copy(
        update={"seed": 8, "epochs": 1})})
    train(other, tiny_data, Path("run2"))
    package_run(tiny_run, Path("fold1"))
    package_run(Path("run2"), Path("fold2"))


def _prepare_run(command: str, run_dlg: Dlg, tiny_run: Path, tiny_data: Path) -> None:
    from dlgenomics.spec import load_spec, spec_to_yaml
    from dlgenomics.train.fit import train

    Path("runs").mkdir()
    if command in ("package", "baseline", "evaluate"):
        shutil.copytree(tiny_run, "runs/tal1")
    elif command == "ensemble":
        _prepare_folds(tiny_run, tiny_data)
    elif command == "resume":
        spec = load_spec(tiny_run / "spec.yaml")

        def kill(stage: str, done: int, total: int, note: str = "") -> None:
            if stage.startswith("epoch 2/"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(spec, tiny_data, Path("runs/tal1"), progress=kill)
        assert spec_to_yaml(spec)
    else:
        run_dlg("simulate", "density-localization", "--count", 64, "-o", "data")


def test_simulate_writes_the_same_bytes_for_a_seed(run_dlg: Dlg, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        run_dlg("simulate", "motif-counting", "--count", 20, "--genome", 4, "-o",
                tmp_path / folder)
    for name in ("sequences.fa.gz", "labels.tsv", "motifs.bed", "genome.fa", "intervals.bed"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_simulate_explains_every_task_and_helps_with_names(run_dlg: Dlg, tmp_path: Path) -> None:
    from dlgenomics.simulate import TASKS

    text = run_dlg("simulate", "--help")[1]
    for name, recipe in TASKS.items():
        assert re.search(rf"{name} +{re.escape(recipe.question)}", text)
    status, _, err = run_dlg("simulate", "density-localisation", "-o", tmp_path / "out")
    assert (status, "Did you mean 'density-localization'?" in err) == (2, True)


def test_simulate_takes_your_own_motifs(run_dlg: Dlg, tmp_path: Path) -> None:
    meme = tmp_path / "mine.meme"
    meme.write_text("MEME version 4\n\nMOTIF poly\n" + "0 0 0 1\n" * 8)
    status, _, _ = run_dlg("simulate", "single-motif", "--motifs", meme, "--motif", "POLY",
                           "--count", 4, "-o", tmp_path / "out")
    assert status == 0
    assert "\tpoly\t" in (tmp_path / "out" / "motifs.bed").read_text()
    status, _, err = run_dlg("simulate", "single-motif", "--motif", "TAL2", "-o", tmp_path / "o")
    assert (status, "Did you mean 'TAL1'?" in err) == (1, True)


def test_predictions_of_the_demo_separate_the_classes(run_dlg: Dlg, tmp_path: Path) -> None:
    from sklearn.metrics import roc_auc_score

    run_dlg("simulate", "density-localization", "--count", 2, "--genome", 300, "--seed", 77,
            "-o", tmp_path)
    out = run_dlg("predict", "dragonn/tal1", "--fasta", tmp_path / "genome.fa", "--intervals",
                  tmp_path / "intervals.bed")[1]
    score = np.array([float(line.split("\t")[-1]) for line in out.splitlines()[1:]])
    bed = (tmp_path / "intervals.bed").read_text().splitlines()[1:]
    truth = np.array([int(line.split("\t")[-1]) for line in bed])
    assert roc_auc_score(truth, score) > 0.95
