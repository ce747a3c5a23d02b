"""Models that some Keras saved: a folder, a ``.keras`` file, or a whole model in HDF5."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from dlgenomics.data.layout import Layout
from dlgenomics.errors import DataError
from dlgenomics_zoo.formats.keras_network import LegacyNetwork
from dlgenomics_zoo.formats.keras_spec import network_document
from dlgenomics_zoo.hub.adapters import Choice, adapter_of, choose
from dlgenomics_zoo.hub.checkout import Checkout
from dlgenomics_zoo.hub.errors import AmbiguousModelError
from dlgenomics_zoo.hub.plan import Proposal
from dlgenomics_zoo.hub.routes.route import Fetched, Route, is_chosen, nearest
from dlgenomics_zoo.imports.bias import with_bias
from dlgenomics_zoo.imports.dna import read_dna
from dlgenomics_zoo.imports.imported import Imported
from dlgenomics_zoo.imports.networks import document_spec, read_network

CONFIG: Final = "config.json"
WEIGHTS: Final = "model.weights.h5"
_ENDINGS: Final = (".keras", ".h5", ".hdf5")
_NOT_WHOLE: Final = re.compile(r"(.*/)?(tf_model.*|.*\.weights)\.h5")
"""What transformers wrote for its TensorFlow classes, which are gone, and weights alone."""

_HUB: Final = ("keras_hub>", "keras_nlp>", "keras_cv>")


def propose(checkout: Checkout) -> Proposal | None:
    """Plan for a Keras model.

    Raises:
        AmbiguousModelError: there are several, and nobody chose.
    """
    if not is_chosen(checkout, *_ENDINGS):
        return None
    if not checkout.address.file and _is_folder(checkout):
        parts = {"model": CONFIG, "weights": WEIGHTS}
        return Proposal([CONFIG, WEIGHTS], [WEIGHTS], "It is a model that Keras saved as a folder.",
                        parts=parts)
    candidates = _files(checkout.names)
    chosen = choose(checkout.commit.repository, candidates, checkout.address.file)
    if chosen is None and checkout.address.file:
        chosen = Choice(checkout.address.file, reason="It was asked for.")
    if chosen is None:
        chosen = _only(checkout, candidates)
    return _proposal(checkout, chosen) if chosen else None


def _proposal(checkout: Checkout, chosen: Choice) -> Proposal:
    files = [chosen.file, chosen.bias] if chosen.bias else [chosen.file]
    for name in files:
        checkout.file(name)
    parts = {"model": chosen.file, **({"bias": chosen.bias} if chosen.bias else {})}
    return Proposal(files, files, f"{chosen.file} is a whole Keras model. {chosen.reason}".strip(),
                    parts=parts)


def _is_folder(checkout: Checkout) -> bool:
    """Tell whether ``config.json`` is Keras's own, not that of transformers or KerasHub."""
    if not {CONFIG, WEIGHTS} <= set(checkout.names):
        return False
    config = checkout.json(CONFIG)
    registered = str(config.get("registered_name") or "")
    return "class_name" in config and "config" in config and not registered.startswith(_HUB)


def _files(names: list[str]) -> list[str]:
    return [name for name in names
            if name.endswith(_ENDINGS) and not _NOT_WHOLE.fullmatch(name)]


def _only(checkout: Checkout, candidates: list[str]) -> Choice | None:
    """Return the only candidate; a ``.keras`` file before an older one."""
    newer = [name for name in candidates if name.endswith(".keras")]
    found = nearest(newer or candidates)
    if len(found) > 1:
        raise AmbiguousModelError(checkout.place, found)
    return Choice(found[0]) if found else None


def read(fetched: Fetched) -> Imported:
    """Read a Keras model from its files; nothing in them is run.

    Raises:
        UnsafeModelError, UnknownLayersError, WeightsError, DataError: see `read_keras_network`.
        DlgError: its input has any length, and none is given.
    """
    plan, parts = fetched.plan, fetched.plan.parts
    weights = fetched.part("weights") if "weights" in parts else None
    network = _network(fetched, fetched.part("model"), weights)
    if "bias" in parts:
        network = with_bias(network, _network(fetched, fetched.part("bias"), None))
    document = network_document(network, plan.name)
    if adapter_of(plan.commit.repository):
        document = _reading_dna(document)
    facts: dict[str, Any] = {"description": f"From {plan.address}."}
    if plan.commit.license:
        facts["license"] = plan.commit.license
    origin = {**fetched.origin, "keras_version": network.keras_version or "not said"}
    return Imported(document_spec({**document, **facts}, str(plan.address)), network.weights,
                    network.notes, origin)


def _network(fetched: Fetched, path: Path, weights: Path | None) -> LegacyNetwork:
    network = read_network(path, weights, fetched.length, str(fetched.plan.address))
    if not network.weights:
        raise DataError("a model on the Hub must hold its weights. Received: a file with the "
                        "network alone. Choose another file with #.", path=path)
    return network


def _reading_dna(document: dict[str, Any]) -> dict[str, Any]:
    """Let the only sequence of a model be DNA, if its shape is (length, 4)."""
    shapes = {name: tuple(one["shape"]) for name, one in document["data"]["inputs"].items()}
    dna = [name for name, shape in shapes.items() if len(shape) == 2 and shape[1] == 4]
    if len(dna) != 1:
        return document
    return read_dna(document, dna[0], Layout(), shapes[dna[0]][0], center=True, n="zeros")


KERAS: Final = Route("keras", propose, read=read)
