"""ONNX files, which are data: a graph of known operations and arrays."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.predict.inputs import named
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.hub.checkout import Checkout
from dlgenomics_zoo.hub.errors import AmbiguousModelError
from dlgenomics_zoo.hub.plan import Proposal
from dlgenomics_zoo.hub.routes.route import Fetched, Route, is_chosen, nearest, not_installed

ENDING: Final = ".onnx"
_BESIDE: Final = (".onnx_data", ".onnx.data", ".data")
_LOCATION: Final = re.compile(rb"\x0a\x08location\x12(.)", re.DOTALL)
"""How a graph says that an array lies in another file: key, and the length of the name."""


class OnnxModel:
    """Runs an ONNX graph.

    Attributes:
        name: its file's name.
        inputs, outputs: name → shape; a text or None where a size varies.
    """

    def __init__(self, path: Path) -> None:
        runtime = importlib.import_module("onnxruntime")
        self.name = path.name
        self._session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.inputs = {one.name: tuple(one.shape) for one in self._session.get_inputs()}
        self.outputs = {one.name: tuple(one.shape) for one in self._session.get_outputs()}
        self._kinds = {one.name: _kind(one.type) for one in self._session.get_inputs()}

    def predict_on_batch(self, x: Any) -> NDArray[Any] | dict[str, NDArray[Any]]:
        """Return predictions: one array, or arrays by the names of the outputs.

        Args:
            x: an array, a list in the order of `inputs`, or a dict by name.

        Raises:
            ValueError: the inputs given are not those of the graph.
        """
        given = named(x, list(self.inputs))
        found = self._session.run(None, {name: np.asarray(given[name], kind)
                                         for name, kind in self._kinds.items()})
        arrays = dict(zip(self.outputs, found, strict=True))
        return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def _kind(said: str) -> np.dtype[Any]:
    """Return the numbers of ``tensor(float)``."""
    name = said.removeprefix("tensor(").removesuffix(")")
    return np.dtype({"float": "float32", "double": "float64"}.get(name, name))


def propose(checkout: Checkout) -> Proposal | None:
    """Plan for an ONNX file.

    Raises:
        AmbiguousModelError: there are several, and nobody chose.
    """
    if not is_chosen(checkout, ENDING):
        return None
    chosen = checkout.address.file
    found = [chosen] if chosen else nearest([n for n in checkout.names if n.endswith(ENDING)])
    if len(found) > 1:
        raise AmbiguousModelError(checkout.place, found)
    if not found:
        return None
    beside = [name for name in checkout.names if name.endswith(_BESIDE)
              and name.rpartition("/")[0] == found[0].rpartition("/")[0]]
    return Proposal([*found, *beside], [*found, *beside], "It is an ONNX graph, which is data.",
                    needs=not_installed("onnxruntime"), extra="dlgenomics[onnx]",
                    parts={"graph": found[0]})


def open_(fetched: Fetched) -> Any:
    """Open an ONNX graph.

    Raises:
        UnsafeModelError: it names files that are not beside it.
    """
    path = fetched.folder() / fetched.plan.parts["graph"]
    refuse_other_files(path)
    return OnnxModel(path)


def refuse_other_files(path: Path) -> None:
    """Refuse a graph whose arrays lie in files that were not fetched with it.

    Raises:
        UnsafeModelError: it is one.
    """
    known = {p.name for p in path.parent.iterdir()}
    for name in _locations(path.read_bytes()):
        if name not in known:
            raise UnsafeModelError(path, "a graph may name files beside it only", repr(name)[:100])


def _locations(content: bytes) -> Iterator[str]:
    for found in _LOCATION.finditer(content):
        length = found[1][0]  # of a name under 128 bytes; a longer one is no name of a file here
        yield content[found.end():found.end() + length].decode("utf-8", "replace")


ONNX: Final = Route("onnx", propose, open_)
