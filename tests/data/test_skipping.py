"""Bad records stop a run with their line, or are left out and noted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlgenomics.data.intervals import read_intervals
from dlgenomics.data.sequences import read_sequences
from dlgenomics.data.skipping import Skipped, sift
from dlgenomics.errors import DataError
from dlgenomics.predict.loaders.opening import open_loader
from dlgenomics.spec.inputs import DnaInput

GOOD = "chr1\t{0}\t{1}\tn\t0\t+"
BAD = {
    "text": "chr1\tten\t20\tn\t0\t+", "backwards": "chr1\t9\t4\tn\t0\t+",
    "negative": "chr1\t-4\t4\tn\t0\t+", "short": "chr1\t5", "words": "nothing",
    "strand": "chr1\t4\t9\tn\t0\tx", "wide": "chr1\t4\t9\tn\t0\t+\t1",
    "binary": "\x00\x01\t4\t9\t\t",
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("at", [0, 3, 9])
def test_a_malformed_line_stops_or_is_noted(tmp_path: Path, kind: str, at: int) -> None:
    lines = [GOOD.format(10 * i, 10 * i + 6) for i in range(9)]
    lines.insert(at, BAD[kind])
    path = tmp_path / "i.bed"
    path.write_text("# comment\n" + "\n".join(lines) + "\n")
    if at:
        with pytest.raises(DataError) as caught:
            read_intervals(path)
        assert caught.value.line == at + 2
    skipped: list[Skipped] = []
    found = read_intervals(path, skipped=skipped)
    assert found.start.tolist() == [10 * i for i in range(9)]
    assert found.line is not None
    assert found.line.tolist() == [i for i in range(2, 12) if i != at + 2]
    assert [(one.path, one.line) for one in skipped] == [(str(path), at + 2)]
    assert skipped[0].reason


def test_many_bad_lines_are_each_noted(tmp_path: Path) -> None:
    path = tmp_path / "i.bed"
    path.write_text("".join(f"chr1\t{i}\t{i + 5 if i % 3 else 0}\n" for i in range(3000)))
    skipped: list[Skipped] = []
    found = read_intervals(path, skipped=skipped)
    assert len(found) == 2000
    assert [one.line for one in skipped] == list(range(1, 3000, 3))


def test_nothing_good_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "i.bed"
    path.write_text("a b\nc d\n")
    with pytest.raises(DataError, match=r"i\.bed:1: .*no good one among 2 records.*at least 3 columns"):
        read_intervals(path, skipped=[])
    path.write_text(">a\nACG\n")
    with pytest.raises(DataError, match=r"no good one among 1 record,.*'a' with 3"):
        read_sequences(path, 4, skipped=[])


def test_places_that_a_model_cannot_have_are_noted(tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_text(">chr1\n" + "ACGT" * 10 + "\n")
    rows = [("chr1", 0, 6), ("chr1", 36, 42), ("chr9", 0, 6), ("chr1", 3, 8), ("chr1", 30, 36)]
    bed = tmp_path / "i.bed"
    bed.write_text("".join(f"{c}\t{s}\t{e}\n" for c, s, e in rows) + "chr1\tx\t4\n")
    files = {"fasta_file": tmp_path / "g.fa", "intervals_file": bed, "skip_bad": True}
    loader = open_loader({"dna": DnaInput(kind="dna", length=6)}, files)
    assert loader.records(np.arange(len(loader)))["start"].tolist() == [0, 30]
    assert sorted(one.line or 0 for one in loader.skipped) == [2, 3, 4, 6]
    reasons = {one.line: one.reason for one in loader.skipped}
    assert "ends at 40" in reasons[2]
    assert "chr9" in reasons[3]
    assert "Received: 5 bp" in reasons[4]
    with pytest.raises(DataError):
        open_loader(loader.inputs, {**files, "skip_bad": False})


def test_sequences_of_another_length_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "s.fa"
    path.write_text(">a\nACGT\n>b\nACG\n>c\nTTTT\n>d\n\n")
    skipped: list[Skipped] = []
    assert read_sequences(path, 4, skipped=skipped).names == ("a", "c")
    assert [(one.line, "Received: 'b' with 3" in one.reason) for one in skipped] == [
        (3, True), (7, False)]


def test_rows_are_sifted_by_halves() -> None:
    checked: list[int] = []

    def check(rows: np.ndarray) -> None:
        checked.append(len(rows))
        if 700 in rows:
            raise DataError("bad", path="f")

    skipped: list[Skipped] = []
    good = sift(1000, check, skipped, lambda row: ("f", row + 1))
    assert good.tolist() == [i for i in range(1000) if i != 700]
    assert skipped == [Skipped("f", 701, "bad")]
    assert len(checked) < 25
