"""Every format is read back by a reader that shares no code with its writer."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import shutil
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pyarrow.parquet as pq
import pysam
import pytest

from dlgenomics.data.segments import flat_segments
from dlgenomics.errors import ContigError, DlgError, OutputError
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.loaders.ranges import Ranges
from dlgenomics.predict.writers import ENDINGS, Heading, open_writer
from dlgenomics.predict.writers.regular import Regular
from dlgenomics.predict.writers.result import Result

LENGTHS = {"chr2": 900, "chr10": 500, "chr1": 1000}
NAMING = Naming(labels={"a": ["CTCF", "PU.1"]})
PLACES = [("chr2", 100, 200), ("chr1", 0, 100), ("chr10", 400, 500), ("chr1", 300, 400)]


def _result(places=PLACES, values: np.ndarray | None = None, *, kept: dict | None = None,
            naming: Naming = NAMING) -> Result:
    chrom, start, end = (np.array(column) for column in zip(*places, strict=True))
    numbers = np.random.default_rng(3).random((len(places), 2), np.float32)
    records = {"chrom": chrom.astype(object), "start": start, "end": end,
               "name": np.array([f"n{i}é" for i in range(len(places))], object)}
    ranges = Ranges(chr=chrom, start=start, end=end, strand=np.array(["+"] * len(places)),
                    id=np.array([str(i) for i in range(len(places))]))
    return Result(records, numbers if values is None else values, naming, {"ranges": ranges},
                  kept or {})


def _write(path: Path, *results: Result, lengths=LENGTHS, column: str | None = None,
           naming: Naming = NAMING) -> None:
    with open_writer(path, Heading(naming, lengths, column)) as writer:
        for result in results:
            writer.write(result)


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("ending", [".tsv", ".tsv.gz"])
def test_tsv_holds_float32_exactly(tmp_path: Path, ending: str) -> None:
    hard = np.array([[0.1, 1 / 3], [1e-38, 3.4028235e38], [16777217, -0.0], [np.pi, 1e-45]],
                    np.float32)
    _write(tmp_path / f"o{ending}", _result(values=hard))
    data = (tmp_path / f"o{ending}").read_bytes()
    rows = _rows((gzip.decompress(data) if ending.endswith("gz") else data).decode())
    assert rows[0] == ["chrom", "start", "end", "name", "CTCF", "PU.1"]
    assert rows[1][:4] == ["chr2", "100", "200", "n0é"]
    found = np.array([row[4:] for row in rows[1:]], np.float32)
    assert np.array_equal(found.view(np.uint32), hard.view(np.uint32))


def test_compressed_bed_is_bgzip_that_tabix_indexes(tmp_path: Path) -> None:
    path = tmp_path / "o.bed.gz"
    _write(path, _result(sorted(PLACES)))
    pysam.tabix_index(str(path), preset="bed")
    with pysam.TabixFile(str(path), encoding="utf-8") as indexed:
        assert [row.split("\t")[1] for row in indexed.fetch("chr1", 350, 360)] == ["300"]


@pytest.mark.skipif(not shutil.which("bedtools"), reason="bedtools is not installed")
@pytest.mark.parametrize("name", ["o.bed", "o.bedgraph"])
def test_bedtools_reads_what_is_bed(tmp_path: Path, name: str) -> None:
    _write(tmp_path / name, _result(), column="CTCF" if "graph" in name else None)
    (tmp_path / "genome").write_text("".join(f"{c}\t{n}\n" for c, n in sorted(LENGTHS.items())))
    done = subprocess.run(["bedtools", "intersect", "-sorted", "-a", name, "-b", name, "-wa",
                           "-u", "-g", "genome"] if "graph" in name else
                          ["bedtools", "sort", "-i", name], cwd=tmp_path, text=True,
                          capture_output=True, check=True)
    assert len([line for line in done.stdout.splitlines() if line[0] != "#"]) == 4
    assert not done.stderr


def test_parquet(tmp_path: Path) -> None:
    result = _result(kept={"inputs": np.arange(16).reshape(4, 2, 2).astype(np.float32)})
    _write(tmp_path / "o.parquet", result)
    table = pq.read_table(tmp_path / "o.parquet")
    assert table.column_names[:6] == ["chrom", "start", "end", "name", "CTCF", "PU.1"]
    assert table["PU.1"].to_numpy().tolist() == result.predictions[:, 1].tolist()
    assert str(table.schema.field("CTCF").type) == "float"
    assert str(table.schema.field("start").type) == "int64"
    assert table["inputs/1/0"].to_pylist() == [2, 6, 10, 14]


@pytest.mark.parametrize("ending", [".tsv", ".parquet"])
def test_columns_called_like_a_record_or_what_is_kept_hide_nothing(
    tmp_path: Path, ending: str
) -> None:
    naming = Naming(labels={"a": ["start", "PU.1"], "b": ["inputs/0"]})
    values = {"a": np.array([[1, 2]], np.float32), "b": np.array([[3]], np.float32)}
    result = _result(PLACES[:1], values, kept={"inputs": np.array([[4]])}, naming=naming)
    path = tmp_path / f"o{ending}"
    _write(path, result, naming=naming)
    found = (dict(zip(*_rows(path.read_text()), strict=True)) if ending == ".tsv"
             else {k: str(v[0]) for k, v in pq.read_table(path).to_pydict().items()})
    assert {name: found[name].removesuffix(".0") for name in found} == {
        "chrom": "chr2", "start": "100", "end": "200", "name": "n0é", "preds/start": "1",
        "PU.1": "2", "preds/inputs/0": "3", "inputs/0": "4"}


def test_hdf5_and_npz_hold_arrays_as_they_are(tmp_path: Path) -> None:
    deep = np.random.default_rng(1).random((4, 5, 2), np.float32)
    result = _result(values=deep, naming=Naming(), kept={"metadata": {"gene": np.array(
        ["g", "ππ", "", "x"], object)}})
    for name in ("o.h5", "o.npz"):
        _write(tmp_path / name, result, result, naming=Naming())
    twice = np.concatenate([deep, deep])
    with h5py.File(tmp_path / "o.h5") as stored:
        assert np.array_equal(stored["preds"][:], twice)
        assert stored["metadata/gene"].asstr()[:].tolist() == ["g", "ππ", "", "x"] * 2
    with np.load(tmp_path / "o.npz", allow_pickle=False) as stored:
        assert np.array_equal(stored["preds"], twice)
        assert stored["metadata/gene"].tolist() == ["g", "ππ", "", "x"] * 2
        assert stored["chrom"].tolist() == [place[0] for place in PLACES] * 2


def test_zarr_is_read_by_zarr(tmp_path: Path) -> None:
    zarr = pytest.importorskip("zarr", reason="the extra zarr is not installed")
    result = _result(kept={"metadata": {"gene": np.array(["g", "ππ", "", "x"], object)}})
    path = tmp_path / "o.zarr"
    path.mkdir()
    (path / "older").write_text("")
    _write(path, result, result)
    found = zarr.open_group(str(path), mode="r")
    assert np.array_equal(found["preds"][:], np.concatenate([result.predictions] * 2))
    assert found["metadata/gene"][:].tolist() == ["g", "ππ", "", "x"] * 2
    assert found["records/start"][:].tolist() == [place[1] for place in PLACES] * 2
    assert not (path / "older").exists()
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".o")] == []


# Tracks --------------------------------------------------------------------------------------


def test_bigwig_is_sorted_and_valid_over_the_contigs(tmp_path: Path) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="the extra tracks is not installed")
    result = _result()
    _write(tmp_path / "o.bw", result, column="PU.1")
    stored = pybigtools.open(str(tmp_path / "o.bw"))
    assert stored.chroms() == LENGTHS
    for (contig, start, end), value in zip(PLACES, result.predictions[:, 1], strict=True):
        inside = [row[:2] for row in stored.records(contig) if row[0] == start]
        assert inside == [(start, end)]
        assert np.float32(stored.values(contig, start, end, fillna=None)[0]) == value
    assert np.isnan(stored.values("chr1", 100, 300, fillna=None)).all()


def test_a_file_for_each_column(tmp_path: Path) -> None:
    result = _result()
    _write(tmp_path / "o.{column}.bedgraph", result)
    for place, name in enumerate(("CTCF", "PU.1")):
        rows = _rows((tmp_path / f"o.{name}.bedgraph").read_text())
        assert [(row[0], int(row[1]), int(row[2])) for row in rows] == sorted(PLACES)
        expected = dict(zip(PLACES, result.predictions[:, place], strict=True))
        assert [np.float32(row[3]) for row in rows] == [expected[one] for one in sorted(PLACES)]


def test_two_columns_never_share_a_file(tmp_path: Path) -> None:
    naming = Naming(labels={"a": ["a/b_c", "a_b/c"]})
    with pytest.raises(DlgError, match=r"'a/b_c' and 'a_b/c', which would both be o\.a_b_c\.bg\."):
        _write(tmp_path / "o.{column}.bg", _result(naming=naming), naming=naming)
    assert not list(tmp_path.iterdir())
    _write(tmp_path / "o.{column}.bg", _result(naming=naming), naming=naming, column="a_b/c")
    assert [one.name for one in tmp_path.iterdir()] == ["o.a_b_c.bg"]


@pytest.mark.parametrize("name", ["o.bw", "o.bg"])
def test_one_track_cannot_hold_two_columns(tmp_path: Path, name: str) -> None:
    with pytest.raises(DlgError, match=r"2 columns \(CTCF, PU\.1\).*--column.*o\.\{column\}"):
        _write(tmp_path / name, _result())
    with pytest.raises(DlgError, match=r"Received: 'PU1'\. Did you mean 'PU\.1'"):
        _write(tmp_path / name, _result(), column="PU1")
    assert not list(tmp_path.iterdir())


def test_tracks_need_a_genome_and_its_contigs(tmp_path: Path) -> None:
    with pytest.raises(DlgError, match="lengths of its contigs"):
        _write(tmp_path / "o.bg", _result(), lengths={}, column="CTCF")
    with pytest.raises(ContigError, match="Did you mean 'chr10'"):
        _write(tmp_path / "o.bg", _result([("10", 0, 5)]), column="CTCF")
    with pytest.raises(DlgError, match="one number a row"):
        _write(tmp_path / "o.bg", _result(values=np.zeros((4, 3, 2), np.float32)), column="CTCF")
    assert not list(tmp_path.iterdir())


def _by_base(start, end, values, length: int) -> np.ndarray:
    """The rule, base by base: the mean of what covers it, NaN where nothing does."""
    total, count = np.zeros(length), np.zeros(length)
    for s, e, v in zip(start, end, values, strict=True):
        inside = slice(max(s, 0), max(min(e, length), 0) if np.isfinite(v) else 0)
        total[inside] += np.float64(v)
        count[inside] += 1
    with np.errstate(invalid="ignore"):
        return (total / count).astype(np.float32)


@pytest.mark.parametrize("seed", range(6))
def test_where_intervals_overlap_a_base_has_their_mean(seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = rng.integers(-20, 210, 60)
    end = start + rng.integers(1, [4, 40][seed % 2], 60)
    values = rng.random(60, np.float32)
    values[::[60, 5, 2][seed // 2]] = [1, np.nan, np.inf][seed // 2]
    first, last, found = flat_segments(start, end, values, 200)
    assert (first < last).all()
    assert (first[1:] >= last[:-1]).all()
    assert first[0] >= 0
    assert last[-1] <= 200
    spread = np.full(200, np.nan, np.float32)
    for s, e, v in zip(first, last, found, strict=True):
        spread[s:e] = v
    expected = _by_base(start, end, values, 200)
    assert np.array_equal(np.isnan(spread), np.isnan(expected))
    assert np.nanmax(np.abs(spread - expected)) < 1e-6
    alone = _by_base(start, end, np.ones(60), 200)
    covered = np.array([sum(s <= i < e and np.isfinite(v)
                            for s, e, v in zip(start, end, values, strict=True))
                        for i in range(200)])
    assert np.array_equal(spread[covered == 1], expected[covered == 1])
    assert len(alone) == 200


def test_a_track_shows_what_was_asked_for_and_not_what_the_network_sees(tmp_path: Path) -> None:
    result = _result([("chr1", 100, 200), ("chr1", 200, 300)])
    result.metadata["ranges"].update(start=np.array([0, 100]), end=np.array([300, 400]))
    _write(tmp_path / "o.bg", result, column="CTCF")
    rows = _rows((tmp_path / "o.bg").read_text())
    assert [row[1:3] for row in rows] == [["100", "200"], ["200", "300"]]
    bare = Result({}, result.predictions, NAMING, {"ranges": Ranges(
        chr=np.array(["chr1", "chr1"]), start=np.array([0, 400]), end=np.array([300, 500]),
        strand=np.array(["+", "+"]), id=np.array(["0", "1"]))})
    _write(tmp_path / "b.bg", bare, column="CTCF")
    assert [row[1:3] for row in _rows((tmp_path / "b.bg").read_text())] == [["0", "300"], ["400", "500"]]


def test_a_track_has_the_genomes_names_of_contigs(tmp_path: Path) -> None:
    result = _result()
    result.records["chrom"][:] = [place[0].removeprefix("chr") for place in PLACES]
    _write(tmp_path / "o.bg", result, column="CTCF")
    assert [row[0] for row in _rows((tmp_path / "o.bg").read_text())] == [
        "chr1", "chr1", "chr10", "chr2"]
    _write(tmp_path / "o.tsv", result)
    assert [row[0] for row in _rows((tmp_path / "o.tsv").read_text())[1:]] == ["2", "1", "10", "1"]


ODD = np.array([[np.nan, 1], [3, np.nan], [np.nan, np.inf], [5, 2]], np.float32)


@pytest.mark.parametrize("name", ["o.bg", "o.bw"])
def test_what_is_no_number_is_left_out_of_a_track(tmp_path: Path, name: str) -> None:
    _write(tmp_path / name, _result(values=ODD), column="CTCF")
    if name == "o.bg":
        assert (tmp_path / name).read_text() == "chr1\t0\t100\t3\nchr1\t300\t400\t5\n"
        return
    pybigtools = pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")
    with pybigtools.open(str(tmp_path / name)) as track:
        assert list(track.records("chr1")) == [(0, 100, 3.0), (300, 400, 5.0)]
        assert list(track.chroms()) == ["chr1"]


@pytest.mark.parametrize("rows", [0, 4])
def test_no_number_at_all_is_an_empty_bedgraph_and_no_bigwig(tmp_path: Path, rows: int) -> None:
    nothing = _result(values=np.full((4, 2), np.nan, np.float32)).take(0, rows)
    _write(tmp_path / "o.bg", nothing, column="CTCF")
    assert (tmp_path / "o.bg").read_bytes() == b""
    pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")
    with pytest.raises(DlgError, match="a bigWig file must hold a number"):
        _write(tmp_path / "o.bw", nothing, column="CTCF")
    assert [one.name for one in tmp_path.iterdir()] == ["o.bg"]


@pytest.mark.parametrize("name", ["o.bg", "o.bw", "{column}.bg"])
def test_an_infinite_number_is_refused_and_named_by_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name == "o.bw":
        pytest.importorskip("pybigtools", reason="bigWig files need the extra 'tracks'")
    monkeypatch.setattr("dlgenomics.predict.writers.regular.BLOCK_ROWS", 2)
    with pytest.raises(DlgError, match=r"finite numbers\. Received: inf for 'PU\.1' in row 7 "
                                       r"\(chr10, from base 401\)\. Write \.tsv, \.parquet"):
        _write(tmp_path / name, _result(), _result(values=ODD),
               column=None if "{" in name else "PU.1")
    assert not list(tmp_path.iterdir())


def test_tables_hold_infinite_and_missing_numbers(tmp_path: Path) -> None:
    for name in ("o.tsv", "o.parquet"):
        _write(tmp_path / name, _result(values=ODD))
    texts = [row[4:] for row in _rows((tmp_path / "o.tsv").read_text())[1:]]
    assert texts == [["nan", "1"], ["3", "nan"], ["nan", "inf"], ["5", "2"]]
    table = pq.read_table(tmp_path / "o.parquet")
    assert np.array_equal(table["PU.1"].to_numpy(), ODD[:, 1], equal_nan=True)


# All formats ---------------------------------------------------------------------------------


class _Blocks:
    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.rows: list[float] = []

    def write(self, result: Result) -> None:
        self.sizes.append(len(result))
        self.rows += result.predictions[:, 0].tolist()


@pytest.mark.parametrize("cuts", [[1] * 20, [20], [7, 13], [3, 3, 14], [19, 1]])
def test_writers_get_blocks_of_one_size(monkeypatch: pytest.MonkeyPatch, cuts: list[int]) -> None:
    monkeypatch.setattr("dlgenomics.predict.writers.regular.BLOCK_ROWS", 6)
    values = np.arange(20, dtype=np.float32)[:, None]
    blocks = _Blocks()
    regular = Regular(blocks)
    for first, last in itertools.pairwise([0, *itertools.accumulate(cuts)]):
        regular.write(Result({"n": np.arange(first, last)}, values[first:last], Naming()))
    regular.finish()
    assert blocks.sizes == [6, 6, 6, 2]
    assert blocks.rows == list(range(20))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_does_not_depend_on_how_its_rows_came(tmp_path: Path, ending: str) -> None:
    if ending in (".bw", ".bigwig", ".zarr"):
        pytest.importorskip("zarr" if ending == ".zarr" else "pybigtools")
    whole = _result()
    found = []
    for cuts in ([0, 4], [0, 1, 3, 4]):
        path = tmp_path / f"o{len(cuts)}{ending}"
        _write(path, *(whole.take(a, b) for a, b in itertools.pairwise(cuts)), column="CTCF")
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        found.append([one.read_bytes() for one in files if one.is_file()])
    assert found[0] == found[1]


@pytest.mark.parametrize("ending", [".TSV", ".Parquet", ".H5", ".bedGraph", ".BW", ".bigWig"])
def test_endings_may_have_capitals(tmp_path: Path, ending: str) -> None:
    if ending in (".BW", ".bigWig"):
        pytest.importorskip("pybigtools")
    paths = [tmp_path / f"o{end}" for end in (ending.lower(), ending)]
    for path in paths:
        _write(path, _result(), column="CTCF")
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == sorted(paths)


@pytest.mark.parametrize("ending", [e for e in ENDINGS if e not in (".zarr",)])
def test_an_error_leaves_what_was_there(tmp_path: Path, ending: str) -> None:
    if ending in (".bw", ".bigwig"):
        pytest.importorskip("pybigtools")
    path = tmp_path / f"o{ending}"
    path.write_text("before")

    def fails() -> None:
        with open_writer(path, Heading(NAMING, LENGTHS, "CTCF")) as writer:
            writer.write(_result())
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="no space left"):
        fails()
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(("ending", "writer"), [
    (".parquet", "tables.ParquetWriter"), (".h5", "hdf5.Hdf5Writer"), (".npz", "npz.NpzWriter"),
    (".zarr", "zarr.ZarrWriter")])
def test_what_is_stopped_is_not_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, writer: str
) -> None:
    if ending == ".zarr":
        pytest.importorskip("zarr", reason="the extra zarr is not installed")
    calls: list[str] = []
    for name in ("finish", "close"):
        monkeypatch.setattr(f"dlgenomics.predict.writers.{writer}.{name}",
                            lambda _, name=name: calls.append(name))

    def stops() -> None:
        with open_writer(tmp_path / f"o{ending}") as opened:
            opened.write(_result())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stops()
    assert calls == ["close"]


@pytest.mark.parametrize("ending", [".tsv", ".bed", ".parquet", ".h5", ".npz", ".bg"])
def test_no_rows_give_a_file_with_columns_alone(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"o{ending}"
    _write(path, _result().take(0, 0), column="CTCF")
    if ending == ".tsv":
        assert path.read_text() == "chrom\tstart\tend\tname\tCTCF\tPU.1\n"
    elif ending == ".parquet":
        assert pq.read_table(path).num_rows == 0
    elif ending == ".bg":
        assert path.read_text() == ""
    assert path.exists()


# Names of columns ----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 2), (4, 5, 2)])
def test_arrays_have_the_names_of_their_columns(tmp_path: Path, shape: tuple[int, ...]) -> None:
    result = _result(values=np.zeros(shape, np.float32))
    for name in ("o.h5", "o.npz"):
        _write(tmp_path / name, result, result)
    with h5py.File(tmp_path / "o.h5") as stored:
        assert list(stored) == ["preds"]
        assert list(stored["preds"].attrs["column_labels"]) == ["CTCF", "PU.1"]
    with np.load(tmp_path / "o.npz", allow_pickle=False) as stored:
        assert stored["column_labels/preds"].tolist() == ["CTCF", "PU.1"]
    zarr = pytest.importorskip("zarr", reason="the extra zarr is not installed")
    _write(tmp_path / "o.zarr", result, result)
    assert zarr.open_group(str(tmp_path / "o.zarr"), mode="r")["preds"].attrs["column_labels"] == [
        "CTCF", "PU.1"]


def test_each_target_has_its_own_names(tmp_path: Path) -> None:
    naming = Naming(labels={"a": ["a/x", "a/ü"], "b": ["b"]})
    numbers = {"a": np.zeros((4, 2), np.float32), "b": np.zeros((4, 1), np.float32)}
    result = _result(values=numbers, naming=naming)
    for name in ("o.h5", "o.npz"):
        _write(tmp_path / name, result, naming=naming)
    with h5py.File(tmp_path / "o.h5") as stored:
        assert list(stored["preds/a"].attrs["column_labels"]) == ["a/x", "a/ü"]
        assert list(stored["preds/b"].attrs["column_labels"]) == ["b"]
        assert list(stored["preds"]) == ["a", "b"]
    with np.load(tmp_path / "o.npz", allow_pickle=False) as stored:
        assert stored["column_labels/preds/a"].tolist() == ["a/x", "a/ü"]
        assert stored["column_labels/preds/b"].tolist() == ["b"]


def test_hdf5_holds_the_names_of_many_columns(tmp_path: Path) -> None:
    names = [f"a track whose name is long, number {i}" for i in range(20_000)]
    result = _result(values=np.zeros((4, len(names)), np.float32),
                     naming=Naming(labels={"a": names}))
    _write(tmp_path / "o.h5", result)
    with h5py.File(tmp_path / "o.h5") as stored:
        assert list(stored["preds"].attrs["column_labels"]) == names


def test_what_has_no_names_gets_none(tmp_path: Path) -> None:
    result = _result(naming=Naming(), kept={"inputs": np.zeros((4, 2), np.float32)})
    for name in ("o.h5", "o.npz"):
        _write(tmp_path / name, result, naming=Naming())
    with h5py.File(tmp_path / "o.h5") as stored:
        assert not [key for key in stored if stored[key].attrs]
    with np.load(tmp_path / "o.npz", allow_pickle=False) as stored:
        assert not [key for key in stored.files if "column_labels" in key]
