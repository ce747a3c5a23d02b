"""From files to the predictions of a program: batches of its dataloader, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dlgenomics.data.split import Rows
from dlgenomics.errors import OutputError
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.dataloader import Dataloader
from dlgenomics.predict.loaders.ahead import in_order
from dlgenomics.predict.loaders.loader import Batch, Loader
from dlgenomics.predict.nested import join_rows
from dlgenomics.predict.writers import check_ending, open_writer
from dlgenomics.predict.writers.result import Result
from dlgenomics.progress import Progress, silent

DEFAULT_BATCH_SIZE = 32
"""As in Kipoi, for whose models these programs are."""


class Runs(Protocol):
    """What a pipeline runs; a `Program` is one."""

    @property
    def columns(self) -> list[str]:
        """The names of the only output's columns; none where it has no names."""

    @property
    def default_dataloader(self) -> Dataloader:
        """What feeds it."""

    def predict_on_batch(self, x: Any) -> Any:
        """Return predictions for a batch."""

    def predict_activation_on_batch(self, x: Any, layer: str | int) -> Any:
        """Return what a layer gives."""

    def input_grad(self, x: Any, **how: Any) -> Any:
        """Return the gradient with respect to the input."""


class ProgramPipeline:
    """Kipoi's pipeline for a program; arguments and results are those of a `Model`'s.

    Args:
        program: what is run.
    """

    def __init__(self, program: Runs) -> None:
        self._program = program

    def predict(self, dataloader_kwargs: Mapping[str, Any], batch_size: int = DEFAULT_BATCH_SIZE,
                layer: str | int | None = None, *, num_workers: int = 0) -> Any:
        """Return predictions for all rows of the files, in order."""
        return join_rows(list(self.predict_generator(dataloader_kwargs, batch_size, layer,
                                                     num_workers=num_workers)))

    def predict_generator(
        self, dataloader_kwargs: Mapping[str, Any], batch_size: int = DEFAULT_BATCH_SIZE,
        layer: str | int | None = None, *, num_workers: int = 0,
    ) -> Iterator[Any]:
        """Yield predictions batch by batch."""
        loader = self._program.default_dataloader(**dataloader_kwargs)
        for _, batch in _batches(loader, batch_size, num_workers):
            yield self._run(batch, layer)

    def predict_to_file(
        self, output_file: Path | str, dataloader_kwargs: Mapping[str, Any],
        batch_size: int = DEFAULT_BATCH_SIZE, keep_inputs: bool = False,
        keep_metadata: bool = False, layer: str | int | None = None, *, num_workers: int = 0,
        progress: Progress = silent,
    ) -> int:
        """Write predictions, one row per row of the files; return their number."""
        check_ending(output_file)
        loader = self._program.default_dataloader(**dataloader_kwargs)
        return self.write_predictions(
            output_file, loader, batch_size, keep_inputs=keep_inputs, keep_metadata=keep_metadata,
            layer=layer, num_workers=num_workers, progress=progress)

    def write_predictions(
        self, output_file: Path | str, loader: Loader, batch_size: int = DEFAULT_BATCH_SIZE, *,
        keep_inputs: bool = False, keep_metadata: bool = False, layer: str | int | None = None,
        num_workers: int = 0, progress: Progress = silent,
    ) -> int:
        """Write predictions for a loader that is already open; see `predict_to_file`."""
        kept = (("inputs", "targets") if keep_inputs else ()) + (
            ("metadata",) if keep_metadata else ())
        with open_writer(output_file) as writer:
            for rows, batch in _batches(loader, batch_size, num_workers):
                found = self._run(batch, layer)
                naming = Naming() if layer is not None else self._naming(found)
                writer.write(Result(
                    loader.records(rows), found, naming, batch.get("metadata", {}),
                    {name: batch[name] for name in kept if _has(batch, name)}))
                progress("predict", int(rows[-1]) + 1, len(loader))
        return len(loader)

    def predict_example(self, batch_size: int = DEFAULT_BATCH_SIZE,
                        output_file: Path | str | None = None) -> Any:
        """Return predictions for the dataloader's example.

        Raises:
            OutputError: ``output_file`` exists.
        """
        if output_file is not None and Path(output_file).exists():
            raise OutputError(output_file, "a file that exists", "Name a new one.")
        arguments = self._program.default_dataloader.example_kwargs
        if output_file is not None:
            self.predict_to_file(output_file, arguments, batch_size, keep_inputs=True)
        return self.predict(arguments, batch_size)

    def input_grad(self, dataloader_kwargs: Mapping[str, Any],
                   batch_size: int = DEFAULT_BATCH_SIZE, **how: Any) -> dict[str, Any]:
        """Return what `input_grad_generator` yields, joined."""
        found: dict[str, Any] = join_rows(
            list(self.input_grad_generator(dataloader_kwargs, batch_size, **how)))
        return found

    def input_grad_generator(self, dataloader_kwargs: Mapping[str, Any],
                             batch_size: int = DEFAULT_BATCH_SIZE,
                             **how: Any) -> Iterator[dict[str, Any]]:
        """Yield batches as the dataloader gives them, with gradients under ``grads``."""
        loader = self._program.default_dataloader(**dataloader_kwargs)
        for _, batch in _batches(loader, batch_size, 0):
            filled = {name: one for name, one in batch.items() if _has(batch, name)}
            yield {**filled, "grads": self._program.input_grad(batch["inputs"], **how)}

    def _run(self, batch: Batch, layer: str | int | None) -> Any:
        if layer is None:
            return self._program.predict_on_batch(batch["inputs"])
        return self._program.predict_activation_on_batch(batch["inputs"], layer)

    def _naming(self, found: Any) -> Naming:
        """Return how predictions are named: by the descriptor's labels, if they fit."""
        names = self._program.columns
        fits = isinstance(found, np.ndarray) and found.shape[1:] == (len(names),)
        return Naming(labels={"preds": names}) if fits else Naming()


def _batches(loader: Loader, size: int, workers: int) -> Iterator[tuple[Rows, Batch]]:
    def read(rows: Rows) -> tuple[Rows, Batch]:
        return rows, loader.read(rows)

    order = np.arange(len(loader))
    return in_order(read, (order[first:first + size] for first in range(0, len(order), size)),
                    workers)


def _has(batch: Batch, name: str) -> bool:
    """Say whether a batch holds something of that name; loaders without targets give ``{}``."""
    return name in batch and not (isinstance(batch[name], dict) and not batch[name])
