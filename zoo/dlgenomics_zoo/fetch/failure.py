"""Why one place could not give a file, and whether to ask it again."""

from __future__ import annotations

import re

from dlgenomics.errors import FetchError


class LoginError(FetchError):
    """The server wants to know who asks, or knows and refuses."""

    advice = "It asks for a login. Log in there, or ask its owners for access."


class Failure(Exception):  # noqa: N818 - never leaves this room
    """One request failed.

    Attributes:
        kind: the error to raise if no other place has the file.
        reason: what came, for the list of attempts.
        again: whether the same request may succeed later.
        afresh: whether what has come so far is of no use then.
        wait: seconds that the server asked to wait.
    """

    def __init__(
        self, kind: type[FetchError], reason: str, *, again: bool = False,
        afresh: bool = False, wait: float | None = None,
    ) -> None:
        self.kind, self.reason, self.wait = kind, reason, wait
        self.again, self.afresh = again or afresh, afresh
        super().__init__(reason)


def without_secrets(text: str) -> str:
    """Return a text without the user names and passwords of the addresses in it."""
    return re.sub(r"(\w+://)[^/@\s]+@", r"\1", text)
