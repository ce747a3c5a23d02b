"""What stands around motifs has the shares that it says."""

import numpy as np
import pytest

from dlgenomics.data.encoding import encode
from dlgenomics.data.shuffle import dinucleotide_counts
from dlgenomics.errors import DataError
from dlgenomics.simulate import (
    Independent,
    MarkovChain,
    Shuffles,
    learn_chain,
    load_motif,
    simulate,
)

RNG = np.random.default_rng
STEPS = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25],
                  [0.4, 0.3, 0.2, 0.1]])


def _shares(codes):
    counts = dinucleotide_counts(codes).sum(axis=0)[:4, :4]
    return counts / counts.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("gc", [0, 0.2, 0.65, 1])
def test_independent_letters(gc):
    codes = Independent(gc).draw(3000, 100, RNG(1))
    assert (codes.shape, codes.dtype) == ((3000, 100), np.uint8)
    shares = np.bincount(codes.ravel(), minlength=4) / codes.size
    assert shares == pytest.approx([(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2], abs=0.005)
    if gc == 0.65:  # the letter before says nothing
        assert _shares(codes) == pytest.approx(np.tile(shares, (4, 1)), abs=0.01)


def test_a_chain_has_its_steps_and_its_start():
    codes = MarkovChain(np.array([0.7, 0.1, 0.1, 0.1]), STEPS).draw(5000, 60, RNG(1))
    assert (codes.shape, codes.dtype) == ((5000, 60), np.uint8)
    assert _shares(codes) == pytest.approx(STEPS, abs=0.01)
    assert (codes[:, 0] == 0).mean() == pytest.approx(0.7, abs=0.03)
    # One step on, too: the shares of letters two apart are those of two steps.
    two = np.array([[(codes[:, 2:][codes[:, :-2] == a] == b).mean() for b in range(4)]
                    for a in range(4)])
    assert two == pytest.approx(STEPS @ STEPS, abs=0.01)


def test_a_chain_is_learnt_from_sequences():
    chain = learn_chain(np.stack([encode("AACGTAN"), encode("TTGACCN")]))
    # A: AA AC AC; C: CG CC; G: GT GA; T: TA TT TG; C before N does not count.
    assert chain.steps == pytest.approx(np.array([
        [1 / 3, 2 / 3, 0, 0], [0, 1 / 2, 1 / 2, 0], [1 / 2, 0, 0, 1 / 2], [1 / 3, 0, 1 / 3, 1 / 3],
    ]))
    assert chain.start == pytest.approx(np.array([4, 3, 2, 3]) / 12)


def test_what_was_drawn_is_learnt_again():
    drawn = MarkovChain(np.full(4, 0.25), STEPS).draw(4000, 100, RNG(2))
    assert learn_chain(drawn).steps == pytest.approx(STEPS, abs=0.01)


@pytest.mark.parametrize("texts", [["AAAA"], ["ACGT"], ["ACGNTNTN"], ["NNNN"]])
def test_too_few_letters_to_learn_from(texts):
    with pytest.raises(DataError, match="must hold A, C, G and T, each before another base"):
        learn_chain(np.stack([encode(text) for text in texts]))


def test_shuffles_have_the_dinucleotides_of_their_sequences():
    given = RNG(3).integers(0, 4, (7, 50)).astype(np.uint8)
    codes = Shuffles(given).draw(20, 50, RNG(4))
    expected = dinucleotide_counts(given)[np.arange(20) % 7]
    assert (dinucleotide_counts(codes) == expected).all()
    assert len(np.unique(codes, axis=0)) == 20


def test_sequences_to_shuffle_of_another_length():
    with pytest.raises(DataError, match=r"must have the 60 bp of those that are made\. "
                       r"Received: 50 bp\."):
        Shuffles(np.zeros((2, 50), np.uint8)).draw(3, 60, RNG(1))


def test_motifs_are_embedded_in_any_background():
    tal1 = load_motif("TAL1")
    given = Independent(0.5).draw(30, 80, RNG(1))
    for background in (Independent(0.6), learn_chain(given), Shuffles(given)):
        found = simulate("single-motif", tal1, count=60, length=80, background=background, seed=9)
        again = simulate("single-motif", tal1, count=60, length=80, background=background, seed=9)
        assert found.codes.tobytes() == again.codes.tobytes()
        assert len(found.embeddings) == 30
        if isinstance(background, Shuffles):
            kept = found.labels[:, 0] == 0
            expected = dinucleotide_counts(given)[np.arange(60) % 30][kept]
            assert (dinucleotide_counts(found.codes[kept]) == expected).all()
