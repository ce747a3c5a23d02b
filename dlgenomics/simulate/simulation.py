"""Makes the sequences of a task, with labels and truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dlgenomics.data.encoding import Codes
from dlgenomics.simulate.background import Background, Independent
from dlgenomics.simulate.motifs import Motif
from dlgenomics.simulate.scene import Embeddings, embed, join_embeddings
from dlgenomics.simulate.task import Labels, Task
from dlgenomics.simulate.tasks import TASKS

DEFAULT_BACKGROUND: Final = Independent()


@dataclass(frozen=True, eq=False)
class Simulation:
    """Simulated sequences with labels and truth.

    Attributes:
        codes: uint8, shape (sequences, length).
        labels: 0 or 1, shape (sequences, columns).
        columns: the names of the labels.
        motifs: what was embedded.
        embeddings: where it was embedded.
    """

    codes: Codes
    labels: Labels
    columns: tuple[str, ...]
    motifs: tuple[Motif, ...]
    embeddings: Embeddings


def simulate(
    task: str,
    *motifs: Any,
    count: int = 20_000,
    length: int = 500,
    background: Background = DEFAULT_BACKGROUND,
    seed: int = 1,
    **options: Any,
) -> Simulation:
    """Simulate a task.

    Args:
        task: a key of `TASKS`.
        motifs: what the task's class takes: one motif; two; a tuple; or two tuples.
        count: the number of sequences.
        length: bp in each.
        background: what stands around the motifs.
        seed: the same seed gives the same bytes.
        options: further attributes of the task's class.

    Example:
        ``simulate("density-localization", load_motif("TAL1"), center=200)``

    Raises:
        DataError: options that contradict each other, or motifs that do not fit.
    """
    return simulate_task(TASKS[task](*motifs, **options), count=count, length=length,
                         background=background, seed=seed)


def simulate_task(task: Task, *, count: int, length: int, background: Background,
                  seed: int) -> Simulation:
    """Simulate a task that is made already; see `simulate`."""
    rng = np.random.default_rng(seed)
    labels = task.labels(count, rng)
    codes = background.draw(count, length, rng)
    embedded = [embed(codes, scene, task.motifs, rng)
                for scene in task.scenes(labels, length, rng)]
    return Simulation(codes, labels, task.columns, task.motifs, join_embeddings(embedded))
