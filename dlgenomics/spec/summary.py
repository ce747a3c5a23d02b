"""What a spec's network looks like, before anything is allocated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dlgenomics.errors import TooLargeError
from dlgenomics.spec.arguments import snake_case
from dlgenomics.spec.layers.rule import Shape
from dlgenomics.spec.outline import View, outline
from dlgenomics.spec.transfer import assigned_layers, frozen_layers
from dlgenomics.spec.types import Layer, Spec

PARAMETER_LIMIT = 2_000_000_000


@dataclass(frozen=True)
class LayerSummary:
    """One row of the table that ``dlg show`` prints.

    Attributes:
        name, kind, inputs: as in the graph; an input has the kind "Input", a wrapper
            "Wrapper(layer)", a layer with the weights of another "Shared(other)".
        shape: the output shape without the batch axis; None is an unknown length.
        parameters: all parameters; ``trainable`` those that training changes.
        receptive_field: positions of the input that one output position sees; None means all.
        initializer: the kernel's initializer and why; or the model that its weights are taken
            from; or an empty text.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    shape: tuple[int | None, ...]
    parameters: int
    trainable: int
    receptive_field: int | None
    initializer: str


@dataclass(frozen=True)
class Summary:
    """All layers of a network and their sums."""

    layers: tuple[LayerSummary, ...]

    @property
    def parameters(self) -> int:
        """The number of all parameters."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def trainable(self) -> int:
        """The number of parameters that training changes."""
        return sum(layer.trainable for layer in self.layers)


def summarize(spec: Spec) -> Summary:
    """Describe each layer of a spec's network; imports no Keras and allocates nothing."""
    shapes: dict[str, Shape] = {name: spec.data.inputs[name].shape for name in spec.model.inputs}
    known = outline(spec.model.layers, shapes)
    frozen, givers = frozen_layers(spec), _givers(spec)
    rows = [LayerSummary(n, "Input", (), s, 0, 0, 1, "") for n, s in shapes.items()]
    for layer in spec.model.layers:
        found = known[layer.name]
        rows.append(LayerSummary(
            name=layer.name,
            kind=_kind(layer),
            inputs=layer.inputs,
            shape=found.shape,
            parameters=sum(found.size),
            trainable=0 if layer.name in frozen else found.size.trainable,
            receptive_field=_receptive_field(found.view, shapes),
            initializer="" if layer.shares else givers.get(layer.name) or _initializer(layer),
        ))
    return Summary(tuple(rows))


def _givers(spec: Spec) -> dict[str, str]:
    """Return, for layers that take weights from a named model, what the table says of them."""
    return {layer: f"from {entry.model}"
            for entry, layers in zip(spec.training.pretrained, assigned_layers(spec), strict=True)
            for layer in layers if entry.layers}


def _kind(layer: Layer) -> str:
    if layer.shares:
        return f"Shared({layer.shares})"
    return f"{layer.kind}({layer.wrapped.kind})" if layer.wrapped else layer.kind


def _receptive_field(view: View, shapes: Mapping[str, Shape]) -> int | None:
    """Return the view's width, or None where it covers the longest input."""
    longest = max((shape[0] for shape in shapes.values() if shape[0] is not None),
                  default=math.inf)
    return None if view.width is None or view.width >= longest else view.width


def _initializer(layer: Layer) -> str:
    inner = layer.wrapped or layer
    written = inner.arguments.get("kernel_initializer")
    if written is None:
        return ""
    reason = inner.reasons.get("kernel_initializer", "as written")
    return f"{snake_case(written.name)} ({reason})"


def check_size(spec: Spec, limit: int = PARAMETER_LIMIT) -> Summary:
    """Return the summary, or refuse a network that is too large to be built here.

    Raises:
        TooLargeError: more than ``limit`` parameters.
    """
    summary = summarize(spec)
    if summary.parameters > limit:
        raise TooLargeError(summary.parameters, limit)
    return summary
