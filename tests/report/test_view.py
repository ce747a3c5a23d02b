"""Predictions along a region as a picture."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dlgenomics.data.region import Region, read_series
from dlgenomics.errors import ContigError, DataError, DlgError

Dlg = Callable[..., tuple[int, str, str]]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    path = tmp_path / "p.tsv"
    rows = [("chr1", 200 * i, 200 * i + 200, f"t{i}", ".", *rng.random(2)) for i in range(50)]
    rows = [row for i, row in enumerate(rows) if i not in (20, 21)]
    rows.append(("chr2", 0, 200, "other", ".", 9.0, 9.0))
    lines = ["chrom\tstart\tend\tname\tstrand\tCTCF\tPU.1",
             *("\t".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def gtf(tmp_path: Path) -> Path:
    path = tmp_path / "g.gtf"
    path.write_text("".join(
        f'chr1\tmade\tgene\t{s}\t{e}\t.\t{d}\t.\tgene_id "ENSG{n}"; gene_name "{n}";\n'
        for s, e, d, n in ((1201, 3000, "+", "GATA1"), (2501, 2900, "-", "TAL1"),
                           (6001, 9500, "-", "RUNX1"), (80_001, 90_000, "+", "FAR"))))
    return path


@pytest.mark.parametrize(("text", "start", "end"), [
    ("chr1:1-100", 0, 100), ("chr1:1,001-2,000", 1000, 2000), (" chr1:5-5 ", 4, 5),
])
def test_regions_are_read_as_browsers_write_them(text: str, start: int, end: int) -> None:
    found = Region.parse(text)
    assert (found.contig, found.start, found.end) == ("chr1", start, end)
    assert Region.parse(str(found)) == found


@pytest.mark.parametrize("text", ["chr1", "chr1:0-5", "chr1:9-5", "chr1:a-b", "", "chr1:1..5"])
def test_other_ways_to_write_a_region(text: str) -> None:
    with pytest.raises(DlgError, match="as in a genome browser"):
        Region.parse(text)


def test_a_bigwig_is_read_in_spans_and_alike_neighbours_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")
    bases = np.repeat(rng.integers(0, 3, 40), 5).astype(float)
    path = tmp_path / "t.bw"
    pybigtools.open(str(path), "w").write({"chr1": 300}, (
        ("chr1", i, i + 1, value) for i, value in enumerate(bases) if value < 2))
    monkeypatch.setattr("dlgenomics.data.region._SPAN", 37)
    [one] = read_series(path, Region("chr1", 11, 190))
    found = np.full(300, -1.0)
    for start, end, value in zip(one.start, one.end, one.values, strict=True):
        found[start:end] = value
    assert np.array_equal(found[11:190], np.where(bases < 2, bases, np.nan)[11:190], equal_nan=True)
    assert (found[:11] == -1).all()
    assert (found[190:] == -1).all()
    alike = (one.values[1:] == one.values[:-1]) | np.isnan(one.values[1:]) & np.isnan(
        one.values[:-1])
    assert not alike.any()  # not at the ends of spans either
    with pytest.raises(DataError, match="must hold numbers in the region"):
        read_series(path, Region("chr1", 210, 260))


def test_what_lies_in_a_region(table: Path) -> None:
    one, two = read_series(table, Region("chr1", 350, 700))
    assert (one.name, two.name) == ("CTCF", "PU.1")
    assert one.start.tolist() == [200, 400, 600]
    assert one.end.tolist() == [400, 600, 800]
    assert [s.name for s in read_series(table, Region("chr1", 0, 9), ["PU.1"])] == ["PU.1"]
    with pytest.raises(DlgError, match=r"Received: 'PU1'\. Did you mean 'PU\.1'"):
        read_series(table, Region("chr1", 0, 9), ["PU1"])
    with pytest.raises(DataError, match=r"none in chr1:4,001-4,009\. Choose another region"):
        read_series(table, Region("chr1", 4000, 4009))
    with pytest.raises(ContigError, match=r"which has chr1, chr2\. Received: 'chr9'\. Choose"):
        read_series(table, Region("chr9", 0, 9))
    with pytest.raises(DlgError, match=r"\.tsv, \.tsv\.gz, \.parquet or \.bw"):
        read_series(table.with_suffix(".h5"), Region("chr1", 0, 9))


def test_what_is_kept_beside_predictions_is_not_drawn(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({
        "chrom": ["chr1"], "start": [0], "end": [60], "name": ["a"], "strand": ["+"], "p": [0.5],
        "preds/start": [0.25], "inputs/0/0": [1.0], "targets/y": [1.0], "metadata/ranges/id": ["0"],
    }), path)
    assert [(one.name, one.values.tolist()) for one in read_series(path, Region("chr1", 0, 9))] == [
        ("p", [0.5]), ("preds/start", [0.25])]


def test_texts_beside_numbers_are_named(run_dlg: Dlg, tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text("chrom\tstart\tend\tp\tnote\nchr1\t0.0\t60.0\t0.5\thigh\n")
    [one] = read_series(path, Region("chr1", 0, 9), ["p"])
    assert (one.start.tolist(), one.end.tolist(), one.values.tolist()) == ([0], [60], [0.5])
    status, _, err = run_dlg("view", path, "--region", "chr1:1-9", "-o", tmp_path / "v.svg")
    assert (status, "'note' must hold numbers" in err, "'high'" in err, "--column" in err) == (
        1, True, True, True)


def test_a_padded_window_may_begin_before_its_contig(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text("chrom\tstart\tend\tp\nchr1\t-20\t40\t1\nchr1\t20\t80\t3\n")
    [one] = read_series(path, Region("chr1", 0, 100))
    found = {base: value for start, end, value in zip(one.start, one.end, one.values, strict=True)
             for base in range(start, end)}
    assert [found[base] for base in (0, 19, 20, 39, 40, 79)] == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("start", ["0.5", "-1e12", "nan", "inf", "1e12", "x", ""])
def test_coordinates_that_are_none(tmp_path: Path, start: str) -> None:
    path = tmp_path / "p.tsv"
    path.write_text(f"chrom\tstart\tend\tp\nchr1\t{start}\t60\t0.5\n")
    with pytest.raises(DataError, match=r"column 'start' must hold (whole )?numbers"):
        read_series(path, Region("chr1", 0, 9))


def test_a_broken_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"a \.parquet file must be whole"):
        read_series(path, Region("chr1", 0, 9))


def test_overlapping_windows_have_their_mean(tmp_path: Path) -> None:
    path = tmp_path / "tiles.tsv"
    path.write_text("chrom\tstart\tend\tp\nchr1\t0\t100\t1\nchr1\t50\t150\t3\nchr1\t200\t250\t5\n")
    (one,) = read_series(path, Region("chr1", 0, 300))
    assert list(zip(one.start, one.end, one.values, strict=True)) == [
        (0, 50, 1.0), (50, 100, 2.0), (100, 150, 3.0), (200, 250, 5.0)]


def test_missing_and_infinite_numbers_do_not_spoil_their_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "tiles.tsv"
    path.write_text("chrom\tstart\tend\tp\nchr1\t0\t100\tinf\nchr1\t50\t150\t3\n"
                    "chr1\t140\t160\tnan\nchr1\t145\t180\t5\n")
    (one,) = read_series(path, Region("chr1", 0, 300))
    assert list(zip(one.start, one.end, one.values, strict=True)) == [
        (50, 145, 3.0), (145, 150, 4.0), (150, 180, 5.0)]


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_a_region_is_drawn(run_dlg: Dlg, table: Path, gtf: Path, tmp_path: Path,
                           ending: str) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="the extra tracks is not installed")
    track = tmp_path / "signal.bw"
    pybigtools.open(str(track), "w").write(
        {"chr1": 10_000}, [("chr1", 50 * i, 50 * i + 50, float(i % 17)) for i in range(190)])
    out = tmp_path / f"v.{ending}"
    status, _, err = run_dlg("view", table, "--region", "chr1:1,001-10,000", "--gtf", gtf,
                             "--track", track, "-o", out)
    assert status == 0, err
    if ending == "png":
        assert out.read_bytes().startswith(b"\x89PNG")
        return
    text = out.read_text()
    words = re.sub(r"<[^>]+>", " ", text)
    for shown in ("CTCF", "PU.1", "signal", "GATA1 →", "TAL1 ←", "RUNX1 ←"):
        assert shown in words
    assert "FAR" not in words
    if ending == "html":
        assert "Content-Security-Policy" in text
        assert "chr1:1,001-10,000" in words


def test_what_cannot_be_drawn(run_dlg: Dlg, table: Path, tmp_path: Path) -> None:
    status, _, err = run_dlg("view", table, "--region", "chr1:1-100", "-o", tmp_path / "v.gif")
    assert (status, ".png, .svg, .pdf or .html" in err) == (1, True)
    status, _, err = run_dlg("view", table, "--region", "chr3:1-100", "-o", tmp_path / "v.png")
    assert (status, "the contig of a region must be in each file" in err) == (1, True)
    assert not list(tmp_path.glob("v.*"))


def _words(path: Path) -> str:
    return re.sub(r"<[^>]+>", " ", path.read_text())


@pytest.mark.parametrize("kind", ["predictions", "track", "gtf"])
def test_contigs_by_other_names_are_offered(
    run_dlg: Dlg, table: Path, gtf: Path, tmp_path: Path, kind: str
) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="the extra tracks is not installed")
    track, out = tmp_path / "signal.bw", tmp_path / "v.svg"
    contig = "1" if kind == "track" else "chr1"
    pybigtools.open(str(track), "w").write({contig: 9_000}, [(contig, 0, 9_000, 1.0)])
    other = {"predictions": table, "track": track, "gtf": gtf}[kind]
    if kind != "track":
        other.write_text(other.read_text().replace("chr1\t", "1\t"))
    command = ("view", table, "--region", "chr1:1,001-3,000", "--gtf", gtf, "--track", track,
               "-o", out)
    status, _, err = run_dlg(*command)
    assert (status, f"{other}: the contig of a region must be in" in err, out.exists()) == (
        1, True, False), err
    assert "Received: 'chr1'. Did you mean '1'? Name the region so, or" in err
    status, _, err = run_dlg(*command, "--rename-contigs")
    assert (status, err) == (0, "")
    assert "GATA1 →" in _words(out)


def test_a_region_by_another_name_is_offered(
    run_dlg: Dlg, table: Path, tmp_path: Path
) -> None:
    command = ("view", table, "--region", "1:1,001-3,000", "-o", tmp_path / "v.svg")
    status, _, err = run_dlg(*command)
    assert (status, "Received: '1'. Did you mean 'chr1'?" in err) == (1, True)
    assert run_dlg(*command, "--rename-contigs")[0] == 0


@pytest.mark.parametrize(("feature", "said"), [
    ("gene", ""), ("transcript", "has no lines of genes but of transcripts, which are drawn."),
    ("exon", "has no lines of genes or transcripts; what the exons of each transcript span"),
])
def test_without_genes_what_shows_where_they_lie_is_drawn(
    run_dlg: Dlg, table: Path, gtf: Path, tmp_path: Path, feature: str, said: str
) -> None:
    out = tmp_path / "v.svg"
    gtf.write_text(gtf.read_text().replace("\tgene\t", f"\t{feature}\t"))
    status, _, err = run_dlg("view", table, "--region", "chr1:1,001-3,000", "--gtf", gtf, "-o", out)
    assert (status, said in err, bool(err)) == (0, True, bool(said))
    assert "TAL1 ←" in _words(out)


def test_a_gtf_of_other_contigs_says_so(
    run_dlg: Dlg, table: Path, gtf: Path, tmp_path: Path
) -> None:
    out = tmp_path / "v.svg"
    status, _, err = run_dlg("view", table, "--region", "chr2:1-100", "--gtf", gtf, "-o", out)
    assert (status, f"{gtf} has no genes of chr2, but of chr1." in err) == (0, True)
    assert "genes: none here" in _words(out)


def test_the_axis_counts_as_the_region_does(run_dlg: Dlg, tmp_path: Path) -> None:
    table = tmp_path / "p.tsv"
    table.write_text("chrom\tstart\tend\tp\nchr1\t1000\t1010\t1\n")
    out = tmp_path / "v.svg"
    assert run_dlg("view", table, "--region", "chr1:1,001-1,010", "-o", out)[0] == 0
    words = re.sub(r"<[^>]+>", " ", out.read_text()).split()
    assert "chr1:1,001-1,010" in words
    ticks = [word for word in words if re.fullmatch(r"[\d,]+", word)]
    assert {"1,000", "1,011"}.isdisjoint(ticks)
    assert "1,010" in ticks


def test_a_whole_chromosome_of_a_track_is_a_small_picture(
    run_dlg: Dlg, tmp_path: Path
) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="the extra tracks is not installed")
    track, out = tmp_path / "signal.bw", tmp_path / "v.svg"
    pybigtools.open(str(track), "w").write({"chr1": 400_000}, [
        ("chr1", 20 * i, 20 * i + 20, float(i * 7919 % 101)) for i in range(20_000)])
    status, _, err = run_dlg("view", track, "--track", track, "--region", "chr1:1-400,000",
                             "-o", out)
    assert status == 0, err
    assert out.stat().st_size < 500_000
    assert "signal, means over 267 bp" in out.read_text()
    status, _, err = run_dlg("view", track, "--column", "p", "--region", "chr1:1-9", "-o", out)
    assert (status, "a bigWig holds one" in err) == (2, True)
    status, _, err = run_dlg("view", tmp_path / "no.tsv", "--region", "chr1:1-9", "-o", out)
    assert (status, "the predictions must be a file that exists" in err) == (1, True)
