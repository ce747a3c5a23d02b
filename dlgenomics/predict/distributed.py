"""Runs on several processes or machines with Dask; needs the extra ``distributed``.

Dask and not Ray: both were as fast in our trial, Dask is a tenth of the size, starts in a second,
keeps a loaded model in its worker between tasks, and its dask-jobqueue starts workers on SLURM,
LSF, PBS and SGE. A task is one shard, which a worker writes into the folder of shards: no
prediction travels over the network, a task that is repeated does no harm, and the file that is
made of the shards is the same as that of one process. The folder must be one that all workers see.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DlgError
from dlgenomics.predict.batches import batch_rows
from dlgenomics.predict.flow import Flow
from dlgenomics.predict.parts.agreement import Intent, agree
from dlgenomics.predict.parts.folder import Parts
from dlgenomics.predict.parts.plan import Plan
from dlgenomics.predict.writers.result import Result
from dlgenomics.predict.writing import STAGE, merge_parts
from dlgenomics.progress import Progress, silent

RETRIES: Final = 3
ANSWER_SECONDS: Final = 20


@dataclass(frozen=True)
class Job:
    """What a worker is told; it is pickled.

    Attributes:
        make_flow: the plan → how rows become results; opens model and files.
        plan: the run.
        output: the file that it makes.
    """

    make_flow: Callable[[Plan], Flow]
    plan: Plan
    output: Path


def write_distributed(
    where: str, output: Path, fresh: Plan, make_flow: Callable[[Plan], Flow], intent: Intent,
    column: str | None = None, progress: Progress = silent,
) -> tuple[Plan, int]:
    """Make a run, or what is left of one, on the workers of Dask.

    Args:
        where: how many processes are started on this machine, or the address of a scheduler.
        output: the file; the shards lie in a folder beside it, which all workers must see.
        fresh: the plan of the run if it begins now.
        make_flow: see `Job`.
        intent: what is to become of shards that are there.
        column: see `Heading`.
        progress: told of shards.

    Returns:
        The plan that was followed, and how many shards were there already.

    Raises:
        DlgError: the extra is not installed, or no scheduler answers there.
        RunError, OutputError: see `write_run`.
    """
    parts = Parts(output.absolute())
    with parts.alone(None):
        plan = agree(parts, fresh.plain(), intent)
        found = parts.done()
        todo = [shard for shard in range(plan.shards) if shard not in found]
        try:
            with _client(where, len(todo)) as client:
                _make(client, Job(make_flow, plan, parts.output), todo, progress)
            merge_parts(parts, plan, column, progress)
        except BaseException:
            if not parts.done():
                parts.remove()
            raise
    return plan, len(found)


def _make(client: Any, job: Job, shards: list[int], progress: Progress) -> None:
    """Have every shard made; a worker that dies is replaced, and its shard made again."""
    from distributed import as_completed  # noqa: PLC0415 - an extra
    from distributed.protocol.pickle import dumps  # noqa: PLC0415

    content: bytes = dumps(job)
    tasks = [client.submit(make_shard, content, shard, retries=RETRIES, pure=False)
             for shard in shards]
    stage = f"{STAGE} shards"
    for count, task in enumerate(as_completed(tasks), 1):
        task.result()
        progress(stage, count, len(shards))


def make_shard(content: bytes, shard: int) -> int:
    """Make one shard in a worker, unless it is there.

    Args:
        content: the job, pickled.
        shard: its number.
    """
    job, flow = _opened(content)
    parts = Parts(job.output)
    if shard not in parts.done():
        batches = batch_rows(*job.plan.rows_of(shard), job.plan.batch_size)
        with contextlib.closing(flow.results(batches)) as results:
            parts.save(shard, Result.join(list(results)).portable())
    return shard


@functools.lru_cache(maxsize=1)
def _opened(content: bytes) -> tuple[Job, Flow]:
    """Open model and files once in a worker, however many shards it makes."""
    from distributed.protocol.pickle import loads  # noqa: PLC0415 - an extra

    job: Job = loads(content)
    return job, job.make_flow(job.plan)


@contextlib.contextmanager
def _client(where: str, tasks: int) -> Iterator[Any]:
    """Connect to a scheduler, or start one with processes of its own."""
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise DlgError("--dask needs the package distributed. Received: an installation without "
                       "it. Run: pip install 'dlgenomics[distributed]'") from error
    if not where.isdecimal():
        try:
            with distributed.Client(where, timeout=ANSWER_SECONDS) as client:
                yield client
        except (OSError, ValueError) as error:
            raise DlgError("--dask must be a number of processes or the address of a scheduler "
                           f"that answers, such as tcp://node1:8786. Received: {where!r} "
                           f"({error}).") from error
        return
    workers = max(1, min(int(where), tasks))
    with (distributed.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True,
                                   dashboard_address=None) as cluster,
          distributed.Client(cluster) as client):
        yield client
