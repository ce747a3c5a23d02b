"""The layers that a spec may use, each with its rule: Keras's and, at the end, our own."""

from typing import Final

from dlgenomics.spec.layers import (
    attention,
    convolution,
    dense,
    experts,
    merging,
    normalization,
    own,
    pooling,
    positions,
    products,
    recurrent,
    regularization,
    resizing,
    strands,
    tokens,
)
from dlgenomics.spec.layers.refused import REFUSED_ARGUMENTS as REFUSED_ARGUMENTS
from dlgenomics.spec.layers.refused import REFUSED_LAYERS as REFUSED_LAYERS
from dlgenomics.spec.layers.rule import LayerRule as LayerRule

RULES: Final[dict[str, LayerRule]] = {
    **dense.RULES,
    **convolution.RULES,
    **pooling.RULES,
    **resizing.RULES,
    **normalization.RULES,
    **regularization.RULES,
    **recurrent.RULES,
    **attention.RULES,
    **merging.RULES,
    **products.RULES,
    **own.RULES,
    **strands.RULES,
    **positions.RULES,
    **tokens.RULES,
    **experts.RULES,
}
