"""What commands that read variants share: what is let pass, and what they say at the end."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.output import say

if TYPE_CHECKING:
    from dlgenomics.variants.reference import Survey

_OPTIONS = (
    click.option("--max-mismatches", type=click.FloatRange(0, 1), default=0.05, show_default=True,
                 help="Stop if REF differs from the genome in a larger share of the records."),
    click.option("--rename-contigs", is_flag=True,
                 help="Read chr1 as 1, or 1 as chr1, as the genome has it."),
    click.option("--skip-missing-contigs", is_flag=True,
                 help="Skip records on contigs that the FASTA lacks."),
)


def policy_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of what is let pass; the command gets them as one argument, ``policy``."""
    @functools.wraps(command)
    def wrapped(max_mismatches: float, rename_contigs: bool, skip_missing_contigs: bool,
                **others: Any) -> None:
        from dlgenomics.variants.reference import Policy

        command(policy=Policy(max_mismatches, rename_contigs, skip_missing_contigs), **others)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_RESUMING = (
    click.option("--resume", is_flag=True, help="Go on with what is done in OUTPUT.parts, if any."),
    click.option("--restart", is_flag=True, help="Throw away what is done in OUTPUT.parts."),
)


def resuming_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of runs that were interrupted; the command gets them as ``intent``."""
    @functools.wraps(command)
    def wrapped(resume: bool, restart: bool, **others: Any) -> None:
        from dlgenomics.predict.parts.agreement import Intent

        if resume and restart:
            raise click.UsageError("--restart throws away what --resume keeps.")
        command(intent=Intent(resume, restart), **others)

    for option in reversed(_RESUMING):
        wrapped = option(wrapped)
    return wrapped


def report_survey(found: Survey, output: str) -> None:
    """Say what was scored, and what was not and why."""
    from dlgenomics.errors import plural
    from dlgenomics.variants.alleles import REASONS

    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.kinds.most_common())
    say(f"{plural(found.alleles, 'allele')} of {plural(found.records, 'record')} scored"
        f"{f' ({kinds})' if kinds else ''}{f' in {output}' if output != '-' else ''}")
    if found.swapped:
        hint = ("; the columns REF and ALT look exchanged in the whole file"
                if found.swapped > found.checked / 2 else "")
        say(f"{plural(found.swapped, 'record')} with REF and ALT exchanged, scored as written"
            f"{hint}")
    for reason, count in found.skipped.most_common():
        say(f"{plural(count, 'allele')} skipped: {REASONS[reason]} ({reason})")
