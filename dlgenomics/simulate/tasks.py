"""DragoNN's simulated tasks by name.

After the tutorials of DragoNN (https://kundajelab.github.io/dragonn/). A task draws labels and says
what goes into which sequences; `simulate` makes the sequences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dlgenomics.simulate.one_motif import DensityLocalization, MotifCounting, SingleMotif
from dlgenomics.simulate.several_motifs import (
    DifferentialAccessibility,
    HeterodimerGrammar,
    MultiMotif,
)
from dlgenomics.simulate.task import Task

TASKS: Final[Mapping[str, type[Task]]] = {
    "single-motif": SingleMotif,
    "motif-counting": MotifCounting,
    "density-localization": DensityLocalization,
    "multi-motif": MultiMotif,
    "differential-accessibility": DifferentialAccessibility,
    "heterodimer-grammar": HeterodimerGrammar,
}
