"""Several devices that take batches in turn, each with a copy of the network."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlgenomics.errors import DlgError
from dlgenomics.predict.network import Engine, Network


class InTurn:
    """Engines for several threads at once; a batch goes to one that is free.

    Args:
        engines: one for each device.
    """

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._free: queue.SimpleQueue[Engine] = queue.SimpleQueue()
        for engine in engines:
            self._free.put(engine)

    def __call__(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        """Return predictions by output."""
        engine = self._free.get()
        try:
            return engine(arrays)
        finally:
            self._free.put(engine)


def device_kind() -> str:
    """Return what TensorFlow computes on by itself: ``GPU`` or ``CPU``."""
    return "GPU" if tf.config.list_logical_devices("GPU") else "CPU"


def spread(network: Network, devices: int) -> Engine:
    """Return a network that runs on several devices, for that many threads.

    Raises:
        DlgError: there are fewer.
    """
    kind = device_kind()
    names = [one.name for one in tf.config.list_logical_devices(kind)]
    if devices > len(names):
        raise DlgError(f"the number of devices must be 1 to {len(names)}, the {kind} devices that "
                       f"TensorFlow sees. Received: {devices}. Choose fewer.")
    return InTurn([network.engine_on(name) for name in names[:devices]])
