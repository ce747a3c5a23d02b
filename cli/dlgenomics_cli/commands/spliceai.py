"""The command ``dlg spliceai``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dlgenomics_cli.downloads import agreement, yes_option
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, show_json, starting_tensorflow
from dlgenomics_cli.running import keeping_shards
from dlgenomics_cli.variants import policy_options, report_survey, resuming_options

if TYPE_CHECKING:
    from dlgenomics.predict.parts.agreement import Intent
    from dlgenomics.variants.reference import Policy


@click.command(epilog=example(
    "dlg spliceai --vcf variants.vcf --fasta hg38.fa --annotation grch38 -o spliced.vcf.gz"))
@click.option("--vcf", type=click.Path(), required=True, help="VCF (plain, gzip, bgzip) or BCF; "
              "- is standard input.")
@click.option("--fasta", type=click.Path(), required=True, help="Genome: FASTA, plain or bgzip.")
@click.option("--annotation", required=True, help="Genes: grch37 or grch38, which come with "
              "SpliceAI, or a file of that form.")
@click.option("-o", "--output", default="-", show_default=True, help="A file that ends in .vcf, "
              ".vcf.gz, .tsv, .tsv.gz or .parquet; - prints VCF.")
@click.option("--distance", type=click.IntRange(1, 10_000), default=50, show_default=True,
              help="Bases on either side of the variant in which sites are gained and lost.")
@click.option("--mask", is_flag=True, help="Leave out gains of annotated sites and losses of "
              "others.")
@policy_options
@click.option("--batch-size", type=click.IntRange(1), default=16, show_default=True,
              help="Windows that go through the networks at once.")
@resuming_options
@yes_option
@json_option
def spliceai(vcf: str, fasta: str, annotation: str, output: str, distance: int, mask: bool,
             policy: Policy, batch_size: int, intent: Intent, yes: bool, as_json: bool) -> None:
    """Say what variants do to splicing, with SpliceAI's five networks (non-commercial use only).

    Each allele gets ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL for each gene
    that it lies in: the probability by which an acceptor or donor is gained or lost, and where, in
    bases from POS. Above 0.2, 0.5 and 0.8 the authors speak of high recall, recommended and high
    precision. Tables have the scores unrounded.
    """
    if as_json and output == "-":
        raise click.UsageError("--json prints a summary; name a file with -o for the scores.")
    from dlgenomics.data.genome import Genome
    from dlgenomics.variants.reference import survey
    from dlgenomics.variants.splicing.genes import read_genes
    from dlgenomics.variants.splicing.scoring import SplicingScorer, splicing_judge
    from dlgenomics.variants.splicing.writers import check_ending
    from dlgenomics.variants.vcf import open_vcf
    from dlgenomics_zoo.sources.spliceai import ANNOTATIONS, MEMBERS, fetch_spliceai

    check_ending(output)
    if annotation not in ANNOTATIONS:
        read_genes(annotation)  # what is wrong with it is said before anything is fetched
    with progress() as following:
        genes = read_genes(fetch_spliceai(annotation, confirm=agreement(yes), progress=following))
    with open_vcf(vcf) as opened, Genome(fasta) as genome:
        judge = splicing_judge(opened, genome, policy, distance)
        with progress() as following:
            found = survey(judge, following)
        with starting_tensorflow():
            from dlgenomics.variants.splicing.ensemble import Ensemble
            from dlgenomics_zoo.client import get_model

            ensemble = Ensemble([get_model(name) for name in MEMBERS], batch_size)
        with keeping_shards(output), progress() as following:
            scorer = SplicingScorer(ensemble, judge, genes, distance, mask)
            scorer.write(output, found, following, intent)
    if as_json:
        show_json({"output": output, **vars(found)})
    else:
        report_survey(found, output)
