"""Whole-pipeline prediction equals a plain Keras loop over the same sequences."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pyfaidx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlgenomics.errors import BoundsError, ContigError, DataError, DlgError, OutputError

LENGTH = 60
COMPLEMENT = str.maketrans("ACGTacgt", "TGCAtgca")


@pytest.fixture(scope="module")
def model(tiny_package: Path):
    from dlgenomics import get_model

    return get_model(tiny_package)


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two contigs with lower case, a run of N and an ambiguity code."""
    rng = np.random.default_rng(11)
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    lines = []
    for contig, length in (("chr1", 1000), ("chr2", 300)):
        letters = rng.choice(list("ACGTacgt"), length)
        letters[200:280] = "N"
        letters[150] = "R"
        sequence = "".join(letters)
        lines += [f">{contig} something", *(sequence[i:i + 70] for i in range(0, length, 70))]
    path.write_text("\n".join(lines) + "\n")
    return path


ROWS = [
    ("chr1", 0, LENGTH, "start", "+"), ("chr1", 940, 1000, "end", "-"),
    ("chr2", 240, 300, "end2", "+"), ("chr1", 170, 230, "halfN", "-"),
    ("chr1", 205, 265, "allN", "+"), ("chr1", 120, 180, "R", "."),
    *[("chr1", 7 * i, 7 * i + LENGTH, f"i{i}", "+-"[i % 2]) for i in range(60)],
]


@pytest.fixture(scope="module")
def intervals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("intervals") / "intervals.bed"
    path.write_text("".join(f"{c}\t{s}\t{e}\t{n}\t0\t{strand}\n" for c, s, e, n, strand in ROWS))
    return path


def _one_hot_by_hand(genome: Path, rows: list[tuple[str, int, int, str, str]]) -> np.ndarray:
    """Letter by letter through pyfaidx: an encoding that shares no code with the library."""
    fasta = pyfaidx.Fasta(str(genome))
    found = np.zeros((len(rows), LENGTH, 4), np.float32)
    for n, (contig, start, end, _, strand) in enumerate(rows):
        sequence = str(fasta[contig][start:end])
        sequence = sequence.translate(COMPLEMENT)[::-1] if strand == "-" else sequence
        for i, letter in enumerate(sequence.upper()):
            if letter in "ACGT":
                found[n, i, "ACGT".index(letter)] = 1
    return found


def _plain_loop(model, x: np.ndarray, size: int) -> np.ndarray:
    return np.concatenate(
        [model.model.predict_on_batch(x[i:i + size]) for i in range(0, len(x), size)])


@pytest.mark.parametrize("size", [1, 2, 32, len(ROWS) - 1, len(ROWS), len(ROWS) + 1, 128])
def test_predict_is_a_plain_keras_loop_to_the_bit(
    model, genome: Path, intervals: Path, size: int
) -> None:
    expected = _plain_loop(model, _one_hot_by_hand(genome, ROWS), size)
    files = {"fasta_file": genome, "intervals_file": intervals}
    found = model.pipeline.predict(files, batch_size=size)
    assert np.array_equal(found, expected)
    streamed = np.concatenate(list(model.pipeline.predict_generator(files, batch_size=size)))
    assert np.array_equal(streamed, expected)
    other = model.pipeline.predict(files, batch_size=7)
    assert np.abs(other - expected).max() <= 1e-6


@pytest.mark.parametrize("count", [1, 32, 33])
def test_one_row_a_batch_and_one_more(
    model, genome: Path, tmp_path: Path, count: int
) -> None:
    rows = ROWS[-count:]
    path = tmp_path / "few.bed"
    path.write_text("".join(f"{c}\t{s}\t{e}\t{n}\t0\t{d}\n" for c, s, e, n, d in rows))
    expected = _plain_loop(model, _one_hot_by_hand(genome, rows), 32)
    found = model.pipeline.predict({"fasta_file": genome, "intervals_file": path}, batch_size=32)
    assert np.array_equal(found, expected)


