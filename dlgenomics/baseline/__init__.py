"""Simple models of k-mer counts on a network's own split, so that it has to earn its place."""

from dlgenomics.baseline.compare import judge as judge
from dlgenomics.baseline.fit import DEFAULT_K as DEFAULT_K
from dlgenomics.baseline.fit import fit_baselines as fit_baselines
from dlgenomics.baseline.models import TITLES as TITLES
from dlgenomics.baseline.record import Record as Record
from dlgenomics.baseline.record import read_baselines as read_baselines
from dlgenomics.baseline.run import fit_run_baselines as fit_run_baselines
