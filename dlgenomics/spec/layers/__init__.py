"""The layers of Keras that a spec may use, each with its rule."""

from typing import Final

from dlgenomics.spec.layers import (
    attention,
    convolution,
    dense,
    merging,
    normalization,
    pooling,
    recurrent,
    regularization,
    resizing,
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
}
