"""``dlg``: the group of all commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from dlgenomics_cli import commands
from dlgenomics_cli.errors import report_error
from dlgenomics_cli.output import say, settle

INTERRUPTED = 130
_SENTENCE = 200


class _Sections(click.Group):
    """Lists its commands by what they are for."""

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter,  # noqa: ARG002 - click's
    ) -> None:
        """Write a list of commands for each section, each with its first sentence."""
        for title, found in commands.SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(one.name or "", one.get_short_help_str(_SENTENCE))
                                    for one in found])


@click.group(
    cls=_Sections,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Add --debug to any command to see the traceback of an error.",
)
@click.version_option(package_name="dlgenomics", prog_name="dlg")
def dlg() -> None:
    """Train, share and run deep-learning models of the genome."""


for _command in commands.ALL:
    dlg.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run ``dlg`` and leave with its exit status: 0, 1 (an error), 2 (usage) or 130 (Ctrl-C)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        dlg.main([a for a in given if a != "--debug"], prog_name="dlg", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        say("Interrupted.")
        sys.exit(INTERRUPTED)
    except Exception as error:
        if debug or not report_error(error):
            raise
        settle()
        sys.exit(1)
