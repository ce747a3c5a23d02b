"""Simulated sequences with known truth."""

from dlgenomics.simulate.motifs import Motif as Motif
from dlgenomics.simulate.motifs import load_motif as load_motif
from dlgenomics.simulate.motifs import read_meme as read_meme
from dlgenomics.simulate.tasks import TASKS as TASKS
from dlgenomics.simulate.tasks import Simulation as Simulation
from dlgenomics.simulate.tasks import simulate as simulate
from dlgenomics.simulate.write import write_genome as write_genome
from dlgenomics.simulate.write import write_simulation as write_simulation
