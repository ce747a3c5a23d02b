"""Pages and pictures of variants."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from dlgenomics.errors import DlgError, OutputError
from dlgenomics.report.variants import write_variants
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.highlights import MOST, Highlights, highlights_of
from dlgenomics.variants.reference import Survey
from dlgenomics.variants.vcf import Record
from dlgenomics.variants.writers import Scored

KINDS = (("A", "G"), ("G", "GTTA"), ("CAGT", "C"), ("AC", "GT"), ("A" * 30, "A"))


def _scored(values: np.ndarray, step: int = 40) -> Scored:
    records, alleles = [], []
    for row in range(len(values)):
        ref, alt = KINDS[row % len(KINDS)]
        start = 1000 + row * step
        records.append(Record(row + 1, ("chr1", str(start + 1), ".", ref, alt, ".", ".", "."), start))
        alleles.append([Allele("chr1", start, ref, alt, "symbolic" if np.isnan(values[row, 0]) else "")])
    return Scored(records, alleles, {"diff": values}, np.zeros(len(values), np.int64))


@pytest.fixture
def effects() -> Highlights:
    found = highlights_of({"ref": ("<a>", "b"), "diff": ("<a>", "b")})
    values = np.array([[0.1, -0.5], [np.nan, np.nan], [0.3, 0.2], [-0.2, 0.1], [0.0, 0.01]])
    found.write(_scored(values))
    return found


def test_the_column_that_changes_most_is_taken(effects: Highlights) -> None:
    assert [(one.value, one.column) for one in effects.strongest(9)] == [
        (-0.5, "b"), (0.3, "<a>"), (-0.2, "<a>"), (0.01, "b")]
    assert effects.count == 4
    assert effects.strongest(1)[0].label == "chr1:1,001 A>G"
    assert effects.strongest(9)[-1].label == "chr1:1,161 AAA…(30 bp)>A"


def test_only_the_largest_are_kept() -> None:
    found = highlights_of({"diff": ("y",)})
    values = np.arange(1.0, 2 * MOST + 2)[:, None]
    found.write(_scored(values, step=1))
    assert found.count == 2 * MOST + 1
    assert len(found.strongest(10**6)) == MOST
    assert found.strongest(1)[0].value == 2 * MOST + 1


def test_a_picture_needs_a_score_with_a_sign() -> None:
    assert highlights_of({"ref": ("y",), "logit": ("y",)}).score == "logit"
    with pytest.raises(DlgError, match=r"one of the scores diff.*Received: ref, alt"):
        highlights_of({"ref": ("y",), "alt": ("y",)})


def test_the_page_needs_nothing_else_and_escapes_names(effects: Highlights, tmp_path: Path) -> None:
    survey = Survey(5, 4, 4, 0, 1, Counter(symbolic=1))
    text = write_variants(tmp_path / "page.html", "lab/<m>", survey, effects).read_text()
    assert "lab/&lt;m&gt;" in text
    assert "&lt;a&gt;" in text
    assert "<script" not in text
    assert not re.search(r"(?:href|src)=\"(?!#)", text)
    assert "4 alleles within 500 bases of chr1:1,001 A&gt;G" in text
    assert "the allele is a symbol such as &lt;DEL&gt;" in text
    for drawing in re.findall(r"<svg.*?</svg>", text, re.S):
        ElementTree.fromstring(drawing)


def test_a_page_without_scores_says_so(tmp_path: Path) -> None:
    survey = Survey(1, 0, 0, 0, 0, Counter(symbolic=1))
    text = write_variants(tmp_path / "page.html", "m", survey, highlights_of({"diff": ("y",)})).read_text()
    assert "Without scores" in text
    assert "<svg" not in text


@pytest.mark.parametrize(("name", "start"), [("p.svg", b"<?xml"), ("p.png", b"\x89PNG")])
def test_pictures_are_of_their_format(effects: Highlights, tmp_path: Path, name: str, start: bytes) -> None:
    write_variants(tmp_path / name, "m", Survey(), effects)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_other_endings_are_refused(effects: Highlights, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.html, \.svg or \.png\. Received: '\.pdf'"):
        write_variants(tmp_path / "p.pdf", "m", Survey(), effects)
