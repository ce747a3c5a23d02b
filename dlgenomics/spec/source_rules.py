"""Rules of the examples: their sources, how they are divided, drawn and changed."""

from __future__ import annotations

from dlgenomics.errors import did_you_mean
from dlgenomics.spec.document import Path
from dlgenomics.spec.inputs import ProteinInput
from dlgenomics.spec.problems import Problems, must_be
from dlgenomics.spec.sources import ColumnSplit, RandomSplit, Source
from dlgenomics.spec.targets import ClassTarget, ColumnTarget, CountTarget, ProfileTarget
from dlgenomics.spec.types import Data, Spec


def check_examples(spec: Spec, problems: Problems) -> None:
    """Note what is wrong with sources, split and sampling of a spec whose types are right."""
    _check_trainable(spec.data, problems)
    _check_sources(spec.data, problems)
    _check_split(spec.data, problems)
    _check_sampling(spec, problems)
    _check_augmentation(spec.data, problems)


def _check_trainable(data: Data, problems: Problems) -> None:
    tokens = [name for name, one in data.inputs.items() if one.kind == "tokens"]
    if tokens and data.train is not None:
        problems.add(("data", "train"), "inputs of kind tokens are for prediction; examples to "
                     f"train on cannot feed them. Received: data.train with the input "
                     f"{tokens[0]!r}. Train on what `dlg embed` writes.", at_key=True)


def _check_sources(data: Data, problems: Problems) -> None:
    for part in ("train", "validation", "test"):
        written = getattr(data, part)
        for i, source in enumerate(data.sources(part)):
            path: Path = ("data", part, i) if isinstance(written, tuple) else ("data", part)
            _check_source(data, source, path, problems)
        by_file = data.split.by == "file"
        if part != "train" and written is not None and not by_file:
            problems.add(("data", part), f"data.{part} is for 'split: {{by: file}}'. Received: a "
                         f"split by {data.split.by}. Change data.split, or add the source to "
                         "data.train.", at_key=True)
        if part == "validation" and written is None and by_file and data.train is not None:
            problems.add(("data", "split"), "a split by file needs data.validation. "
                         "Received: none.", at_key=True)


def _check_source(data: Data, source: Source, path: Path, problems: Problems) -> None:
    where = ".".join(map(str, path))
    given = [key for key in ("fasta", "intervals", "table") if getattr(source, key) is not None]
    if len(given) != 1 and not (source.arrays is not None and not given):
        problems.add(path, f"{where} needs one of 'fasta' (sequences), 'intervals' (with "
                     "data.reference), 'table' and 'arrays'. Received: "
                     f"{' and '.join(given) or 'none of them'}.", at_key=True)
        return
    kind = given[0] if given else "arrays"
    needs = [name for name in data.sequences if kind not in ("fasta", "intervals")]
    needs += [name for name in _on_the_genome(data) if kind != "intervals"]
    if needs:
        wanted = "fasta or intervals" if needs[0] in data.sequences else "intervals"
        problems.add(path, f"{needs[0]!r} needs {wanted} in {where}. Received: {kind}.",
                     at_key=True)
    if kind == "intervals":
        needs = [n for n, one in data.sequences.items() if isinstance(one, ProteinInput)]
        if needs:
            problems.add(path, f"{needs[0]!r} is a protein, which needs fasta in {where}. "
                         "Received: intervals.", at_key=True)
    if kind == "intervals" and data.reference is None and data.sequences:
        problems.add(path, "intervals need the genome as data.reference: {fasta: ...}. "
                     "Received: none.", at_key=True)
    if kind == "fasta" and source.labels is None and _needs_labels(data):
        problems.add(path, "a FASTA of sequences needs 'labels', a table joined by name. "
                     "Received: none.", at_key=True)
    if kind in ("table", "arrays") and source.labels is not None:
        problems.add((*path, "labels"), f"'labels' joins fasta or intervals by name. "
                     f"Received: {kind} in {where}. " + (
                         "The table has the labels." if kind == "table" else "Write a table."))
    if kind == "arrays" and _needs_labels(data):
        problems.add(path, f"columns need a file that has them beside {where}.arrays: table, or "
                     "fasta or intervals with labels. Received: arrays alone.", at_key=True)
    if source.arrays is None and _needs_arrays(data):
        problems.add(path, f"{_needs_arrays(data)[0]!r} needs {where}.arrays, an .npz or HDF5 "
                     "file. Received: none.", at_key=True)


