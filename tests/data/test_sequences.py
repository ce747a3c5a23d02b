"""FASTA files of sequences, each an example."""

import gzip
import tracemalloc

import numpy as np
import pytest

from dlgenomics.data.encoding import DNA, PROTEIN, RNA, decode, encode
from dlgenomics.data.sequences import read_records, read_sequences, stack, write_sequences
from dlgenomics.data.skipping import Skipped
from dlgenomics.errors import DataError, MissingFileError


@pytest.fixture
def read(tmp_path):
    def write_and_read(text, length, **options):
        path = tmp_path / "a.fa"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_sequences(path, length, **options)

    return write_and_read


def texts(sequences):
    return [decode(row) for row in sequences.codes]


def test_names_and_codes(read, tmp_path):
    found = read(">a first\nACGT\n>b\nttN\nR\n", 4)
    assert found.names == ("a", "b")
    assert texts(found) == ["ACGT", "TTNR"]
    assert found.codes.dtype == np.uint8
    assert len(found) == 2
    assert found.path == str(tmp_path / "a.fa")


@pytest.mark.parametrize("text", [
    ">a\r\nAC\r\nGT\r\n>b\r\nTTTT\r\n", ">a\rAC\rGT\r>b\rTTTT", "\n\n>a\nACGT\n\n>b\nTT TT\n\n",
    "\ufeff>a\nACGT\n>b\nTTTT", "> a x\nACGT\n>b\tx\nT\nT\nT\nT\n", ">a\nACGT\n>b\nTTTT",
])
def test_forms_of_a_file(read, text):
    found = read(text, 4)
    assert found.names == ("a", "b")
    assert texts(found) == ["ACGT", "TTTT"]


def test_gzip_is_told_by_its_bytes(read):
    assert texts(read(gzip.compress(b">a\nACGT\n"), 4)) == ["ACGT"]


@pytest.mark.parametrize(("sequence", "length", "middle"), [
    ("AACCGGTT", 4, "CCGG"), ("AACCGGT", 4, "ACCG"), ("AACCGGTT", 3, "CGG"),
    ("ACGT", 4, "ACGT"), ("AACGGTT", 3, "CGG"),
])
def test_center_takes_the_middle(read, sequence, length, middle):
    assert texts(read(f">a\n{sequence}\n", length, anchor="center")) == [middle]


@pytest.mark.parametrize(("text", "line", "message"), [
    ("", None, "a FASTA must hold at least one sequence. Received: none."),
    ("ACGT\n>a\nACGT\n", 1, "a FASTA must start with '>'. Received: 'ACGT'."),
    (">a\nACGT\n>\nACGT\n", 3, "a FASTA header must hold a name. Received: '>' alone."),
    (">a\nACGT\n\n>b\nAC\nGTA\n", 4, "every sequence must have 4 bp. Received: 'b' with 5 bp. "
     "Take the middle with --resize center (resize='center'), or center: true in the spec; "
     "--resize start and end keep that side."),
    ("\n\n>a\nAC\n", 3, "every sequence must have 4 bp. Received: 'a' with 2 bp. "
     "Longer sequences are needed."),
    (">a\n>b\nACGT\n", 1, "every sequence must have 4 bp. Received: 'a' with 0 bp. "
     "Longer sequences are needed."),
    (">a\nACGT\n>b\nACGT\n>a 2\nACGT\n", 5, "each sequence must have a name of its own. "
     "Received: 'a' twice."),
])
def test_refused(read, text, line, message):
    with pytest.raises(DataError) as caught:
        read(text, 4)
    assert caught.value.line == line
    assert str(caught.value).endswith(f": {message}")
    assert str(caught.value).startswith(caught.value.path)


# IUPAC's codes, by Cornish-Bowden (1985) and by IUPAC-IUB (1984) with U, O and J of later years.
NUCLEOTIDES = "ACGRYSWKMBDHVN"
AMINO_ACIDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(("alphabet", "letters"), [
    (DNA, NUCLEOTIDES + "T"), (RNA, NUCLEOTIDES + "UT"), (PROTEIN, AMINO_ACIDS + "*-")])
def test_the_letters_of_an_alphabet_are_these_and_no_others(read, alphabet, letters):
    for code in range(33, 127):
        letter = chr(code)
        if letter == ">":
            continue
        text = f">a\n{letters[:2]}\n>b\n{letters[0]}{letter}\n"
        if letter.upper() in letters:
            assert len(read(text, 2, alphabet=alphabet)) == 2
            continue
        with pytest.raises(DataError) as caught:
            read(text, 2, alphabet=alphabet)
        assert caught.value.line == 3
        assert f"Received: {letter!r} as letter 2 of 'b'. " in str(caught.value)


