"""What labelled examples are, in a few numbers for a run's record and its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.dna import central_codes
from dlgenomics.data.encoding import Codes
from dlgenomics.data.examples import Examples, labels_of

_SAMPLED: Final = 20_000
"""Composition is measured on at most so many examples of a part, evenly spread."""


def summarize_examples(examples: Examples) -> dict[str, Any]:
    """Return length, composition, chromosomes and spread of labels, ready for JSON.

    Keys: ``length`` in bp; ``gc`` and ``unknown``, the mean shares of G or C and of N, by part;
    ``chromosomes``, the number of examples of each by part, empty where places are not known;
    ``labels``, by part and target, lists over columns: ``known``, ``mean``, ``sd``, ``min`` and
    ``max`` of the labels that are not missing, None where all are.
    """
    parts = {part: rows for part, rows in examples.parts.by_name().items() if len(rows)}
    codes = {part: central_codes(examples, _some(rows)) for part, rows in parts.items()}
    contigs = _contigs(examples)
    return {
        "length": codes["train"].shape[1],
        "gc": {part: _gc(found) for part, found in codes.items()},
        "unknown": {part: _unknown(found) for part, found in codes.items()},
        "chromosomes": {part: dict(Counter(contigs[row] for row in rows).most_common())
                        for part, rows in parts.items()} if contigs else {},
        "labels": {part: {name: _spread(_labels(examples, name, rows)) for name in examples.labels}
                   for part, rows in parts.items()},
    }


def _some(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return rows[:: -(-len(rows) // _SAMPLED)]


def _labels(examples: Examples, target: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the labels of some rows; of labels along positions, which are many, of a sample."""
    few = labels_of(examples, target, _some(rows))
    return labels_of(examples, target, rows) if few.ndim == 2 else few


def _unknown(codes: Codes) -> float:
    return float((codes > 3).mean()) if codes.size else 0.0


def _gc(codes: Codes) -> float | None:
    known = int((codes <= 3).sum())
    return float(((codes == 1) | (codes == 2)).sum() / known) if known else None


def _contigs(examples: Examples) -> list[str]:
    """Return the contig of each example; empty where their places are not known."""
    return [] if examples.places is None else list(map(str, examples.places.contig_names))


def _spread(labels: NDArray[np.floating[Any]]) -> dict[str, list[float | int | None]]:
    """Return numbers of each column (the last axis) over all else."""
    columns = [column[~np.isnan(column)]
               for column in labels.reshape(-1, labels.shape[-1]).T.astype(np.float64)]
    measures: dict[str, Callable[[NDArray[np.float64]], Any]] = {
        "mean": np.mean, "sd": np.std, "min": np.min, "max": np.max}
    return {"known": [len(column) for column in columns],
            **{name: [float(measure(column)) if len(column) else None for column in columns]
               for name, measure in measures.items()}}
