"""Which licences forbid commercial use, however they are written."""

from __future__ import annotations

import re
from typing import Final

_FORBIDDING: Final = re.compile(
    r"\bnc\b"  # CC BY-NC, cc-by-nc-sa-4.0
    r"|\bnon ?comm?erc"  # Non-commercial, noncommercial, the Kipoi zoo's "Non-comercial"
    r"|\b(no|not for|without) commercial"
    r"|\b(academic|research)( use| purposes?)? only\b"
    r"|\bfor (academic|research) (use|purposes?)\b"
    r"|\bpolyform strict\b"  # grants noncommercial purposes only, though its name does not say so
    r"|\bgenbio ai community\b"  # likewise; it also covers what a model gives
)


def is_noncommercial(licence: str) -> bool:
    """Tell whether a licence's name or text says that it forbids commercial use.

    >>> is_noncommercial("CC BY-NC 4.0"), is_noncommercial("CC BY-ND 4.0")
    (True, False)
    """
    words = re.sub(r"[\W_]+", " ", licence.casefold())
    return _FORBIDDING.search(words) is not None
