"""A descriptor of a TensorFlow 1 graph → the graph, restored from its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlgenomics.errors import DataError
from dlgenomics_zoo.catalogue import Location
from dlgenomics_zoo.formats.numpy_pickle import read_values
from dlgenomics_zoo.imports.kipoi import fetched_files
from dlgenomics_zoo.kipoi.descriptor import Descriptor
from dlgenomics_zoo.trusted.checkpoint import CONSTANTS, checkpoint, graph_statement
from dlgenomics_zoo.trusted.graph import Graph, Nodes
from dlgenomics_zoo.trusted.statement import announce

if TYPE_CHECKING:
    from dlgenomics_zoo.client import Terms


def run_graph(location: Location, descriptor: Descriptor, terms: Terms,
              root: Path | None) -> Graph:
    """Fetch a graph's files, say what will run, and restore it.

    Args:
        location: where the model was found.
        descriptor: its arguments name the nodes.
        terms: on what terms its files are fetched.
        root: the folder of its source; None where only the descriptor is here.

    Raises:
        FetchError: a file cannot be had.
        DlgError: the descriptor names no nodes, or the graph cannot be restored.
    """
    fetched = fetched_files(descriptor, terms.confirm, terms.progress)
    inputs, outputs = (_nodes(descriptor, name) for name in ("input_nodes", "target_nodes"))
    constants = _constants(fetched, descriptor)
    with checkpoint(descriptor, fetched, root) as prefix:
        meta = next((file.url for file in descriptor.files if file.role.endswith("/meta")),
                    f"{prefix}.meta")
        announce(location.name, graph_statement(Path(f"{prefix}.meta"), meta))
        return Graph(prefix, inputs, outputs, constants)


def _nodes(descriptor: Descriptor, argument: str) -> Nodes:
    """Return the names of operations that an argument holds."""
    given = descriptor.arguments.get(argument)
    parts = given.values() if isinstance(given, Mapping) else (
        given if isinstance(given, list | tuple) else [given])
    if not given or not all(isinstance(one, str) and one for one in parts):
        raise DataError(f"{argument} must name operations of the graph. Received: {given!r:.80}.",
                        path=descriptor.path)
    return given  # type: ignore[no-any-return]  # looked at above


def _constants(fetched: Mapping[str, Path], descriptor: Descriptor) -> Mapping[str, Any]:
    """Return what the graph is fed at all times: a pickle, read as data."""
    if CONSTANTS not in fetched:
        return {}
    found = read_values(fetched[CONSTANTS])
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise DataError(f"{CONSTANTS} must hold values by the names of operations. Received: "
                        f"{type(found).__name__}.", path=descriptor.path)
    return found
