"""Runs on several processes or machines with Dask; needs the extra ``distributed``.

A task is one shard, which a worker writes into the folder of shards: no prediction travels over the
network, a task that is repeated does no harm, and the file that is made of the shards is the same
as that of one process. The folder must be one that all workers see.

Why Dask and not Ray Data: a trial on 2 shared cores, 249,904 windows of a 15-filter CNN in 21
shards, two workers, each way four times and three times with a worker killed (Python 3.11,
distributed 2026.8.0, Ray 2.60.0; medians of CPU time; start on the machine at its quietest):

    ============================= ================== =================
    ..                            Dask               Ray Data
    ============================= ================== =================
    CPU seconds (one process: 25) 42                 42
    the same, one worker killed   47                 50
    bytes of one process          always             always
    start, less model's opening   1 s                11 s
    adds to the installation      34 MB              325 MB
    model after a worker's death  opened anew        opened anew
    shard that kills all workers  4 workers, error   retried for ever
    lines here                    about 60           about 35
    ============================= ================== =================

The work is the same, so is the result; Dask costs less to have and to start, gives up on a shard
that kills its workers, and its dask-jobqueue starts workers on SLURM, PBS, LSF, SGE and HTCondor.
Ray would be better where actors on GPUs are to be placed by their needs.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dlgenomics.errors import DlgError
from dlgenomics.predict.batches import batch_rows
from dlgenomics.predict.clock import Clock
from dlgenomics.predict.flow import Flow
from dlgenomics.predict.parts.agreement import Intent, agree
from dlgenomics.predict.parts.folder import Parts
from dlgenomics.predict.parts.plan import Plan
from dlgenomics.predict.summary import Summary
from dlgenomics.predict.writers.result import Result
from dlgenomics.predict.writing import STAGE, merge_parts
from dlgenomics.progress import Progress, silent

STAGES: Final = ("load", "compute", "write")
RETRIES: Final = 3
ANSWER_SECONDS: Final = 20
_ALONE: Final = threading.Lock()
"""A worker of several threads makes one shard at a time: the network takes all cores anyway."""


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


@dataclass(frozen=True)
class Made:
    """What it took a worker to make a shard; it is pickled.

    Attributes:
        seconds: by stage.
        halved: the rows that a batch had at the end, where memory was short; else None.
    """

    seconds: Mapping[str, float]
    halved: int | None


def write_distributed(
    where: str, output: Path, fresh: Plan, make_flow: Callable[[Plan], Flow], intent: Intent,
    column: str | None = None, progress: Progress = silent,
) -> Summary:
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
        What the run did; its seconds are those of all workers, added up.

    Raises:
        DlgError: the extra is not installed, no scheduler answers there, or every worker that
            takes a certain shard dies.
        RunError, OutputError: see `write_run`.
    """
    parts = Parts(output.absolute())
    with parts.alone(None):
        plan = agree(parts, fresh.plain(), intent)
        found = parts.done()
        todo = [shard for shard in range(plan.shards) if shard not in found]
        here = Clock()
        try:
            made = _make(where, Job(make_flow, plan, parts.output), todo, progress) if todo else []
            merge = functools.partial(merge_parts, parts, plan, progress=progress)
            here.timed("write", merge)(column)
        except BaseException:
            if not parts.done():
                parts.remove()
            raise
    spent = [*(one.seconds for one in made), here.seconds]
    return Summary(plan.rows, plan.shards, len(found), plan.batch_size,
                   min((one.halved for one in made if one.halved), default=None),
                   seconds={stage: sum(one.get(stage, 0.0) for one in spent) for stage in STAGES})


def _make(where: str, job: Job, shards: list[int], progress: Progress) -> list[Made]:
    """Have every shard made; a worker that dies is replaced, and its shard made again."""
    with _client(where, len(shards)) as client:
        from distributed import KilledWorker, as_completed  # noqa: PLC0415 - an extra
        from distributed.protocol.pickle import dumps  # noqa: PLC0415

        content: bytes = dumps(job)
        tasks = [client.submit(make_shard, content, shard, retries=RETRIES, pure=False)
                 for shard in shards]
        made: list[Made] = []
        try:
            for task in as_completed(tasks):
                made.append(task.result())
                progress(f"{STAGE} shards", len(made), len(shards))
        except KilledWorker as error:
            raise DlgError("every shard must be made by one of the workers. Received: one at which "
                           "each worker died that took it, perhaps for want of memory. Give them "
                           "more, or begin anew with a smaller --batch-size.") from error
        return made


def make_shard(content: bytes, shard: int) -> Made:
    """Make one shard in a worker, unless it is there.

    Args:
        content: the job, pickled.
        shard: its number.
    """
    with _ALONE:
        job, flow = _opened(content)
        before = dict(flow.clock.seconds)
        if shard not in Parts(job.output).done():
            _save(job, flow, shard)
        return Made({stage: seconds - before.get(stage, 0.0)
                     for stage, seconds in flow.clock.seconds.items()}, flow.careful.shortened)


def _save(job: Job, flow: Flow, shard: int) -> None:
    batches = batch_rows(*job.plan.rows_of(shard), job.plan.batch_size)
    with contextlib.closing(flow.results(batches)) as results:
        result = Result.join(list(results)).portable()
    flow.clock.timed("write", functools.partial(Parts(job.output).save, shard))(result)


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
            client = distributed.Client(where, timeout=ANSWER_SECONDS)
        except (OSError, ValueError) as error:
            raise DlgError("--dask must be a number of processes or the address of a scheduler "
                           f"that answers, such as tcp://node1:8786. Received: {where!r} "
                           f"({error}).") from error
        with client:
            yield client
        return
    workers = max(1, min(int(where), tasks))
    with (distributed.LocalCluster(n_workers=workers, threads_per_worker=1, processes=True,
                                   dashboard_address=None) as cluster,
          distributed.Client(cluster) as client):
        yield client
