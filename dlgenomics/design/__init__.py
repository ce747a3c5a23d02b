"""Sequences that a model gives a high or low number: found by substitutions or with motifs.

`evolve` replaces letters, one a step; `insert_motifs` puts motifs where they serve best. Both keep
`Constraints`, and return a `Design`: the sequence with every step to it. Importing `objective`
starts TensorFlow; the rest is light.
"""

from dlgenomics.design.constraints import Constraints as Constraints
from dlgenomics.design.designs import Change as Change
from dlgenomics.design.designs import Design as Design
from dlgenomics.design.designs import Objective as Objective
from dlgenomics.design.evolution import evolve as evolve
from dlgenomics.design.insertion import insert_motifs as insert_motifs
from dlgenomics.design.starts import random_starts as random_starts
from dlgenomics.design.write import write_designs as write_designs
