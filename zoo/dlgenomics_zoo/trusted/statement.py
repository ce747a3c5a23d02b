"""What would run with trust, said before it does."""

from __future__ import annotations

import logging
from pathlib import Path

from dlgenomics.errors import DlgError
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.kipoi.standing import NATIVE, OF_TENSORFLOW, standing_of

_log = logging.getLogger("dlgenomics")


class NeedsTrustError(DlgError):
    """Code of a model's authors would have to run, and nobody said that it may; ``.what``."""

    def __init__(self, name: str, what: str) -> None:
        self.what = what
        self.next_step = f"dlg info {name}"
        super().__init__(f"nothing of a model is run without trust. Received: {name!r}, which "
                         f"needs: {what} If you trust its authors: trust=True (--trust).")


def statement(descriptor: Descriptor, root: Path | None) -> str:
    """Return what of a model would run, where it lies and what it asks for.

    Args:
        descriptor: the model.
        root: the folder of its source; None where it would have to be fetched first.
    """
    standing = standing_of(descriptor)
    parts = []
    if standing.status != NATIVE and not descriptor.defined_as.startswith(OF_TENSORFLOW):
        parts.append(f"its model class {descriptor.defined_as}")
    if descriptor.dataloader.own:
        parts.append(f"its dataloader {descriptor.dataloader.defined_as} of "
                     f"{descriptor.dataloader.own}")
    folder = root / descriptor.name if root else None
    files = sorted(path.name for path in folder.glob("*.py")) if folder else []
    where = f" in {folder} ({', '.join(files) or 'no Python files'})" if folder else (
        f", fetched from Kipoi's repository ({descriptor.path})")
    asks = f" It was made for {', '.join(descriptor.requirements)}." if (
        descriptor.requirements) else ""
    return f"Python code of its authors: {' and '.join(parts) or 'none'}{where}.{asks}"


def announce(name: str, what: str) -> None:
    """Say on standard error, through logging, what is about to run."""
    _log.warning("With your trust %s runs %s It can do anything that you can.", name, what)
