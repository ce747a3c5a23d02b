"""Runs of ``dlg predict`` on the workers of Dask."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlgenomics_cli.feeding import Feeding, open_model

if TYPE_CHECKING:
    from dlgenomics.predict.flow import Flow
    from dlgenomics.predict.loaders.loader import Loader
    from dlgenomics.predict.model import Model
    from dlgenomics.predict.order import Order
    from dlgenomics.predict.parts.plan import Plan
    from dlgenomics.predict.summary import Summary
    from dlgenomics.progress import Progress
    from dlgenomics_cli.running import Running


def write_on_dask(
    name: str, model: Model, loader: Loader, files: Mapping[str, Any], feeding: Feeding,
    running: Running, output: str, progress: Progress,
) -> Summary:
    """Make a run on workers; each opens the model by its name and the files by their paths.

    Args:
        name: the model, as it was given.
        model: the same, open.
        loader: its rows.
        files: the loader's arguments.
        feeding: how the model is fed.
        running: how the run goes on, with ``dask``.
        output: the file.
        progress: told of shards.

    Returns:
        What the run did; seconds are those of all workers, added up.

    Raises:
        DlgError: see `write_distributed`; or standard input is read, which workers do not have.
    """
    from dlgenomics.errors import DlgError
    from dlgenomics.predict.distributed import write_distributed
    from dlgenomics.predict.order import computation_for, plan_for
    from dlgenomics.predict.parts.fingerprint import reads_standard_input
    from dlgenomics.predict.skipped import note_skipped
    from dlgenomics.predict.writers import needs_places

    if reads_standard_input(files):
        raise DlgError("a run on several workers reads its files in each of them. Received: "
                       "standard input. Write it to a file first.")
    order = replace(running.order(feeding), places=needs_places(output))
    given = absolute(files)
    computation = computation_for(model, order)
    fresh = plan_for(model, loader, order, given, None, computation)
    opened_as = name if feeding.by_its_own_loader else model.source.location
    make_flow = functools.partial(flow_of, opened_as, given, feeding, order)
    done = write_distributed(str(running.dask), Path(output), fresh, make_flow, running.intent,
                             running.column, progress)
    note_skipped(Path(output), loader.skipped)
    return replace(done, skipped=len(loader.skipped), engine=order.wanted.engine,
                   comparison=computation.comparison)


def flow_of(name: str, files: dict[str, Any], feeding: Feeding, order: Order, plan: Plan) -> Flow:
    """Open model and files in a worker."""
    from dlgenomics.predict.order import computation_for, flow_for
    from dlgenomics_zoo.client import Terms

    model, loader = open_model(name, files, feeding, Terms())
    return flow_for(loader, order, plan.batch_size, computation_for(model, order))


def absolute(files: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments whose paths lead to the same files from any folder."""
    return {name: _absolute(value) for name, value in files.items()}


def _absolute(value: Any) -> Any:
    if isinstance(value, Mapping):
        return absolute(value)
    if isinstance(value, list | tuple):
        return [_absolute(one) for one in value]
    return str(Path(value).absolute()) if isinstance(value, str) and Path(value).exists() else value
