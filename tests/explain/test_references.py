"""References: what they are, that they depend on the sequence alone, and words for them."""

from __future__ import annotations

import numpy as np
import pytest

from dlgenomics.data.encoding import encode, one_hot
from dlgenomics.data.shuffle import dinucleotide_counts
from dlgenomics.errors import DlgError
from dlgenomics.explain.references import GcContent, Shuffles, Zero, parse_references
from dlgenomics.explain.substrate import codes_of


def _x(*texts: str) -> np.ndarray:
    return one_hot(np.stack([encode(text) for text in texts]))


def test_zero_and_gc() -> None:
    x = _x("ACGGGGGGGG", "AAAATTTTTT")
    assert not Zero().draw(x).any()
    assert GcContent().draw(x)[:, 0, 3] == pytest.approx(
        np.array([[0.05, 0.45, 0.45, 0.05], [0.5, 0, 0, 0.5]]))
    assert GcContent(0.4).draw(x)[1, 0, 9] == pytest.approx([0.3, 0.2, 0.2, 0.3])


def test_shuffles_keep_dinucleotides_and_depend_on_the_sequence_alone(rng) -> None:
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (4, 60))]
    drawn = Shuffles(3).draw(x)
    assert drawn.shape == (4, 3, 60, 4)
    counts = dinucleotide_counts(codes_of(x))
    for k in range(3):
        assert np.array_equal(dinucleotide_counts(codes_of(drawn[:, k])), counts)
    assert np.array_equal(Shuffles(3).draw(x[2:3])[0], drawn[2])
    assert not np.array_equal(Shuffles(3, seed=2).draw(x), drawn)
    assert not np.array_equal(drawn[:, 0], drawn[:, 1])


@pytest.mark.parametrize("references", [Zero(), GcContent(), Shuffles(2)], ids=str)
def test_n_stays_n(references) -> None:
    x = _x("ACGTNNACGTACGATCG")
    assert not references.draw(x)[:, :, 4:6].any()
    quarter = one_hot(encode("ACGTNNACGTACGATCG")[None], "quarter")
    assert (references.draw(quarter)[:, :, 4:6] == 0.25).all()


@pytest.mark.parametrize(("text", "expected"), [
    ("zero", Zero()), ("gc", GcContent()), ("gc:0.41", GcContent(0.41)),
    ("shuffles", Shuffles(seed=7)), ("shuffles:3", Shuffles(3, 7)),
])
def test_words_for_references(text: str, expected) -> None:
    assert parse_references(text, 7) == expected
    assert parse_references(str(expected), 7) == expected


@pytest.mark.parametrize("text", ["", "zeros", "gc:2", "gc:x", "shuffles:0", "shuffles:-1", "zero:1",
                                  "shuffles:2.5"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(DlgError, match=r"references are zero, gc, .*shuffles:5\. Received"):
        parse_references(text)
