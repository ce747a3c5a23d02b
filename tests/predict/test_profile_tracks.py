"""Outputs along positions as tracks, compared with a loop over rows, positions and bases."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlgenomics.data.builds import BUILDS
from dlgenomics.errors import ContigError, DlgError
from dlgenomics.predict.columns import Naming, Profile
from dlgenomics.predict.loaders.ranges import Ranges
from dlgenomics.predict.writers import Heading, open_writer
from dlgenomics.predict.writers.result import Result

LENGTHS = {"chr2": 90, "chr10": 50, "chr1": 100}
Track = dict[tuple[str, int], float]


class Row(NamedTuple):
    """A window that was read."""

    contig: str
    start: int
    strand: str


def _heading(profile: Profile, column: str | None = None,
             lengths: dict[str, int] = LENGTHS) -> Heading:
    return Heading(Naming(labels={"p": list(profile.tracks)}, profiles={"p": profile}), lengths,
                   column)


def _result(rows: list[Row], window: int, values: Any, heading: Heading) -> Result:
    start = np.array([row.start for row in rows])
    contig = np.array([row.contig for row in rows])
    ranges = Ranges(chr=contig, start=start, end=start + window,
                    strand=np.array([row.strand for row in rows]),
                    id=np.array([str(number) for number in range(len(rows))]))
    # The interval that was asked for is another one: a profile follows the window alone.
    asked = {"chrom": contig.astype(object), "start": start + 1, "end": start + 2}
    return Result(asked, values, heading.naming, {"ranges": ranges})


def _write(path: Path, heading: Heading, *results: Result) -> None:
    with open_writer(path, heading) as writer:
        for result in results:
            writer.write(result)


def _read(path: Path) -> Track:
    """Read a bedGraph base by base; its lines are in order and do not overlap."""
    found: Track = {}
    before = ("", 0)
    for line in path.read_text().splitlines():
        contig, start, end, value = line.split("\t")
        assert before <= (contig, int(start)), line
        assert int(start) < int(end) <= LENGTHS[contig], line
        before = (contig, int(end))
        found.update({(contig, base): float(value) for base in range(int(start), int(end))})
    return found


def _slow(rows: list[Row], values: np.ndarray, track: int, profile: Profile) -> Track:
    """The rule, one position and one base at a time."""
    seen = defaultdict(list)
    for row, along in zip(rows, values, strict=True):
        covered = len(along) * profile.bin
        before = (profile.window - covered) // 2
        for position in range(len(along)):
            for step in range(profile.bin):
                inside = before + position * profile.bin + step
                if row.strand == "-":
                    base = row.start + profile.window - 1 - inside
                    number = along[position][profile.minus[track]]
                else:
                    base, number = row.start + inside, along[position][track]
                if 0 <= base < LENGTHS[row.contig] and not np.isnan(number):
                    seen[row.contig, base].append(np.float64(number))
    return {place: float(np.float32(np.mean(numbers))) for place, numbers in seen.items()}


@st.composite
def _cases(draw: Any) -> tuple[Profile, list[Row], np.ndarray]:
    width, positions = draw(st.integers(1, 4)), draw(st.integers(1, 8))
    window = width * positions + 2 * draw(st.integers(0, 6))
    minus = draw(st.sampled_from([(0, 1), (1, 0)]))
    rows = draw(st.lists(st.builds(
        Row, st.sampled_from(sorted(LENGTHS)), st.integers(-window + 1, 95),
        st.sampled_from("+-.*")), min_size=1, max_size=12))
    seed = draw(st.integers(0, 2**32 - 1))
    # Few different numbers, so that neighbours are the same at times; one in eight is none.
    numbers = np.random.default_rng(seed).integers(-4, 4, (len(rows), positions, 2))
    values = np.where(numbers == -4, np.nan, numbers / 3)
    return Profile(("x", "y"), window, width, minus), rows, values.astype(np.float32)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=_cases(), span=st.sampled_from([3, 17, 1 << 20]), cut=st.integers(0, 12))
def test_each_position_is_at_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Any,
                                       span: int, cut: int) -> None:
    profile, rows, values = case
    monkeypatch.setattr("dlgenomics.predict.writers.spreading.SPAN", span)
    heading = _heading(profile)
    parts = [(rows[:cut], values[:cut]), (rows[cut:], values[cut:])]
    _write(tmp_path / "{column}.bg", heading,
           *(_result(some, profile.window, numbers, heading) for some, numbers in parts if some))
    for track, name in enumerate(profile.tracks):
        found, expected = _read(tmp_path / f"{name}.bg"), _slow(rows, values, track, profile)
        assert found.keys() == expected.keys()
        assert max((abs(found[k] - expected[k]) for k in expected), default=0) < 1e-6


PROFILE = Profile(("plus", "minus"), 14, 2, (1, 0))
ROWS = [Row("chr2", 60, "-"), Row("chr1", 0, "+"), Row("chr10", 40, "-"), Row("chr1", 14, ".")]


def _some(rows: list[Row] = ROWS, column: str | None = "plus") -> tuple[Heading, Result]:
    heading = _heading(PROFILE, column)
    values = np.random.default_rng(2).random((len(rows), 5, 2), np.float32)
    return heading, _result(rows, PROFILE.window, values, heading)


def test_a_row_alone_keeps_its_numbers_to_the_bit(tmp_path: Path) -> None:
    heading, result = _some()
    _write(tmp_path / "o.bg", heading, result)
    lines = [line.split("\t") for line in (tmp_path / "o.bg").read_text().splitlines()]
    assert [line[:3] for line in lines[:2]] == [["chr1", "2", "4"], ["chr1", "4", "6"]]
    last = [line for line in lines if line[0] == "chr2"]
    assert [int(line[1]) for line in last] == [62, 64, 66, 68, 70]
    assert np.array_equal(np.array([line[3] for line in last], np.float32),
                          result.predictions[0, ::-1, 1])


def test_bigwig_is_valid_over_the_contigs(tmp_path: Path) -> None:
    pybigtools = pytest.importorskip("pybigtools", reason="the extra tracks is not installed")
    heading, result = _some()
    _write(tmp_path / "o.bw", heading, result)
    stored = pybigtools.open(str(tmp_path / "o.bw"))
    assert stored.chroms() == LENGTHS
    for contig, length in LENGTHS.items():
        expected = np.full(length, np.nan)
        slow = _slow(ROWS, result.predictions, 0, PROFILE)
        for base in range(length):
            expected[base] = slow.get((contig, base), np.nan)
        assert np.array_equal(stored.values(contig, 0, length, fillna=None), expected, equal_nan=True)


def test_bigwig_of_a_human_genome(tmp_path: Path) -> None:
    """Windows at both ends of each chromosome, in no order, half of a window beyond."""
    pybigtools = pytest.importorskip("pybigtools", reason="the extra tracks is not installed")
    lengths = {f"chr{name}": length for name, length in BUILDS["GRCh38 (hg38)"].items()}
    profile = Profile(("x",), 200, 2, (0,))
    heading = _heading(profile, lengths=lengths)
    rows = [Row(name, place, "-") for name, length in lengths.items()
            for place in (length - 100, -100, length // 2)]
    values = np.tile(np.arange(80, dtype=np.float32)[None, :, None], (len(rows), 1, 1))
    _write(tmp_path / "o.bw", heading, _result(rows, 200, values, heading))
    stored = pybigtools.open(str(tmp_path / "o.bw"))
    assert stored.chroms() == lengths
    turned = np.repeat(np.arange(80)[::-1], 2)
    for name, length in lengths.items():
        first, *_, last = (row[:2] for row in stored.records(name))
        assert (first, last) == ((0, 2), (length - 2, length))
        for start, expected in ((0, turned[80:]), (length - 80, turned[:80]),
                                (length // 2 + 20, turned)):
            found = stored.values(name, start, start + len(expected), fillna=None)
            assert np.array_equal(found, expected)


@pytest.mark.skipif(not shutil.which("bedtools"), reason="bedtools is not installed")
def test_bedtools_sees_the_bases_that_are_covered(tmp_path: Path) -> None:
    heading, result = _some([*ROWS, Row("chr1", 5, "-"), Row("chr10", 45, "+")])
    _write(tmp_path / "o.bg", heading, result)
    (tmp_path / "genome").write_text("".join(f"{c}\t{n}\n" for c, n in sorted(LENGTHS.items())))
    done = subprocess.run(["bedtools", "genomecov", "-i", "o.bg", "-g", "genome"], cwd=tmp_path,
                          text=True, capture_output=True, check=True)
    depths = [line.split("\t") for line in done.stdout.splitlines()]
    assert not done.stderr
    assert {row[1] for row in depths} == {"0", "1"}
    # chr1: 2-12, 16-26 and 7-17; chr10: 42-52 and 47-57, which end at 50; chr2: 62-72.
    assert {row[0]: int(row[2]) for row in depths if row[1] == "1"} == {
        "chr1": 24, "chr10": 8, "chr2": 10, "genome": 42}


def test_what_is_no_number_is_left_out(tmp_path: Path) -> None:
    heading, result = _some([Row("chr1", 0, "+"), Row("chr1", 4, "+")])
    result.predictions[0, :3] = np.nan
    _write(tmp_path / "o.bg", heading, result)
    found = _read(tmp_path / "o.bg")
    assert sorted(base for _, base in found) == list(range(6, 16))
    assert found["chr1", 6] == pytest.approx(result.predictions[1, 0, 0])  # one window says it
    numbers = Heading(Naming(labels={"a": ["b"]}), LENGTHS)
    plain = Result(result.records, np.array([[np.nan], [2]], np.float32), numbers.naming,
                   result.metadata)
    plain.records["end"][:] = 50
    _write(tmp_path / "n.bg", numbers, plain)
    assert (tmp_path / "n.bg").read_text() == "chr1\t5\t50\t2\n"


def test_an_infinite_number_is_named_by_its_row_and_base(tmp_path: Path) -> None:
    heading, result = _some()
    result.predictions[2, 1, 1] = -np.inf  # on the minus strand, whose minus is the track's plus
    with pytest.raises(DlgError, match=r"finite numbers\. Received: -inf for 'plus' in row 7 "
                                       r"\(chr10, from base 43\)\. Write \.tsv"):
        _write(tmp_path / "o.bg", heading, _some()[1], result)
    assert not list(tmp_path.iterdir())


def test_counts_and_profiles_of_one_model(tmp_path: Path) -> None:
    naming = Naming(labels={"p": ["plus", "minus"], "counts": ["n"]}, profiles={"p": PROFILE})
    heading, result = _some()
    both = Result(result.records, {"p": result.predictions, "counts": np.arange(4.0)[:, None]},
                  naming, result.metadata)
    _write(tmp_path / "{column}.bg", Heading(naming, LENGTHS), both)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["minus.bg", "n.bg", "plus.bg"]
    assert (tmp_path / "n.bg").read_text().startswith("chr1\t1\t2\t1\n")
    _write(tmp_path / "alone.bg", heading, result)
    assert (tmp_path / "alone.bg").read_bytes() == (tmp_path / "plus.bg").read_bytes()


def test_one_axis_is_one_track(tmp_path: Path) -> None:
    profile = Profile(("logits",), 10, 2, (0,))
    naming = Naming(labels={"logits": ["0", "1", "2"]}, profiles={"logits": profile})
    result = _result([Row("chr1", 0, "-")], 10, np.array([[1, 2, 3]], np.float32),
                     Heading(naming, LENGTHS))
    _write(tmp_path / "o.bg", Heading(naming, LENGTHS), result)
    assert (tmp_path / "o.bg").read_text() == "chr1\t2\t4\t3\nchr1\t4\t6\t2\nchr1\t6\t8\t1\n"


def test_a_file_does_not_depend_on_the_shards(tmp_path: Path) -> None:
    heading, result = _some()
    _write(tmp_path / "a.bg", heading, result)
    _write(tmp_path / "b.bg", heading, *(result.take(row, row + 1) for row in range(4)))
    assert (tmp_path / "a.bg").read_bytes() == (tmp_path / "b.bg").read_bytes()


def test_naming_can_be_kept() -> None:
    import dataclasses
    import json

    naming = _heading(PROFILE).naming
    kept = Naming.from_plain(json.loads(json.dumps(dataclasses.asdict(naming))))
    assert kept.profiles["p"] == Profile(["plus", "minus"], 14, 2, [1, 0])
    assert kept.tracks == {"plus": "p", "minus": "p"}
    assert Naming.from_plain({"key": "k", "labels": None}) == Naming("k")


# What is refused -----------------------------------------------------------------------------


def test_positions_without_known_places_are_refused_before_anything_is_computed(
    tmp_path: Path
) -> None:
    heading = _heading(Profile(("x", "y"), unknown="the layers do not tell"), "x")
    with (pytest.raises(DlgError, match=r"Received: p: the layers do not tell\. Write \.h5"),
          open_writer(tmp_path / "o.bg", heading)):
        pytest.fail("a writer was opened")
    assert not list(tmp_path.iterdir())


def test_windows_of_another_length_are_refused(tmp_path: Path) -> None:
    heading, result = _some()
    result.metadata["ranges"]["end"][2] += 3
    with pytest.raises(DlgError, match=r"windows of the 14 bp.*Received: 17 bp"):
        _write(tmp_path / "o.bg", heading, result)
    assert not list(tmp_path.iterdir())


def test_rows_elsewhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ContigError) as caught:
        _write(tmp_path / "o.bg", *_some([Row("10", 0, "+")]))
    assert "every row's contig must be in the genome" in str(caught.value)
    assert "FASTA" not in str(caught.value).split("Received")[0]
    heading, result = _some()
    bare = Result({}, result.predictions, heading.naming)
    with pytest.raises(DlgError, match=r"without metadata\.ranges"):
        _write(tmp_path / "o.bg", heading, bare)
    assert not list(tmp_path.iterdir())


def test_a_column_that_there_is_not(tmp_path: Path) -> None:
    heading, _ = _some(column="plsu")
    with (pytest.raises(DlgError, match=r"plus, minus\. Received: 'plsu'\. Did you mean 'plus'"),
          open_writer(tmp_path / "o.bg", heading)):
        pytest.fail("a writer was opened")
