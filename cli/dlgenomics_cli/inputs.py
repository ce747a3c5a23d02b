"""The options that say what ``dlg predict`` reads, as arguments of a dataloader."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from dlgenomics.predict.loaders.loader import Loader
    from dlgenomics.spec.inputs import Input

_OPTIONS: Final = (
    click.option("--fasta", "fasta_file", type=click.Path(), help="Genome: FASTA, plain or bgzip."),
    click.option("--intervals", "intervals_file", type=click.Path(),
                 help="BED3 to BED6+ or narrowPeak; gzip; - is standard input."),
    click.option("--sequences", "sequences_file", type=click.Path(),
                 help="Instead: a FASTA of sequences; - is standard input."),
    click.option("--resize", type=click.Choice(["center"]),
                 help="Take the model's length around each centre, where lengths differ."),
    click.option("--pad", is_flag=True, help="Fill up with N past the ends of contigs."),
)


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


_NAMES: Final = ("fasta_file", "intervals_file", "sequences_file", "resize", "pad")


def chosen_files(given: Mapping[str, Any], instead: dict[str, Any] | None = None,
                 ) -> dict[str, Any]:
    """Return the options that were given, or the dataloader's arguments that stand instead.

    Raises:
        click.UsageError: they do not go together.
    """
    files = {name: value for name, value in given.items() if value}
    if instead is not None:
        if files:
            raise click.UsageError("--dataloader-args stands instead of the options of files.")
        return instead
    places = {"fasta_file", "intervals_file"} & set(files)
    if "sequences_file" in files:
        if "pad" in files:
            raise click.UsageError("--pad is for intervals; sequences have no contig around them.")
        if not places:
            return files
    elif len(places) == 2:
        return files
    raise click.UsageError("give --fasta with --intervals, or --sequences.")


def open_inputs(inputs: Mapping[str, Input], files: Mapping[str, Any]) -> Loader:
    """Return the loader of what was given, for a model's inputs.

    Raises:
        DlgError: an option does not fit the model, or one is missing that it needs.
        DataError: a file is not what it must be.
    """
    from dlgenomics.predict.loaders.opening import open_loader

    return open_loader(inputs, files)
