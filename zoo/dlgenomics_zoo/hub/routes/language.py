"""Language models whose network is declared here: a config of transformers, and tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DlgError
from dlgenomics_zoo.hub.checkout import Checkout, require_plain
from dlgenomics_zoo.hub.plan import Proposal
from dlgenomics_zoo.hub.routes.route import Fetched, Route
from dlgenomics_zoo.imports.imported import Imported
from dlgenomics_zoo.language.config import CONFIG, Config
from dlgenomics_zoo.language.registry import MODEL_TYPES
from dlgenomics_zoo.language.shards import INDEXES, ORDER, shard_names
from dlgenomics_zoo.language.vocabulary import FILES

PULLS: Final = 3
"""Pull requests that are looked at for safetensors."""


def propose(checkout: Checkout) -> Proposal | None:
    """Plan for a language model.

    Raises:
        DataError: its config is of a variant that there is no port for.
        UnsafeModelError: its index names files outside its folder.
        FileNotInTreeError: its index names files that the repository lacks.
    """
    config = checkout.json(CONFIG) if not checkout.address.file else {}
    family = MODEL_TYPES.get(str(config.get("model_type", "")))
    first = next((name for name in ORDER if name in checkout.names), None)
    if family is None or first is None:
        return None
    parameters = family.parameters(Config(config, Path(checkout.path(CONFIG))))
    weights = _weights(checkout, first)
    reason = f"Its config is that of a network that is declared here ({family.name})."
    if weights[0].endswith(".bin"):
        reason += " Its .bin is read without pickle." + _suggestion(checkout)
    files = [CONFIG, *(name for name in FILES if name in checkout.names), *weights,
             *([first] if first in INDEXES else [])]
    return Proposal(files, weights, reason, parts={"config": CONFIG}, parameters=parameters)


def _weights(checkout: Checkout, first: str) -> list[str]:
    """Return the files of the tensors: names come from the index alone, and are in the tree."""
    if first not in INDEXES:
        return [first]
    names = [require_plain(name, first) for name in shard_names(checkout.fetch(first))]
    for name in names:
        checkout.file(name)
    return names


def _suggestion(checkout: Checkout) -> str:
    """Return where the same weights are in safetensors, if a pull request has them."""
    hub, repository = checkout.hub, checkout.commit.repository
    if hub.offline:
        return ""
    try:
        pulls = [ref for ref in hub.revisions(repository) if ref.startswith("refs/pr/")]
        found = next((ref for ref in pulls[:PULLS] if any(
            path.endswith(".safetensors") for path in hub.commit(repository, ref).files)), None)
    except DlgError:
        return ""  # a hint that cannot be had is no reason to stop
    return f" hf://{repository}@{found} has them as safetensors." if found else ""


def open_(fetched: Fetched) -> Any:
    """Open a language model; see `dlgenomics_zoo.language`."""
    from dlgenomics_zoo.language import open_language_model  # noqa: PLC0415 - starts TensorFlow

    open_one: Callable[..., Any] = open_language_model
    return open_one(fetched.folder(), fetched.precision, name=fetched.plan.name,
                    limit=fetched.plan.memory.parameters, progress=fetched.progress)


def read(fetched: Fetched) -> Imported:
    """Read a language model as a network of layers with all its arrays, for a package."""
    from dlgenomics_zoo.language.imported import import_language_model  # noqa: PLC0415

    found = import_language_model(fetched.folder(), fetched.plan.name)
    return replace(found, origin={**found.origin, **fetched.origin})


LANGUAGE: Final = Route("language", propose, open_, read)
