"""From files to predictions, in input order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DlgError, OutputError, did_you_mean
from dlgenomics.predict.batches import batch_rows
from dlgenomics.predict.computation import Wanted
from dlgenomics.predict.flow import READ_AHEAD, without_empty
from dlgenomics.predict.loaders.ahead import in_order
from dlgenomics.predict.loaders.loader import Loader
from dlgenomics.predict.nested import join_rows
from dlgenomics.predict.network import Network
from dlgenomics.predict.order import Order, computation_for, flow_for, plan_for
from dlgenomics.predict.parts.agreement import Intent
from dlgenomics.predict.parts.fingerprint import reads_standard_input
from dlgenomics.predict.skipped import note_skipped
from dlgenomics.predict.summary import Summary
from dlgenomics.predict.writers import (
    Heading,
    check_ending,
    is_stream,
    needs_places,
    open_writer,
)
from dlgenomics.predict.writers.result import Result
from dlgenomics.predict.writing import STAGE, WRITE_BEHIND, write_run
from dlgenomics.progress import Progress, silent

_READING: Final = ("num_workers",)
_REFUSED: Final = {
    "shuffle": "predictions come in the order of the files",
    "drop_last": "every row has its prediction",
}
_AS_USUAL: Final = Order()
_FROM_THE_START: Final = Intent()


class Pipeline:
    """Whole-pipeline prediction; made by a model, as ``model.pipeline``.

    Files are read, predicted and written at the same time. Every method takes ``num_workers``,
    the batches that are read ahead, as many at least as are computed at once; 0 reads and computes
    in turn. Default: 2.

    Args:
        network: what predicts, with the dataloader that feeds it.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    def predict(
        self, dataloader_kwargs: Mapping[str, Any], batch_size: int | None = None,
        layer: str | int | None = None, *, keep_metadata: bool = False, **reading: Any,
    ) -> Any:
        """Return predictions for all rows of the files, in order.

        Args:
            dataloader_kwargs: what ``model.default_dataloader`` takes, such as ``fasta_file`` and
                ``intervals_file``; ``model.default_dataloader.print_args()`` lists it.
            batch_size: rows at a time; None chooses by the network's size and ``DLG_MEMORY``. The
                same size gives the same bytes, another one differs in the last digits at most.
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
        self, dataloader_kwargs: Mapping[str, Any], batch_size: int | None = None,
        layer: str | int | None = None, *, keep_metadata: bool = False, **reading: Any,
    ) -> Iterator[Any]:
        """Yield predictions batch by batch; see `predict`."""
        order = Order(Wanted(layer), keep_metadata=keep_metadata, batch_size=batch_size,
                      ahead=_num_workers(reading))
        loader = self._open(dataloader_kwargs)
        size = order.batch(self._network, len(loader))
        flow = flow_for(loader, order, size, computation_for(self._network, order),
                        writes=False)
        for result in flow.results(batch_rows(0, len(loader), size)):
            found = result.predictions
            yield {"preds": found, "metadata": result.metadata} if keep_metadata else found

    def predict_to_file(
        self,
        output_file: Path | str,
        dataloader_kwargs: Mapping[str, Any],
        batch_size: int | None = None,
        keep_inputs: bool = False,
        keep_metadata: bool = False,
        layer: str | int | None = None,
        *,
        resume: bool = False,
        progress: Progress = silent,
        **reading: Any,
    ) -> int:
        """Write predictions, one row per interval or sequence.

        A table has the records of each row and columns named by target. ``.h5`` has the groups and
        ``.bed`` the columns of Kipoi's files.

        Args:
            output_file: ends in ``.tsv``, ``.bed`` (both also ``.gz``), ``.parquet``, ``.h5``,
                ``.zarr``, ``.npz``, ``.bedgraph`` or ``.bw``; ``-`` is standard output. That, a
                pipe or a device takes TSV.
            dataloader_kwargs: see `predict`.
            batch_size: rows at a time.
            keep_inputs: write inputs and targets too.
            keep_metadata: write the metadata too.
            layer: see `predict`.
            resume: go on with the finished shards of a run that was stopped, which lie in
                ``OUTPUT.parts``; the file has the same bytes as without the stop.
            progress: told of rows.
            reading: ``num_workers``.

        Returns:
            The number of rows.

        Raises:
            DataError: a file is not what it must be.
            OutputError: the file cannot be written; what was there before is untouched.
        """
        check_ending(output_file)
        order = Order(Wanted(layer), keep_inputs=keep_inputs, keep_metadata=keep_metadata,
                      batch_size=batch_size, ahead=_num_workers(reading))
        loader = self._open(dataloader_kwargs)
        return self.write_predictions(
            output_file, loader, order, arguments=dataloader_kwargs, intent=Intent(resume=resume),
            progress=progress).rows

    def write_predictions(
        self,
        output_file: Path | str,
        loader: Loader,
        order: Order = _AS_USUAL,
        *,
        arguments: Mapping[str, Any] | None = None,
        intent: Intent = _FROM_THE_START,
        column: str | None = None,
        progress: Progress = silent,
    ) -> Summary:
        """Write predictions for a loader that is already open; see `predict_to_file`.

        Args:
            output_file: see `predict_to_file`.
            loader: where the rows come from.
            order: what is computed and kept.
            arguments: what the loader was opened with, so that a run that goes on later notices
                when a file has changed.
            intent: what is to become of the shards of an earlier run, or the piece that is made.
            column: the column that a bedGraph or bigWig file holds.
            progress: told of rows.

        Raises:
            RunError: shards of another run are there.
            OutputError: the file cannot be written; finished shards stay.
        """
        check_ending(output_file)
        order = replace(order, places=needs_places(output_file))
        if is_stream(output_file):
            return self._stream(output_file, loader, order, progress)
        given = arguments or {}
        if (intent.resume or intent.piece) and reads_standard_input(given):
            raise DlgError("a run that goes on, or is made in pieces, reads its files again. "
                           "Received: standard input. Write it to a file first.")
        computation = computation_for(self._network, order)
        fresh = plan_for(self._network, loader, order, given, intent.piece, computation)
        run = write_run(
            Path(output_file), fresh, lambda plan: flow_for(
                loader, order, plan.batch_size, computation),
            intent, column, progress)
        note_skipped(Path(output_file), loader.skipped)
        return Summary(run.rows, len(run.shards), run.resumed, run.plan.batch_size,
                       run.flow.careful.shortened, len(loader.skipped), run.flow.clock.seconds,
                       order.wanted.engine, computation.comparison)

    def _stream(self, output: Path | str, loader: Loader, order: Order,
                progress: Progress) -> Summary:
        """Write to a place that takes rows as they come and keeps none."""
        computation = computation_for(self._network, order)
        size = order.batch(self._network, len(loader))
        flow = flow_for(loader, order, size, computation)
        rows = 0
        with open_writer(output, Heading(computation.naming, loader.contig_lengths)) as writer:
            def write(result: Result) -> int:
                writer.write(result)
                return len(result)

            results = flow.results(batch_rows(0, len(loader), size))
            for count in in_order(flow.clock.timed("write", write), results, WRITE_BEHIND):
                rows += count
                progress(STAGE, rows, len(loader))
        return Summary(rows, None, 0, size, flow.careful.shortened, len(loader.skipped),
                       flow.clock.seconds, order.wanted.engine, computation.comparison)

    def predict_example(
        self, batch_size: int | None = None, output_file: Path | str | None = None,
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

    def input_grad(self, dataloader_kwargs: Mapping[str, Any], batch_size: int | None = None,
                   **how: Any) -> dict[str, Any]:
        """Return what `input_grad_generator` yields, joined."""
        found: dict[str, Any] = join_rows(
            list(self.input_grad_generator(dataloader_kwargs, batch_size, **how)))
        return found

    def input_grad_generator(
        self, dataloader_kwargs: Mapping[str, Any], batch_size: int | None = None, **how: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield batches as the dataloader gives them, with gradients under ``grads``.

        Args:
            dataloader_kwargs: see `predict`.
            batch_size: rows at a time.
            how: see `Model.input_grad`.
        """
        loader = self._open(dataloader_kwargs)
        size = _AS_USUAL.batch(self._network, len(loader)) if batch_size is None else batch_size
        for rows, arrays in loader.array_batches(size):
            yield {**without_empty(loader.read(rows)),
                   "grads": self._network.gradient(arrays, **how)}

    def _open(self, arguments: Mapping[str, Any]) -> Loader:
        return self._network.default_dataloader(**arguments)


def _num_workers(reading: Mapping[str, Any]) -> int:
    """Return ``num_workers``; Kipoi's other arguments of ``batch_iter`` must change nothing."""
    for name, value in reading.items():
        if name in _REFUSED and value:
            raise DlgError(f"{name} must be False here: {_REFUSED[name]}. Received: {value!r}. "
                           "Use it with default_dataloader(...).batch_iter.")
        if name not in _READING and name not in _REFUSED:
            raise DlgError(f"how batches are read is set by {', '.join(_READING)}. Received: "
                           f"{name!r}.{did_you_mean(name, _READING)}")
    number = int(reading.get("num_workers", READ_AHEAD))
    if number < 0:
        raise DlgError("num_workers must be 0 or more, the batches that are read ahead. Received: "
                       f"{number}.")
    return number
