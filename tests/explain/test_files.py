"""From files to files: what is written, and what is refused."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest

from dlgenomics.data.encoding import one_hot
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import read_intervals
from dlgenomics.errors import DlgError, OutputError
from dlgenomics.explain.contributions import Contributions
from dlgenomics.explain.methods import METHODS
from dlgenomics.explain.writers import check_ending, write_contributions
from dlgenomics.explain.writers.bigwig import signal_rows
from dlgenomics.predict.loaders.ranges import Ranges
from dlgenomics_cli.commands.explain import _METHODS
from dlgenomics_zoo.client import place_in_zoo


@pytest.fixture
def placed(tiny_package: Path) -> Path:
    return shutil.copytree(tiny_package, place_in_zoo("test/tiny"))


@pytest.fixture
def files(tiny_data: Path, tmp_path: Path) -> tuple[object, ...]:
    """Seven intervals of the tiny genome, as arguments."""
    lines = (tiny_data / "intervals.bed").read_text().splitlines()[:8]
    (tmp_path / "few.bed").write_text("\n".join(lines) + "\n")
    return ("--fasta", tiny_data / "genome.fa", "--intervals", tmp_path / "few.bed")


def test_hdf5_as_modisco_reads_it(run_dlg, placed, files, tmp_path: Path) -> None:
    from dlgenomics import get_model

    out = tmp_path / "scores.h5"
    status, printed, _ = run_dlg("explain", "test/tiny", "--method", "deeplift", *files, "-o", out)
    assert status == 0
    assert re.search(r"explained +target 'bound', before the sigmoid of layer 'bound'", printed)
    assert re.search(r"method +deeplift, references shuffles:10", printed)
    with h5py.File(out) as stored:
        sequences, hypothetical = stored["raw/seq"][:], stored["shap/seq"][:]
        actual, gap = stored["projected_shap/seq"][:], stored["gap"][:]
        values, baseline = stored["values"][:], stored["baseline"][:]
        strands = stored["ranges/strand"].asstr()[:]
        assert stored.attrs["quantity"] == "target 'bound', before the sigmoid of layer 'bound'"
    intervals = read_intervals(files[3])
    expected = one_hot(Genome(files[1]).fetch(intervals))
    assert np.array_equal(sequences, expected.transpose(0, 2, 1))
    assert sequences.shape == hypothetical.shape == (7, 4, 60)
    assert np.array_equal(actual, sequences * hypothetical)
    assert actual.sum((1, 2)) + gap == pytest.approx(values - baseline, abs=1e-5)
    p = get_model("test/tiny").predict_on_batch(expected)[:, 0].astype(np.float64)
    assert values == pytest.approx(np.log(p / (1 - p)), abs=1e-4)
    assert list(strands) == list(intervals.strand)


def test_npz_as_modisco_reads_it(run_dlg, placed, tiny_data, tmp_path: Path) -> None:
    sequences = tmp_path / "s.fa"
    sequences.write_text(">a\n" + "ACGTTGCATC" * 6 + "\n>b\n" + "GGATCCATTA" * 6 + "\n")
    out = tmp_path / "scores.npz"
    status, printed, _ = run_dlg("explain", "test/tiny", "--method", "ism", "--sequences",
                                 sequences, "-o", out, "--json")
    assert status == 0
    facts = json.loads(printed)
    assert facts["files"] == [str(out), str(tmp_path / "scores.one_hot.npz")]
    assert facts["largest_gap"] is None
    with np.load(out) as stored, np.load(tmp_path / "scores.one_hot.npz") as beside:
        assert stored["arr_0"].shape == beside["arr_0"].shape == (2, 4, 60)
        assert list(stored["names"]) == ["a", "b"]
        assert stored["actual"] == pytest.approx((stored["arr_0"] * beside["arr_0"]).sum(1))


def test_bad_records_are_listed_beside_the_scores(run_dlg, placed, tmp_path: Path) -> None:
    sequences, out = tmp_path / "s.fa", tmp_path / "scores.npz"
    sequences.write_text(">a\n" + "ACGTTGCATC" * 6 + "\n>b\nGGAT\n")
    command = ("explain", "test/tiny", "--method", "gradient", "--sequences", sequences, "-o", out)
    assert run_dlg(*command)[0] == 1
    status, _, err = run_dlg(*command, "--skip-bad")
    assert (status, f"1 bad record was left out; {out}.skipped.tsv lists it." in err) == (0, True)
    _, row = (tmp_path / "scores.npz.skipped.tsv").read_text().splitlines()
    assert row.startswith(f"{sequences}\t3\tevery sequence must have 60 bp")


def _contributions(places: Ranges | None, scores: list[list[float]]) -> Contributions:
    height = np.array(scores, np.float32)
    x = np.zeros((*height.shape, 4), np.float32)
    x[..., 1] = 1
    return Contributions("m", "ism", "q", tuple("abc"[:len(x)]), x, x * height[..., None],
                         height.sum(1), np.zeros(len(x), np.float32), places=places)


def _ranges(*rows: tuple[str, int, int, str]) -> Ranges:
    contig, start, end, strand = zip(*rows, strict=True)
    return Ranges(chr=np.array(contig), start=np.array(start), end=np.array(end),
                  id=np.arange(len(rows)).astype(str), strand=np.array(strand))


def test_bigwig_rows_are_on_the_plus_strand_averaged_and_within_contigs() -> None:
    found = _contributions(_ranges(("b", 2, 5, "-"), ("b", 4, 7, "+"), ("a", -1, 2, ".")),
                           [[1, 2, 3], [5, 6, 7], [8, 9, 10]])
    assert list(signal_rows(found, {"a": 9, "b": 6})) == [
        ("a", 0, 1, 9), ("a", 1, 2, 10),
        ("b", 2, 3, 3), ("b", 3, 4, 2), ("b", 4, 5, 3), ("b", 5, 6, 6)]


def test_bigwig_of_intervals(run_dlg, placed, files, tmp_path: Path) -> None:
    pybigtools = pytest.importorskip("pybigtools")
    out = tmp_path / "scores.bw"
    assert run_dlg("explain", "test/tiny", "--method", "gradient-x-input", *files, "-o", out)[0] == 0
    assert run_dlg("explain", "test/tiny", "--method", "gradient-x-input", *files, "-o",
                   tmp_path / "scores.h5")[0] == 0
    with h5py.File(tmp_path / "scores.h5") as stored:
        actual = stored["projected_shap/seq"][:].sum(1)
    reader = pybigtools.open(str(out))
    intervals = read_intervals(files[3])
    for row, (start, end) in enumerate(zip(intervals.start, intervals.end, strict=True)):
        there = np.asarray(reader.values(str(intervals.contig_names[row]), int(start), int(end), fillna=None))
        assert there == pytest.approx(actual[row][::-1] if intervals.strand[row] == "-"
                                      else actual[row], abs=1e-6)


def test_a_page_of_logos_is_whole_and_shows_what_is_there(run_dlg, placed, files, tmp_path) -> None:
    out = tmp_path / "logos.html"
    assert run_dlg("explain", "test/tiny", *files, "-o", out)[0] == 0
    text = out.read_text()
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert text.count("<h3>") == 7
    assert text.count("What each letter would contribute") == 7
    assert "before the sigmoid of layer &#x27;bound&#x27;" in text
    assert text.count('id="letter-') == 5
    body = text[text.index("<body>"):text.index("</body>")] + "</body>"
    ElementTree.fromstring(body)  # every element is closed


def test_letters_of_a_logo_have_the_height_of_their_scores() -> None:
    from dlgenomics.report.letters import logo
    from dlgenomics.report.stretch import busiest_stretch

    drawing = logo("ACGT", np.array([1, -0.5, 0.25, 0], np.float32), 9, "x", (-0.5, 1))
    scales = {letter: float(height) for letter, height in re.findall(
        r"letter-(\w)\" transform=\"translate\(\S+ \S+\) scale\(\S+ ([\d.]+)\)", drawing)}
    assert scales["A"] == pytest.approx(2 * scales["C"], rel=1e-2)
    assert scales["C"] == pytest.approx(2 * scales["G"], rel=1e-2)
    assert "T" not in scales
    assert ">10<" in drawing  # positions count from 1
    assert busiest_stretch(np.array([0, 0, 3, -4, 0], np.float32), 2) == (2, 4)
    assert busiest_stretch(np.array([1.0], np.float32), 40) == (0, 1)


def test_the_page_shows_n_and_equal_scores(tmp_path: Path) -> None:
    from dlgenomics.report.contributions import write_logos

    found = _contributions(None, [[0, 0, 0]])
    found.one_hot[0, 1] = 0
    assert "nan" not in write_logos(tmp_path / "x.html", found).read_text().lower()


def test_a_heat_map_stands_under_its_logo() -> None:
    from dlgenomics.report.heat import heat_map
    from dlgenomics.report.letters import logo

    heights = np.array([[1, 0, 0, -1], [0, 0.5, 0, 0]], np.float32)
    drawing = heat_map(heights, np.array([0, 4], np.uint8), "x")
    cells = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="14" height="12" fill="(\S+)"', drawing)
    assert cells == [("46", "0.5", "#b35806"), ("46", "36.5", "#542788"), ("60", "12.5", "#d9ac82")]
    assert drawing.count("<circle") == 1
    assert drawing.count(">−<") == 1
    above = logo("AC", np.array([1, 0.5], np.float32), 0, "x", (0, 1))
    assert re.search(r'viewBox="0 0 (\d+)', drawing)[1] == re.search(r'viewBox="0 0 (\d+)', above)[1]


def test_a_picture_of_one_sequence_with_what_is_marked_on_it(run_dlg, placed, files, tmp_path: Path) -> None:
    interval = files[3].read_text().splitlines()[1].split("\t")
    start = int(interval[1])
    marks = tmp_path / "marks.bed"
    marks.write_text(f"{interval[0]}\t{start + 10}\t{start + 20}\tTAL1 here\n{interval[0]}\t{start + 900}\t"
                     f"{start + 910}\telsewhere\nchrZ\t0\t60\tnowhere\n")
    for ending in ("svg", "png"):
        out = tmp_path / f"locus.{ending}"
        status, printed, err = run_dlg("explain", "test/tiny", "--method", "ism", *files, "-o",
                                       tmp_path / "s.h5", "--picture", out, "--annotate", marks)
        assert status == 0, err
        assert str(out) in printed
    text = (tmp_path / "locus.svg").read_text()
    ElementTree.fromstring(text)
    assert "TAL1 here" in text
    assert "elsewhere" not in text
    assert "nowhere" not in text
    assert f">{start + 1:,}<" in text  # positions are those of the genome
    assert (tmp_path / "locus.png").read_bytes().startswith(b"\x89PNG")


def test_marks_on_the_other_strand_are_turned(tmp_path: Path) -> None:
    from dlgenomics.report.locus import Box, boxes_of, write_locus

    (tmp_path / "marks.bed").write_text("b\t3\t4\tx\nb\t0\t3\ty\na\t1\t3\tz\n")
    features = read_intervals(tmp_path / "marks.bed")
    found = _contributions(_ranges(("b", 2, 5, "-"), ("b", 2, 5, "+")), [[1, 2, 3], [0, 0, 0]])
    assert boxes_of(found, 0, features) == [Box(1, 2, "x"), Box(2, 3, "y")]
    assert boxes_of(found, 1, features) == [Box(1, 2, "x"), Box(0, 1, "y")]
    assert boxes_of(_contributions(None, [[1, 2, 3]]), 0, features) == [Box(1, 3, "z")]
    assert "nan" not in write_locus(tmp_path / "zero.svg", found, 1).read_text().lower()


@pytest.mark.parametrize(("arguments", "status", "says"), [
    (("--picture", "x.jpg"), 2, ".png or .svg"),
    (("--annotate", "x.bed"), 2, "--annotate needs --picture"),
    (("--target", "bond"), 1, "Did you mean 'bound'?"),
    (("--layer", "conv1d"), 1, "Did you mean 'conv1d_1'?"),
    (("--layer", "conv1d_1"), 1, "a unit of layer 'conv1d_1' is one of 0, 1, 2, 3, 4, 5. Received: none"),
    (("--references", "none"), 1, "references are zero, gc"),
    (("--method", "ism", "--steps", "5"), 1, "ism has no settings. Received: 'steps'"),
    (("--method", "lime"), 2, "lime"),
    (("-o", "x.csv"), 1, ".h5, .hdf5, .npz, .bw, .bigwig or .html"),
    (("--page", "x.pdf"), 2, ".html"),
])
def test_wrong_arguments_are_told_before_anything_is_computed(
    run_dlg, placed, files, tmp_path: Path, arguments, status: int, says: str
) -> None:
    out = () if "-o" in arguments else ("-o", tmp_path / "x.h5")
    left, _, err = run_dlg("explain", "test/tiny", *files, *out, *arguments)
    assert (left, says in err.replace("\n", " ")) == (status, True), err
    assert not (tmp_path / "x.h5").exists()


def test_sequences_with_n_are_refused_or_count_as_nothing(run_dlg, placed, tmp_path: Path) -> None:
    sequences = tmp_path / "s.fa"
    sequences.write_text(">gap\n" + "N" * 5 + "ACGTC" * 11 + "\n")
    out = tmp_path / "x.h5"
    status, _, err = run_dlg("explain", "test/tiny", "--sequences", sequences, "-o", out)
    assert (status, "'gap' with 5 N" in err, "--allow-n" in err) == (1, True, True)
    assert not out.exists()
    assert run_dlg("explain", "test/tiny", "--sequences", sequences, "-o", out, "--allow-n")[0] == 0
    with h5py.File(out) as stored:
        assert not stored["projected_shap/seq"][0, :, :5].any()


def test_a_bigwig_needs_intervals(run_dlg, placed, tmp_path: Path) -> None:
    sequences = tmp_path / "s.fa"
    sequences.write_text(">a\n" + "ACGTC" * 12 + "\n")
    status, _, err = run_dlg("explain", "test/tiny", "--sequences", sequences, "-o",
                             tmp_path / "x.bw")
    assert (status, "--intervals" in err) == (2, True)
    with pytest.raises(DlgError, match="intervals in a genome"):
        write_contributions(tmp_path / "x.bw", _contributions(None, [[1.0]]))
    with pytest.raises(OutputError, match="Received: no ending"):
        check_ending(tmp_path / "x")


def test_the_seed_reaches_references_that_are_not_named() -> None:
    from dlgenomics.explain.references import Shuffles
    from dlgenomics_cli.commands.explain import _method

    assert _method("ig", None, 7, {"steps": 3}).references == Shuffles(10, 7)
    assert _method("expected-gradients", None, 7, {}).references == Shuffles(20, 7)
    assert _method("smoothgrad", None, 7, {"noise": None}).seed == 7


def test_the_command_offers_every_method() -> None:
    assert tuple(METHODS) == _METHODS
