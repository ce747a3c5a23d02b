"""From files to predictions, in input order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.split import Rows
from dlgenomics.errors import DlgError, OutputError, did_you_mean
from dlgenomics.predict.columns import Naming, naming_of
from dlgenomics.predict.dataloader import Dataloader
from dlgenomics.predict.loaders.loader import Arrays, Loader
from dlgenomics.predict.nested import join_rows
from dlgenomics.predict.writers import check_ending, open_writer
from dlgenomics.predict.writers.result import Result
from dlgenomics.progress import Progress, silent
from dlgenomics.spec.types import Data

DEFAULT_BATCH_SIZE = 128
_READING: Final = ("num_workers",)
_REFUSED: Final = {
    "shuffle": "predictions come in the order of the files",
    "drop_last": "every row has its prediction",
}


class Network(Protocol):
    """What runs over arrays by input; a `Model` is one."""

    @property
    def data(self) -> Data:
        """The spec's inputs and targets."""

    @property
    def default_dataloader(self) -> Dataloader:
        """What feeds it."""

    @property
    def forward(self) -> Callable[[Arrays], dict[str, NDArray[np.float32]]]:
        """From arrays by input to predictions by output."""

    def layer_output(self, arrays: Arrays, layer: str | int) -> NDArray[np.float32]:
        """Return what a layer gives."""

    def gradient(self, arrays: Arrays, **how: Any) -> Any:
        """Return the gradient with respect to the input, in the layout of its users."""


