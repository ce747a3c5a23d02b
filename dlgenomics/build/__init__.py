"""Spec → Keras graph, from the allow-list only."""

from dlgenomics.build.model import assemble_model as assemble_model
from dlgenomics.build.model import build_model as build_model
