"""BED and narrowPeak files → columns, and every malformed line with its number."""

import gzip
import io
import sys

import numpy as np
import pysam
import pytest

from dlgenomics.data.intervals import make_intervals, read_intervals
from dlgenomics.errors import DataError, MissingFileError


@pytest.fixture
def read(tmp_path):
    def write_and_read(text):
        path = tmp_path / "a.bed"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_intervals(path)

    return write_and_read


@pytest.fixture
def refused(read):
    def check(text, line, message):
        with pytest.raises(DataError) as caught:
            read(text)
        assert caught.value.line == line
        place = caught.value.path + ("" if line is None else f":{line}")
        assert str(caught.value) == f"{place}: {message}"

    return check


def rows(intervals):
    return list(zip(intervals.contig_names, intervals.start.tolist(), intervals.end.tolist(),
                    intervals.strand.tolist(), strict=True))


def test_bed3(read):
    found = read("chr1\t0\t10\nchr2\t5\t6\nchr1\t3\t4\n")
    assert rows(found) == [("chr1", 0, 10, "."), ("chr2", 5, 6, "."), ("chr1", 3, 4, ".")]
    assert found.contigs == ("chr1", "chr2")
    assert dict(found.columns) == {}
    assert found.labels() == ["chr1:0-10", "chr2:5-6", "chr1:3-4"]
    assert found.line.tolist() == [1, 2, 3]
    assert (found.contig.dtype, found.start.dtype) == (np.int32, np.int64)


@pytest.mark.parametrize(("line", "columns"), [
    ("c\t1\t2\tx", {"name": "x"}),
    ("c\t1\t2\tx\t0", {"name": "x", "score": "0"}),
    ("c\t1\t2\tx\t0\t-", {"name": "x", "score": "0"}),
    ("c\t1\t2\tx\t0\t-\ta\tb", {"name": "x", "score": "0", "column7": "a", "column8": "b"}),
    ("c\t1\t2\tx\t0\t-\t1.5\t2\t3\t0", {"name": "x", "score": "0", "signalValue": "1.5",
     "pValue": "2", "qValue": "3", "peak": "0"}),
    ("c\t1\t2\tx\t0\t-\t1\t2\t3\t4\t5", {"name": "x", "score": "0", "column7": "1",
     "column8": "2", "column9": "3", "column10": "4", "column11": "5"}),
])
def test_columns_by_number(read, line, columns):
    found = read(line + "\n")
    assert {k: v.tolist() for k, v in found.columns.items()} == {k: [v] for k, v in columns.items()}
    assert found.strand.tolist() == ["-" if len(columns) > 2 or "-" in line else "."]


def test_all_strands(read):
    found = read("c\t1\t2\ta\t0\t+\nc\t1\t2\tb\t0\t-\nc\t1\t2\tc\t0\t.\n")
    assert found.strand.tolist() == ["+", "-", "."]


def test_a_header_names_the_columns(read):
    found = read("#chrom\tstart\tend\tname\tscore\tstrand\tbound\n"
                 "c\t1\t2\tx\t0\t-\t1\nc\t3\t4\ty\t0\t+\t0\n")
    assert found.columns["bound"].tolist() == ["1", "0"]
    assert found.strand.tolist() == ["-", "+"]
    assert found.line.tolist() == [2, 3]


def test_a_header_may_put_the_strand_anywhere_or_leave_it_out(read):
    assert read("#chrom\tstart\tend\tstrand\nc\t1\t2\t-\n").strand.tolist() == ["-"]
    found = read("#Chr\tstart\tend\ta\tb\tc\nc\t1\t2\tx\ty\tz\n")
    assert found.strand.tolist() == ["."]
    assert list(found.columns) == ["a", "b", "c"]


def test_other_comments_are_no_header(read):
    found = read("# made by hand\n#chrom\tstart\tend\tlabel\n#x\nc\t1\t2\t7\n")
    assert found.columns["label"].tolist() == ["7"]
    assert list(read("#gene stuff\nc\t1\t2\t7\n").columns) == ["name"]


def test_comment_track_browser_and_empty_lines_are_skipped_and_counted(read):
    found = read('browser position chr1:1-2\ntrack name="a" description="b"\n\n# c\ntrack\n'
                 "chr1\t1\t2\n \t \nchr1\t3\t4\n")
    assert found.line.tolist() == [6, 8]


