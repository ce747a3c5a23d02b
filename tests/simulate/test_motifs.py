"""Motifs from MEME files, and those built in."""

import numpy as np
import pytest

from dlgenomics.errors import DataError
from dlgenomics.simulate import load_motif, read_meme

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
    one, two = read_meme(meme(TWO))
    assert (one.name, one.width, two.name, two.width) == ("One", 2, "two", 1)
    assert np.allclose(one.matrix, [[0.5, 0.5, 0, 0], [0.1, 0.2, 0.3, 0.4]])
    assert two.matrix.tolist() == [[1, 0, 0, 0]]


def test_rounded_rows_are_brought_to_one(meme):
    (motif,) = read_meme(meme("MOTIF m\n0.33 0.33 0.33 0\n"))
    assert np.allclose(motif.matrix, [[1 / 3, 1 / 3, 1 / 3, 0]])


def test_a_motif_by_name_in_any_case(meme):
    assert load_motif("ONE", meme(TWO)).name == "One"


@pytest.mark.parametrize(("text", "message", "line"), [
    ("", "a MEME file must hold a line 'MOTIF name'. Received: none.", None),
    ("\nMOTIF\n1 0 0 0\n", "Received: no name with 1 rows.", 2),
    ("MOTIF a\nMOTIF b\n1 0 0 0\n", "Received: a with 0 rows.", 1),
    ("MOTIF a\n0.5 0.1 0 0\n", "Received: a with 1 rows.", 1),
    ("MOTIF a\n2 -1 0 0\n", "Received: a with 1 rows.", 1),
])
def test_refused(meme, text, message, line):
    with pytest.raises(DataError) as caught:
        read_meme(meme(text))
    assert str(caught.value).endswith(message)
    assert caught.value.line == line


def test_an_unknown_name(meme):
    with pytest.raises(DataError, match=r"a motif must be one of One, two\. Received: 'tow'\."
                       r" Did you mean 'two'\?"):
        load_motif("tow", meme(TWO))


@pytest.mark.parametrize(("name", "width", "consensus"), [
    ("TAL1", 16, "CAGATG"), ("CTCF", 19, "CCA"),  # the E-box; JASPAR MA0139.1 has 19 columns
])
def test_built_in_motifs(name, width, consensus):
    motif = load_motif(name)
    assert motif.width == width
    assert np.allclose(motif.matrix.sum(axis=1), 1)
    assert consensus in "".join("ACGT"[i] for i in motif.matrix.argmax(axis=1))
