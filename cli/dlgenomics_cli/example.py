"""How commands show an example: as the last lines of their help."""

from __future__ import annotations


def example(command: str) -> str:
    r"""Return a help epilog that click leaves as it is.

    A test runs every example that is marked so.
    """
    return f"\b\nExample:\n  {command}"
