"""Spec + examples → a run folder."""

from dlgenomics.train.fit import Run as Run
from dlgenomics.train.fit import resume as resume
from dlgenomics.train.fit import train as train
