"""Rules of inputs and targets: names, lengths, tracks, columns and classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.document import Path
from dlgenomics.spec.inputs import (
    KmerInput,
    NumericInput,
    ProteinInput,
    SequenceInput,
    TokensInput,
    TrackInput,
)
from dlgenomics.spec.problems import Problems, must_be
from dlgenomics.spec.targets import (
    ArrayTarget,
    ClassTarget,
    ColumnTarget,
    CountTarget,
    InputTarget,
    ProfileTarget,
    Target,
    Task,
)
from dlgenomics.spec.types import Data, Spec
from dlgenomics.spec.wiring import NAME_RULE, is_layer_name


def check_data(spec: Spec, problems: Problems) -> None:
    """Note what is wrong with the inputs and targets of a spec whose types are right."""
    data = spec.data
    for section, noun in (("inputs", "input"), ("targets", "target")):
        if not getattr(data, section):
            problems.add(("data", section),
                         f"data.{section} must name at least one {noun}. Received: none.")
    _check_names(data, problems)
    _check_inputs(data, problems)
    _check_centres(data, problems)
    for name, target in data.targets.items():
        if isinstance(target, ColumnTarget):
            _check_columns(spec, name, target, problems)
        _check_kind(name, target, spec.task_of(name), problems)
    _check_targets(data, problems)


def _check_names(data: Data, problems: Problems) -> None:
    """Check the names that become names of Keras layers."""
    for section, names in (("inputs", data.inputs), ("targets", data.targets)):
        for name in names:
            if not is_layer_name(name):
                problems.add(("data", section, name), must_be("a name", NAME_RULE, name),
                             at_key=True)
            if section == "targets" and name in data.inputs:
                problems.add(("data", section, name), "inputs and targets must have names of their "
                             f"own. Received: {name!r} for both.", at_key=True)


def _check_inputs(data: Data, problems: Problems) -> None:
    for name, one in data.inputs.items():
        path = ("data", "inputs", name)
        if isinstance(one, TrackInput):
            _check_tracks(one, path, problems)
        if isinstance(one, KmerInput) and one.k > one.length:
            problems.add((*path, "k"), f"k must be at most the length, {one.length}. "
                         f"Received: {one.k}.")
        if isinstance(one, TokensInput):
            for field, message in one.tokenizer.faults():
                problems.add((*path, "tokenizer", field), message)
        if isinstance(one, NumericInput):
            _check_differ(one.columns, (*path, "columns"), problems)
            _check_scaling(one, path, problems)
    proteins = [n for n, one in data.inputs.items() if isinstance(one, ProteinInput)]
    if proteins and len(proteins) < len(data.sequences):
        problems.add(("data", "inputs", proteins[0]), "sequences of one source are of one "
                     f"alphabet. Received: protein ({proteins[0]!r}) beside nucleotides.",
                     at_key=True)


def _check_differ(columns: Sequence[str], path: Path, problems: Problems) -> None:
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        problems.add(path, f"columns must differ. Received: {twice[0]!r} twice.")


def _check_scaling(one: NumericInput, path: Path, problems: Problems) -> None:
    """Check numbers that training found; people do not write them."""
    if one.fitted is None:
        return
    for key, values in (("center", one.fitted.center), ("spread", one.fitted.spread)):
        if len(values) != len(one.columns):
            problems.add((*path, "fitted", key), f"{key} must hold a number for each of the "
                         f"{len(one.columns)} columns. Received: {len(values)}.")
    if any(spread <= 0 for spread in one.fitted.spread):
        problems.add((*path, "fitted", "spread"), "spread must hold numbers above 0. "
                     f"Received: {min(one.fitted.spread):g}.")


def _check_centres(data: Data, problems: Problems) -> None:
    """Check that windows around one place have one centre, whichever strand they are read from."""
    windows: dict[tuple[str, str], SequenceInput | TrackInput] = {
        ("inputs", name): one for name, one in (*data.sequences.items(), *data.tracks.items())}
    targets = {("targets", name): one for name, one in data.targets.items()
               if isinstance(one, ProfileTarget | CountTarget)}
    if not data.tracks and not targets:
        return
    everything = {**windows, **targets}
    (_, first), beside = next(iter(everything.items()))
    for (section, name), one in everything.items():
        if (one.length - beside.length) % 2:
            problems.add(("data", section, name, "length"), "lengths around one centre must "
                         "differ by an even number of bp, or the strands have different centres. "
                         f"Received: {one.length} beside {first!r} with {beside.length}. "
                         f"Write {one.length + 1} or {one.length - 1}.")


_KINDS: Final[Mapping[str, tuple[Task, ...]]] = {
    "classes": ("multiclass_classification",),
    "bigwig_profile": ("profile", "regression"),
    "bigwig_counts": ("regression",),
    "tokens": ("language_model",),
    "columns": ("binary_classification", "multilabel_classification",
                "multiclass_classification", "regression"),
}
"""The tasks that a kind of target can have; other kinds can have any."""


def _check_kind(name: str, target: Target, task: Task, problems: Problems) -> None:
    fitting = _KINDS.get(target.kind)
    if fitting and task not in fitting:
        problems.add(("data", "targets", name), f"a target of kind {target.kind} is for "
                     f"{' or '.join(fitting)}. Received: {task}. Change the task, or the kind.",
                     at_key=True)


def _check_tracks(one: TrackInput | ProfileTarget, path: Path, problems: Problems) -> None:
    if one.length % one.bin:
        problems.add((*path, "bin"), f"bin must divide the length, {one.length}. "
                     f"Received: {one.bin}.")
    _check_strands(one, path, problems)


def _check_strands(one: TrackInput | ProfileTarget | CountTarget, path: Path,
                   problems: Problems) -> None:
    if one.stranded and len(one.files) % 2:
        problems.add((*path, "files"), "stranded files come in pairs, plus strand then minus "
                     f"strand. Received: {len(one.files)}.")


def _check_targets(data: Data, problems: Problems) -> None:
    for name, target in data.targets.items():
        path = ("data", "targets", name)
        if isinstance(target, ProfileTarget):
            _check_tracks(target, path, problems)
        if isinstance(target, CountTarget):
            _check_strands(target, path, problems)
        if isinstance(target, InputTarget) and target.input not in data.inputs:
            problems.add((*path, "input"), "input must be one of data.inputs. Received: "
                         f"{target.input!r}.{did_you_mean(target.input, data.inputs)}")
        if isinstance(target, ClassTarget) and len(set(target.classes)) < len(target.classes):
            problems.add((*path, "classes"), "classes must differ. Received: one of them twice.")
        if isinstance(target, ArrayTarget):
            _check_differ(target.columns, (*path, "columns"), problems)
            if target.columns and len(target.columns) != target.shape[-1]:
                problems.add((*path, "columns"), "columns must name each place along the last "
                             f"axis, {target.shape[-1]}. Received: {len(target.columns)}.")


def _check_columns(spec: Spec, name: str, target: ColumnTarget, problems: Problems) -> None:
    path: Path = ("data", "targets", name)
    ways = [key for key in ("column", "columns", "columns_from") if getattr(target, key)]
    if len(ways) != 1 and ways != ["columns", "columns_from"]:
        problems.add(path, f"target {name!r} needs one of 'column', 'columns' and 'columns_from'. "
                     f"Received: {' and '.join(ways) or 'none of them'}.", at_key=True)
    _check_differ(target.columns, (*path, "columns"), problems)
    task = spec.task_of(name)
    if task == "binary_classification" and (len(target.columns) > 1 or target.columns_from):
        key = "columns" if target.columns else "columns_from"
        problems.add((*path, key), "binary_classification has one column a target. Received: "
                     f"{len(target.columns) or 'a file of columns'}. "
                     "Use multilabel_classification.")
    if task == "multiclass_classification" and target.column is not None:
        problems.add(path, "multiclass_classification has one column a class. Received: 1. "
                     "Use binary_classification for two classes, or kind: classes for a column of "
                     "words.", at_key=True)
