"""Every kind of genome file gives the letters that plain slicing of texts gives."""

from __future__ import annotations

import dataclasses
import itertools
import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlgenomics.data.encoding import decode, one_hot
from dlgenomics.data.genome import Genome
from dlgenomics.data.genome_files import bgzip, unpacked
from dlgenomics.data.genome_files.lines import Windows, gather
from dlgenomics.data.intervals import Intervals, make_intervals
from dlgenomics.errors import DataError

COMPLEMENT = dict(zip("ACGTRYSWKMBDHVNacgtryswkmbdhvn", "TGCAYRSWMKVHDBNtgcayrswmkvhdbn",
                      strict=True))
Contigs = Mapping[str, str]
DATES = itertools.count(10**18)


def write_lines(path: Path, contigs: Contigs, widths: list[int], end: str, *, closed: bool) -> Path:
    """Write a FASTA whose contigs have lines of the given widths."""
    text = ""
    for (name, letters), width in zip(contigs.items(), widths, strict=True):
        lines = [letters[i:i + width] for i in range(0, len(letters), width)]
        text += end.join([f">{name} words", *lines]) + end
    path.write_text(text if closed else text.rstrip("\r\n"), encoding="ascii", newline="")
    return path


def write_unevenly(path: Path, contigs: Contigs) -> Path:
    """Write a FASTA that no index describes: lines of 7, 3, 8, 7 … letters, and empty ones."""
    text = ""
    for name, letters in contigs.items():
        text += f">{name}\n"
        at = 0
        for step in [7, 3, 8] * (len(letters) // 18 + 1):
            text += letters[at:at + step] + ("\n\n" if step == 3 else "\n")
            at += step
    path.write_text(text, encoding="ascii")
    return path


def write_bgzip(path: Path, source: Path) -> Path:
    pysam.tabix_compress(str(source), str(path), force=True)
    return path


def write_two_bit(path: Path, contigs: Contigs, order: str = "<", version: int = 0) -> Path:
    """Write a 2bit file from the description of the format, number by number."""
    def stretches(letters: str, kind) -> bytes:
        found, at = [], 0
        while at < len(letters):
            end = at
            while end < len(letters) and kind(letters[end]):
                end += 1
            if end > at:
                found.append((at, end - at))
            at = max(end, at + 1)
        return struct.pack(f"{order}{1 + 2 * len(found)}I", len(found), *(s for s, _ in found),
                           *(n for _, n in found))

    records = []
    for letters in contigs.values():
        packed = bytearray(-(-len(letters) // 4))
        for i, letter in enumerate(letters.upper()):
            packed[i // 4] |= "TCAG".index(letter if letter != "N" else "T") << (6 - i % 4 * 2)
        records.append(struct.pack(f"{order}I", len(letters))
                       + stretches(letters, lambda c: c in "Nn")
                       + stretches(letters, str.islower) + bytes(4) + bytes(packed))
    wide = "Q" if version else "I"
    at = 16 + sum(1 + len(name) + struct.calcsize(f"{order}{wide}") for name in contigs)
    content = struct.pack(f"{order}4I", 0x1A412743, version, len(contigs), 0)
    for name, record in zip(contigs, records, strict=True):
        content += bytes([len(name)]) + name.encode() + struct.pack(f"{order}{wide}", at)
        at += len(record)
    path.write_bytes(content + b"".join(records))
    return path


def naive(contigs: Contigs, name: str, start: int, end: int, strand: str) -> str:
    """Return what an interval holds, letter by letter; N beyond the ends."""
    letters = contigs[name]
    found = "".join(letters[i] if 0 <= i < len(letters) else "N" for i in range(start, end))
    return "".join(COMPLEMENT[c] for c in reversed(found)) if strand == "-" else found


@st.composite
def genomes(draw: st.DrawFn, alphabet: str) -> Contigs:
    count = draw(st.integers(1, 4))
    return {f"c{i}": draw(st.text(st.sampled_from(alphabet), min_size=1, max_size=120))
            for i in range(count)}


@st.composite
def intervals_in(draw: st.DrawFn, contigs: Contigs) -> list[tuple[str, int, int, str]]:
    length = draw(st.integers(1, 70))
    return [(name, start, start + length, draw(st.sampled_from("+-.")))
            for name, start in draw(st.lists(st.tuples(st.sampled_from(sorted(contigs)),
                                                       st.integers(-60, 130)),
                                             min_size=1, max_size=12))]


def agree(path: Path, contigs: Contigs, rows: list[tuple[str, int, int, str]]) -> None:
    """Compare letters, codes and one-hot of a file with plain slicing."""
    places = make_intervals(rows)
    with Genome(path) as genome:
        assert genome.lengths == {name: len(letters) for name, letters in contigs.items()}
        letters = genome.letters(places, pad=True)
        codes = genome.fetch(places, pad=True)
        for n in ("zeros", "quarter", "shares", "quarter_n"):
            assert np.array_equal(genome.one_hot(places, n, pad=True), one_hot(codes, n))
        whole = genome.one_hot(places, pad=True, dtype=np.uint8)
        assert whole.dtype == np.uint8
        assert np.array_equal(whole, one_hot(codes))
    assert [row.tobytes().decode() for row in letters] == [
        naive(contigs, name, start, end, "+") for name, start, end, _ in rows]
    assert [decode(row) for row in codes] == [naive(contigs, *row).upper() for row in rows]


ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60,
                      deadline=None)


@ANY_FOLDER
@given(data=st.data(), contigs=genomes("ACGTNacgtnRYSWKMBDHVryk"))
def test_a_fasta_in_place(tmp_path: Path, data: st.DataObject, contigs: Contigs) -> None:
    widths = [data.draw(st.sampled_from([1, 5, 7, 60, 200])) for _ in contigs]
    path = write_lines(tmp_path / "g.fa", contigs, widths, data.draw(st.sampled_from(["\n", "\r\n"])),
                       closed=data.draw(st.booleans()))
    Path(f"{path}.fai").unlink(missing_ok=True)
    pysam.faidx(str(path))
    rows = data.draw(intervals_in(contigs))
    agree(path, contigs, rows)
    packed = write_bgzip(tmp_path / "g.fa.gz", path)
    pysam.faidx(str(packed))
    agree(packed, contigs, rows)


@ANY_FOLDER
@given(data=st.data(), contigs=genomes("ACGTNacgtnRYSWKMBDHVryk"))
def test_a_fasta_whose_lines_differ(tmp_path: Path, data: st.DataObject, contigs: Contigs) -> None:
    path = write_unevenly(tmp_path / "g.fa", contigs)
    os.utime(path, ns=(next(DATES),) * 2)  # a new file to the cache
    agree(path, contigs, data.draw(intervals_in(contigs)))


def test_a_fasta_whose_lines_differ_is_copied_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_unevenly(tmp_path / "g.fa", {"c": "ACGTTGCA" * 20})
    copies: list[Path] = []
    copy = unpacked._copy_into

    def slowly(folder: Path, source: Path) -> None:
        copies.append(source)
        time.sleep(0.05)
        copy(folder, source)

    monkeypatch.setattr(unpacked, "_copy_into", slowly)
    found: list[str] = []
    places = make_intervals([("c", 0, 8, "+")])

    def read() -> None:
        with Genome(path) as genome:
            found.append(decode(genome.fetch(places)[0]))

    threads = [threading.Thread(target=read) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["ACGTTGCA"] * 5
    assert copies == [path]


@ANY_FOLDER
@given(data=st.data(), contigs=genomes("ACGTNacgtn"))
def test_a_2bit_file(tmp_path: Path, data: st.DataObject, contigs: Contigs) -> None:
    path = write_two_bit(tmp_path / "g.2bit", contigs, data.draw(st.sampled_from("<>")),
                         data.draw(st.integers(0, 1)))
    agree(path, contigs, data.draw(intervals_in(contigs)))


@ANY_FOLDER
@given(data=st.data())
def test_lines_are_joined_as_letter_by_letter(data: st.DataObject) -> None:
    bases = data.draw(st.integers(1, 30))
    width = bases + data.draw(st.integers(1, 2))
    text = np.frombuffer(bytes(33 + i % 90 for i in range(600)), np.uint8)
    length = data.draw(st.integers(1, 60))
    starts = data.draw(st.lists(st.integers(0, 200), min_size=1, max_size=9))
    line, phase = np.divmod(np.array(starts), bases)
    windows = Windows(line * width, phase, np.full(len(line), bases), np.full(len(line), width),
                      length)
    kept = np.flatnonzero(windows.end <= len(text))
    found = gather(text, windows[kept])
    for row, start in enumerate(np.array(starts)[kept]):
        places = [(start + i) // bases * width + (start + i) % bases for i in range(length)]
        assert found[row].tolist() == text[places].tolist()


# ---- large enough for several blocks, batches and threads ------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Contigs]:
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(4)
    contigs = {name: bytes(rng.choice(np.frombuffer(b"ACGTacgtN", np.uint8), n)).decode()
               for name, n in (("a", 1_500_000), ("b", 40), ("c", 300_000))}
    plain = write_lines(folder / "g.fa", contigs, [60, 60, 60], "\n", closed=True)
    packed = write_bgzip(folder / "g.fa.gz", plain)
    for path in (plain, packed):
        pysam.faidx(str(path))
    return plain, packed, contigs


def some_places(count: int, length: int = 700) -> Intervals:
    rng = np.random.default_rng(count)
    return make_intervals([("a" if i % 3 else "c", start, start + length, "+-."[i % 3])
                           for i, start in enumerate(rng.integers(0, 299_000, count).tolist())])


@pytest.mark.parametrize("with_extra", [False, True])
def test_unsorted_windows_of_many_blocks(
    large: tuple[Path, Path, Contigs], with_extra: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if with_extra:
        pytest.importorskip("isal", reason="the extra 'bgzip' is not installed")
    else:
        monkeypatch.setattr(bgzip, "decompress", zlib.decompress)
    plain, packed, contigs = large
    places = some_places(3000)
    with Genome(plain) as one, Genome(packed) as other:
        expected = one.fetch(places)
        assert np.array_equal(other.fetch(places), expected)
    for row in range(0, 3000, 97):
        name = places.contigs[places.contig[row]]
        text = naive(contigs, name, int(places.start[row]), int(places.end[row]),
                     str(places.strand[row]))
        assert decode(expected[row]) == text.upper()


def test_a_window_over_many_blocks(large: tuple[Path, Path, Contigs]) -> None:
    _, packed, contigs = large
    with Genome(packed) as genome:
        found = genome.letters(make_intervals([("a", 3, 1_400_003, "+"), ("a", 9, 1_400_009, "+")]))
    assert found[0].tobytes().decode() == contigs["a"][3:1_400_003]
    assert found[1].tobytes().decode() == contigs["a"][9:1_400_009]


def in_turns(genome: Genome, places: Intervals, times: int) -> np.ndarray:
    """Fetch the places of each contig by themselves: no two calls in a row share a block."""
    found = genome.fetch(places)
    for _ in range(times):
        for contig in np.unique(places.contig):
            rows = np.flatnonzero(places.contig == contig)
            found[rows] = genome.fetch(places[rows])
    return found


def test_after_much_reading_a_bgzip_file_has_a_copy_that_all_use(
    large: tuple[Path, Path, Contigs], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, packed, _ = large
    places = some_places(300)
    with Genome(plain) as one, Genome(packed) as other:
        expected = one.fetch(places)
        assert np.array_equal(in_turns(other, places, 6), expected)
        folder = unpacked.copy_folder(packed)
        assert sorted(p.name for p in folder.iterdir()) == ["genome.fa", "genome.fa.fai"]
        assert (folder / "genome.fa").read_bytes() == plain.read_bytes()
    monkeypatch.delattr(bgzip.Blocks, "unpack")
    with Genome(packed) as another:
        assert np.array_equal(another.fetch(places), expected)


def test_little_reading_leaves_no_copy(large: tuple[Path, Path, Contigs]) -> None:
    _, packed, _ = large
    with Genome(packed) as genome:
        genome.fetch(some_places(10))
        genome.fetch(some_places(10))
    assert not unpacked.copy_folder(packed).exists()


def test_neighbouring_batches_unpack_no_block_again(large: tuple[Path, Path, Contigs]) -> None:
    plain, packed, _ = large
    places = make_intervals([("a", start, start + 100, "+") for start in range(0, 1_400_000, 100)])
    with Genome(plain) as one, Genome(packed) as other:
        for first in range(0, len(places), 40):
            part = places[first:first + 40]
            assert np.array_equal(other.fetch(part), one.fetch(part))
    assert not unpacked.copy_folder(packed).exists()


@pytest.mark.parametrize("obstacle", ["full", "locked", "unwritable"])
def test_without_room_for_a_copy_reading_goes_on(
    large: tuple[Path, Path, Contigs], obstacle: str, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    plain, packed, _ = large
    places = some_places(300)
    folder = unpacked.copy_folder(packed)
    if obstacle == "full":
        monkeypatch.setattr(unpacked.shutil, "disk_usage",
                            lambda _: type("Usage", (), {"free": 1000}))
    if obstacle == "unwritable":
        folder.parent.parent.mkdir(parents=True, exist_ok=True)
        folder.parent.write_text("a file where the folder would be")
    with Genome(plain) as one, Genome(packed) as other, unpacked._alone(
            folder if obstacle == "locked" else tmp_path / "another"):
        expected = one.fetch(places)
        assert np.array_equal(in_turns(other, places, 6), expected)
        assert other._file._blocks.unpacked <= len(other._file._blocks)  # it was tried, and counted anew
    assert not folder.is_dir()


def test_several_threads_read_one_genome(large: tuple[Path, Path, Contigs]) -> None:
    plain, packed, _ = large
    places = some_places(400)
    with Genome(plain) as genome, Genome(packed) as other:
        expected = genome.fetch(places)
        wrong: list[int] = []

        def read(number: int) -> None:
            for _ in range(3):
                one = genome if number % 2 else other
                if not np.array_equal(one.fetch(places), expected):
                    wrong.append(number)

        threads = [threading.Thread(target=read, args=(i,)) for i in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_pages_are_given_back_above_the_limit(
    large: tuple[Path, Path, Contigs], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, packed, _ = large
    places = some_places(150)
    with Genome(plain) as genome:
        expected = genome.fetch(places)
    monkeypatch.setenv("DLG_MEMORY", "1 kB")
    for path in (plain, packed):
        with Genome(path) as genome:
            for _ in range(3):
                assert np.array_equal(genome.fetch(places), expected)


_READ = """
import sys
import numpy as np
from dlgenomics.data.genome import Genome
from dlgenomics.data.intervals import read_intervals
places, expected = read_intervals(sys.argv[2]), np.load(sys.argv[3])
with Genome(sys.argv[1]) as genome:
    for _ in range(6):
        for contig in (0, 1):
            rows = np.flatnonzero(places.contig == contig)
            assert np.array_equal(genome.fetch(places[rows]), expected[rows])
"""


def test_processes_that_need_a_copy_at_once_do_no_harm(
    large: tuple[Path, Path, Contigs], tmp_path: Path
) -> None:
    plain, packed, _ = large
    places = some_places(200)
    (tmp_path / "i.bed").write_text("".join(f"{c}\t{s}\t{e}\t.\t0\t{d}\n" for c, s, e, d in zip(
        places.contig_names, places.start, places.end, places.strand, strict=True)))
    with Genome(plain) as genome:
        np.save(tmp_path / "expected.npy", genome.fetch(places))
    command = [sys.executable, "-c", _READ, packed, tmp_path / "i.bed", tmp_path / "expected.npy"]
    children = [subprocess.Popen(command) for _ in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    folder = unpacked.copy_folder(packed)
    assert (folder / "genome.fa").read_bytes() == plain.read_bytes()
    assert sorted(p.name for p in folder.parent.iterdir()) == [folder.name, f"{folder.name}.lock"]


# ---- files that change, and files that are none ----------------------------------------------


def test_a_genome_that_changes_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "g.fa", {"c": "ACGT" * 50}, [60], "\n", closed=True)
    places = make_intervals([("c", 0, 50, "+")])
    with Genome(path) as genome:
        genome.fetch(places)
        with path.open("r+b") as stream:
            stream.truncate(40)
        with pytest.raises(DataError, match=r"c:0-50.*must stay as it is while it is read"):
            genome.fetch(places)


def test_a_genome_that_vanishes_while_it_is_read_is_read_to_the_end(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "g.fa", {"c": "ACGT" * 50}, [60], "\n", closed=True)
    places = make_intervals([("c", 0, 4, "+")])
    with Genome(path) as genome:
        path.unlink()
        assert decode(genome.fetch(places)[0]) == "ACGT"


@pytest.mark.parametrize("with_extra", [False, True])
def test_a_damaged_block_names_the_first_interval_that_needs_it(
    large: tuple[Path, Path, Contigs], tmp_path: Path, with_extra: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if with_extra:
        pytest.importorskip("isal", reason="the extra 'bgzip' is not installed")
    else:
        monkeypatch.setattr(bgzip, "decompress", zlib.decompress)
        monkeypatch.setattr(bgzip, "damage", zlib.error)
    _, packed, _ = large
    damaged = tmp_path / "g.fa.gz"
    content = bytearray(packed.read_bytes())
    starts = np.fromfile(f"{packed}.gzi", "<u8")[1:].reshape(-1, 2)
    content[int(starts[4][0]) + 2000] ^= 0xFF
    damaged.write_bytes(bytes(content))
    for ending in (".fai", ".gzi"):
        Path(f"{damaged}{ending}").write_bytes(Path(f"{packed}{ending}").read_bytes())
    base = int(starts[4][1]) // 61 * 60
    rows = [("a", 5, 105, "+"), ("a", base + 500, base + 600, "+"), ("a", base + 900, base + 1000, "-")]
    with Genome(damaged) as genome, pytest.raises(
            DataError, match=rf"a:{base + 500}-{base + 600}\..*damaged block"):
        genome.fetch(make_intervals(rows))


def test_bytes_that_are_no_letters_are_unknown_on_both_strands(tmp_path: Path) -> None:
    path = tmp_path / "g.fa"
    path.write_bytes(b">c\nAC\xc1G?U\n")
    Path(f"{path}.fai").write_text("c\t6\t3\t6\t7\n")
    places = make_intervals([("c", 0, 6, "+"), ("c", 0, 6, "-")])
    with Genome(path) as genome:
        assert [decode(codes) for codes in genome.fetch(places)] == ["ACNGNN", "NNCNGT"]
        assert np.array_equal(genome.one_hot(places), one_hot(genome.fetch(places)))


def test_an_index_of_other_lines_names_the_interval(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "g.fa", {"c": "ACGT" * 50}, [50], "\n", closed=True)
    Path(f"{path}.fai").write_text("c\t200\t3\t60\t61\n")
    with Genome(path) as genome, pytest.raises(DataError, match=r"no sequence at c:0-100\. .*index"):
        genome.fetch(make_intervals([("c", 0, 100, "+")]))


@pytest.mark.parametrize("text", [
    "no index\n", "c\t200\t3\t60\n", "c\t200\t3\t0\t61\n", "c\t-5\t3\t60\t61\n",
    "c\t200\t3\t61\t60\n", "c\t9000\t3\t60\t61\n", "c\t1e3\t3\t60\t61\n",
])
def test_an_index_that_fits_no_fasta_is_refused(tmp_path: Path, text: str) -> None:
    path = write_lines(tmp_path / "g.fa", {"c": "ACGT" * 50}, [60], "\n", closed=True)
    Path(f"{path}.fai").write_text(text)
    with pytest.raises(DataError, match=r"with a readable index\. Received: .*Remove .*g\.fa\.fai"):
        Genome(path)


def test_an_empty_index_of_blocks_is_refused(large: tuple[Path, Path, Contigs], tmp_path: Path) -> None:
    _, packed, _ = large
    path = tmp_path / "g.fa.gz"
    path.write_bytes(packed.read_bytes())
    Path(f"{path}.fai").write_bytes(Path(f"{packed}.fai").read_bytes())
    for content in (b"", b"\x09" + bytes(7), struct.pack("<3Q", 1, 10**9, 5)):
        Path(f"{path}.gzi").write_bytes(content)
        with pytest.raises(DataError, match=r"Remove .*g\.fa\.gz\.gzi and repeat"):
            Genome(path)


@pytest.mark.parametrize(("content", "message"), [
    (">a\nACGT\nAC\nAC>GT\n", r"g\.fa:4: a genome must hold letters\. Received: 'AC>GT'"),
    (">a\nACGT\nAC\nACGT\n>a\nAC\n", r"g\.fa:5: each record .* a name of its own\. Received: '>a'"),
    (">a\nACGT\nAC\nACGT\n> \nAC\n", r"g\.fa:5: .*Received: '>'"),
    (">a\nACGT\nAC\nA\x00\x01T\n", r"g\.fa:4: a genome must hold letters"),
])
def test_what_has_no_even_lines_must_still_be_a_fasta(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "g.fa"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        Genome(path)
    assert not any(p.name == "genome.fa" for p in tmp_path.rglob("*"))


def read_all(path: Path) -> None:
    with Genome(path) as genome:
        genome.fetch(make_intervals([("chr1", 0, 200, "+")]))
        genome.fetch(make_intervals([("chr2", 0, 4, "+")]))


def test_a_2bit_file_that_is_cut_anywhere_is_refused(tmp_path: Path) -> None:
    contigs = {"chr1": "ACGTNNacgt" * 20, "chr2": "GGCC"}
    whole = write_two_bit(tmp_path / "g.2bit", contigs).read_bytes()
    for count in (5, 15, 20, 30, 60, 90, len(whole) - 1):
        path = tmp_path / f"{count}.2bit"
        path.write_bytes(whole[:count])
        with pytest.raises(DataError, match="a 2bit file must be whole"):
            read_all(path)
    path.write_bytes(struct.pack("<4I", 0x1A412743, 7, 0, 0))
    with pytest.raises(DataError, match="version 7, where 0 and 1 are known"):
        Genome(path)


def test_the_same_contigs_of_other_intervals_are_looked_up_anew(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "g.fa", {"a": "AAAA", "b": "CCCC"}, [60, 60], "\n", closed=True)
    first = make_intervals([("a", 0, 2, "+"), ("b", 0, 2, "+")])
    other = dataclasses.replace(first, contigs=("b", "a"))
    with Genome(path) as genome:
        assert [decode(c) for c in genome.fetch(first)] == ["AA", "CC"]
        assert [decode(c) for c in genome.fetch(other)] == ["CC", "AA"]


def test_what_an_array_for_the_result_must_be(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "g.fa", {"a": "ACNN"}, [60], "\n", closed=True)
    places = make_intervals([("a", 0, 4, "-")])
    out = np.full((1, 4, 4), 7, np.float32)
    with Genome(path) as genome:
        assert genome.one_hot(places, "quarter", out=out) is out
        assert out[0].tolist() == [[0.25] * 4, [0.25] * 4, [0, 0, 1, 0], [0, 0, 0, 1]]
        for wrong in (np.empty((1, 3, 4), np.float32), np.empty((1, 4, 4)),
                      np.empty((1, 4, 8), np.float32)[..., ::2]):
            with pytest.raises(ValueError, match="out must be a contiguous array of float32"):
                genome.one_hot(places, out=wrong)
        with pytest.raises(ValueError, match="uint8 with n='zeros'"):
            genome.one_hot(places, "quarter", dtype=np.uint8)
