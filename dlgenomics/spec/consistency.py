"""Rules that join sections of a spec: source and labels, network and targets, task and loss."""

from __future__ import annotations

from dlgenomics.spec.data_rules import check_data
from dlgenomics.spec.model_rules import check_model
from dlgenomics.spec.problems import Problems
from dlgenomics.spec.source_rules import check_examples
from dlgenomics.spec.training_rules import check_training
from dlgenomics.spec.transfer import check_transfer
from dlgenomics.spec.types import Spec


def check_together(spec: Spec, problems: Problems) -> None:
    """Note what is wrong between the sections of a spec whose types are right."""
    check_data(spec, problems)
    check_examples(spec, problems)
    check_model(spec, problems)
    check_training(spec, problems)
    check_transfer(spec, problems)
