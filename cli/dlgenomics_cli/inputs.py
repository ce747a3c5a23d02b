"""The options that say what a command reads, as arguments of a dataloader."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from dlgenomics_cli.output import say

if TYPE_CHECKING:
    from dlgenomics.predict.loaders.loader import Loader
    from dlgenomics.progress import Progress
    from dlgenomics.spec.inputs import Input

_STDIN: Final = "gzip; - is standard input."

_OPTIONS: Final = (
    click.option("--fasta", "fasta_file", type=click.Path(),
                 help="Genome: FASTA, plain or bgzip, or 2bit."),
    click.option("--intervals", "intervals_file", type=click.Path(),
                 help=f"BED3 to BED6+ or narrowPeak; {_STDIN}"),
    click.option("--gtf", "gtf_file", type=click.Path(),
                 help=f"Or genes: GTF or GFF3; {_STDIN}"),
    click.option("--feature", metavar="NAME", help="Which lines of the GTF. Default: gene."),
    click.option("--anchor", type=click.Choice(["tss", "tes"]),
                 help="Where each gene begins (the default) or ends, on its strand."),
    click.option("--upstream", type=click.IntRange(0), metavar="BP",
                 help="bp before the anchor. Default: the model's length around it."),
    click.option("--downstream", type=click.IntRange(0), metavar="BP",
                 help="bp behind the anchor."),
    click.option("--vcf", "vcf_file", type=click.Path(),
                 help="Or variants, VCF or BCF: the reference around each position; "
                 f"{_STDIN}"),
    click.option("--tile", type=click.IntRange(1), metavar="BP",
                 help="Or the whole genome, in tiles of so many bp."),
    click.option("--stride", type=click.IntRange(1), metavar="BP",
                 help="bp from tile to tile. Default: the tile's."),
    click.option("--contigs", metavar="NAMES",
                 help="Which contigs to tile, in this order: chr1,chr2. Default: all."),
    click.option("--blacklist", "blacklist_file", type=click.Path(),
                 help=f"Leave out tiles that an interval of this BED overlaps; {_STDIN}"),
    click.option("--skip-n", type=click.FloatRange(0, 1), metavar="SHARE",
                 help="Leave out tiles whose window holds a larger share of N."),
    click.option("--sequences", "sequences_file", type=click.Path(),
                 help=f"Or, without a genome, a FASTA of sequences; {_STDIN}"),
    click.option("--resize", type=click.Choice(["center", "start", "end"]),
                 help="Where lengths differ, take the model's length around each centre, from the "
                 "start or up to the end."),
    click.option("--pad", is_flag=True, help="Fill up with N past the ends of contigs."),
    click.option("--skip-bad", is_flag=True,
                 help="Leave out malformed records, places outside the genome, variants whose REF "
                 "is not the genome's and sequences of another length or of other letters; "
                 "OUTPUT.skipped.tsv lists them."),
    click.option("--rename-contigs", is_flag=True,
                 help="Read chr1 as 1, or 1 as chr1, as the genome has it."),
    click.option("--table", "table_file", type=click.Path(),
                 help=f"Columns of the model's numeric inputs, by the rows' names; {_STDIN}"),
    click.option("--track", "tracks", multiple=True, metavar="INPUT=FILE",
                 help="bigWig file of an input that is signal; again for each of its tracks."),
)

_PLACES: Final = {"intervals_file": "--intervals", "gtf_file": "--gtf", "vcf_file": "--vcf",
                  "tile": "--tile"}
_OWNERS: Final = {
    "gtf_file": ("feature", "anchor", "upstream", "downstream"),
    "tile": ("stride", "contigs", "blacklist_file", "skip_n"),
}
_OF_GENOMES: Final = {"pad": "--pad", "rename_contigs": "--rename-contigs", "tracks": "--track"}
_READ: Final = ("intervals_file", "gtf_file", "vcf_file", "blacklist_file", "sequences_file",
                "table_file")


def input_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of input; the command gets them as one argument, ``files``.

    ``files`` holds what was given, by the names of the dataloader's arguments; plain data.
    """
    @functools.wraps(command)
    def with_files(**given: Any) -> None:
        files = {name: given.pop(name) for name in _NAMES}
        command(files=chosen_files(files, given.get("dataloader_args")), **given)

    for option in reversed(_OPTIONS):
        with_files = option(with_files)
    return with_files


def _names() -> tuple[str, ...]:
    @click.command()
    def nothing() -> None: ...

    for option in reversed(_OPTIONS):
        nothing = option(nothing)
    return tuple(one.name for one in nothing.params if one.name)


