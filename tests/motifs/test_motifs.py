"""Motifs from contributions: what is written of them, and a whole run on known truth."""

from __future__ import annotations

import builtins
import csv
import re
from pathlib import Path
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest

from dlgenomics.data.encoding import one_hot
from dlgenomics.errors import DataError, DlgError, MissingFileError
from dlgenomics.explain.contributions import Contributions
from dlgenomics.explain.read import read_contributions
from dlgenomics.explain.writers import write_contributions
from dlgenomics.motifs import find_patterns, name_patterns, write_patterns
from dlgenomics.motifs.naming import Match
from dlgenomics.motifs.patterns import Pattern, Places
from dlgenomics.report.motifs import named, write_motifs
from dlgenomics.simulate import load_motif, read_motifs, simulate


def _contributions(count: int = 4, length: int = 60) -> Contributions:
    codes = np.random.default_rng(3).integers(0, 4, (count, length)).astype(np.uint8)
    x = one_hot(codes)
    scores = np.random.default_rng(4).normal(size=x.shape).astype(np.float32)
    return Contributions("lab/m", "deeplift", "target 'bound'", tuple(f"s{i}" for i in range(count)),
                         x, scores, np.arange(count, dtype=np.float32), np.ones(count, np.float32))


def _pattern() -> Pattern:
    """Six columns, of which 1 to 4 contribute: GATA."""
    heights = np.zeros((6, 4))
    heights[[1, 2, 3, 4], [2, 0, 3, 0]] = (1, 2, 0.5, 1)
    shares = np.full((6, 4), 0.01) + 0.96 * np.eye(4)[[3, 2, 0, 3, 0, 3]]
    return Pattern("positive_1", shares, heights, Places(
        np.array([0, 2]), np.array([5, 30]), np.array([False, True])))


