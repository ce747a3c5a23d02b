"""Signal along intervals against a plain loop over the values that a bigWig was made of."""

import numpy as np
import pytest

from dlgenomics.data.banks import hold
from dlgenomics.data.features import Change, Signal
from dlgenomics.data.intervals import make_intervals
from dlgenomics.data.tracks import Track, TrackBank, pool, reverse
from dlgenomics.errors import ContigError, DataError, MissingFileError

pybigtools = pytest.importorskip("pybigtools")
LENGTH = 120


def write_track(path, values):
    """Write the values of chr1 that are not NaN, one position each."""
    rows = [("chr1", i, i + 1, float(v)) for i, v in enumerate(values) if not np.isnan(v)]
    pybigtools.open(str(path), "w").write({"chr1": len(values)}, iter(rows))


@pytest.fixture
def signal(tmp_path):
    rng = np.random.default_rng(5)
    plus = rng.integers(0, 50, LENGTH).astype(float)
    minus = rng.integers(0, 50, LENGTH).astype(float)
    plus[20:30] = np.nan
    write_track(tmp_path / "plus.bw", plus)
    write_track(tmp_path / "minus.bw", minus)
    return np.stack([plus, minus], axis=1)


def bank_of(tmp_path, rows, *, missing=0.0, stranded=False):
    paths = [tmp_path / "plus.bw", tmp_path / "minus.bw"]
    return TrackBank(paths, make_intervals(rows), missing, stranded)


def test_values_are_those_of_the_file(signal, tmp_path):
    rows = [("chr1", 3, 13, "+"), ("chr1", 15, 25, "."), ("chr1", 110, 120, "+")]
    for missing in (0.0, -1.0):
        found = bank_of(tmp_path, rows, missing=missing).take(np.array([2, 0, 1]))
        expected = np.stack([signal[s:e] for _, s, e, _ in (rows[2], rows[0], rows[1])])
        assert found.dtype == np.float32
        assert (found == np.where(np.isnan(expected), missing, expected)).all()


def test_beyond_a_contig_nothing_is_covered(signal, tmp_path):
    found = bank_of(tmp_path, [("chr1", -4, 4, "+"), ("chr1", 116, 124, "+")]).take(np.arange(2))
    assert not found[0, :4].any()
    assert not found[1, 4:].any()
    assert (found[0, 4:] == signal[:4]).all()
    assert (found[1, :4] == signal[116:]).all()


def test_the_minus_strand_is_read_backwards_and_stranded_tracks_change_places(signal, tmp_path):
    row = [("chr1", 40, 50, "-")]
    plain = bank_of(tmp_path, row).take(np.array([0]))[0]
    stranded = bank_of(tmp_path, row, stranded=True).take(np.array([0]))[0]
    assert (plain == signal[40:50][::-1]).all()
    assert (stranded == signal[40:50][::-1, ::-1]).all()


def test_reverse_twice_is_nothing():
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    for stranded in (False, True):
        assert (reverse(reverse(values, stranded=stranded), stranded=stranded) == values).all()
    assert reverse(values, stranded=True)[0, 0].tolist() == values[0, 2, [1, 0, 3, 2]].tolist()


def test_pool():
    values = np.arange(12.0).reshape(1, 6, 2)
    assert pool(values, 3, "mean")[0].tolist() == [[2, 3], [8, 9]]
    assert pool(values, 3, "sum")[0].tolist() == [[6, 9], [24, 27]]


@pytest.mark.parametrize("held", [True, False])
def test_shifts_and_strands_move_signal_as_they_move_letters(signal, tmp_path, held):
    bank = bank_of(tmp_path, [("chr1", 42, 58, "+")] * 3)  # 10 bp and a margin of 3
    bank = hold(bank) if held else bank
    change = Change(np.array([3, 1, 6]), np.array([False, False, True]))
    feature = Signal(bank, 3, 1, "mean", "none", stranded=True)
    found = feature.batch(np.arange(3), change)
    assert (found[0] == signal[45:55]).all()
    assert (found[1] == signal[43:53]).all()
    assert (found[2] == signal[48:58][::-1, ::-1]).all()
    total = Signal(bank, 3, 10, "sum", "log1p", stranded=True, total=True)
    expected = np.log1p([signal[45:55].sum(0), signal[43:53].sum(0), signal[48:58].sum(0)[::-1]])
    assert total.batch(np.arange(3), change) == pytest.approx(expected, rel=1e-6)


def test_files_that_are_no_tracks(signal, tmp_path):
    with pytest.raises(ContigError, match=r"plus\.bw: .* in the bigWig, which has chr1\. Received: '1'"):
        bank_of(tmp_path, [("1", 0, 4, "+")]).take(np.array([0]))
    with pytest.raises(MissingFileError):
        Track(tmp_path / "no.bw")
    for content in (b"", b"track type=wiggle_0\n", (tmp_path / "plus.bw").read_bytes()[:100]):
        (tmp_path / "bad.bw").write_bytes(content)
        with pytest.raises(DataError, match="a track must be a bigWig file"):
            Track(tmp_path / "bad.bw")
