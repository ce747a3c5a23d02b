"""Which axes of a weight belong to one unit, for constraints that norm each unit."""

from __future__ import annotations


def axes_of_a_unit(kind: str, weight: str) -> list[int]:
    """Return the axes over which the weights of one unit or filter run.

    Keras's own default, axis 0, would norm the kernel of a Conv1D over its width only.

    Args:
        kind: the layer, such as ``Conv1D``.
        weight: such as ``kernel``; a kernel has the shape (width, channels, filters), or
            (rows, columns, channels, filters) over two axes.

    >>> axes_of_a_unit("Dense", "kernel"), axes_of_a_unit("Conv1D", "kernel")
    ([0], [0, 1])
    >>> axes_of_a_unit("Conv1DTranspose", "kernel")  # (width, filters, channels)
    [0, 2]
    >>> axes_of_a_unit("Embedding", "embeddings")  # (tokens, channels); a token is a unit
    [1]
    >>> axes_of_a_unit("DepthwiseConv1D", "depthwise")  # (width, channels, kernels of each)
    [0]
    """
    if weight == "embeddings":
        return [1]
    places = 2 if "2D" in kind else 1 if "1D" in kind else 0
    if places == 0 or weight not in ("kernel", "depthwise", "pointwise"):
        return [0]
    window = list(range(places))
    if weight == "depthwise":
        return window
    return [*window, places + 1] if kind.endswith("Transpose") else [*window, places]
