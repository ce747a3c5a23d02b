"""The parts of a language model that are run: scores of tokens, and vectors at some depth."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.tokens import Ids
from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.spec.types import Layer, Spec

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model

Part = Callable[[Ids], NDArray[np.float32]]
"""Ids, (batch, tokens) → numbers at each token, (batch, tokens, channels)."""

EMBEDDING: Final = "embedding"
LOGITS: Final = "logits"
_BLOCK: Final = re.compile(r"attention_(\d+)")


def blocks(spec: Spec) -> int:
    """Return how many blocks of attention a network has, counted by their layers' names."""
    found = [int(match[1]) for layer in spec.model.layers
             if (match := _BLOCK.fullmatch(layer.name))]
    return max(found, default=0)


def hidden_layer(spec: Spec, layer: str | int | None) -> str:
    """Return the name of the layer whose output is meant.

    Args:
        spec: of a language model.
        layer: a layer's name; or a number of blocks behind which to look, from 0 (the embeddings
            that enter the first) to all of them, which is the network's end with its last
            normalization, as is None.

    Raises:
        DlgError: there is none.
    """
    count, known = blocks(spec), {one.name: one for one in spec.model.layers}
    if layer is None or layer == count:
        return EMBEDDING
    if isinstance(layer, int) and 0 <= layer < count:
        return _before(known, known[f"attention_{layer + 1}"], layer + 1)
    if layer in known:
        return str(layer)
    hint = did_you_mean(layer, known) if isinstance(layer, str) else ""
    raise DlgError(f"a layer must be a number from 0 to {count} or a layer's name. Received: "
                   f"{layer!r}.{hint} `dlg show` lists the layers of a package.")


def _before(known: dict[str, Layer], attention: Layer, number: int) -> str:
    """Return what enters a block: before its normalization, if that comes first."""
    (source,) = attention.inputs
    return known[source].inputs[0] if source == f"attention_norm_{number}" else source


def hidden(model: Model, layer: str | int | None = None) -> tuple[Part, int]:
    """Return what gives a model's vectors at each token, and their length.

    Only the layers that it needs are computed.

    Raises:
        DlgError: no such layer, or one without vectors at each token.
    """
    return _part(model, hidden_layer(model.spec, layer))


def logits(model: Model) -> Part:
    """Return what gives a model's scores of the vocabulary at each token.

    Raises:
        DlgError: it has none.
    """
    if LOGITS not in model.spec.model.outputs:
        raise DlgError("a model must have scores of tokens (logits). Received: one with "
                       f"{', '.join(model.spec.model.outputs)}. Use a checkpoint of a masked "
                       "language model with its head.")
    return _part(model, LOGITS)[0]


def _part(model: Model, name: str) -> tuple[Part, int]:
    import keras  # noqa: PLC0415 - the model has started it already

    from dlgenomics.predict.forward import Forward  # noqa: PLC0415 - likewise

    output = model.model.get_layer(name).output
    if len(output.shape) != 3 or output.shape[-1] is None:
        raise DlgError(f"a layer must have vectors at each token. Received: {name!r} with shape "
                       f"{tuple(output.shape)}.")
    network = keras.Model(model.model.input, output)
    (tokens,) = model.inputs
    run: Any = Forward(network, [tokens], [name])
    return lambda ids: run({tokens: ids})[name].astype(np.float32, copy=False), output.shape[-1]
