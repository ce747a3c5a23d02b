"""Designs against optima that are known: additive numbers, a trap, and motifs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlgenomics.data.encoding import decode, encode, reverse_complement
from dlgenomics.data.sequences import read_sequences
from dlgenomics.design import Constraints, evolve, insert_motifs, random_starts, write_designs
from dlgenomics.design.constraints import gc_share
from dlgenomics.design.sites import ENZYMES, parse_site
from dlgenomics.errors import DlgError
from dlgenomics.simulate import Motif, load_motif


class ByFunction:
    """An objective of any function of codes, tried one by one."""

    def __init__(self, function) -> None:
        self.function = function

    def values(self, codes: np.ndarray) -> np.ndarray:
        return np.array([float(self.function(one)) for one in codes])

    def substituted(self, codes: np.ndarray) -> np.ndarray:
        found = np.zeros((*codes.shape, 4))
        for place in np.ndindex(found.shape):
            changed = codes[place[0]].copy()
            changed[place[1]] = place[2]
            found[place] = self.function(changed)
        return found


def _additive(length: int, seed: int = 0) -> tuple[np.ndarray, ByFunction]:
    weights = np.random.default_rng(seed).normal(size=(length, 4))
    return weights, ByFunction(lambda codes: weights[np.arange(length), codes].sum())


def _codes(text: str) -> np.ndarray:
    return encode(text)


def test_greedy_evolution_finds_the_optimum_of_a_sum() -> None:
    weights, objective = _additive(12)
    start = np.zeros(12, np.uint8)
    found = evolve(objective, start, steps=12)
    assert np.array_equal(found.codes, weights.argmax(1))
    assert found.value == pytest.approx(weights.max(1).sum())
    gains = np.diff(found.values)
    assert (gains > 0).all()
    assert (np.diff(gains) <= 1e-12).all()  # the most useful first
    assert len(found.changes) == (weights.argmax(1) != 0).sum()


def test_steps_are_a_limit_and_every_step_is_one_letter() -> None:
    _, objective = _additive(12)
    found = evolve(objective, np.zeros(12, np.uint8), steps=3)
    for step in range(3):
        a, b = found.upto(step).codes, found.upto(step + 1).codes
        assert (a != b).sum() == 1
        change = found.changes[step]
        assert (change.before, change.after) == ("ACGT"[a[change.position]], "ACGT"[b[change.position]])


def _trap(codes: np.ndarray) -> float:
    """AA is good, CC better, and what lies between is bad; a third place is worth a little."""
    pair = {(0, 0): 1.0, (1, 1): 3.0}.get((int(codes[0]), int(codes[1])), -1.0)
    return pair + 0.1 * (codes[2] == 3)


def test_a_beam_gets_out_of_a_trap_that_holds_greedy_evolution() -> None:
    start = _codes("AAA")
    assert decode(evolve(ByFunction(_trap), start).codes) == "AAT"
    assert decode(evolve(ByFunction(_trap), start, beam=12, steps=4).codes) == "CCT"


def test_a_wide_beam_under_constraints_finds_what_brute_force_finds() -> None:
    _, objective = _additive(5, seed=4)
    limits = Constraints(fixed=((1, 2),), gc=(0.2, 0.4), forbidden=(parse_site("AT"),))
    start = _codes("TTTTC")
    every = [np.array(one, np.uint8) for one in product(range(4), repeat=5)]
    allowed = [one for one in every if one[1] == 3 and not limits.broken(one)]
    best = max(allowed, key=objective.function)
    found = evolve(objective, start, limits, steps=8, beam=600)
    assert found.value == pytest.approx(objective.function(best))
    assert decode(found.codes) == decode(best)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_every_step_keeps_to_the_constraints(seed: int, beam: int) -> None:
    _, objective = _additive(14, seed)
    limits = Constraints(fixed=((3, 6),), gc=(0.3, 0.6), forbidden=(parse_site("GATC"), parse_site("RGY")))
    (start,) = random_starts(1, 14, limits, seed=seed)
    found = evolve(objective, start, limits, beam=beam, steps=6)
    for step in range(len(found.changes) + 1):
        codes = found.upto(step).codes
        assert not limits.broken(codes)
        assert np.array_equal(codes[3:6], start[3:6])
    assert found.value >= found.start_value
    assert found.value == pytest.approx(objective.function(found.codes))


@pytest.mark.parametrize(("site", "text", "starts"), [
    ("EcoRI", "AAGAATTCAA", [2]), ("ecori", "AAGAATTCAAGAATTC", [2, 10]),
    ("BsaI", "AAGGTCTCAA", [2]), ("BsaI", "AAGAGACCAA", [2]),   # the other strand
    ("GTYRAC", "GTTAACGTCGAC", [0, 6]), ("SfiI", "GGCCATTCAGGCC", [0]), ("EcoRI", "GAATT", []),
    ("NotI", "GCGGCCG", []),
])
def test_sites_are_found_on_both_strands(site: str, text: str, starts: list[int]) -> None:
    found = parse_site(site)
    codes = _codes(text)
    assert found.starts(codes).tolist() == starts
    width = len(found.forms[0])
    mirrored = sorted(len(text) - width - start for start in starts)
    assert found.starts(reverse_complement(codes)).tolist() == mirrored


def test_palindromes_are_looked_for_once() -> None:
    assert {name: len(parse_site(name).forms) for name in ("EcoRI", "NotI", "BsaI", "SfiI")} == {
        "EcoRI": 1, "NotI": 1, "BsaI": 2, "SfiI": 1}
    assert all(parse_site(name).forms for name in ENZYMES)


@pytest.mark.parametrize("text", ["", "EcoRX", "GAAXTC", "GAA TTC"])
def test_what_is_no_site(text: str) -> None:
    with pytest.raises(DlgError, match=r"a forbidden site is letters such as GAATTC"):
        parse_site(text)


def test_motifs_are_put_where_they_serve_best_and_not_over_each_other() -> None:
    """The number counts GATAA at 5 on the plus strand twofold, TTGCA at 7 on minus: they clash."""
    first = Motif("gata", np.eye(4)[[2, 0, 3, 0, 0]])
    second = Motif("cebp", np.eye(4)[[3, 3, 2, 1, 0]])

    def number(codes: np.ndarray) -> float:
        text = decode(codes)
        return 2 * (text[5:10] == "GATAA") + (text[7:12] == "TGCAA") + 0.5 * (text[12:17] == "TGCAA")

    found = insert_motifs(ByFunction(number), _codes("C" * 20), [first, second])
    assert decode(found.codes) == "CCCCCGATAACCTGCAACCC"
    assert [change.what for change in found.changes] == ["gata (+)", "cebp (-)"]
    assert found.values == [0, 2, 2.5]
    fixed = insert_motifs(ByFunction(number), _codes("C" * 20), [first], Constraints(fixed=((0, 6),)))
    assert found.changes[0].position == 5
    assert fixed.changes[0].position >= 6


def test_a_motif_without_a_place() -> None:
    objective = ByFunction(lambda codes: 0.0)
    with pytest.raises(DlgError, match=r"the motif TAL1 must have a place of 16 free bp"):
        insert_motifs(objective, _codes("C" * 15), [load_motif("TAL1")])
    with pytest.raises(DlgError, match=r"where it breaks no constraint\. Received: none"):
        insert_motifs(objective, _codes("T" * 30), [Motif("m", np.eye(4)[[1] * 20])],
                      Constraints(gc=(0, 0.3)))


@pytest.mark.parametrize(("limits", "text", "says"), [
    (Constraints(gc=(0.4, 0.6)), "AAAAAAAA", "a GC content of 0.000"),
    (Constraints(forbidden=(parse_site("EcoRI"),)), "CGAATTCC", "the site EcoRI at position 2"),
    (Constraints(), "ACGTNNAC", "2 N or other"),
])
def test_a_start_that_breaks_a_constraint(limits: Constraints, text: str, says: str) -> None:
    with pytest.raises(DlgError, match=f"Received: 'mine' with {says}"):
        evolve(ByFunction(sum), _codes(text), limits, name="mine")


@pytest.mark.parametrize(("make", "says"), [
    (lambda: Constraints(gc=(0.6, 0.4)), "two shares from 0 to 1"),
    (lambda: Constraints(fixed=((2, 9),)).free(8), r"within the 8 positions.*Received: 2-9"),
    (lambda: Constraints(fixed=((5, 5),)).free(8), "Received: 5-5"),
    (lambda: Constraints(fixed=((0, 8),)).free(8), "Received: all fixed"),
    (lambda: random_starts(1, 40, Constraints(gc=(0, 1), forbidden=tuple(map(parse_site, "ACGT")))),
     "one in 1000 random sequences"),
])
def test_constraints_that_nothing_can_keep(make, says: str) -> None:
    with pytest.raises(DlgError, match=says):
        make()


def test_random_starts_keep_to_constraints_and_to_their_seed() -> None:
    limits = Constraints(gc=(0.6, 0.65), forbidden=(parse_site("GGCC"),))
    a, b, c = (random_starts(5, 80, limits, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert all(0.6 <= gc_share(one) <= 0.65 for one in a)


def test_files_of_designs(tmp_path) -> None:
    _, objective = _additive(10)
    designs = [evolve(objective, start, steps=2, name=f"d{i}")
               for i, start in enumerate(random_starts(3, 10, seed=4))]
    fasta, starts, table = write_designs(tmp_path, designs, sign=-1)
    written = read_sequences(fasta, 10)
    best = max(designs, key=lambda one: one.value)
    assert written.names[0] == best.name
    assert np.array_equal(written.codes[0], best.codes)
    assert f"value={-best.value:.6g} steps=2" in fasta.read_text()
    assert set(read_sequences(starts, 10).names) == {"d0", "d1", "d2"}
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    assert rows[0] == ["design", "step", "position", "before", "after", "what", "value", "gc"]
    assert len(rows) == 1 + 3 * 3
    last = rows[3]
    assert float(last[6]) == pytest.approx(-best.value, rel=1e-5)
    assert float(last[7]) == pytest.approx(gc_share(best.codes), abs=1e-4)
