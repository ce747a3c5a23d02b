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
    from dlgenomics_zoo.compatibility import add_source as add_source
    from dlgenomics_zoo.compatibility import get_dataloader_descr as get_dataloader_descr
    from dlgenomics_zoo.compatibility import get_dataloader_factory as get_dataloader_factory
    from dlgenomics_zoo.compatibility import get_model_descr as get_model_descr
    from dlgenomics_zoo.compatibility import get_source as get_source
    from dlgenomics_zoo.compatibility import list_sources as list_sources

__version__ = "0.1.0"

# Brought in when first asked for, so that `import dlgenomics` and `dlg --help` cost little.
# The zoo's names are the only import against the arrow cli -> zoo -> dlgenomics.
_HOMES = {
    "get_model": "dlgenomics_zoo",
    "list_models": "dlgenomics_zoo",
    "load_spec": "dlgenomics.spec",
    "parse_spec": "dlgenomics.spec",
    # Kipoi's other calls.
    "add_source": "dlgenomics_zoo.compatibility",
    "get_dataloader_descr": "dlgenomics_zoo.compatibility",
    "get_dataloader_factory": "dlgenomics_zoo.compatibility",
    "get_model_descr": "dlgenomics_zoo.compatibility",
    "get_source": "dlgenomics_zoo.compatibility",
    "list_sources": "dlgenomics_zoo.compatibility",
}
__all__ = [
    "add_source", "get_dataloader_descr", "get_dataloader_factory", "get_model", "get_model_descr",
    "get_source", "list_models", "list_sources", "load_spec", "parse_spec", "registry",
]


def __getattr__(name: str) -> Any:
    """Return a public name from its home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
