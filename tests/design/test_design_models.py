"""Designs with models: optima that are known from weights, and the command."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from dlgenomics.data.encoding import decode, one_hot
from dlgenomics.data.sequences import read_sequences
from dlgenomics.design import Constraints, Design, evolve, insert_motifs, random_starts
from dlgenomics.design.sites import parse_site
from dlgenomics.design.targets import check_design
from dlgenomics.errors import DlgError
from dlgenomics.report.design import write_design_page
from dlgenomics.simulate import Motif
from dlgenomics.spec import parse_spec
from dlgenomics_zoo.client import place_in_zoo


@pytest.fixture
def linear():
    """The logit is a weighted sum of six letters."""
    from dlgenomics.build import build_model
    from dlgenomics.predict.model import Model, SourceRecord

    spec = parse_spec("spec: 1\nname: t/linear\ntask: binary_classification\ndata:\n"
                      "  inputs: {dna: {kind: dna, length: 6}}\n  targets: {y: {column: y}}\n"
                      "model:\n  layers: [Flatten, {Dense: {units: 1}}]\n")
    network = build_model(spec)
    network.set_weights([np.random.default_rng(7).normal(size=w.shape) for w in network.weights])
    return Model(spec, network, SourceRecord("test", "memory"))


@pytest.mark.parametrize("maximize", [True, False])
def test_the_optimum_of_a_linear_model(linear, maximize: bool) -> None:
    from dlgenomics.design.objective import objective_of

    weights, (bias,) = (w.reshape(-1, 4) if w.size > 1 else w for w in linear.model.get_weights())
    objective = objective_of(linear, maximize=maximize)
    (start,) = random_starts(1, 6, seed=2)
    found = evolve(objective, start)
    best = weights.argmax(1) if maximize else weights.argmin(1)
    assert np.array_equal(found.codes, best)
    sign = 1 if maximize else -1
    assert sign * found.value == pytest.approx(weights[np.arange(6), best].sum() + bias, abs=1e-5)
    p = linear.predict_on_batch(one_hot(found.codes[None]))[0, 0].astype(float)
    assert sign * found.value == pytest.approx(np.log(p / (1 - p)), abs=1e-4)


def test_a_motif_goes_where_the_weights_are(linear) -> None:
    from dlgenomics.design.objective import objective_of

    weights = linear.model.get_weights()[0].reshape(6, 4)
    motif = Motif("m", np.eye(4)[[0, 3]])
    start = np.full(6, 1, np.uint8)
    gain = {(i, strand): sum(weights[i + k, code] - weights[i + k, 1] for k, code in enumerate(codes))
            for i in range(5) for strand, codes in (("+", (0, 3)), ("-", (0, 3)))}
    found = insert_motifs(objective_of(linear), start, [motif])
    assert (found.changes[0].position, "+") == max(gain, key=gain.get)


def _spec(inputs: str, layers: str):
    return parse_spec("spec: 1\nname: t/x\ntask: regression\ndata:\n"
                      f"  inputs: {{{inputs}}}\n  targets: {{y: {{column: y}}}}\nmodel:\n  layers: [{layers}]\n")


@pytest.mark.parametrize(("inputs", "layers", "says"), [
    ("a: {kind: array, shape: [5]}", "{Dense: {units: 1}}", "need a model that takes one-hot DNA or RNA"),
    ("dna: {kind: dna, length: 9}, age: {kind: array, shape: [2]}",
     "{Flatten: {from: dna, name: f}}, {Concatenate: {from: [f, age]}}, {Dense: {units: 1}}",
     "one that takes 'age' beside 'dna'"),
])
def test_models_that_nothing_can_be_designed_for(inputs: str, layers: str, says: str) -> None:
    with pytest.raises(DlgError, match=says):
        check_design(_spec(inputs, layers))


def test_the_page_marks_what_changed(tmp_path: Path) -> None:
    start = np.array([0, 0, 1, 2, 3, 3], np.uint8)
    one = Design("mine <1>", start, -1.0).changed(1, np.array([2], np.uint8), 2.5, "GATA (+)")
    text = write_design_page(tmp_path / "d.html", [one], {"Model": "m & n"}, sign=-1).read_text()
    ElementTree.fromstring(text[text.index("<body>"):text.index("</body>")] + "</body>")
    assert "A<u><b>G</b></u>CGTT" in text
    assert "mine &lt;1&gt;" in text
    assert "1.00 → -2.50 in 1 step; 1 letter changed; GC content 0.50" in text
    assert "GATA (+) at 2" in text


@pytest.fixture
def placed(tiny_package: Path) -> Path:
    return shutil.copytree(tiny_package, place_in_zoo("test/tiny"))


def test_the_command_writes_designs_that_keep_to_constraints(run_dlg, placed, tmp_path: Path) -> None:
    limits = ("--forbid", "GATC", "--gc-range", "0.3-0.6", "--fixed", "10-20")
    arguments = ("design", "test/tiny", "--random", 2, "--steps", 3, "--seed", 4, *limits, "--minimize")
    for folder in ("a", "b"):
        status, out, err = run_dlg(*arguments, "-o", tmp_path / folder, "--json")
        assert status == 0, err
    facts = json.loads(out)
    assert {Path(one).name for one in facts["files"]} == {
        "designs.fa", "starts.fa", "trajectory.tsv", "trajectory.svg", "trajectory.png", "designs.html"}
    assert all(one["value"] < one["start"] for one in facts["designs"])
    for name in ("designs.fa", "trajectory.tsv", "designs.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    written, starts = (read_sequences(tmp_path / "a" / name, 60) for name in ("designs.fa", "starts.fa"))
    kept = Constraints(gc=(0.3, 0.6), forbidden=(parse_site("GATC"),))
    assert not any(kept.broken(codes) for codes in written.codes)
    assert np.array_equal(written.codes[:, 10:20], starts.codes[:, 10:20])


def test_the_command_puts_in_motifs(run_dlg, placed, tmp_path: Path) -> None:
    fasta = tmp_path / "mine.fa"
    fasta.write_text(">one\n" + "ACGTTGCATC" * 6 + "\n")
    status, out, err = run_dlg("design", "test/tiny", "--method", "motifs", "--motif", "TAL1_known4",
                               "--sequences", fasta, "-o", tmp_path / "out")
    assert status == 0, err
    assert re.search(r"^one\t", out, re.M)
    text = decode(read_sequences(tmp_path / "out" / "designs.fa", 60).codes[0])
    row = (tmp_path / "out" / "trajectory.tsv").read_text().splitlines()[2].split("\t")
    assert row[5].startswith("TAL1_known4 (")
    assert text[int(row[2]):int(row[2]) + 10] == row[4]


@pytest.mark.parametrize(("arguments", "status", "says"), [
    (("--method", "motifs"), 2, "with 0 motifs"),
    (("--motif", "TAL1"), 2, "no other method takes any"),
    (("--forbid", "BamH1"), 1, "Did you mean 'BamHI'?"),
    (("--fixed", "50-70"), 1, "within the 60 positions"),
    (("--fixed", "5"), 2, "first position and end"),
    (("--gc-range", "low"), 2, "two shares such as 0.4-0.6"),
    (("--gc-range", "0.9-0.1"), 1, "the lower first"),
    (("--target", "bond"), 1, "Did you mean 'bound'?"),
    (("--sequences", "none.fa"), 1, "none.fa"),
])
def test_wrong_arguments_are_told_before_tensorflow_starts(
    run_dlg, placed, tmp_path: Path, arguments, status: int, says: str
) -> None:
    left, _, err = run_dlg("design", "test/tiny", *arguments, "-o", tmp_path / "out")
    assert (left, says in err.replace("\n", " ")) == (status, True), err
    assert not (tmp_path / "out").exists()
