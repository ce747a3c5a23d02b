"""Turns an error into one sentence and the next command to try."""

from __future__ import annotations

from dlgenomics.errors import DlgError, SpecError
from dlgenomics_cli.output import say


def report_error(error: Exception) -> bool:
    """Print an error that is ours; False leaves it to Python, as a bug of ours should be."""
    if isinstance(error, SpecError):
        count = len(error.problems)
        say(str(error))
        say(f"Error: the spec has {count} problem{'s' if count > 1 else ''}.")
    elif isinstance(error, DlgError):
        say(f"Error: {error}")
        if error.next_step:
            say(f"Next: {error.next_step}")
    elif isinstance(error, MemoryError):
        say("Error: there must be memory for what is at hand. Received: "
            f"{str(error) or 'no more from the system'}. Free some, or ask for less at once.")
    elif isinstance(error, OSError):
        say(f"Error: {error}")
    else:
        return False
    return True