def _on_the_genome(data: Data) -> list[str]:
    """Return the inputs and targets that are read along intervals."""
    targets = [n for n, t in data.targets.items() if isinstance(t, ProfileTarget | CountTarget)]
    return [*data.tracks, *targets]


def _needs_labels(data: Data) -> bool:
    columns = any(isinstance(t, ColumnTarget | ClassTarget) for t in data.targets.values())
    named = isinstance(data.split, ColumnSplit) or data.weights is not None or (
        isinstance(data.split, RandomSplit) and data.split.stratify is not None)
    return columns or named or any(one.kind == "numeric" for one in data.inputs.values())


def _needs_arrays(data: Data) -> list[str]:
    return [name for name, one in (*data.inputs.items(), *data.targets.items())
            if one.kind == "array"]


def _check_split(data: Data, problems: Problems) -> None:
    split = data.split
    if split.by == "random":
        for key in ("test", "validation"):
            value = getattr(split, key)
            share = isinstance(value, float)
            if value < 0 or (share and value >= 1):
                problems.add(("data", "split", key), must_be(
                    key, "a share of at least 0 and below 1, or a whole number of examples", value))
        shares = [v for v in (split.test, split.validation) if isinstance(v, float)]
        if sum(shares) >= 1 and max(shares) < 1:
            problems.add(("data", "split"), "test and validation must leave examples to train on. "
                         f"Received: shares that add to {sum(shares):g}.")
    elif split.by == "chromosome":
        parts = {"test": split.test, "validation": split.validation, "exclude": split.exclude}
        seen: dict[str, str] = {}
        for part, names in parts.items():
            for name in names:
                if name in seen:
                    problems.add(("data", "split", part), "a chromosome belongs to one part. "
                                 f"Received: {name!r} in {seen[name]} and {part}.")
                seen[name] = part
        _check_contigs(data, problems)


def _check_contigs(data: Data, problems: Problems) -> None:
    """Check that examples have places in a genome where whole chromosomes are held out."""
    for source in data.sources("train"):
        if source.fasta is None and source.intervals is None:
            came = "a table" if source.table is not None else "arrays"
            problems.add(("data", "split", "by"), "a split by chromosome needs intervals, or "
                         f"sequences named contig:start-end. Received: {came} in data.train. "
                         "Split by column instead.")
            return


def _check_augmentation(data: Data, problems: Problems) -> None:
    names = {change.name for change in data.augment}
    moved = [*data.sequences, *_on_the_genome(data)]
    for i, change in enumerate(data.augment):
        if not moved:
            problems.add(("data", "augment", i), f"{change.name} changes sequences and tracks. "
                         "Received: inputs of neither. Leave it out.")
    others = [name for name, one in data.sequences.items() if one.kind in ("rna", "protein")]
    if "reverse_complement" in names and others:
        index = [change.name for change in data.augment].index("reverse_complement")
        problems.add(("data", "augment", index), "reverse_complement is for DNA, which has two "
                     f"strands. Received: {others[0]!r}, {data.inputs[others[0]].kind}. "
                     "Leave it out.")


def _check_sampling(spec: Spec, problems: Problems) -> None:
    sampling = spec.data.sampling
    if sampling is None:
        return
    path = ("data", "sampling")
    if sampling.of not in spec.data.targets:
        problems.add((*path, "of"), "sampling looks at a target. Received: "
                     f"{sampling.of!r}.{did_you_mean(sampling.of, spec.data.targets)}")
    elif len(spec.data.output_shape(sampling.of)) != 1:
        problems.add((*path, "of"), "sampling looks at a target with labels in columns. Received: "
                     f"{sampling.of!r}, which has {spec.data.output_shape(sampling.of)}.")
    elif sampling.balance and spec.task_of(sampling.of) == "regression":
        problems.add((*path, "balance"), "balance is for targets that are classes. Received: "
                     f"{sampling.of!r}, regression. Write positives and threshold.")
    if (sampling.positives is None) != sampling.balance:
        problems.add(path, "sampling needs either 'positives', a share, or 'balance: true'. "
                     f"Received: {'both' if sampling.balance else 'neither'}.", at_key=True)
