"""The state of an interrupted training, exact to the bit, in one file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from dlgenomics.files import atomic_path

_FIELDS: Final[Mapping[str, Sequence[str]]] = {
    "EarlyStopping": ("wait", "best", "best_epoch", "stopped_epoch"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
}


def save_checkpoint(
    path: Path,
    model: keras.Model,
    callbacks: Sequence[keras.callbacks.Callback],
    history: Sequence[Mapping[str, float]],
) -> None:
    """Write weights, optimizer state, random states, callbacks' memories and history.

    Args:
        path: the file to write, atomically.
        model: compiled and trained for ``len(history)`` epochs.
        callbacks: those whose memory matters, always in the same order.
        history: the logs of each epoch so far.
    """
    arrays = {f"variable/{i}": v.numpy() for i, v in enumerate(_variables(model))}
    for i, callback in enumerate(callbacks):
        for j, weights in enumerate(getattr(callback, "best_weights", None) or []):
            arrays[f"best/{i}/{j}"] = np.asarray(weights)
    state = {
        "history": list(history),
        "callbacks": [_memory(callback) for callback in callbacks],
    }
    arrays["state"] = np.array(json.dumps(state))
    with atomic_path(path) as part, part.open("wb") as stream:
        np.savez(stream, **arrays)


def load_checkpoint(
    path: Path, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]
) -> list[dict[str, float]]:
    """Bring a model and its callbacks to the state that was saved; return the history."""
    if not model.optimizer.built:  # a scaler of losses built twice has its state twice
        with model.distribute_strategy.scope():
            model.optimizer.build(model.trainable_variables)
    with np.load(path, allow_pickle=False) as stored:
        state = json.loads(str(stored["state"]))
        for i, variable in enumerate(_variables(model)):
            variable.assign(stored[f"variable/{i}"])
        for i, (callback, memory) in enumerate(zip(callbacks, state["callbacks"], strict=True)):
            for name, value in memory.items():
                setattr(callback, name, value)
            best = _best_weights(stored, i)
            if best:
                callback.best_weights = best
    history: list[dict[str, float]] = state["history"]
    return history


def read_history(path: Path) -> list[dict[str, float]]:
    """Return the logs of the epochs that a checkpoint holds."""
    with np.load(path, allow_pickle=False) as stored:
        history: list[dict[str, float]] = json.loads(str(stored["state"]))["history"]
        return history


def _variables(model: keras.Model) -> list[Any]:
    """Return all state that training changes; the states of dropout's generators are among it."""
    return [*model.variables, *model.optimizer.variables]


def _memory(callback: keras.callbacks.Callback) -> dict[str, Any]:
    fields = _FIELDS.get(type(callback).__name__, ())
    return {name: _plain(getattr(callback, name)) for name in fields}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _best_weights(stored: Any, callback: int) -> list[NDArray[Any]]:
    prefix = f"best/{callback}/"
    count = sum(name.startswith(prefix) for name in stored.files)
    return [stored[f"{prefix}{j}"] for j in range(count)]