@given(st.lists(st.tuples(st.sampled_from(["chr1", "chr2"]), st.integers(0, 240),
                          st.sampled_from("+-.")), min_size=1, max_size=20),
       st.integers(1, 9))
@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_intervals_in_any_order_come_back_in_that_order(
    model, genome: Path, tmp_path: Path, picks: list[tuple[str, int, str]], size: int
) -> None:
    rows = [(c, s, s + LENGTH, "x", strand) for c, s, strand in picks]
    path = tmp_path / "any.bed"
    path.write_text("".join(f"{c}\t{s}\t{e}\t{n}\t0\t{d}\n" for c, s, e, n, d in rows))
    found = model.pipeline.predict({"fasta_file": genome, "intervals_file": path}, batch_size=size)
    expected = _plain_loop(model, _one_hot_by_hand(genome, rows), size)
    assert np.array_equal(found, expected)


def test_tables_hold_the_same_numbers_in_input_order(
    model, genome: Path, intervals: Path, tmp_path: Path
) -> None:
    files = {"fasta_file": genome, "intervals_file": intervals}
    expected = model.pipeline.predict(files)[:, 0]
    for name in ("out.tsv", "out.tsv.gz", "out.parquet"):
        assert model.pipeline.predict_to_file(tmp_path / name, files, batch_size=128) == len(ROWS)
    text = (tmp_path / "out.tsv").read_text()
    assert gzip.decompress((tmp_path / "out.tsv.gz").read_bytes()).decode() == text
    lines = [line.split("\t") for line in text.splitlines()]
    assert lines[0] == ["chrom", "start", "end", "name", "strand", "bound"]
    assert [(c, int(s), int(e), n, d) for c, s, e, n, d, _ in lines[1:]] == ROWS
    assert np.array_equal(np.array([line[-1] for line in lines[1:]], np.float32), expected)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == lines[0]
    assert table["bound"].type == "float"
    assert np.array_equal(table["bound"].to_numpy(), expected)
    assert table["chrom"].to_pylist() == [row[0] for row in ROWS]
    assert table["start"].to_pylist() == [row[1] for row in ROWS]


def test_sequences_of_a_fasta_are_rows_too(model, genome: Path, tmp_path: Path) -> None:
    fasta = pyfaidx.Fasta(str(genome))
    picked = [("a", 0), ("b", 100), ("c", 180)]
    path = tmp_path / "seqs.fa"
    path.write_text("".join(f">{n} text\n{fasta['chr1'][s:s + LENGTH]!s}\n" for n, s in picked))
    rows = [("chr1", s, s + LENGTH, n, "+") for n, s in picked]
    expected = _plain_loop(model, _one_hot_by_hand(genome, rows), 128)
    assert np.array_equal(model.pipeline.predict({"sequences_file": path}), expected)
    model.pipeline.predict_to_file(tmp_path / "out.tsv", {"sequences_file": path})
    lines = (tmp_path / "out.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["name", "a", "b", "c"]


def test_other_lengths_are_refused_unless_resizing_is_asked_for(
    model, genome: Path, tmp_path: Path
) -> None:
    path = tmp_path / "short.bed"
    path.write_text("chr1\t100\t160\nchr1\t300\t351\n")
    files = {"fasta_file": genome, "intervals_file": path}
    with pytest.raises(DataError, match=r"60 bp that the model takes\. Received: 51 bp") as caught:
        model.pipeline.predict(files)
    assert caught.value.line == 2
    # Centre of 300-351 is 325; 60 bp around it start at 295.
    rows = [("chr1", 100, 160, "", "+"), ("chr1", 295, 355, "", "+")]
    expected = _plain_loop(model, _one_hot_by_hand(genome, rows), 128)
    found = model.pipeline.predict({**files, "resize": "center"})
    assert np.array_equal(found, expected)
    model.pipeline.predict_to_file(tmp_path / "o.tsv", {**files, "resize": "center"})
    assert (tmp_path / "o.tsv").read_text().splitlines()[2].startswith("chr1\t300\t351\t")


def test_past_the_end_is_refused_or_padded_with_n(model, genome: Path, tmp_path: Path) -> None:
    path = tmp_path / "over.bed"
    path.write_text(f"chr2\t{300 - LENGTH + 10}\t310\n")
    files = {"fasta_file": genome, "intervals_file": path}
    with pytest.raises(BoundsError, match=r"over\.bed:1: .* ends at 300") as caught:
        model.pipeline.predict(files)
    assert (caught.value.contig, caught.value.end, caught.value.length) == ("chr2", 310, 300)
    x = np.zeros((1, LENGTH, 4), np.float32)
    x[0, :50] = _one_hot_by_hand(genome, [("chr2", 240, 300, "", "+")])[0, 10:]
    found = model.pipeline.predict({**files, "pad": True})
    assert np.array_equal(found, model.model.predict_on_batch(x))


def test_a_missing_contig_offers_the_other_naming(model, genome: Path, tmp_path: Path) -> None:
    path = tmp_path / "named.bed"
    path.write_text("1\t0\t60\n")
    with pytest.raises(ContigError, match="Did you mean 'chr1'"):
        model.pipeline.predict({"fasta_file": genome, "intervals_file": path})


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"fasta": "x"}, "Received: 'fasta'. Did you mean 'fasta_file'?"),
    ({"fasta_file": "x"}, "Received: no intervals_file"),
    ({}, "Received: no fasta_file"),
    ({"sequences_file": "x", "pad": True}, "Received: 'pad'"),
])
def test_arguments_of_the_loader_are_checked(model, arguments: dict, sentence: str) -> None:
    with pytest.raises(DlgError) as caught:
        model.pipeline.predict(arguments)
    assert sentence in str(caught.value)