@pytest.mark.parametrize("ending", ["h5", "npz"])
def test_contributions_are_read_as_they_were_written(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"scores.{ending}"
    write_contributions(path, _contributions())
    found = read_contributions(path)
    for name in ("one_hot", "hypothetical", "values", "baseline"):
        assert np.array_equal(getattr(found, name), getattr(_contributions(), name))
    assert (found.names, found.quantity, found.method) == (
        ("s0", "s1", "s2", "s3"), "target 'bound'", "deeplift")


def test_scores_of_others_need_two_arrays_alone(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "theirs.h5", "w") as stored:
        stored["raw/seq"] = _contributions().one_hot.transpose(0, 2, 1)
        stored["shap/seq"] = np.ones((4, 4, 60))
    found = read_contributions(tmp_path / "theirs.h5")
    assert found.names == ("0", "1", "2", "3")
    assert np.isnan(found.values).all()


@pytest.mark.parametrize("content", [b"", b"no file of numbers", b"\x89HDF\r\n\x1a\n"])
@pytest.mark.parametrize("ending", ["h5", "npz"])
def test_files_that_hold_no_contributions(tmp_path: Path, content: bytes, ending: str) -> None:
    path = tmp_path / f"x.{ending}"
    path.write_bytes(content)
    (tmp_path / "x.one_hot.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"contributions must be what `dlg explain` writes"):
        read_contributions(path)


def test_scores_of_another_shape_and_missing_files(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w") as stored:
        stored["raw/seq"], stored["shap/seq"] = np.ones((3, 4, 9)), np.ones((3, 4, 8))
    with pytest.raises(DataError, match=r"sequences of shape \(3, 9, 4\) and scores of shape \(3, 8, 4\)"):
        read_contributions(tmp_path / "x.h5")
    with pytest.raises(MissingFileError):
        read_contributions(tmp_path / "y.h5")
    write_contributions(tmp_path / "z.npz", _contributions())
    (tmp_path / "z.one_hot.npz").unlink()
    with pytest.raises(MissingFileError, match="the sequences must be a file"):
        read_contributions(tmp_path / "z.npz")


def test_the_core_is_where_contributions_are() -> None:
    one = _pattern()
    assert (one.core, one.letters, one.is_positive) == (slice(1, 5), "GATA", True)


def test_files_of_patterns(tmp_path: Path) -> None:
    match = Match(load_motif("SPI1"), 1e-6, 7e-6, minus=True)
    table, meme, places = write_patterns(tmp_path, [_pattern()], [[match]], _contributions())
    with table.open() as stream:
        (row,) = csv.DictReader(stream, delimiter="\t")
    assert row == {"pattern": "positive_1", "letters": "GATA", "places": "2", "rank": "1", "motif": "SPI1",
                   "other_name": match.motif.other_name, "p": "1e-06", "e": "7e-06", "strand": "-"}
    (read,) = read_motifs(meme)
    assert read.name == "positive_1"
    assert read.matrix == pytest.approx(_pattern().probabilities[1:5], abs=1e-5)
    # On the other strand the core of columns 1 to 4 begins one base later, too: 6 - 5 = 1.
    assert places.read_text().splitlines()[1:] == ["s0\t6\t10\tpositive_1\t+", "s2\t31\t35\tpositive_1\t-"]


def test_patterns_without_names_are_listed(tmp_path: Path) -> None:
    table, *_ = write_patterns(tmp_path, [_pattern()], [[]], _contributions())
    assert table.read_text().splitlines()[1].split("\t")[:3] == ["positive_1", "GATA", "2"]


def test_the_page_is_whole_and_its_logos_have_the_right_letters(tmp_path: Path) -> None:
    match = Match(load_motif("SPI1"), 1e-6, 7e-6, minus=True)
    text = write_motifs(tmp_path / "m.html", _contributions(), [_pattern()], [[match]], 7).read_text()
    ElementTree.fromstring(text[text.index("<body>"):text.index("</body>")] + "</body>")
    assert "positive_1: SPI1" in text
    assert "with fewer than 25, p-values are rough" in text
    first = text[text.index("Contributions of positive_1"):]
    assert re.findall(r'letter-(\w)"', first[:first.index("</svg>")]) == list("GATA")
    assert "http" not in text.replace("http-equiv", "")
    empty = write_motifs(tmp_path / "e.html", _contributions(), [], [], 900).read_text()
    assert "no motif was found" in empty
    assert "0 motifs" in empty
    assert "Upper logo" in text
    assert "Upper logo" not in empty


def test_a_name_is_given_only_where_chance_would_not_do_as_well() -> None:
    motif = load_motif("SPI1")
    assert named([Match(motif, 0.01, 0.05, minus=False)]) == "SPI1"
    assert named([Match(motif, 0.01, 0.06, minus=False)]) == named([]) == "no known motif"


def test_logos_show_bits_and_what_hangs_below() -> None:
    from dlgenomics.report.stacks import information, stacks

    bits = information(np.array([[1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]]))
    assert bits == pytest.approx(np.array([[2, 0, 0, 0], [0] * 4, [0.5, 0.5, 0, 0]]))
    drawing = stacks(np.array([[3, 1, 0, -2], [0, 0, 0, 0]]), "x")
    placed = re.findall(r'letter-(\w)" transform="translate\(\S+ ([\d.]+)\) scale\(\S+ ([\d.]+)\)', drawing)
    heights = {letter: float(height) for letter, _, height in placed}
    assert heights["A"] == pytest.approx(3 * heights["C"], rel=1e-3)
    tops = {letter: float(top) for letter, top, _ in placed}
    assert tops["A"] == 0
    assert tops["C"] == pytest.approx(100 * heights["A"], abs=0.1)
    assert tops["T"] == pytest.approx(100 * (heights["A"] + heights["C"]), abs=0.1)
    assert "nan" not in stacks(np.zeros((3, 4)), "x")


def test_short_sequences_and_missing_packages_are_told(monkeypatch: pytest.MonkeyPatch, run_dlg,
                                                       tmp_path: Path) -> None:
    with pytest.raises(DlgError, match=r"sequences of 60 bp or more\. Received: 59 bp"):
        find_patterns(_contributions(length=59))
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.startswith(("modiscolite", "memelite")):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DlgError, match=r"Run: pip install 'dlgenomics\[motifs\]'"):
        find_patterns(_contributions())
    with pytest.raises(DlgError, match=r"Run: pip install 'dlgenomics\[motifs\]'"):
        name_patterns([_pattern()], [load_motif("SPI1")])
    write_contributions(tmp_path / "s.h5", _contributions())
    status, _, err = run_dlg("motifs", tmp_path / "s.h5", "-o", tmp_path / "out")
    assert (status, "dlgenomics[motifs]" in err, (tmp_path / "out").exists()) == (1, True, False)


@pytest.mark.slow
def test_the_motif_that_was_embedded_is_found_and_named(run_dlg, tmp_path: Path) -> None:
    """Contributions are the truth itself with a little noise: SPI1 in each of 300 sequences."""
    pytest.importorskip("modiscolite", reason="needs the extra motifs")
    pytest.importorskip("memelite", reason="needs the extra motifs")
    made = simulate("single-motif", load_motif("SPI1"), count=600, length=120, seed=8)
    rows = np.flatnonzero(made.labels[:, 0] == 1)
    rng = np.random.default_rng(5)
    x = one_hot(made.codes)
    scores = rng.normal(0, 0.02, x.shape)
    at = made.embeddings
    shares = made.motifs[0].matrix + 0.01
    weights = np.log2(shares / shares.sum(1, keepdims=True) * 4)
    for sequence, start, minus in zip(at.sequence, at.start, at.minus, strict=True):
        here = weights[::-1, ::-1] if minus else weights
        scores[sequence, start:start + len(weights)] += here
    found = Contributions("m", "truth", "q", tuple(map(str, rows)), x[rows], scores[rows].astype(np.float32),
                          np.zeros(len(rows), np.float32), np.full(len(rows), np.nan, np.float32))
    write_contributions(tmp_path / "s.h5", found)
    status, out, err = run_dlg("motifs", tmp_path / "s.h5", "-o", tmp_path / "out")
    assert status == 0, err
    with (tmp_path / "out" / "motifs.tsv").open() as stream:
        first = next(csv.DictReader(stream, delimiter="\t"))
    assert (first["pattern"], first["motif"]) == ("positive_1", "SPI1")
    assert float(first["e"]) < 1e-3
    assert "SPI1" in out
    with (tmp_path / "out" / "places.tsv").open() as stream:
        places = [row for row in csv.DictReader(stream, delimiter="\t") if row["pattern"] == "positive_1"]
    embedded = dict(zip(map(str, at.sequence), at.start, strict=True))
    right = [abs(int(row["start"]) - embedded[row["sequence"]]) <= made.motifs[0].width for row in places]
    assert len(places) >= 60
    assert np.mean(right) > 0.95
