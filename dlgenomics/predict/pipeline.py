"""From files to predictions, in input order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dlgenomics.predict.forward import Arrays, Forward
from dlgenomics.predict.loader import Loader, open_loader
from dlgenomics.predict.writers import check_ending, open_writer
from dlgenomics.progress import Progress, silent
from dlgenomics.spec.inputs import Input
from dlgenomics.spec.targets import ColumnTarget
from dlgenomics.spec.types import Data

DEFAULT_BATCH_SIZE = 128


class Pipeline:
    """Whole-pipeline prediction; made by a model, as ``model.pipeline``.

    Args:
        forward: the model's forward pass, from arrays by input to arrays by output.
        data: the spec's inputs and targets.
        inputs: the network's inputs.
    """

    def __init__(self, forward: Forward, data: Data, inputs: Mapping[str, Input]) -> None:
        self._forward = forward
        self._data = data
        self._inputs = inputs

    def predict(
        self, dataloader_kwargs: Mapping[str, Any], batch_size: int = DEFAULT_BATCH_SIZE
    ) -> Any:
        """Return predictions for all rows of the files, in order.

        Args:
            dataloader_kwargs: ``fasta_file`` and ``intervals_file`` (and ``resize``, ``pad``), or
                ``sequences_file``; see `IntervalLoader` and `SequenceLoader`.
            batch_size: rows at a time.

        Returns:
            float32, shape (rows, columns); with several targets a dict of such arrays.

        Raises:
            DataError: a file is not what it must be.
        """
        found = [arrays for _, arrays in self._batches(self._open(dataloader_kwargs), batch_size)]
        return _single({name: np.concatenate([one[name] for one in found]) for name in found[0]})

    def predict_generator(
        self, dataloader_kwargs: Mapping[str, Any], batch_size: int = DEFAULT_BATCH_SIZE
    ) -> Iterator[Any]:
        """Yield predictions batch by batch; see `predict`."""
        for _, arrays in self._batches(self._open(dataloader_kwargs), batch_size):
            yield _single(arrays)

    def predict_to_file(
        self,
        output_file: Path | str,
        dataloader_kwargs: Mapping[str, Any],
        batch_size: int = DEFAULT_BATCH_SIZE,
        *,
        progress: Progress = silent,
    ) -> int:
        """Write predictions as a table; one row per interval or sequence, columns named by target.

        Args:
            output_file: ends in ``.tsv``, ``.tsv.gz`` or ``.parquet``; ``-`` is standard output.
            dataloader_kwargs: see `predict`.
            batch_size: rows at a time.
            progress: told of rows.

        Returns:
            The number of rows.

        Raises:
            DataError: a file is not what it must be.
            OutputError: the file cannot be written; what was there before is untouched.
        """
        check_ending(output_file)
        loader = self._open(dataloader_kwargs)
        return self.write_predictions(output_file, loader, batch_size, progress=progress)

    def write_predictions(
        self,
        output_file: Path | str,
        loader: Loader,
        batch_size: int = DEFAULT_BATCH_SIZE,
        *,
        progress: Progress = silent,
    ) -> int:
        """Write predictions for a loader that is already open; see `predict_to_file`."""
        with open_writer(output_file) as writer:
            for rows, arrays in self._batches(loader, batch_size):
                writer.write({**loader.records(rows), **flat_columns(self._data, arrays)})
                progress("predict", rows.stop, len(loader))
        return len(loader)

    def _open(self, arguments: Mapping[str, Any]) -> Loader:
        return open_loader(self._inputs, arguments)

    def _batches(self, loader: Loader,
                 batch_size: int) -> Iterator[tuple[slice, Arrays]]:
        for arrays, rows in loader.array_batches(batch_size):
            yield rows, self._forward(arrays)


def column_names(data: Data) -> dict[str, list[str]]:
    """Return the table columns of each target, one for each name along its last axis.

    A target's own columns keep their names where it is alone; with several targets a column is
    ``target`` or ``target/column``.
    """
    found = {}
    for name, target in data.targets.items():
        names = list(target.names) or [str(i) for i in range(data.output_shape(name)[-1] or 0)]
        alone = isinstance(target, ColumnTarget) and target.column is not None
        found[name] = names if len(data.targets) == 1 else (
            [name] if alone else [f"{name}/{column}" for column in names])
    return found


def flat_columns(data: Data, arrays: Arrays) -> dict[str, Any]:
    """Return predictions as columns of a table, one number a row.

    A prediction along positions gives a column for each of them, as ``column/position``.
    """
    columns = column_names(data)
    found = {}
    for name, array in arrays.items():
        if array.ndim == 2:
            found.update({columns[name][i]: array[:, i] for i in range(array.shape[1])})
        else:
            places = array.reshape(len(array), -1, array.shape[-1])
            found.update({f"{columns[name][i]}/{place}": places[:, place, i]
                          for i in range(array.shape[-1]) for place in range(places.shape[1])})
    return found


def _single(arrays: Arrays) -> Any:
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays
