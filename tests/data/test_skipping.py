"""Bad records stop a run with their line, or are left out and noted."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlgenomics.data.intervals import read_intervals
from dlgenomics.data.sequences import read_sequences
from dlgenomics.data.skipping import Skipped, sift
from dlgenomics.errors import DataError
from dlgenomics.predict.loaders.loader import Loader
from dlgenomics.predict.loaders.opening import open_loader
from dlgenomics.predict.skipped import note_skipped
from dlgenomics.spec.inputs import DnaInput

GOOD = "chr1\t{0}\t{1}\tn\t0\t+"
BAD = {
    "text": "chr1\tten\t20\tn\t0\t+", "backwards": "chr1\t9\t4\tn\t0\t+",
    "negative": "chr1\t-4\t4\tn\t0\t+", "short": "chr1\t5", "words": "nothing",
    "strand": "chr1\t4\t9\tn\t0\tx", "wide": "chr1\t4\t9\tn\t0\t+\t1",
    "binary": "\x00\x01\t4\t9\t\t",
}


def test_a_stretch_of_bad_lines_alone_is_noted(tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlgenomics.data.bed_lines._CHARACTERS", 25)
    path = tmp_path / "i.bed"
    good = [GOOD.format(10 * i, 10 * i + 6) for i in range(5)]
    path.write_text("\n".join(["nothing"] * 4 + good + ["words"] * 8 + good) + "\n")
    skipped: list[Skipped] = []
    found = read_intervals(path, skipped=skipped)
    assert found.start.tolist() == 2 * [0, 10, 20, 30, 40]
    assert [one.line for one in skipped] == [1, 2, 3, 4, *range(10, 18)]
    path.write_text("nothing\n" * 9)
    with pytest.raises(DataError, match="no good one among 9 records"):
        read_intervals(path, skipped=[])


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


def to_bytes(text: str) -> bytes:
    """Return text as UTF-8; a lone surrogate U+DC80 to U+DCFF as the byte of its last two digits."""
    return text.encode(errors="surrogateescape")


FORMS = {"plain": to_bytes, "crlf": lambda text: to_bytes(text.replace("\n", "\r\n")),
         "gzip": lambda text: gzip.compress(to_bytes(text))}
Open = Callable[..., Loader]
GENOME = "".join(np.random.default_rng(1).choice(list("ACGT"), 200))
OTHER = "A" if GENOME[12] != "A" else "C"
"""A base that the genome has not at 12."""


@dataclass(frozen=True)
class Kind:
    """A kind of file: its head, a good record by number, what is bad, and how it is read."""

    argument: str
    head: str
    good: Callable[[int], str]
    bad: Mapping[str, str]

    def files(self, path: Path, genome: Path) -> dict[str, Any]:
        """Return the arguments that read it."""
        needed = {} if self.argument == "sequences_file" else {"fasta_file": genome}
        return {**needed, self.argument: path}


KINDS = {
    "bed": Kind("intervals_file", "# a comment\n", lambda i: f"chr1\t{10 * i}\t{10 * i + 6}\n", {
        "chr1\tten\t16\n": "whole numbers", "chr9\t0\t6\n": "chr9", "chr1\t1\t5\n": "4 bp",
        "chr1\udce9\t0\t6\n": "must be UTF-8 text. Received: byte 0xe9",
        "\udcff\udcfec\0\n": "the intervals file must be UTF-8 text. Received: byte 0xff"}),
    "gtf": Kind(
        "gtf_file", "# a comment\n",
        lambda i: f'chr1\tX\tgene\t{10 * i + 11}\t{10 * i + 15}\t.\t+\t.\tgene_id "g{i}";\n', {
            'chr1\tX\tgene\tten\t20\t.\t+\t.\tgene_id "b";\n': "1 <= start <= end",
            'chr1\tX\tgene\t9\t4\t.\t+\t.\tgene_id "b";\n': "1 <= start <= end",
            'chr1\tX\tgene\t1\t20\t.\t+\t.\tgene_id\n': "attributes must read like",
            'chr1\tX\tgene\t11\t20\t.\t*\t.\tgene_id "b";\n': "the seventh of them the strand",
            'chr1\tX\tgene\t11\t20\t.\t.\t.\tgene_id "b";\n': "must have a strand",
            'chr1\tX\texon\t11\n': "must have 9 columns",
            'chr9\tX\tgene\t11\t20\t.\t+\t.\tgene_id "b";\n': "chr9",
            'chr1\tX\tgene\t999\t999\t.\t+\t.\tgene_id "b";\n': "ends at 200",
            'chr1\tX\tgene\t11\t20\t.\t+\t.\tgene_id "\udce9";\n': "the GTF must be UTF-8 text",
            'chr1\tX\texon\t11\t20\t.\t+\t.\tgene_id "\udcc3";\n': "Received: byte 0xc3",
            "\x00\x01\n": "Is it a GTF?"}),
    "gff3": Kind(
        "gtf_file", "##gff-version 3\n",
        lambda i: f"chr1\tX\tgene\t{10 * i + 11}\t{10 * i + 15}\t.\t-\t.\tID=g{i}\n", {
            "chr1\tX\tgene\t0\t20\t.\t+\t.\tID=b\n": "1 <= start <= end",
            "chr1 X gene 1 20 . + . ID=b\n": "must have 9 columns"}),
    "vcf": Kind("vcf_file", "##fileformat=VCFv4.2\n", lambda i: f"chr1\t{10 * i + 11}\t.\t{GENOME[10 * i + 10]}\tC\n", {
        "chr1\tten\t.\tA\tC\n": "POS must be a whole number", "chr1\t0\t.\tA\tC\n": "from 1",
        "chr1\t5\t.\t<DEL>\tC\n": "REF must hold letters", "chr1\t5\t.\tA\n": "Received: 4 in",
        "chr1\t5\t.\tA\t\n": "must not be empty", "chr9\t5\t.\tA\tC\n": "chr9",
        "chr1\t5\tr\udc80\tA\tC\n": "the VCF must be UTF-8 text. Received: byte 0x80",
        "chr1\t5\t.\tA\tC\t.\t.\tGENE=\udce9\n": "Received: byte 0xe9",
        "chr1\t999\t.\tA\tC\n": "Received: A at chr1:999, which ends at 200",
        f"chr1\t13\t.\t{OTHER}\tC\n": f"Received: {OTHER} at chr1:13, where the genome has {GENOME[12]}", "\x00\x01\n": "Is it a VCF?"}),
    "fasta": Kind("sequences_file", "", lambda i: f">s{i}\nACG\nTAC\n", {
        ">\nACGTAC\n": "must hold a name", ">b\nACG\n": "Longer sequences", ">b\n": "with 0 bp",
        ">b\nACGTACGT\n": "--resize center", ">b\nACG\nUAC\n": "write T for U",
        ">b\n111\n111\n": "Received: '1' as letter 1 of 'b'", ">b\nMKTAYQ\n": "'Q' as letter 6",
        ">b\udce9\nACGTAC\n": "the FASTA of sequences must be UTF-8 text. Received: byte 0xe9"}),
}
CASES = [(kind, bad) for kind, one in KINDS.items() for bad in one.bad]


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    path.write_text(f">chr1\n{GENOME}\n")
    return path


@pytest.fixture
def opened(tmp_path: Path, genome: Path) -> Open:
    """Return a function: a kind of file and its records → the loader that reads them."""
    def open_it(kind: str, texts: list[str], form: str = "plain", *, skip: bool = True) -> Loader:
        path = tmp_path / f"in.{kind}"
        path.write_bytes(FORMS[form](KINDS[kind].head + "".join(texts)))
        return open_loader({"dna": DnaInput(kind="dna", length=6)},
                           {**KINDS[kind].files(path, genome), "skip_bad": skip})

    return open_it


def line_of(kind: str, texts: list[str], at: int) -> int:
    """Return the line on which a text begins."""
    return (KINDS[kind].head + "".join(texts[:at])).count("\n") + 1


@pytest.mark.parametrize(("at", "form"), [(0, "plain"), (0, "gzip"), (2, "crlf"), (4, "gzip"),
                                          (4, "plain")])
@pytest.mark.parametrize(("kind", "bad"), CASES, ids=[f"{kind}-{i}" for i, (kind, _) in
                                                      enumerate(CASES)])
def test_a_bad_record_stops_a_run_or_is_listed_beside_its_output(
    opened: Open, tmp_path: Path, kind: str, bad: str, at: int, form: str
) -> None:
    texts = [KINDS[kind].good(i) for i in range(4)]
    whole = opened(kind, texts, form, skip=False)
    expected = whole.records(np.arange(4))
    texts.insert(at, bad)
    place = line_of(kind, texts, at)
    reason = KINDS[kind].bad[bad]
    if kind != "bed" or at:  # the first line of a BED says how many columns there are
        with pytest.raises(DataError, match=f"in.{kind}:{place}: .*{re.escape(reason)}"):
            opened(kind, texts, form, skip=False)
    loader = opened(kind, texts, form)
    assert {name: column.tolist() for name, column in loader.records(np.arange(4)).items()} == {
        name: column.tolist() for name, column in expected.items()}
    assert (loader.codes(np.arange(4)) == whole.codes(np.arange(4))).all()
    side = note_skipped(tmp_path / "out.tsv", loader.skipped)
    assert side == tmp_path / "out.tsv.skipped.tsv"
    header, row, end = side.read_text().split("\n")
    assert (header, end) == ("file\tline\treason", "")
    assert row.startswith(f"{tmp_path / f'in.{kind}'}\t{place}\t")
    assert reason in row


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_two_bad_records_are_both_listed(opened: Open, kind: str, form: str) -> None:
    bad = list(KINDS[kind].bad)[:2]
    texts = [bad[0], KINDS[kind].good(0), "\n", bad[1], KINDS[kind].good(1)]
    loader = opened(kind, texts, form)
    assert len(loader) == 2
    assert sorted(one.line or 0 for one in loader.skipped) == [line_of(kind, texts, at)
                                                               for at in (0, 3)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_bad_records_alone_is_an_error(opened: Open, kind: str) -> None:
    bad = list(KINDS[kind].bad)[:2]
    with pytest.raises(DataError, match="no good one among 2 records, all skipped as bad; here the "):
        opened(kind, bad)
    with pytest.raises(DataError, match="no good one among 1 record, which was skipped as bad: "):
        opened(kind, bad[:1])


def test_bytes_that_are_no_text_in_a_sequence_are_named_by_their_line(opened: Open) -> None:
    texts = [">a\nACGTAC\n", ">b\nACG\nTA\udce9\n", ">c\nCCCCCC\n"]
    with pytest.raises(DataError, match=r"in\.fasta:5: the FASTA of sequences must be UTF-8"):
        opened("fasta", texts, skip=False)
    loader = opened("fasta", texts)
    assert loader.records(np.arange(2))["name"].tolist() == ["a", "c"]
    assert [one.line for one in loader.skipped] == [5]


@pytest.mark.parametrize("kind", ["bed", "gtf", "gff3", "vcf"])
@pytest.mark.parametrize("skip", [False, True])
def test_comments_may_hold_any_bytes(opened: Open, kind: str, skip: bool) -> None:
    texts = [KINDS[kind].good(0), "# M\udcfcller\n", KINDS[kind].good(1)]
    loader = opened(kind, texts, skip=skip)
    assert (len(loader), loader.skipped) == (2, [])


@pytest.mark.parametrize("kind", ["bed", "gtf", "vcf"])
def test_letters_beyond_ascii_stay_as_they_are(opened: Open, kind: str) -> None:
    texts = {"bed": "chr1\t0\t6\tgène 遺伝子\n", "vcf": "chr1\t11\tgène 遺伝子\tN\tC\n",
             "gtf": 'chr1\tX\tgene\t11\t15\t.\t+\t.\tgene_id "gène 遺伝子";\n'}
    for skip in (False, True):
        loader = opened(kind, [texts[kind]], skip=skip)
        assert loader.records(np.arange(1))["name"].tolist() == ["gène 遺伝子"]


def test_a_feature_that_only_bad_lines_have_is_said(opened: Open) -> None:
    exon, gene = KINDS["gtf"].good(0).replace("gene\t", "exon\t"), next(iter(KINDS["gtf"].bad))
    with pytest.raises(DataError, match=r"feature 'gene'. Received: exon, and 1 bad line left out"):
        opened("gtf", [exon, gene])


def test_sequences_of_one_name_or_none_are_noted(opened: Open) -> None:
    texts = ["ACGTAC\n", ">a\nACGTAC\n", ">a 2\nTTTTTT\n", ">b\nCCCCCC\n"]
    loader = opened("fasta", texts)
    assert loader.records(np.arange(2))["name"].tolist() == ["a", "b"]
    assert [(one.line, one.reason.partition(" Received")[0]) for one in loader.skipped] == [
        (1, "a FASTA must start with '>'."), (4, "each sequence must have a name of its own.")]
    with pytest.raises(DataError, match=r"in\.fasta:4: .*'a' twice"):
        opened("fasta", ["\n", *texts[1:]], skip=False)


@pytest.mark.parametrize("bad", [[700], [0, 1], [3, 700, 998], [999]])
def test_the_error_is_that_of_the_first_bad_row(bad: list[int]) -> None:
    checked: list[int] = []

    def check(rows: np.ndarray) -> None:
        checked.append(len(rows))
        for kind in (1, 0):  # odd rows are looked at before even ones
            for row in bad:
                if row % 2 == kind and row in rows:
                    raise DataError("bad", path="f", line=row)

    with pytest.raises(DataError) as caught:
        sift(1000, check, None, lambda row: ("f", row))
    assert caught.value.line == bad[0]
    assert sum(checked) <= 3000


def test_rows_that_are_bad_only_together_are_an_error() -> None:
    def check(rows: np.ndarray) -> None:
        if len(rows) > 3:
            raise DataError("too many", path="f")

    with pytest.raises(DataError, match="too many"):
        sift(4, check, None, lambda row: ("f", row))


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