_NAMES: Final = _names()


def chosen_files(given: Mapping[str, Any], instead: dict[str, Any] | None = None,
                 ) -> dict[str, Any]:
    """Return the options that were given, or the dataloader's arguments that stand instead.

    Raises:
        click.UsageError: they do not go together.
    """
    files = {name: value for name, value in given.items()
             if value is not None and value is not False and value != ()}
    if instead is not None:
        if files:
            raise click.UsageError("--dataloader-args stands instead of the options of files.")
        return instead
    _check_together(files)
    if "contigs" in files:
        files["contigs"] = [name.strip() for name in files["contigs"].split(",") if name.strip()]
    if "tracks" in files:
        files["tracks"] = _tracks(files["tracks"])
    return files


def _check_together(files: Mapping[str, Any]) -> None:
    chosen = [option for name, option in _PLACES.items() if name in files]
    if "sequences_file" in files:
        if "fasta_file" in files or chosen:
            raise click.UsageError("--sequences stands without --fasta and places in a genome.")
        for name, option in _OF_GENOMES.items():
            if name in files:
                raise click.UsageError(
                    f"{option} is for a genome; sequences have no contig around them.")
    elif (len(chosen) != 1 or "fasta_file" not in files) and set(files) != {"table_file"}:
        came = " and ".join([*(["--fasta"] if "fasta_file" in files else []), *chosen])
        raise click.UsageError("give --fasta with one of --intervals, --gtf, --vcf and --tile; "
                               "or --sequences; or, for numbers alone, --table. "
                               f"Received: {came or 'none of them'}.")
    for owner, names in _OWNERS.items():
        for name in names:
            if name in files and owner not in files:
                option = "--" + name.removesuffix("_file").replace("_", "-")
                raise click.UsageError(f"{option} goes with {_PLACES[owner]}.")
    if sum(str(files.get(name)) == "-" for name in _READ) > 1:
        raise click.UsageError("only one file can be standard input (-).")


def _tracks(texts: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in texts:
        name, sign, path = text.partition("=")
        if not sign or not name or not path:
            raise click.UsageError(f"--track reads INPUT=FILE, such as --track signal=h3k27ac.bw. "
                                   f"Received: {text!r}.")
        found.setdefault(name, []).append(path)
    return found


def open_inputs(inputs: Mapping[str, Input], files: Mapping[str, Any],
                following: Progress) -> Loader:
    """Return the loader of what was given, for a model's inputs.

    Raises:
        DlgError: an option does not fit the model, or one is missing that it needs.
        DataError: a file is not what it must be.
    """
    from dlgenomics.predict.loaders.opening import open_loader

    _check_table(inputs, files)
    return open_loader(inputs, files, following)


def _check_table(inputs: Mapping[str, Input], files: Mapping[str, Any]) -> None:
    """Refuse a table for a model without numbers, and numbers or sequences without their files."""
    from dlgenomics.errors import DlgError

    kinds = {one.kind for one in inputs.values()}
    if kinds & {"array", "tokens"}:  # no file feeds these, and the loader says so
        return
    takes = ", ".join(f"{name} ({one.kind})" for name, one in inputs.items())
    sequences = f"--fasta with {', '.join(list(_PLACES.values())[:-1])} or --tile, or --sequences"
    if "table_file" in files and "numeric" not in kinds:
        raise DlgError(f"--table holds numbers, for inputs of the kind numeric. Received: a model "
                       f"that takes {takes}. Leave --table out, and give {sequences}.")
    if kinds != {"numeric"} and set(files) == {"table_file"}:
        raise DlgError(f"--table alone is for models that take numbers alone. Received: a model "
                       f"that takes {takes}. Give {sequences}, besides.")
    if kinds == {"numeric"} and set(files) != {"table_file"}:
        raise DlgError(f"a model that takes numbers alone reads them from --table. Received: other "
                       f"files for a model that takes {takes}. Give --table alone.")


def say_skipped(loader: Loader, output: str) -> None:
    """Say how many bad records were left out; and which, where no file beside OUTPUT lists them."""
    from dlgenomics.errors import plural
    from dlgenomics.predict.writers import is_stream

    count = len(loader.skipped)
    if not count:
        return
    is_listed = not is_stream(output)
    if not is_listed:
        for one in loader.skipped:
            say(f"{one.path}{'' if one.line is None else f':{one.line}'}: {one.reason}")
    were, them = ("was", "it") if count == 1 else ("were", "them")
    listed = f"; {output}.skipped.tsv lists {them}" if is_listed else ""
    say(f"{plural(count, 'bad record')} {were} left out{listed}.")
