"""Sites that a sequence must not have, such as those that restriction enzymes cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes
from dlgenomics.errors import DlgError, did_you_mean

ENZYMES: Final = {
    "AgeI": "ACCGGT", "AscI": "GGCGCGCC", "BamHI": "GGATCC", "BbsI": "GAAGAC", "BglII": "AGATCT",
    "BsaI": "GGTCTC", "BsmBI": "CGTCTC", "BspQI": "GCTCTTC", "EcoRI": "GAATTC", "EcoRV": "GATATC",
    "HindIII": "AAGCTT", "KpnI": "GGTACC", "MluI": "ACGCGT", "NcoI": "CCATGG", "NdeI": "CATATG",
    "NheI": "GCTAGC", "NotI": "GCGGCCGC", "PacI": "TTAATTAA", "PstI": "CTGCAG", "SacI": "GAGCTC",
    "SalI": "GTCGAC", "SbfI": "CCTGCAGG", "SfiI": "GGCCNNNNNGGCC", "SpeI": "ACTAGT",
    "XbaI": "TCTAGA", "XhoI": "CTCGAG",
}
"""Recognition sites, as REBASE writes them."""

_IUPAC: Final = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT",
    "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}


@dataclass(frozen=True, eq=False)
class Site:
    """A pattern of letters that is looked for on both strands.

    Attributes:
        name: as it was given.
        forms: which letters fit, on each strand: bool, shape (width, 4); once if both are equal.
    """

    name: str
    forms: tuple[NDArray[np.bool_], ...]

    def starts(self, codes: Codes) -> NDArray[np.int64]:
        """Return where the site begins in one sequence, on either strand.

        Args:
            codes: uint8, shape (length,).
        """
        width = len(self.forms[0])
        if len(codes) < width:
            return np.zeros(0, np.int64)
        windows = np.lib.stride_tricks.sliding_window_view(codes, width)
        fits = [form[np.arange(width), windows].all(axis=1) for form in self.forms]
        return np.flatnonzero(np.any(fits, axis=0))


def parse_site(text: str) -> Site:
    """Return a site from an enzyme's name or from letters, IUPAC's codes among them.

    Raises:
        DlgError: neither.
    """
    known = {name.casefold(): letters for name, letters in ENZYMES.items()}
    letters = known.get(text.casefold(), text.upper())
    if not letters or not set(letters) <= set(_IUPAC):
        raise DlgError(f"a forbidden site is letters such as GAATTC or GTYRAC, or one of "
                       f"{', '.join(ENZYMES)}. Received: {text!r}.{did_you_mean(text, ENZYMES)}")
    form = np.array([["ACGT"[code] in _IUPAC[letter] for code in range(4)] for letter in letters])
    other = form[::-1, ::-1]
    return Site(text, (form,) if (form == other).all() else (form, other))
