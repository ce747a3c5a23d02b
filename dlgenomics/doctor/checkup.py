"""All checks, and what they find in a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from dlgenomics.doctor import labels, network, split, training
from dlgenomics.doctor.finding import SEVERITIES, Finding
from dlgenomics.doctor.subject import Subject, read_facts
from dlgenomics.spec.document import Document, read_document
from dlgenomics.spec.packaged import Packages
from dlgenomics.spec.parse import check_document

Check = Callable[[Subject], Iterator[Finding]]

CHECKS: Final[Mapping[str, Check]] = {
    "overlapping places": split.overlapping_places,
    "same sequences": split.same_sequences,
    "missing test set": split.missing_test_part,
    "constant targets": labels.constant_targets,
    "contradictory copies": labels.contradictory_copies,
    "rare classes": labels.rare_classes,
    "unknown bases": labels.many_unknown_bases,
    "parameters and examples": network.more_parameters_than_examples,
    "doubts of the reader": network.doubts_of_the_reader,
    "dropout rate": network.unusual_dropout,
    "normalization behind dropout": network.normalization_behind_dropout,
    "normalization behind activation": network.normalization_behind_activation,
    "view shorter than a motif": network.view_shorter_than_a_motif,
    "view wider than the input": network.view_wider_than_the_input,
    "learning rate": training.unusual_learning_rate,
    "batch size": training.batch_larger_than_training_set,
    "early stopping": training.no_early_stopping,
    "squared error for classes": training.squared_error_for_classes,
    "arrays and augmentation": training.arrays_left_as_they_are,
}
"""Every check by name. Those that need examples find nothing where no data are given."""


def examine(text: str, source: str = "<spec>", data_folder: Path | None = None,
            packages: Packages | None = None) -> list[Finding]:
    """Look at a spec, and at its data where a folder is given, before anything is trained.

    Starts no TensorFlow.

    Args:
        text: the spec.
        source: its file, for messages.
        data_folder: where the spec's relative paths start; None leaves the data out.
        packages: finds the packaged models that the spec takes as blocks.

    Returns:
        What the checks found, the worst first, each at its place.

    Raises:
        SpecError: the spec breaks rules.
        DataError: the data are not what they must be.
    """
    document = read_document(text, source)
    spec, warnings = check_document(document, packages)
    facts = None if data_folder is None else read_facts(spec, data_folder)
    subject = Subject(spec, tuple(warnings), facts)
    found = [_placed(finding, name, document)
             for name, check in CHECKS.items() for finding in check(subject)]
    return sorted(dict.fromkeys(found), key=lambda one: SEVERITIES.index(one.severity))


def _placed(finding: Finding, check: str, document: Document) -> Finding:
    if finding.line:
        return replace(finding, check=check)
    place = document.place(finding.path)
    return replace(finding, check=check, line=place.line, column=place.column)
