"""Names → packages: what models there are, and how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dlgenomics_zoo.catalogue import Entry as Entry
    from dlgenomics_zoo.client import fetch_model as fetch_model
    from dlgenomics_zoo.client import get_model as get_model
    from dlgenomics_zoo.model_table import ModelTable as ModelTable
    from dlgenomics_zoo.model_table import list_models as list_models

# Brought in when first asked for: a listing needs none of what loads models.
_HOMES: Final = {
    "Entry": "dlgenomics_zoo.catalogue",
    "ModelTable": "dlgenomics_zoo.model_table",
    "fetch_model": "dlgenomics_zoo.client",
    "get_model": "dlgenomics_zoo.client",
    "list_models": "dlgenomics_zoo.model_table",
}
__all__ = ["Entry", "ModelTable", "fetch_model", "get_model", "list_models"]


def __getattr__(name: str) -> Any:
    """Return a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
