"""Contributions as files, by the ending of the name."""

from dlgenomics.explain.writers.opening import ENDINGS as ENDINGS
from dlgenomics.explain.writers.opening import check_ending as check_ending
from dlgenomics.explain.writers.opening import needs_intervals as needs_intervals
from dlgenomics.explain.writers.opening import write_contributions as write_contributions
