"""A TensorFlow SavedModel, which is a program, run only with trust."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DlgError
from dlgenomics.predict.inputs import named
from dlgenomics_zoo.formats.recognise import Format, recognise, refuse_untrusted
from dlgenomics_zoo.trusted.statement import announce

ENDPOINT: Final = "serving_default"


class SavedModel:
    """Runs one signature of a SavedModel.

    Attributes:
        name: its folder's name.
        inputs, outputs: name → shape with the batch axis; None where a length varies.
    """

    def __init__(self, folder: Path, endpoint: str = ENDPOINT) -> None:
        import tensorflow as tf  # noqa: PLC0415 - takes seconds

        self.name = folder.name
        self._loaded = tf.saved_model.load(str(folder))  # keeps the variables alive
        known = self._loaded.signatures
        if endpoint not in known:
            raise DlgError("a SavedModel must have the signature that is run. Received: "
                           f"{endpoint!r}, and it has {', '.join(known) or 'none'}. Save it with "
                           "signatures=.")
        self._run = known[endpoint]
        self._takes = dict(self._run.structured_input_signature[1])
        self.inputs = {name: tuple(one.shape) for name, one in self._takes.items()}
        self.outputs = {name: tuple(one.shape)
                        for name, one in self._run.structured_outputs.items()}

    def predict_on_batch(self, x: Any) -> NDArray[Any] | dict[str, NDArray[Any]]:
        """Return predictions: one array, or arrays by the names of the outputs.

        Args:
            x: an array, a list in the order of `inputs`, or a dict by name.

        Raises:
            ValueError: the inputs given are not those of the signature.
        """
        import tensorflow as tf  # noqa: PLC0415 - is loaded by now

        given = named(x, list(self._takes))
        found = self._run(**{name: tf.constant(np.asarray(given[name], one.dtype.as_numpy_dtype))
                             for name, one in self._takes.items()})
        arrays = {name: one.numpy() for name, one in found.items()}
        return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def program_in(folder: Path) -> Format | None:
    """Return what a folder without a package holds, if that is a program of TensorFlow."""
    form = recognise(folder)
    return form if form in (Format.SAVED_MODEL, Format.TF1_CHECKPOINT) else None


def open_program(folder: Path, form: Format, *, trust: bool) -> SavedModel:
    """Load a program of TensorFlow.

    Raises:
        UnsafeModelError: without trust.
        DlgError: it is a graph of TensorFlow 1 whose nodes nobody names.
    """
    if not trust:
        refuse_untrusted(folder, form)
    if form is Format.TF1_CHECKPOINT:
        raise DlgError(
            "the graph of a TensorFlow 1 checkpoint runs with trust once its inputs and outputs "
            f"are named. Received: {folder}, which names none. Put a model.yaml beside it with "
            "type: tensorflow, and args: checkpoint_path, input_nodes and target_nodes, which are "
            "names of operations. Or let its authors export a SavedModel.")
    announce(folder.name, f"a SavedModel, the program in {folder}.")
    return SavedModel(folder)
