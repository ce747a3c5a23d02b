"""Scores the variants of a file: windows made once, alleles in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import UNKNOWN, Codes
from dlgenomics.data.genome import Genome
from dlgenomics.predict.loaders.ahead import in_order
from dlgenomics.predict.model import Model
from dlgenomics.predict.parts.agreement import Intent
from dlgenomics.predict.parts.plan import Plan as RunPlan
from dlgenomics.progress import Progress, silent
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.keeping import AS_USUAL, NOTHING_KEPT, Keeper, keep, run_plan
from dlgenomics.variants.network import Network
from dlgenomics.variants.plan import Options, Plan
from dlgenomics.variants.ready import Ready, make_ready
from dlgenomics.variants.reference import Survey, chunks
from dlgenomics.variants.scores import (
    OF_NETWORK,
    OF_PROFILE,
    SCORES,
    Numbers,
    absmax,
    aligned_profile,
    profile_scores,
)
from dlgenomics.variants.sharing import Outputs, share
from dlgenomics.variants.vcf import Record, open_vcf
from dlgenomics.variants.windows import allele_windows, centre_of
from dlgenomics.variants.writers import Scored, Writer, check_ending, open_writer

_CHUNK_BYTES: Final = 1 << 25
_LARGEST_CHUNK: Final = 4096
_HARMLESS: Final = ("batch_size", "prefix")
"""Options that change no number."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Predictions for the two alleles of variants: float64, shape (alleles, columns)."""

    ref: Numbers
    alt: Numbers


def score_variants(
    model: Model, vcf: Path | str, fasta: Path | str, output: Path | str,
    options: Options | None = None, progress: Progress = silent, intent: Intent = AS_USUAL,
) -> Survey:
    """Score the variants of a VCF and write every record of it.

    >>> score_variants(model, "in.vcf.gz", "hg38.fa", "out.vcf.gz")         # doctest: +SKIP

    Args:
        model: any model that takes DNA.
        vcf: VCF (plain, gzip, bgzip) or BCF; ``-`` is standard input.
        fasta: the genome, plain or bgzip.
        output: ends in ``.vcf``, ``.vcf.gz``, ``.tsv``, ``.tsv.gz``, ``.parquet``, ``.h5``,
            ``.npz`` or ``.zarr``; ``-`` is VCF on standard output. A file appears whole at the
            end.
        options: how.
        progress: told of records.
        intent: what is to become of an earlier run's chunks, which lie in ``OUTPUT.parts``.

    Returns:
        What the VCF holds, skipped alleles by reason among it.

    Raises:
        BuildError: too many references differ from the genome.
        DataError: a file is not what it must be.
        DlgError: the model takes no DNA, or a score or target is unknown.
        OutputError: the output cannot be written; what was there before is untouched.
    """
    check_ending(output)
    with open_vcf(vcf) as opened, Genome(fasta) as genome:
        ready = make_ready(Plan(model.spec, options or Options()), opened, genome, progress)
        Scorer(model, ready).write(output, progress, intent=intent)
    return ready.found


