"""What can go wrong between an ``hf://`` address and a model.

    DlgError
    ├── AddressError             the address has another form
    ├── HubError                 the Hub says no; .repository
    │   ├── NoRepositoryError    no such repository, or a private one
    │   ├── GatedError           its terms were not accepted
    │   ├── RevisionError        no such branch, tag or commit; .known
    │   ├── FileNotInTreeError   no such file; .known
    │   └── AccessError          the token is not accepted, or may not do this
    ├── AmbiguousModelError      several files could be meant; .candidates
    ├── NoRouteError             nothing here opens what the repository holds; .found
    ├── NotPinnedError           code would run, at a revision that can change
    └── MemoryLimitError         it cannot fit in this machine's memory; .bytes, .limit
    OfflineError
    └── NotAskedError            offline mode is set, and something must be asked of the Hub
    NetworkError
    └── UnreachableError         the Hub does not answer
        └── RateLimitError       too many requests; .wait

A file with other bytes than the commit has is a `ChecksumError` (it was thrown away) or, if it lay
in the cache, a `HashMismatchError`; what is not here in offline mode is an `OfflineError`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dlgenomics.errors import Attempt, DlgError, NetworkError, OfflineError, did_you_mean

_SHOWN = 12
_NEEDS = "needs the Hugging Face Hub"


def _some(names: Sequence[str]) -> str:
    more = f" … ({len(names)} in all)" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


class AddressError(DlgError):
    """An address of the Hub has another form."""

    def __init__(self, text: str, why: str) -> None:
        because = f" ({why})" if why else ""
        super().__init__("a model on the Hub is written hf://org/name[@revision][/subfolder]"
                         f"[#file]. Received: {text!r}{because}. Correct it.")


class HubError(DlgError):
    """The Hub refuses a request for a repository."""

    def __init__(self, repository: str, message: str) -> None:
        self.repository = repository
        super().__init__(message)


class NoRepositoryError(HubError):
    """The Hub has no such repository, or does not show it."""

    def __init__(self, repository: str, near: Sequence[str], *, has_token: bool) -> None:
        hint = did_you_mean(repository, near) or (
            f" Similar names there: {_some(near)}." if near else "")
        login = ("the token that is set may not see it" if has_token
                 else "if it is private, set HF_TOKEN")
        super().__init__(repository, "a repository must exist on the Hub and be visible to you. "
                         f"Received: {repository!r}, which is not found, or private.{hint} Check "
                         f"the spelling; {login}.")


class GatedError(HubError):
    """The owners of a model want its terms to be accepted first."""

    def __init__(self, repository: str, endpoint: str, *, has_token: bool) -> None:
        then = ("with the account whose token is set, then repeat" if has_token
                else "then set HF_TOKEN, or log in: hf auth login")
        super().__init__(repository, f"the terms of {repository} must be accepted before its files "
                         "can be fetched. Received: a refusal, it is gated. Accept the terms at "
                         f"{endpoint}/{repository}, {then}.")


class RevisionError(HubError):
    """The repository has no such branch, tag or commit."""

    def __init__(self, repository: str, revision: str, known: Sequence[str]) -> None:
        self.known = tuple(known)
        listed = f" It has {_some(known)}." if known else ""
        super().__init__(repository, "a revision must be a branch, tag, pull request (refs/pr/N) "
                         f"or commit of {repository}. Received: {revision!r}."
                         f"{did_you_mean(revision, known)}{listed} Choose one with @.")


class FileNotInTreeError(HubError):
    """The repository has no such file at that commit."""

    def __init__(self, repository: str, path: str, known: Sequence[str]) -> None:
        self.known = tuple(known)
        super().__init__(repository, f"a file that is asked for must be in {repository}. Received: "
                         f"{path!r}.{did_you_mean(path, known)} It has {_some(known) or 'none'}.")


class AccessError(HubError):
    """The Hub does not allow this to whoever asks."""

    def __init__(self, repository: str, said: str, token: str) -> None:
        super().__init__(repository, f"access to {repository} needs a token that the Hub accepts "
                         f"and that may do this. Received: {said.rstrip('.')}, with {token}. Make "
                         "one that may read (or write to) that organisation: Settings, Access "
                         "Tokens; then set HF_TOKEN, or log in: hf auth login.")


class NotAskedError(OfflineError):
    """Something must be asked of the Hub, or sent there, and no socket may be opened."""

    rule = _NEEDS
    advice = "Unset DLG_OFFLINE and HF_HUB_OFFLINE, then repeat."


class UnreachableError(NetworkError):
    """Something must be asked of the Hub, or sent there, and it does not answer."""

    rule = _NEEDS
    advice = "Check connection, proxy and certificates, then repeat."


class RateLimitError(UnreachableError):
    """The Hub wants fewer requests."""

    advice = "Wait as long, then repeat. With a token (HF_TOKEN) more requests are allowed."

    def __init__(self, name: str, url: str, wait: float | None) -> None:
        self.wait = wait
        said = f"; it asks to wait {wait:.0f} s" if wait is not None else ""
        super().__init__(name, [Attempt(url, f"429 Too Many Requests{said}")])


class AmbiguousModelError(DlgError):
    """Several files of a repository could be the model."""

    def __init__(self, repository: str, candidates: Sequence[str]) -> None:
        self.candidates = tuple(candidates)
        super().__init__(f"one file of {repository} must be meant. Received: an address that "
                         f"fits {_some(candidates)}. Choose one with #, such as "
                         f"hf://{repository}#{candidates[0]}.")


class NoRouteError(DlgError):
    """Nothing here opens what a repository holds."""

    def __init__(self, place: str, found: Sequence[str], todo: str) -> None:
        self.found = tuple(found)
        super().__init__("a repository must hold a model that can be opened here. Received: "
                         f"{place} with {'; '.join(found) or 'no model file'}. {todo}")


class NotPinnedError(DlgError):
    """Code would run, and the address does not say which commit's."""

    def __init__(self, asked: str, pinned: str) -> None:
        self.pinned = pinned
        super().__init__("trust is given to one commit, whose code cannot change afterwards. "
                         f"Received: {asked}. Look at that commit, then write {pinned}.")


class MemoryLimitError(DlgError):
    """A model would need more memory than this machine has free."""

    def __init__(self, name: str, needed: str, count: int, limit: int, free: str) -> None:
        self.bytes, self.limit = count, limit
        super().__init__(f"a model must fit in this machine's memory. Received: {name}, which "
                         f"needs {needed}, with {free} to use here. Take a smaller "
                         "model or a larger machine; --ignore-memory (ignore_memory=True) "
                         "fetches it all the same.")
