"""From files to the predictions of a program: batches of its dataloader, in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from dlgenomics.data.split import Rows
from dlgenomics.errors import DlgError, OutputError
from dlgenomics.predict.columns import Naming
from dlgenomics.predict.computation import Wanted
from dlgenomics.predict.dataloader import Dataloader
from dlgenomics.predict.flow import without_empty
from dlgenomics.predict.loaders.ahead import in_order
from dlgenomics.predict.loaders.loader import Batch, Loader
from dlgenomics.predict.nested import join_rows
from dlgenomics.predict.order import Order
from dlgenomics.predict.parts.agreement import Intent
from dlgenomics.predict.summary import Summary
from dlgenomics.predict.writers import Heading, check_ending, open_writer
from dlgenomics.predict.writers.result import Result
from dlgenomics.progress import Progress, silent

DEFAULT_BATCH_SIZE = 32
"""As in Kipoi, for whose models these programs are."""

_AS_USUAL: Final = Order(ahead=0)
_FROM_THE_START: Final = Intent()


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
        order = Order(Wanted(layer), keep_inputs, keep_metadata, batch_size, num_workers)
        return self.write_predictions(output_file, loader, order, progress=progress).rows

    def write_predictions(
        self, output_file: Path | str, loader: Loader, order: Order = _AS_USUAL, *,
        arguments: Mapping[str, Any] | None = None,  # noqa: ARG002 - as a `Pipeline` is called
        intent: Intent = _FROM_THE_START, column: str | None = None, progress: Progress = silent,
    ) -> Summary:
        """Write predictions for a loader that is already open, from the first row to the last.

        Args:
            output_file: see `predict_to_file`.
            loader: where the rows come from.
            order: what is asked for; a program gives predictions and the output of layers.
            arguments: of the loader; a program's runs do not go on later.
            intent: nothing, for the same reason.
            column: the column that a bedGraph or bigWig file holds.
            progress: told of rows.

        Raises:
            DlgError: a program cannot do what is asked for.
        """
        refuse_wishes(_wishes(order, intent))
        size = order.batch_size or DEFAULT_BATCH_SIZE
        results = self._results(loader, order, size)
        first = next(results, None)
        if first is None:
            raise DlgError("there must be a row to predict. Received: none.")
        rows = 0
        with open_writer(output_file, Heading(first.naming, loader.contig_lengths, column)
                         ) as writer:
            for result in itertools.chain([first], results):
                writer.write(result)
                rows += len(result)
                progress("predict", rows, len(loader))
        return Summary(rows, None, 0, size)

    def _results(self, loader: Loader, order: Order, size: int) -> Iterator[Result]:
        layer = order.wanted.layer
        for rows, batch in _batches(loader, size, order.ahead):
            found = self._run(batch, layer)
            naming = Naming() if layer is not None else self._naming(found)
            yield Result(loader.records(rows), found, naming, batch.get("metadata", {}),
                         {name: batch[name] for name in order.keeps if name in batch})

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
            yield {**batch, "grads": self._program.input_grad(batch["inputs"], **how)}

    def _run(self, batch: Batch, layer: str | int | None) -> Any:
        if layer is None:
            return self._program.predict_on_batch(batch["inputs"])
        return self._program.predict_activation_on_batch(batch["inputs"], layer)

    def _naming(self, found: Any) -> Naming:
        """Return how predictions are named: by the descriptor's labels, if they fit."""
        names = self._program.columns
        fits = isinstance(found, np.ndarray) and found.shape[1:] == (len(names),)
        return Naming(labels={"preds": names}) if fits else Naming()


def _batches(loader: Loader, size: int, ahead: int) -> Iterator[tuple[Rows, Batch]]:
    def read(rows: Rows) -> tuple[Rows, Batch]:
        return rows, without_empty(loader.read(rows))

    order = np.arange(len(loader))
    return in_order(read, (order[first:first + size] for first in range(0, len(order), size)),
                    ahead)


def refuse_wishes(asked: Sequence[str]) -> None:
    """Refuse what only networks that are read here can do.

    Args:
        asked: what a program cannot do, in words.

    Raises:
        DlgError: there is such a wish.
    """
    if asked:
        raise DlgError("code of a model's authors is run once, from the first row to the last, for "
                       "predictions or outputs of layers; nothing is kept to go on with. Received: "
                       f"a wish for {' and '.join(asked)}. Leave that out; to work in pieces, give "
                       "each run some of the intervals.")


def _wishes(order: Order, intent: Intent) -> list[str]:
    wanted = order.wanted
    return [word for word, said in (
        ("gradients", wanted.gradients is not None),
        (f"the engine {wanted.engine}", wanted.engine != Wanted().engine),
        ("several devices", wanted.devices > 1),
        ("shards (--resume, --restart, --shard)", intent != _FROM_THE_START)) if said]