def test_an_unknown_ending_is_refused_before_any_work(model, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.tsv, \.tsv\.gz, .*\.parquet"):
        model.pipeline.predict_to_file(tmp_path / "out.xls", {"sequences_file": "missing"})


def test_an_error_in_the_middle_leaves_the_old_file_and_what_is_finished(
    model, genome: Path, intervals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from dlgenomics.predict.writers.tables import TsvWriter

    files = {"fasta_file": genome, "intervals_file": intervals}
    model.pipeline.predict_to_file(tmp_path / "whole.tsv", files, batch_size=8)
    out = tmp_path / "out.tsv"
    out.write_text("before\n")
    whole = TsvWriter.write

    def full(self, result) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TsvWriter, "write", full)
    with pytest.raises(OutputError, match="no space left"):
        model.pipeline.predict_to_file(out, files, batch_size=8)
    assert out.read_text() == "before\n"
    assert sorted(p.name for p in tmp_path.glob("*out*")) == ["out.tsv", "out.tsv.parts"]
    assert not list((tmp_path / "out.tsv.parts").glob("*.tsv"))
    monkeypatch.setattr(TsvWriter, "write", whole)
    model.pipeline.predict_to_file(out, files, batch_size=8, resume=True)
    assert out.read_bytes() == (tmp_path / "whole.tsv").read_bytes()
    assert not (tmp_path / "out.tsv.parts").exists()


def test_default_dataloader_gives_kipoi_batches(model, genome: Path, intervals: Path) -> None:
    loader = model.default_dataloader(fasta_file=genome, intervals_file=intervals)
    batches = list(loader.batch_iter(batch_size=32))
    assert [len(b["inputs"]) for b in batches] == [32, 32, 2]
    everything = loader.load_all()
    assert np.array_equal(everything["inputs"], _one_hot_by_hand(genome, ROWS))
    assert np.array_equal(np.concatenate([b["inputs"] for b in batches]), everything["inputs"])
    ranges = everything["metadata"]["ranges"]
    assert ranges["chr"].tolist() == [row[0] for row in ROWS]
    assert ranges["start"].tolist() == [row[1] for row in ROWS]
    assert ranges["strand"].tolist() == [row[4] for row in ROWS]