@pytest.mark.parametrize("characters", [1, 20, 1 << 22])
@pytest.mark.parametrize("count", [1, 3, 4, 5])
def test_many_comments_before_the_first_interval(read, monkeypatch, characters, count):
    monkeypatch.setattr("dlgenomics.data.bed_lines._COMMENTS", 4)
    monkeypatch.setattr("dlgenomics.data.bed_lines._CHARACTERS", characters)
    comments = "".join(f"# {i}\n" for i in range(count - 1)) + "#chrom\tstart\tend\tbound\n"
    found = read(comments + "chr1\t1\t2\tx\n# more\nchr1\t3\t4\ty\n")
    assert found.line.tolist() == [count + 1, count + 3]
    assert found.columns["bound"].tolist() == ["x", "y"]
    with pytest.raises(DataError, match="Received: none"):
        read(comments.rstrip("\n"))


def test_contigs_may_begin_like_a_track_line(read):
    assert read("tracker1\t1\t2\nbrowserless\t1\t2\n").contigs == ("tracker1", "browserless")


def test_spaces_separate_where_there_is_no_tab(read):
    found = read("chr1  10   20 a 0 -\n")
    assert rows(found) == [("chr1", 10, 20, "-")]
    assert read("chr1\t10\t20\ta b\n").columns["name"].tolist() == ["a b"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(read, end):
    found = read(end.join(["chr1\t1\t2\tx", "chr1\t3\t4\ty"]))
    assert found.columns["name"].tolist() == ["x", "y"]


def test_unicode_names_and_byte_order_mark(read):
    found = read("\ufeffchrΩ\t1\t2\tgène 遺伝子\n")
    assert found.contigs == ("chrΩ",)
    assert found.columns["name"].tolist() == ["gène 遺伝子"]


def test_duplicates_and_disorder_are_kept(read):
    found = read("b\t5\t6\na\t1\t2\nb\t5\t6\nb\t1\t9\n")
    assert rows(found) == [("b", 5, 6, "."), ("a", 1, 2, "."), ("b", 5, 6, "."), ("b", 1, 9, ".")]


def test_large_coordinates(read):
    found = read("c\t999999999998\t999999999999\nc\t007\t8\n")
    assert rows(found) == [("c", 999999999998, 999999999999, "."), ("c", 7, 8, ".")]


def test_gzip_and_bgzip(tmp_path):
    plain = tmp_path / "a.bed"
    plain.write_text("chr1\t1\t2\n" * 3000, encoding="utf-8")
    packed = tmp_path / "b.bed"  # told by its bytes, not its name
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    blocks = tmp_path / "c.bed.gz"
    pysam.tabix_compress(str(plain), str(blocks))
    for path in (packed, blocks):
        assert rows(read_intervals(path)) == rows(read_intervals(plain))


def test_standard_input_plain_and_gzip(monkeypatch):
    for content in (b"chr1\t1\t2\n", gzip.compress(b"chr1\t1\t2\n")):
        stdin = io.TextIOWrapper(io.BytesIO(content))
        monkeypatch.setattr(sys, "stdin", stdin)
        assert rows(read_intervals("-")) == [("chr1", 1, 2, ".")]


NUMBERS = ("columns 2 and 3 must be whole numbers of at most 12 digits with 0 <= start < end. "
           "Received: {}. Mend or remove the line.")


@pytest.mark.parametrize("coordinates", [
    "x\t5", "5\tx", "1.0\t5", "-1\t5", "5\t5", "6\t5", "\t5", "1e2\t500", "1_0\t20", "+1\t5",
    "²\t5", "١\t5", "1\t1000000000000", f"1\t{10**30}", f"-{10**30}\t5", " 1\t5",
])
def test_bad_coordinates(refused, coordinates):
    bad = f"chr1\t{coordinates}"
    shown = repr(bad.replace("\t", " "))
    refused(f"# c\nchr1\t1\t2\n{bad}\nchr1\tz\t2\n", 3, NUMBERS.format(shown))


def test_a_header_without_its_mark_is_a_malformed_line(refused):
    refused("chrom\tstart\tend\nc\t1\t2\n", 1, NUMBERS.format("'chrom start end'"))


@pytest.mark.parametrize(("text", "line", "message"), [
    ("chr1\t1\n", 1, "a BED line must have at least 3 columns. Received: 2: 'chr1 1'. "
     "Are the columns separated by tabs?"),
    ("chr1:1-2\n", 1, "a BED line must have at least 3 columns. Received: 1: 'chr1:1-2'. "
     "Are the columns separated by tabs?"),
    ("chr1,1,2\n", 1, "a BED line must have at least 3 columns. Received: 1: 'chr1,1,2'. "
     "Are the columns separated by tabs?"),
    ("c\t1\t2\tx\n\nc\t1\t2\n", 3, "a BED line must have 4 columns, as the first one has. "
     "Received: 3: 'c 1 2'. Are the columns separated by tabs?"),
    ("c\t1\t2\nc\t1\t2\tx\n", 2, "a BED line must have 3 columns, as the first one has. "
     "Received: 4: 'c 1 2 x'. Are the columns separated by tabs?"),
    ("c\t1\t2\tx\t0\t+\nc\t1\t2\ty\t0\t1\n", 2, "the strand must be +, - or . "
     "Received: 'c 1 2 y 0 1'. Mend column 6."),
    ("c\t1\t2\tx\t0\t+-\n", 1, "the strand must be +, - or . Received: 'c 1 2 x 0 +-'. "
     "Mend column 6."),
    ("#chrom\tstart\tend\tname\nc\t1\t2\n", None, "the header must name each of the 3 columns "
     "differently. Received: chrom, start, end, name. Mend the line that starts with '#'."),
    ("#chrom\tstart\tend\ta\ta\nc\t1\t2\t3\t4\n", None, "the header must name each of the 5 columns "
     "differently. Received: chrom, start, end, a, a. Mend the line that starts with '#'."),
    ("", None, "an intervals file must hold at least one interval. Received: none. "
     "Is it the right file?"),
    ("# only\ntrack x\n\n", None, "an intervals file must hold at least one interval. "
     "Received: none. Is it the right file?"),
])
def test_malformed(refused, read, text, line, message):
    refused(text, line, message)


BAD_LINES = {
    "columns 2 and 3": ("chr1\tx\t2\tn\t0\t+", "chr1\t9\t2\tn\t0\t+"),
    "the strand": ("chr1\t1\t2\tn\t0\tx", "chr1\t1\t2\tn\t0\t"),
    "a BED line must have 6 columns": ("chr1\t1\t2", "chr1"),
    "must be UTF-8 text": ("chr1\t1\t2\t\udce9\t0\t+", "\udcff\udcfe"),
}


@pytest.mark.parametrize("comments", [[], ["# c"]])
@pytest.mark.parametrize("later", BAD_LINES)
@pytest.mark.parametrize("message", BAD_LINES)
def test_the_first_bad_line_is_the_one_that_is_named(read, message, later, comments):
    good = "chr1\t1\t2\tn\t0\t+"
    for bad, other in zip(BAD_LINES[message], reversed(BAD_LINES[later]), strict=True):
        lines = [*comments, good, good, bad, good, other]
        with pytest.raises(DataError, match=message) as caught:
            read("\n".join(lines).encode(errors="surrogateescape"))
        assert caught.value.line == lines.index(bad) + 1


def test_the_first_of_many_bad_lines_is_named_across_pieces(read, monkeypatch):
    monkeypatch.setattr("dlgenomics.data.bed_lines._CHARACTERS", 100)
    lines = [f"chr1\t{i}\t{i + 5}\tn\t0\t+" for i in range(300)]
    lines[203], lines[200] = lines[203].replace("chr1\t", "chr1\tx"), lines[200].replace("+", "x")
    with pytest.raises(DataError, match="the strand must be") as caught:
        read("\n".join(lines))
    assert caught.value.line == 201


def test_a_header_that_is_no_text_is_refused(read):
    with pytest.raises(DataError, match=r"a\.bed:2: the intervals file must be UTF-8.*byte 0xe9"):
        read(b"#\xff\n#chrom\tstart\tend\tg\xe9ne\nchr1\t1\t2\tx\n")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_are_refused_by_line(read, encoding):
    with pytest.raises(DataError, match="must be UTF-8 text") as caught:
        read("chr1\t1\t2\tgène\nchr1\t3\t4\tx\n".encode(encoding))
    assert caught.value.line == 1


def test_a_long_line_is_cut_in_the_message(read):
    with pytest.raises(DataError) as caught:
        read("chr1\t5\t1\t" + "x" * 1000 + "\n")
    assert len(str(caught.value)) < 400


def test_broken_files(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        read_intervals(tmp_path / "a.bed")
    with pytest.raises(MissingFileError, match="a folder"):
        read_intervals(tmp_path)
    content = gzip.compress(b"".join(b"chr1\t%d\t%d\n" % (i, i + 9) for i in range(5000)))
    cut = tmp_path / "cut.bed.gz"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="the intervals file must be a whole gzip file"):
        read_intervals(cut)
    binary = tmp_path / "a.bin"
    binary.write_bytes(b"chr1\t1\t2\n\xff\xfe")
    with pytest.raises(DataError, match=r"a\.bin:2: .*must be UTF-8 text\. Received: byte 0xff"):
        read_intervals(binary)


@pytest.mark.parametrize(("interval", "length", "window"), [
    ((10, 20), 10, (10, 20)), ((10, 20), 4, (13, 17)), ((10, 20), 5, (13, 18)),
    ((10, 21), 5, (13, 18)), ((10, 21), 4, (13, 17)), ((0, 2), 10, (-4, 6)), ((7, 8), 1, (7, 8)),
])
def test_resized_around_the_centre(interval, length, window):
    for strand in "+-.":
        found = make_intervals([("c", *interval, strand)]).resized(length)
        assert (found.start[0], found.end[0]) == window


def test_widened_and_rows():
    intervals = make_intervals([("a", 5, 9, "+"), ("b", 1, 2, "-"), ("a", 0, 3, ".")])
    assert rows(intervals.widened(2)) == [("a", 3, 11, "+"), ("b", -1, 4, "-"), ("a", -2, 5, ".")]
    assert rows(intervals[1:]) == rows(intervals)[1:]
    assert rows(intervals[np.array([2, 0])]) == [rows(intervals)[2], rows(intervals)[0]]
    assert len(intervals[:0]) == 0


def test_columns_behind_those_of_bed_may_be_anything(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("#chrom\tstart\tend\tname\tscore\tstrand\nchr1\t0\t4\t0.5\t1\t7\n")
    with pytest.raises(DataError, match="the strand must be"):
        read_intervals(path)
    found = read_intervals(path, 3)
    assert {name: column.tolist() for name, column in found.columns.items()} == {
        "column4": ["0.5"], "column5": ["1"], "column6": ["7"]}
    assert found.strand.tolist() == ["."]
    path.write_text("chr1\t0\t4\tn\t0\t-\t9\n")
    found = read_intervals(path, 6)
    assert rows(found) == [("chr1", 0, 4, "-")]
    assert found.columns["column7"].tolist() == ["9"]
    path.write_text("chr1\t0\t4\nchr1\t0\t4\n")
    with pytest.raises(DataError, match="at least 6 columns") as caught:
        read_intervals(path, 6)
    assert caught.value.line == 1


def test_rows_are_chosen_by_number_and_by_mask() -> None:
    two = make_intervals([("chr1", 0, 5, "+"), ("chr2", 3, 9, "-")])
    assert two[np.arange(2)] is two
    assert two[np.array([1, 0])].start.tolist() == [3, 0]
    assert two[np.array([False, True])].start.tolist() == [3]
    assert two[:1].labels() == ["chr1:0-5"]


@pytest.mark.parametrize("rows", [[1, 2], [2], [0, 1, 2], [-3, -2]])
def test_rows_that_are_not_there_are_an_error(rows: list[int]) -> None:
    two = make_intervals([("chr1", 0, 5, "+"), ("chr2", 3, 9, "-")])
    with pytest.raises(IndexError):
        two[np.array(rows)]


def test_renamed_contigs_are_each_there_once() -> None:
    found = make_intervals([("1", 0, 5, "."), ("MT", 1, 2, "."), ("chr1", 3, 9, "."),
                            ("other", 4, 6, ".")]).renamed(["chr2", "chr1", "chrM"])
    assert found.contigs == ("chr1", "chrM", "other")
    assert found.contig_names.tolist() == ["chr1", "chrM", "chr1", "other"]
    assert found.contig.dtype == np.int32
    assert found.first_rows().tolist() == [0, 1, 3]
    assert not len(found[np.arange(0)].renamed(["chr1"]))