@dataclass(frozen=True, eq=False)
class Scorer:
    """A model, and variants that were looked through.

    Attributes:
        model: what predicts.
        ready: the variants, and what is computed for them.
    """

    model: Model
    ready: Ready

    @property
    def plan(self) -> Plan:
        """What is computed."""
        return self.ready.plan

    def write(self, output: Path | str, progress: Progress = silent,
              beside: Writer | None = None, intent: Intent = AS_USUAL) -> None:
        """Score all records and write them.

        Args:
            output: see `score_variants`.
            progress: told of records.
            beside: takes the scored records too.
            intent: see `score_variants`.
        """
        done = 0
        with keep(output, self._run(), intent) as keeper, open_writer(
                output, self.ready.judge.vcf, self.plan.options.prefix,
                self.plan.described()) as writer:
            for scored in self.scored(keeper):
                writer.write(scored)
                if beside is not None:
                    beside.write(scored)
                done += len(scored.records)
                progress("score", done, self.ready.found.records)

    def _run(self) -> RunPlan:
        options = vars(self.plan.options) | {"scores": self.plan.scores,
                                             "targets": [one.name for one in self.plan.columns]}
        return run_plan(self.ready.judge, {self.model.name: self.model.sha256},
                        {key: options[key] for key in options if key not in _HARMLESS},
                        self.ready.found.records, self._chunk, self._network.signal_files)

    @property
    def _chunk(self) -> int:
        """How many records are prepared at once."""
        return int(np.clip(_CHUNK_BYTES // (2 * self.plan.length), 8, _LARGEST_CHUNK))

    def scored(self, keeper: Keeper = NOTHING_KEPT) -> Iterator[Scored]:
        """Yield the records with their scores, in order."""
        def prepare(numbered: tuple[int, list[Record]]) -> _Prepared:
            return self._prepare(*numbered, keeper)

        parts = enumerate(chunks(self.ready.judge.vcf.records(), self._chunk))
        for part in in_order(prepare, parts, 1):
            yield self._filled(part, keeper.through(part.number, partial(self._arrays, part)))

    def _prepare(self, number: int, records: list[Record], keeper: Keeper) -> _Prepared:
        judge, haplotypes = self.ready.judge, self.ready.haplotypes
        judged = judge.alleles(records)
        alleles = [one for ones in judged for one in ones if not one.skipped]
        make = allele_windows if haplotypes is None else haplotypes.windows
        needed = [] if keeper.has(number) else alleles
        return _Prepared(number, records, judged, alleles,
                         *make(judge.genome, needed, self.plan.length))

    def _arrays(self, part: _Prepared) -> dict[str, NDArray[Any]]:
        """Return what is computed for those alleles of a chunk that can be scored."""
        values, profiles = self._values(part) if part.alleles else self._nothing()
        return {"unknown": (part.ref >= UNKNOWN).sum(axis=1),
                **{f"score {name}": one for name, one in values.items()},
                **{f"profile {i}": one for i, one in enumerate(profiles.values())}}

    def _filled(self, part: _Prepared, arrays: dict[str, NDArray[Any]]) -> Scored:
        """Return what was computed among all alleles, those that are skipped too."""
        kept = np.flatnonzero([not one.skipped for ones in part.judged for one in ones])
        full = {name: _spread(one, kept, sum(map(len, part.judged)))
                for name, one in arrays.items()}
        outputs = dict.fromkeys(one.output for one in self.plan.profiles)
        return Scored(part.records, part.judged,
                      {name: full[f"score {name}"] for name in self.plan.scores}, full["unknown"],
                      {name: full[f"profile {i}"] for i, name in enumerate(outputs)})

    def _nothing(self) -> tuple[dict[str, Numbers], Outputs]:
        shape_of = self.model.data.output_shape
        return ({name: np.empty((0, len(columns)))
                 for name, columns in self.plan.described().items()},
                {one.output: np.empty((0, *(n or 0 for n in shape_of(one.output))), np.float32)
                 for one in self.plan.profiles})

    def _values(self, part: _Prepared) -> tuple[dict[str, Numbers], Outputs]:
        shared = share(part.alleles, part.ref, part.alt, by_place=self._network.takes_signal)
        ref, alt = shared.predict(self._network)
        pair = self._pair(ref, alt)
        names = self.plan.scores
        found = {name: SCORES[name][0](pair) for name in names if name in SCORES}
        if "absmax" in names:
            found["absmax"] = absmax(pair)
        if set(names) & set(OF_NETWORK):
            linear = self._pair(*shared.predict(self._before_activation))
            found["logit_diff"] = linear.alt - linear.ref
        profiles = {one.output: self._moved(one.output, alt[one.output], part) - ref[one.output]
                    for one in self.plan.profiles}
        found.update(self._profile_values(profiles))
        return {name: found[name] for name in names}, profiles

    def _moved(self, output: str, alt: NDArray[np.float32], part: _Prepared) -> NDArray[Any]:
        """Return profiles of alternatives where the bases of the reference stand.

        Outputs of one base a position can be moved; others are compared as they are.
        """
        if getattr(self.model.data.targets[output], "bin", 0) != 1:
            return alt
        return np.stack([aligned_profile(one, len(allele.alt) - len(allele.ref))
                         for one, allele in zip(alt, part.alleles, strict=True)])

    def _profile_values(self, difference: Outputs) -> dict[str, Numbers]:
        parts = []
        for one in self.plan.profiles:
            values = difference[one.output][..., one.place].astype(np.float64)
            flat = values.reshape(len(values), -1, 1)
            parts.append(profile_scores(flat, centre_of(flat.shape[1])))
        return {name: np.concatenate([part[name] for part in parts], axis=1)
                for name in OF_PROFILE if parts}

    def _pair(self, ref: Outputs, alt: Outputs) -> Pair:
        return Pair(self._totals(ref), self._totals(alt))

    def _totals(self, found: Outputs) -> Numbers:
        """Return each column as one number, summed over positions where it has some."""
        columns = []
        for one in self.plan.columns:
            values = found[one.output][..., one.place].astype(np.float64)
            columns.append(values.reshape(len(values), -1).sum(axis=1))
        return np.stack(columns, axis=1)

    @cached_property
    def _network(self) -> Network:
        return Network(self.model, self.plan.options)

    @cached_property
    def _before_activation(self) -> Network:
        return Network(self.model, self.plan.options, linear=True)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A chunk of records with the windows of those alleles that are to be scored."""

    number: int
    records: Sequence[Record]
    judged: list[list[Allele]]
    alleles: list[Allele]
    ref: Codes
    alt: Codes


def _spread(values: NDArray[Any], rows: NDArray[np.int64], total: int) -> NDArray[Any]:
    """Return values of some rows among all; the others are NaN, or 0 for whole numbers."""
    is_whole = np.issubdtype(values.dtype, np.integer)
    found = np.full((total, *values.shape[1:]), 0 if is_whole else np.nan, values.dtype)
    found[rows] = values
    return found