class Pipeline:
    """Whole-pipeline prediction; made by a model, as ``model.pipeline``.

    Every method takes ``num_workers``, the batches that are read ahead while the last one is
    predicted.

    Args:
        network: what predicts, with the dataloader that feeds it.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def predict(
        self, dataloader_kwargs: Mapping[str, Any], batch_size: int = DEFAULT_BATCH_SIZE,
        layer: str | int | None = None, *, keep_metadata: bool = False, **reading: Any,
    ) -> Any:
        """Return predictions for all rows of the files, in order.

        Args:
            dataloader_kwargs: what ``model.default_dataloader`` takes, such as ``fasta_file`` and
                ``intervals_file``; ``model.default_dataloader.print_args()`` lists it.
            batch_size: rows at a time.
            layer: a layer's name or its index from 1: its output instead of predictions.
            keep_metadata: return ``{"preds": ..., "metadata": ...}``.
            reading: ``num_workers``.

        Returns:
            float32, shape (rows, columns); with several targets a dict of such arrays.

        Raises:
            DataError: a file is not what it must be.
            DlgError: an argument is unknown.
        """
        return join_rows(list(self.predict_generator(
            dataloader_kwargs, batch_size, layer, keep_metadata=keep_metadata, **reading)))

    def predict_generator(
        self, dataloader_kwargs: Mapping[str, Any], batch_size: int = DEFAULT_BATCH_SIZE,
        layer: str | int | None = None, *, keep_metadata: bool = False, **reading: Any,
    ) -> Iterator[Any]:
        """Yield predictions batch by batch; see `predict`."""
        workers = _num_workers(reading)
        loader = self._open(dataloader_kwargs)
        for rows, arrays in loader.array_batches(batch_size, workers):
            found = self._run(arrays, layer)
            yield ({"preds": found, "metadata": loader.metadata(rows)} if keep_metadata else found)

    def predict_to_file(
        self,
        output_file: Path | str,
        dataloader_kwargs: Mapping[str, Any],
        batch_size: int = DEFAULT_BATCH_SIZE,
        keep_inputs: bool = False,
        keep_metadata: bool = False,
        layer: str | int | None = None,
        *,
        progress: Progress = silent,
        **reading: Any,
    ) -> int:
        """Write predictions, one row per interval or sequence.

        A table has the records of each row and columns named by target. ``.h5`` has the groups and
        ``.bed`` the columns of Kipoi's files.

        Args:
            output_file: ends in ``.tsv``, ``.tsv.gz``, ``.parquet``, ``.bed`` or ``.h5``; ``-`` is
                standard output.
            dataloader_kwargs: see `predict`.
            batch_size: rows at a time.
            keep_inputs: write inputs and targets too.
            keep_metadata: write the metadata too.
            layer: see `predict`.
            progress: told of rows.
            reading: ``num_workers``.

        Returns:
            The number of rows.

        Raises:
            DataError: a file is not what it must be.
            OutputError: the file cannot be written; what was there before is untouched.
        """
        check_ending(output_file)
        workers = _num_workers(reading)
        loader = self._open(dataloader_kwargs)
        return self.write_predictions(
            output_file, loader, batch_size, keep_inputs=keep_inputs, keep_metadata=keep_metadata,
            layer=layer, num_workers=workers, progress=progress)

    def write_predictions(
        self,
        output_file: Path | str,
        loader: Loader,
        batch_size: int = DEFAULT_BATCH_SIZE,
        *,
        keep_inputs: bool = False,
        keep_metadata: bool = False,
        layer: str | int | None = None,
        num_workers: int = 0,
        progress: Progress = silent,
    ) -> int:
        """Write predictions for a loader that is already open; see `predict_to_file`."""
        kept = (("inputs", "targets") if keep_inputs else ()) + (
            ("metadata",) if keep_metadata else ())
        with open_writer(output_file) as writer:
            for rows, arrays in loader.array_batches(batch_size, num_workers):
                found = self._run(arrays, layer)
                writer.write(self._result(loader, rows, found, kept, is_layer=layer is not None))
                progress("predict", int(rows[-1]) + 1, len(loader))
        return len(loader)

    def predict_example(
        self, batch_size: int = DEFAULT_BATCH_SIZE, output_file: Path | str | None = None,
        *, keep_metadata: bool = False, **reading: Any,
    ) -> Any:
        """Return predictions for the dataloader's example.

        Args:
            batch_size: rows at a time.
            output_file: a new file for inputs and predictions; None writes none.
            keep_metadata: return and write the metadata too.
            reading: ``num_workers``.

        Raises:
            OutputError: ``output_file`` exists.
            DlgError: the dataloader has no example, or its files cannot be had.
        """
        if output_file is not None and Path(output_file).exists():
            raise OutputError(output_file, "a file that exists", "Name a new one.")
        arguments = self._network.default_dataloader.example_kwargs
        if output_file is not None:
            self.predict_to_file(output_file, arguments, batch_size, keep_inputs=True,
                                 keep_metadata=keep_metadata, **reading)
        return self.predict(arguments, batch_size, keep_metadata=keep_metadata, **reading)

    def input_grad(self, dataloader_kwargs: Mapping[str, Any], batch_size: int = DEFAULT_BATCH_SIZE,
                   **how: Any) -> dict[str, Any]:
        """Return what `input_grad_generator` yields, joined."""
        found: dict[str, Any] = join_rows(
            list(self.input_grad_generator(dataloader_kwargs, batch_size, **how)))
        return found

    def input_grad_generator(
        self, dataloader_kwargs: Mapping[str, Any], batch_size: int = DEFAULT_BATCH_SIZE, **how: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield batches as the dataloader gives them, with gradients under ``grads``.

        Args:
            dataloader_kwargs: see `predict`.
            batch_size: rows at a time.
            how: see `Model.input_grad`.
        """
        loader = self._open(dataloader_kwargs)
        for rows, arrays in loader.array_batches(batch_size):
            yield {**_filled(loader.read(rows)), "grads": self._network.gradient(arrays, **how)}

    def _open(self, arguments: Mapping[str, Any]) -> Loader:
        return self._network.default_dataloader(**arguments)

    def _run(self, arrays: Arrays, layer: str | int | None) -> Any:
        if layer is not None:
            return self._network.layer_output(arrays, layer)
        found = self._network.forward(arrays)
        return next(iter(found.values())) if len(found) == 1 else found

    def _result(self, loader: Loader, rows: Rows, found: Any, kept: tuple[str, ...], *,
                is_layer: bool) -> Result:
        metadata = loader.metadata(rows)
        batch = _filled(loader.read(rows)) if "inputs" in kept else {"metadata": metadata}
        naming = Naming() if is_layer else naming_of(self._network.data)
        return Result(loader.records(rows), found, naming, metadata,
                      {name: batch[name] for name in kept if name in batch})


def _filled(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a batch without the empty targets of a loader that has none."""
    return {name: one for name, one in batch.items() if not (isinstance(one, dict) and not one)}


def _num_workers(reading: Mapping[str, Any]) -> int:
    """Return ``num_workers``; Kipoi's other arguments of ``batch_iter`` must change nothing."""
    for name, value in reading.items():
        if name in _REFUSED and value:
            raise DlgError(f"{name} must be False here: {_REFUSED[name]}. Received: {value!r}. "
                           "Use it with default_dataloader(...).batch_iter.")
        if name not in _READING and name not in _REFUSED:
            raise DlgError(f"how batches are read is set by {', '.join(_READING)}. Received: "
                           f"{name!r}.{did_you_mean(name, _READING)}")
    return int(reading.get("num_workers", 0))
