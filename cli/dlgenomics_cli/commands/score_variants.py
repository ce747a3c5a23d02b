"""The command ``dlg score-variants``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.downloads import length_option, terms, yes_option
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, progress, show_json, starting_tensorflow
from dlgenomics_cli.running import keeping_shards
from dlgenomics_cli.variants import policy_options, report_survey, resuming_options

if TYPE_CHECKING:
    from dlgenomics.predict.parts.agreement import Intent
    from dlgenomics.variants.highlights import Highlights
    from dlgenomics.variants.plan import Options, Plan
    from dlgenomics.variants.reference import Policy


@click.command("score-variants", epilog=example(
    "dlg score-variants dragonn/tal1 --vcf variants.vcf --fasta genome.fa -o scored.vcf.gz"))
@click.argument("name")
@click.option("--vcf", type=click.Path(), required=True, help="VCF (plain, gzip, bgzip) or BCF; "
              "- is standard input.")
@click.option("--fasta", type=click.Path(), required=True, help="Genome: FASTA, plain or bgzip.")
@click.option("-o", "--output", default="-", show_default=True, help="A file that ends in .vcf, "
              ".vcf.gz, .tsv, .tsv.gz, .parquet, .h5, .npz or .zarr; - prints VCF.")
@click.option("--scores", metavar="NAMES", help="Comma-separated, see above.  [default: those that "
              "fit the outputs]")
@click.option("--targets", metavar="NAMES", help="Columns of the output, comma-separated.  "
              "[default: all]")
@click.option("--both-strands", is_flag=True, help="Average the predictions for the window and its "
              "reverse complement.")
@click.option("--haplotypes", metavar="SAMPLE", help="Put the other variants of the same phased "
              "haplotype of this sample into both windows.")
@click.option("--page", type=click.Path(path_type=Path), help="The largest effects as a picture "
              "too: .html, .svg or .png.")
@policy_options
@click.option("--prefix", default="DLG", show_default=True, help="Of the INFO fields.")
@click.option("--data-folder", type=click.Path(path_type=Path), default=".", show_default=True,
              help="Where the relative paths of bigWig inputs start.")
@click.option("--batch-size", type=click.IntRange(1), default=128, show_default=True,
              help="Windows that go through the network at once.")
@resuming_options
@length_option
@yes_option
@json_option
def score_variants(name: str, vcf: str, fasta: str, output: str, page: Path | None, policy: Policy,
                   intent: Intent, length: int | None, yes: bool, as_json: bool,
                   **chosen: Any) -> None:
    """Say what variants do to a model's predictions; every record of the VCF is kept.

    NAME is a name that `dlg ls` lists, or a package's folder. Windows have the model's length, the
    base of POS in the middle (index length // 2), and are equal left of it. Symbolic alleles and
    the like are kept with the reason why they have no scores.

    \b
    ref, alt, diff       predictions, and alt less ref
    logit, logit_ref, logit_alt, deepsea_effect, log_odds    of outputs that are probabilities
    logit_diff           alt less ref of what comes before the last activation
    absmax               the largest absolute diff of all columns
    profile_max, profile_at, profile_l1    of outputs along positions

    In tables the scores ref and alt are columns ref/COLUMN and alt/COLUMN, beside the alleles.
    """  # noqa: D301 - the mark of click for lines that stay as they are
    if as_json and output == "-":
        raise click.UsageError("--json prints a summary; name a file with -o for the scores.")
    from dlgenomics.data.genome import Genome
    from dlgenomics.package.manifest import read_manifest
    from dlgenomics.variants.plan import Plan
    from dlgenomics.variants.ready import make_ready
    from dlgenomics.variants.vcf import open_vcf
    from dlgenomics.variants.writers import check_ending
    from dlgenomics_zoo.client import open_package

    # All that can be wrong with names and files is found before TensorFlow takes its seconds.
    check_ending(output)
    with progress() as following:
        folder, _ = open_package(name, terms(length, yes, following))
    plan = Plan(read_manifest(folder).spec, _options(policy, chosen))
    plan.check()
    effects = None if page is None else _highlights(plan, page)
    with open_vcf(vcf) as opened, Genome(fasta) as genome:
        with progress() as following:
            ready = make_ready(plan, opened, genome, following)
        with starting_tensorflow():
            from dlgenomics.variants.scoring import Scorer
            from dlgenomics_zoo.client import get_model

            model = get_model(folder)
        with keeping_shards(output), progress() as following:
            Scorer(model, ready).write(output, following, effects, intent)
    if page is not None and effects is not None:
        from dlgenomics.report.variants import write_variants

        write_variants(page, model.name, ready.found, effects)
    if as_json:
        show_json({"model": model.name, "output": output, **vars(ready.found)})
    else:
        report_survey(ready.found, output)


def _highlights(plan: Plan, page: Path) -> Highlights:
    from dlgenomics.report.variants import check_page
    from dlgenomics.variants.highlights import highlights_of

    check_page(page)
    return highlights_of(plan.described())


def _options(policy: Policy, chosen: dict[str, Any]) -> Options:
    from dlgenomics.variants.plan import Options

    scores, targets = (_names(chosen.pop(key)) for key in ("scores", "targets"))
    return Options(scores, targets, policy=policy, **chosen)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
