"""SpliceAI's scores for the variants of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes
from dlgenomics.data.genome import Genome
from dlgenomics.predict.parts.agreement import Intent
from dlgenomics.progress import Progress, silent
from dlgenomics.variants.alleles import Allele
from dlgenomics.variants.keeping import AS_USUAL, NOTHING_KEPT, Arrays, Keeper, keep, run_plan
from dlgenomics.variants.reference import Judge, Policy, Survey, chunks
from dlgenomics.variants.splicing.deltas import Deltas, aligned, deltas
from dlgenomics.variants.splicing.genes import Gene, Genes
from dlgenomics.variants.splicing.windows import CONTEXT, gene_windows
from dlgenomics.variants.splicing.writers import Effect, Spliced, open_writer
from dlgenomics.variants.vcf import Record, Vcf
from dlgenomics.variants.windows import fetch_contexts

DEFAULT_DISTANCE: Final = 50
_CHUNK: Final = 64

Numbers = NDArray[np.float32]


class Predictor(Protocol):
    """What predicts splice sites."""

    @property
    def models(self) -> Mapping[str, str]:
        """The networks: SHA-256 by name."""

    def predict(self, windows: Sequence[Codes]) -> list[Numbers]:
        """Return probabilities, shape (length - 10,000, 3), for each window."""


@dataclass(frozen=True, eq=False)
class SplicingScorer:
    """Scores variants in genes.

    Variants that change several bases to several others have no score, as in SpliceAI's own tool,
    and neither have those outside genes. Where a window reaches past its contig, N stands there.

    Attributes:
        predictor: the ensemble.
        judge: the variants and the genome; see `splicing_judge`.
        genes: where transcripts and exons lie.
        distance: bases on either side of the variant in which sites are gained and lost.
        is_masked: leave out gains at annotated exon boundaries and losses elsewhere.
    """

    predictor: Predictor
    judge: Judge
    genes: Genes
    distance: int = DEFAULT_DISTANCE
    is_masked: bool = False

    def write(self, output: Path | str, found: Survey, progress: Progress = silent,
              intent: Intent = AS_USUAL) -> None:
        """Score all records and write them.

        Args:
            output: ends in ``.vcf``, ``.vcf.gz``, ``.tsv``, ``.tsv.gz`` or ``.parquet``; ``-`` is
                VCF on standard output.
            found: what the VCF holds.
            progress: told of records.
            intent: what is to become of an earlier run's chunks, which lie in ``OUTPUT.parts``.

        Raises:
            RunError: there are such chunks and no word about them, or they are of another run.
            OutputError: the output cannot be written; what was there before is untouched.
        """
        done = 0
        options = {"distance": self.distance, "masked": self.is_masked,
                   "genes": self.genes.sha256, "policy": self.judge.policy}
        plan = run_plan(self.judge, self.predictor.models, options, found.records, _CHUNK)
        with (keep(output, plan, intent) as keeper,
              open_writer(output, self.judge.vcf) as writer):
            for spliced in self.scored(keeper):
                writer.write(spliced)
                done += len(spliced.records)
                progress("score", done, found.records)

    def scored(self, keeper: Keeper = NOTHING_KEPT) -> Iterator[Spliced]:
        """Yield the records with what they do to each gene, in order."""
        for number, records in enumerate(chunks(self.judge.vcf.records(), _CHUNK)):
            yield self._chunk(number, records, keeper)

    def _chunk(self, number: int, records: Sequence[Record], keeper: Keeper) -> Spliced:
        judged = self.judge.alleles(records)
        placed = [[[(one, gene) for gene in self._genes(one)] for one in ones] for ones in judged]
        simple = [case for ones in placed for cases in ones for case in cases
                  if is_simple(case[0])]
        kept = keeper.through(number, lambda: _stacked(self._deltas(simple)))
        found = (Deltas(tuple(map(float, scores)), tuple(map(int, places)))
                 for scores, places in zip(kept["scores"], kept["positions"], strict=True))
        effects = [[[Effect(gene.name, next(found) if is_simple(one) else None)
                     for one, gene in cases] for cases in ones] for ones in placed]
        return Spliced(records, judged, effects)

    def _genes(self, one: Allele) -> list[Gene]:
        return [] if one.skipped else self.genes.at(one.contig, one.start + 1)

    def _deltas(self, cases: Sequence[tuple[Allele, Gene]]) -> list[Deltas]:
        if not cases:
            return []
        length = 2 * (CONTEXT + self.distance) + 1
        contexts = fetch_contexts(self.judge.genome, [one for one, _ in cases], length, 0)
        windows = [window for (one, gene), context in zip(cases, contexts, strict=True)
                   for window in gene_windows(context, one, gene)]
        found = self.predictor.predict(windows)
        return [self._compared(one, gene, ref, alt) for (one, gene), ref, alt
                in zip(cases, found[::2], found[1::2], strict=True)]

    def _compared(self, one: Allele, gene: Gene, ref: Numbers, alt: Numbers) -> Deltas:
        if gene.strand == "-":
            ref, alt = ref[::-1], alt[::-1]
        moved = aligned(alt, len(one.ref), len(one.alt), self.distance)
        boundary = gene.nearest_boundary(one.start + 1) if self.is_masked else None
        return deltas(ref, moved, boundary)


def _stacked(found: Sequence[Deltas]) -> Arrays:
    return {"scores": np.array([one.scores for one in found], np.float64).reshape(-1, 4),
            "positions": np.array([one.positions for one in found], np.int64).reshape(-1, 4)}


def is_simple(one: Allele) -> bool:
    """Return whether REF or ALT is a single base."""
    return len(one.ref) == 1 or len(one.alt) == 1


def splicing_judge(vcf: Vcf, genome: Genome, policy: Policy, distance: int) -> Judge:
    """Return what says which alleles can be scored: REF has at most twice the distance."""
    return Judge(vcf, genome, 2 * distance, policy, alt_room=CONTEXT)