@pytest.mark.parametrize(("text", "alphabet", "advice"), [
    ("ACGU", DNA, "'U' as letter 4 of 'b'. The model reads DNA: write T for U."),
    ("acgu", DNA, "'u' as letter 4 of 'b'. The model reads DNA: write T for U."),
    ("AC\nU-", DNA, "'U' as letter 3 of 'b'. Write N where a letter is not known. Is it the right file?"),
    ("A-.*", DNA, "'-' as letter 2 of 'b'. Remove gaps and stops, or write N where a letter"),
    ("1111", RNA, "'1' as letter 1 of 'b'. Write N where a letter is not known. Is it the right file?"),
    ("QKTA", DNA, "must be among ACGTNRYSWKMBDHV, in either case. Received: 'Q'"),
    ("MK.A", PROTEIN, "'.' as letter 3 of 'b'. Remove gaps and stops, or write X where a letter"),
    ("A Cß\xa0", DNA, "'ß' as letter 3 of 'b'. Write N where"),
])
def test_letters_of_another_kind_are_refused_with_what_to_do(read, text, alphabet, advice):
    content = f">a\nAAAA\n>b\n{text}\n"
    with pytest.raises(DataError) as caught:
        read(content, 4, alphabet=alphabet)
    assert advice in str(caught.value)
    assert caught.value.line == 3
    skipped: list[Skipped] = []
    assert read(content + ">c\nCCCC\n", 4, alphabet=alphabet, skipped=skipped).names == ("a", "c")
    assert [(one.line, advice in one.reason) for one in skipped] == [(3, True)]


def test_letters_that_no_window_takes_are_looked_at_too(read):
    with pytest.raises(DataError, match="'-' as letter 9 of 'a'"):
        read(">a\nACGTACGT-\n", 4, anchor="start")


def test_a_short_sequence_is_refused_with_center_too(read):
    with pytest.raises(DataError, match="'a' with 3 bp"):
        read(">a\nACG\n", 4, anchor="center")


def test_broken_files(tmp_path, read):
    with pytest.raises(MissingFileError, match="the FASTA of sequences must be a file that exists"):
        read_sequences(tmp_path / "b.fa", 4)
    content = gzip.compress(b">a\n" + np.random.default_rng(0).bytes(9000).hex().encode())
    with pytest.raises(DataError, match="must be a whole gzip file"):
        read(content[:3000], 4)


@pytest.mark.parametrize("packed", [False, True])
def test_reading_takes_little_more_memory_than_the_codes(tmp_path, packed):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, (4000, 500)).astype(np.uint8)
    lines = [f">{i}\n{decode(row[:250])}\n{decode(row[250:])}\n" for i, row in enumerate(codes)]
    content = "".join(lines).encode()
    path = tmp_path / "a.fa"
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    tracemalloc.start()
    found = read_sequences(path, 500)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    names = 120 * len(codes)  # a text, and its place in a table
    assert peak < 1.3 * codes.nbytes + names
    assert (found.codes == codes).all()


@pytest.mark.parametrize("name", ["a.fa", "a.fa.gz"])
def test_written_sequences_are_read_back(tmp_path, name):
    codes = np.random.default_rng(0).integers(0, 5, (7, 90)).astype(np.uint8)
    names = [f"s{i}" for i in range(7)]
    write_sequences(tmp_path / name, names, codes)
    found = read_sequences(tmp_path / name, 90)
    assert list(found.names) == names
    assert (found.codes == codes).all()
    assert (tmp_path / name).read_bytes().startswith(b"\x1f\x8b" if "gz" in name else b">s0\n")


def test_the_same_sequences_give_the_same_bytes(tmp_path, monkeypatch):
    import time

    for name, now in (("a.fa.gz", 1.0), ("b.fa.gz", 2e9)):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        write_sequences(tmp_path / name, ["x"], stack(["ACGT"]))
    assert (tmp_path / "a.fa.gz").read_bytes() == (tmp_path / "b.fa.gz").read_bytes()


def test_stack():
    assert stack(["ACGT", "NNac"]).tolist() == [encode("ACGT").tolist(), [4, 4, 0, 1]]


@pytest.fixture
def records(tmp_path):
    def write_and_read(content):
        path = tmp_path / "a.fa"
        path.write_bytes(content)
        return [(one.name, one.letters, one.line) for one in read_records(path)]

    return write_and_read


RECORDS = [("a", "MKTA*", 1), ("b", "lagX", 4)]


@pytest.mark.parametrize("content", [
    b">a first\nMKT\nA*\n>b\nlagX\n", b">a first\r\nMKT\r\nA*\r\n>b\r\nlagX\r\n",
    gzip.compress(b">a\nMKT\nA*\n>b\nlag X", mtime=0), b"\xef\xbb\xbf>a\nMK\nTA*\n>b\nlagX\n",
])
def test_records_keep_their_letters_and_lengths(records, content):
    assert records(content) == RECORDS


@pytest.mark.parametrize(("content", "message"), [
    (b"", "must hold at least one sequence"),
    (b"\n\n", "must hold at least one sequence"),
    (b"MKTA\n", r"must start with '>'"),
    (b">a\nMK\n>a\nMK\n", r"a name of its own. Received: 'a' twice"),
    (b">a\nMK\n>b\n>c\nMK\n", r"a\.fa:3: every sequence must have letters. Received: 'b'"),
    (b">\nMK\n", "a FASTA header must hold a name"),
    (gzip.compress(b">a\nMKTA\n", mtime=0)[:-5], "must be a whole gzip file"),
])
def test_records_that_cannot_be_read(records, content, message):
    with pytest.raises(DataError, match=message):
        records(content)


def test_letters_beyond_ascii_are_none_of_any_alphabet(records):
    assert records(">a\nMÄK\n".encode()) == [("a", "M?K", 1)]
