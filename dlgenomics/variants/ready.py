"""What can be known before a network is loaded: variants, genome and plan fit together."""

from __future__ import annotations

from dataclasses import dataclass

from dlgenomics.data.genome import Genome
from dlgenomics.progress import Progress, silent
from dlgenomics.variants.haplotypes import Haplotypes
from dlgenomics.variants.plan import Plan
from dlgenomics.variants.reference import Judge, Survey, survey
from dlgenomics.variants.vcf import Vcf


@dataclass(frozen=True, eq=False)
class Ready:
    """Variants that were looked through, and what is to be computed for them.

    Attributes:
        plan: what is computed.
        judge: the variants and the genome.
        found: what the VCF holds.
        haplotypes: of the sample that was named, if one was.
    """

    plan: Plan
    judge: Judge
    found: Survey
    haplotypes: Haplotypes | None


def make_ready(plan: Plan, vcf: Vcf, genome: Genome, progress: Progress = silent) -> Ready:
    """Look through a VCF.

    Args:
        plan: what is to be computed.
        vcf: the variants.
        genome: around them.
        progress: told of records.

    Raises:
        BuildError: too many references differ from the genome.
        DataError: the VCF is malformed, or lacks a contig or sample.
        DlgError: a score, a target or an input cannot be had.
    """
    plan.check()
    judge = Judge(vcf, genome, plan.room, plan.options.policy)
    sample = plan.options.haplotypes
    haplotypes = None if sample is None else Haplotypes.read(judge, sample)
    return Ready(plan, judge, survey(judge, progress), haplotypes)
