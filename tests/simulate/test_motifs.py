"""Motifs from MEME and JASPAR files, and those built in."""

import numpy as np
import pytest

from dlgenomics.errors import DataError
from dlgenomics.simulate import load_motif, read_motifs

TWO = """MEME version 4
ALPHABET= ACGT
Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF One first
letter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0
 0.5 0.5 0 0
 0.1\t0.2 0.3 0.4
URL https://example.org

MOTIF two
letter-probability matrix: alength= 4 w= 1
1 0 0 0
"""


@pytest.fixture
def meme(tmp_path):
    def write(text):
        path = tmp_path / "m.meme"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_all_motifs_of_a_file(meme):
    one, two = read_motifs(meme(TWO))
    assert (one.name, one.width, two.name, two.width) == ("One", 2, "two", 1)
    assert np.allclose(one.matrix, [[0.5, 0.5, 0, 0], [0.1, 0.2, 0.3, 0.4]])
    assert two.matrix.tolist() == [[1, 0, 0, 0]]


def test_rounded_rows_are_brought_to_one(meme):
    (motif,) = read_motifs(meme("MOTIF m\n0.33 0.33 0.33 0\n"))
    assert np.allclose(motif.matrix, [[1 / 3, 1 / 3, 1 / 3, 0]])


def test_a_motif_by_name_in_any_case(meme):
    assert load_motif("ONE", meme(TWO)).name == "One"


@pytest.mark.parametrize(("text", "message", "line"), [
    ("", "a motif file must hold a line 'MOTIF name' (MEME) or '>name' (JASPAR). Received: none.",
     None),
    ("\nMOTIF\n1 0 0 0\n", "Received: no name with 1 rows.", 2),
    ("MOTIF a\nMOTIF b\n1 0 0 0\n", "Received: a with 0 rows.", 1),
    ("MOTIF a\n0.5 0.1 0 0\n", "Received: a with 1 rows.", 1),
    ("MOTIF a\n2 -1 0 0\n", "Received: a with 1 rows.", 1),
])
def test_refused(meme, text, message, line):
    with pytest.raises(DataError) as caught:
        read_motifs(meme(text))
    assert str(caught.value).endswith(message)
    assert caught.value.line == line


def test_an_unknown_name(meme):
    with pytest.raises(DataError, match=r"a motif must be one of One, two\. Received: 'tow'\."
                       r" Did you mean 'two'\?"):
        load_motif("tow", meme(TWO))


def test_a_motif_by_its_second_name(meme):
    assert load_motif("first", meme(TWO)).name == "One"
    both = meme("MOTIF a b\n1 0 0 0\nMOTIF b c\n0 1 0 0\n")
    assert load_motif("b", both).name == "b"  # the first name comes first


JASPAR = """>MA0001.1\tOne
A  [ 0  3  79 ]
C  [94 75   4 ]
G  [ 1  0   3 ]
T  [ 2  3.0  4 ]

>MA0002.2 two
10 1e1
0 10
0 0
0 .0
"""


def test_motifs_of_a_jaspar_file(meme):
    one, two = read_motifs(meme(JASPAR))
    assert (one.name, one.other_name, one.width) == ("MA0001.1", "One", 3)
    counts = np.array([[0, 94, 1, 2], [3, 75, 0, 3], [79, 4, 3, 4]])
    assert np.allclose(one.matrix, counts / counts.sum(axis=1, keepdims=True))
    assert np.allclose(two.matrix, [[1, 0, 0, 0], [0.5, 0.5, 0, 0]])
    assert load_motif("TWO", meme(JASPAR)).name == "MA0002.2"


@pytest.mark.parametrize(("text", "message"), [
    (">a\n1 2\n3 4\n5 6\n", "all of one length. Received: a with 3 rows."),
    (">a\n1 2\n3 4\n5 6\n7\n", "all of one length. Received: a with 4 rows."),
    (">a\nA\nC\nG\nT\n", "all of one length. Received: a with 4 rows."),
    (">\n1\n1\n1\n1\n", "Received: no name with 4 rows."),
    (">a\n1 0\n1 0\n1 0\n1 0\n", "nor all 0 at a place. Received: such in a."),
    (">a\n1\n-1\n1\n1\n", "nor all 0 at a place. Received: such in a."),
])
def test_jaspar_refused(meme, text, message):
    with pytest.raises(DataError) as caught:
        read_motifs(meme(text))
    assert str(caught.value).endswith(message)
    assert caught.value.line == 1


# The consensus, highest letter by letter, of what the matrices' own papers print as logos.
@pytest.mark.parametrize(("name", "other", "width", "consensus"), [
    ("TAL1", "TAL1_known1", 16, "CAGATG"),  # the E-box
    ("TAL1_known4", "M00993", 10, "CAGCTG"),
    ("CTCF", "CTCF_known1", 19, "CCA"),  # JASPAR MA0139.1 has 19 columns
    ("ZNF143", "ZNF143_known2", 16, "TACCCA"),
    ("SIX5", "SIX5_known1", 17, "GGGTATCA"),
    ("SPI1", "SPI1_known4", 14, "GCGGAAGT"),  # the ETS core
    ("IRF", "IRF_known1", 13, "GTGAAAC"),
])
def test_built_in_motifs(name, other, width, consensus):
    motif = load_motif(name)
    assert motif.width == width
    assert np.allclose(motif.matrix.sum(axis=1), 1)
    assert consensus in "".join("ACGT"[i] for i in motif.matrix.argmax(axis=1))
    assert load_motif(other).name == name
