"""Simulated sequences with known truth."""

from dlgenomics.simulate.background import Background as Background
from dlgenomics.simulate.background import Independent as Independent
from dlgenomics.simulate.background import MarkovChain as MarkovChain
from dlgenomics.simulate.background import Shuffles as Shuffles
from dlgenomics.simulate.background import learn_chain as learn_chain
from dlgenomics.simulate.motif_files import built_in_motifs as built_in_motifs
from dlgenomics.simulate.motif_files import load_motif as load_motif
from dlgenomics.simulate.motif_files import read_motifs as read_motifs
from dlgenomics.simulate.motifs import Motif as Motif
from dlgenomics.simulate.simulation import Simulation as Simulation
from dlgenomics.simulate.simulation import simulate as simulate
from dlgenomics.simulate.simulation import simulate_task as simulate_task
from dlgenomics.simulate.tasks import TASKS as TASKS
from dlgenomics.simulate.write import write_genome as write_genome
from dlgenomics.simulate.write import write_simulation as write_simulation
