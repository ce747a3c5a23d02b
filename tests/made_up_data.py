"""Tiny random data for any spec, in the files and forms that its own data section names."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from dlgenomics.spec import Spec, summarize
from dlgenomics.spec.inputs import ArrayInput, NumericInput, TrackInput
from dlgenomics.spec.sources import ChromosomeSplit, ColumnSplit, FileSplit, Source
from dlgenomics.spec.targets import (
    ArrayTarget,
    ClassTarget,
    ColumnTarget,
    CountTarget,
    ProfileTarget,
    Target,
)

PARTS = ("train", "validation", "test")
COUNTS = {"train": 8, "validation": 4, "test": 4}


def write_data(spec: Spec, folder: Path) -> None:
    """Write random files for each source of a spec: 8 examples to train, 4 and 4 held out."""
    _Writer(spec, folder, np.random.default_rng(1)).write()


@dataclass(frozen=True)
class _Example:
    name: str
    contig: str
    start: int
    part: str
    number: int


@dataclass(frozen=True)
class _Writer:
    spec: Spec
    folder: Path
    rng: np.random.Generator

    @property
    def window(self) -> int:
        data = self.spec.data
        lengths = [getattr(one, "length", 1)
                   for one in (*data.inputs.values(), *data.targets.values())]
        return max(lengths)

    @property
    def contigs(self) -> dict[str, tuple[str, ...]]:
        """The contigs of each part: those of the split, if it is by chromosome."""
        split = self.spec.data.split
        if isinstance(split, ChromosomeSplit):
            return {"train": ("chr_other",), "validation": split.validation, "test": split.test}
        return {part: (f"chr_{part}",) for part in PARTS}

    @property
    def sizes(self) -> dict[str, int]:
        """The length of each contig."""
        names = sorted(name for part in self.contigs.values() for name in part)
        return dict.fromkeys(names, (self.window + 1000) * (max(COUNTS.values()) + 4))

    def examples(self, part: str) -> list[_Example]:
        contigs = self.contigs[part]
        return [_Example(f"{part}{i}", contigs[i % len(contigs)], 500 + i * (self.window + 1000),
                         part, i)
                for i in range(max(COUNTS[part], len(contigs)))]

    def write(self) -> None:
        data = self.spec.data
        if data.reference:
            self.text(data.reference.fasta, "".join(
                f">{contig}\n{self.letters(length)}\n" for contig, length in self.sizes.items()))
        for part in PARTS:
            for source in data.sources(part):
                self.source(source, part)
        for target in data.targets.values():
            if isinstance(target, ColumnTarget) and target.columns_from:
                self.text(target.columns_from, "".join(f"{n}\n" for n in self.columns(target)))
        tracks = {file for one in (*data.inputs.values(), *data.targets.values())
                  if isinstance(one, TrackInput | ProfileTarget | CountTarget)
                  for file in one.files}
        for file in sorted(tracks):
            self.track(file)

    def source(self, source: Source, part: str) -> None:
        parts = [part] if isinstance(self.spec.data.split, FileSplit) else PARTS
        examples = [example for p in parts for example in self.examples(p)]
        if source.fasta:
            self.text(source.fasta, "".join(f">{e.name}\n{self.letters(self.window)}\n"
                                            for e in examples))
        if source.intervals:
            self.intervals(source.intervals, examples, with_labels=source.labels is None)
        for file in filter(None, (source.labels, source.table)):
            rows = [["name", *self.header()], *([e.name, *self.values(e)] for e in examples)]
            self.text(file, "".join("\t".join(row) + "\n" for row in rows))
        if source.arrays:
            self.arrays(source.arrays, len(examples))

    def intervals(self, file: str, examples: Sequence[_Example], *, with_labels: bool) -> None:
        places = [[e.contig, str(e.start), str(e.start + self.window), e.name] for e in examples]
        if file.startswith("peaks.narrowPeak"):
            rows = [[*place, "0", ".", "1", "1", "1", "10"] for place in places]
        elif with_labels and self.header():
            rows = [["#chrom", "start", "end", "name", *self.header()],
                    *([*place, *self.values(e)] for place, e in zip(places, examples,
                                                                    strict=True))]
        else:
            rows = places
        self.text(file, "".join("\t".join(row) + "\n" for row in rows))

    def header(self) -> list[str]:
        data = self.spec.data
        found = [c for one in data.inputs.values() if isinstance(one, NumericInput)
                 for c in one.columns]
        for target in data.targets.values():
            found += self.columns(target)
        return [*found, *([data.split.column] if isinstance(data.split, ColumnSplit) else [])]

    def columns(self, target: Target) -> tuple[str, ...]:
        if isinstance(target, ClassTarget):
            return (target.column,)
        if not isinstance(target, ColumnTarget):
            return ()
        name = next(n for n, one in self.spec.data.targets.items() if one is target)
        width = next(one.shape[-1] for one in summarize(self.spec).layers if one.name == name)
        return target.names or tuple(f"column{i}" for i in range(width or 0))

    def values(self, example: _Example) -> list[str]:
        data, found = self.spec.data, []
        for one in data.inputs.values():
            if isinstance(one, NumericInput):
                found += [f"{v:.3f}" for v in self.rng.random(len(one.columns))]
        for name, target in data.targets.items():
            found += self.label(name, target, example.number)
        return [*found, *([example.part] if isinstance(data.split, ColumnSplit) else [])]

    def label(self, name: str, target: Target, number: int) -> list[str]:
        if isinstance(target, ClassTarget):
            return [target.classes[number % len(target.classes)]]
        columns, task = self.columns(target), self.spec.task_of(name)
        if task == "regression":
            return [f"{v:.3f}" for v in self.rng.random(len(columns))]
        if task == "multiclass_classification":
            return [str(int(number % len(columns) == j)) for j in range(len(columns))]
        if isinstance(target, ColumnTarget) and target.missing == "mask" and number == 3:
            return [""] * len(columns)
        return [str(number // 2 % 2 * int(self.rng.random() < 0.8 or j == 0))
                for j in range(len(columns))]

    def arrays(self, file: str, count: int) -> None:
        data = self.spec.data
        found: dict[str, Any] = {
            one.key or name: self.rng.random((count, *one.shape), np.float32)
            for name, one in data.inputs.items() if isinstance(one, ArrayInput)}
        found |= {one.key or name: self.target_array(name, one, count)
                  for name, one in data.targets.items() if isinstance(one, ArrayTarget)}
        path = self.folder / file
        if file.endswith(".npz"):
            np.savez(path, **found)
            return
        with h5py.File(path, "w") as stored:
            for name, values in found.items():
                stored[name] = values

    def target_array(self, name: str, target: ArrayTarget, count: int) -> Any:
        if self.spec.task_of(name) == "multiclass_classification":
            classes = self.rng.integers(0, target.shape[-1], (count, *target.shape[:-1]))
            found = np.eye(target.shape[-1], dtype=np.float32)[classes]
        else:
            found = self.rng.poisson(3.0, (count, *target.shape)).astype(np.float32)
        if target.missing == "mask":
            found[0] = np.nan
        return found

    def track(self, file: str) -> None:
        import pybigtools

        rows = ((contig, start, start + 10, float(self.rng.integers(0, 9)))
                for contig, length in self.sizes.items() for start in range(0, length - 10, 10))
        pybigtools.open(str(self.folder / file), "w").write(self.sizes, rows)

    def letters(self, count: int) -> str:
        return bytes(self.rng.choice(np.frombuffer(b"ACGT", np.uint8), count)).decode()

    def text(self, file: str, text: str) -> None:
        path = self.folder / file
        if file.endswith(".gz"):
            path.write_bytes(gzip.compress(text.encode(), 1))
        else:
            path.write_text(text)

