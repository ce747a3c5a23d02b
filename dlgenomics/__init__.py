"""Deep-learning models of the genome: specs, training, packages, prediction.

>>> from dlgenomics import get_model, list_models, registry
>>> [entry.name for entry in list_models(source="built-in")]
['dragonn/tal1']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dlgenomics.registry import registry as registry

if TYPE_CHECKING:
    from dlgenomics.spec import load_spec as load_spec
    from dlgenomics.spec import parse_spec as parse_spec
    from dlgenomics_zoo import get_model as get_model
    from dlgenomics_zoo import list_models as list_models

__version__ = "0.1.0"

# Brought in when first asked for, so that `import dlgenomics` and `dlg --help` cost little.
# The zoo's two names are the only import against the arrow cli -> zoo -> dlgenomics.
_HOMES = {
    "get_model": "dlgenomics_zoo",
    "list_models": "dlgenomics_zoo",
    "load_spec": "dlgenomics.spec",
    "parse_spec": "dlgenomics.spec",
}
__all__ = ["get_model", "list_models", "load_spec", "parse_spec", "registry"]


def __getattr__(name: str) -> Any:
    """Return a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
