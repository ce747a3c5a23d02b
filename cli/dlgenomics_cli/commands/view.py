"""The command ``dlg view``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.output import say, show

if TYPE_CHECKING:
    from dlgenomics.data.genes import Genes

_SHOWN: Final = 5


@click.command(epilog=example("dlg view predictions.tsv --region chr1:1-3000 -o view.png"))
@click.argument("predictions", type=click.Path(path_type=Path))
@click.option("--region", required=True, metavar="CHR:FROM-TO",
              help="As in a genome browser: counted from 1, both ends included.")
@click.option("--column", "columns", multiple=True, help="A column of a table; may be "
              "repeated.  [default: all]")
@click.option("--track", "tracks", multiple=True, type=click.Path(path_type=Path),
              help="A bigWig to show below; may be repeated.")
@click.option("--gtf", type=click.Path(path_type=Path), help="Genes to show below: GTF or "
              "GFF3; without lines of genes, its transcripts.")
@click.option("--rename-contigs", is_flag=True,
              help="Read chr1 as 1, or 1 as chr1, as each file has it.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True,
              help="A file that ends in .png, .svg, .pdf or .html.")
def view(predictions: Path, region: str, columns: tuple[str, ...], tracks: tuple[Path, ...],
         gtf: Path | None, rename_contigs: bool, output: Path) -> None:
    """Draw predictions along a region of the genome, with tracks and genes.

    PREDICTIONS is what `dlg predict` wrote as .tsv, .tsv.gz, .parquet or .bw.
    """
    from dlgenomics.data.genes import read_genes
    from dlgenomics.data.region import Region, read_series
    from dlgenomics.files import require_file
    from dlgenomics.report.view import View, check_ending, write_view

    check_ending(output)
    require_file(predictions, "the predictions")
    if columns and predictions.suffix.lower() in (".bw", ".bigwig"):
        raise click.UsageError("--column chooses columns of a table; a bigWig holds one.")
    where = Region.parse(region)
    found = read_series(predictions, where, columns, rename=rename_contigs)
    below = [one for path in tracks for one in read_series(path, where, rename=rename_contigs)]
    genes = None
    if gtf is not None:
        read = read_genes(gtf, where, rename=rename_contigs)
        report(gtf, read)
        genes = read.lines
    write_view(output, View(where, found, below, genes))
    show(f"{output}")


def report(gtf: Path, genes: Genes) -> None:
    """Say what is drawn in place of genes, or why there are none."""
    if genes.contig not in genes.contigs:
        more = ", …" if len(genes.contigs) > _SHOWN else ""
        say(f"{gtf} has no genes of {genes.contig}, but of "
            f"{', '.join(genes.contigs[:_SHOWN])}{more}.")
    elif genes.feature != "gene":
        drawn = ("or transcripts; what the exons of each transcript span is"
                 if genes.feature == "exon" else "but of transcripts, which are")
        say(f"{gtf} has no lines of genes {drawn} drawn.")
