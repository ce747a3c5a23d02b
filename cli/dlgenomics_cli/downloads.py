"""How commands that may download show size and licence, and when they ask."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dlgenomics_cli.output import say, size_text

if TYPE_CHECKING:
    from dlgenomics.progress import Progress
    from dlgenomics_zoo.fetch import Confirm
    from dlgenomics_zoo.terms import Terms

length_option = click.option("--length", type=click.IntRange(1), help="Bases of the input, for a "
                             "network of Kipoi's that takes sequences of any length.")
yes_option = click.option("--yes", is_flag=True, help="Agree to large downloads.")
ignore_memory_option = click.option("--ignore-memory", is_flag=True, help="Fetch a model of the "
                                    "Hub although it does not seem to fit in memory.")
trust_option = click.option("--trust", is_flag=True, help="Run code of the model's authors, if it "
                            "has any; what runs is said first. It can do anything that you can.")


def terms(length: int | None, yes: bool, following: Progress, *,
          ignore_memory: bool = False) -> Terms:
    """Return the terms on which a command fetches a model."""
    from dlgenomics_zoo.terms import Terms

    return Terms(length, agreement(yes), following, ignore_memory=ignore_memory)


def agreement(yes: bool) -> Confirm:
    """Return what `fetch_file` asks before a download.

    It says name, size and licence, loudly if that forbids commercial use, and wants a yes for what
    is larger than ``DLG_MAX_DOWNLOAD``: by ``--yes``, or at the terminal.
    """
    from dlgenomics_zoo.fetch import is_noncommercial
    from dlgenomics_zoo.fetch.consent import within_limit

    def agree(count: int | None, licence: str, name: str) -> bool:
        size = size_text(count) if count is not None else "size unknown"
        say(f"Fetching {name}: {size}, licence {licence or 'unknown'}")
        if is_noncommercial(licence):
            say(f"WARNING: NON-COMMERCIAL USE ONLY. The licence of {name} is {licence}; other use "
                "needs an agreement with its owners.")
        if yes or within_limit(count, licence, name):
            return True
        return sys.stdin.isatty() and click.confirm(f"Fetch {size}?", err=True)

    return agree
