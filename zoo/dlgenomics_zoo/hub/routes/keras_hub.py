"""Presets of KerasHub, where that is installed."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any, Final

from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.hub.checkout import Checkout
from dlgenomics_zoo.hub.plan import Proposal
from dlgenomics_zoo.hub.routes.route import Fetched, Route, not_installed

CONFIG: Final = "config.json"
_NAMES: Final = ("keras_hub>", "keras_nlp>", "keras_cv>")
_DESCRIPTIONS: Final = ("config.json", "metadata.json", "task.json", "tokenizer.json",
                        "preprocessor.json", "image_converter.json", "audio_converter.json")
_REFUSED: Final = ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")
_MODULES: Final = ("keras.", "keras_hub.", "keras_nlp.", "keras_cv.")


def propose(checkout: Checkout) -> Proposal | None:
    """Plan for a preset of KerasHub.

    ESM is not left to KerasHub, whose version 0.32 gives other numbers than ESM where sequences are
    padded or masked, and for absolute positions; there is a port here.

    Raises:
        UnsafeModelError: a description names code.
    """
    if checkout.address.file:
        return None
    registered = str(checkout.json(CONFIG).get("registered_name") or "")
    if not registered.startswith(_NAMES) or "esm" in registered.casefold():
        return None
    descriptions = [name for name in _DESCRIPTIONS if name in checkout.names]
    for name in descriptions:
        refuse_code(checkout.json(name), checkout.path(name))
    weights = [name for name in checkout.names
               if name.startswith("model") and name.endswith((".weights.h5", ".weights.json"))]
    assets = [name for name in checkout.names if name.startswith("assets/")]
    return Proposal([*descriptions, *weights, *assets], weights,
                    f"It is a preset of KerasHub ({registered.partition('>')[2]}).",
                    needs=not_installed("keras_hub"), extra="dlgenomics[keras-hub]")


def refuse_code(config: Any, where: str) -> None:
    """Refuse a description that names a layer with code, or a module of someone else.

    Raises:
        UnsafeModelError: it does.
    """
    for node in _nodes(config):
        name, module = node.get("class_name"), node.get("module")
        if name in _REFUSED:
            raise UnsafeModelError(where, "a description may name layers without code only",
                                   f"the layer {name}")
        if isinstance(module, str) and not f"{module}.".startswith(_MODULES):
            raise UnsafeModelError(where, "a description may name modules of Keras only",
                                   f"the module {module!r}")


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            yield one
            todo += one.values()
        elif isinstance(one, list):
            todo += one
        elif isinstance(one, str) and one.startswith("{") and '"class_name"' in one:
            todo.append(json.loads(one))


def open_(fetched: Fetched) -> Any:
    """Open a preset: the task if there is one, else the backbone."""
    keras_hub = importlib.import_module("keras_hub")
    kind = keras_hub.models.Task if "task.json" in fetched.files else keras_hub.models.Backbone
    return kind.from_preset(str(fetched.folder()))


KERAS_HUB: Final = Route("keras_hub", propose, open_)
