"""What huggingface_hub is asked: which commit, which files, which names; its errors become ours.

The only file that imports huggingface_hub for reading. Never its transport: that was requests, then
httpx, then httpx2.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import dlgenomics
from dlgenomics.errors import Attempt, DlgError
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch.remote import is_web
from dlgenomics_zoo.hub.commit import Commit, commit_of
from dlgenomics_zoo.hub.errors import (
    AccessError,
    GatedError,
    NoRepositoryError,
    NotAskedError,
    RateLimitError,
    RevisionError,
    UnreachableError,
)

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_YES: Final = ("1", "ON", "YES", "TRUE")
_REFUSED: Final = (401, 403)
_TOO_MANY: Final = 429
_NEAR: Final = 5
_ANY: Final = "dlgenomics/any"


@dataclass(frozen=True)
class Connection:
    """The Hub, as the settings and the Hub's own environment name it.

    Attributes:
        endpoint: its address.
        token: who asks; empty for nobody. Never shown.
        offline: whether nothing may be asked.
    """

    endpoint: str
    token: str = field(default="", repr=False)
    offline: bool = False

    @property
    def api(self) -> HfApi:
        """Return huggingface_hub's own client of this endpoint."""
        from huggingface_hub import HfApi  # noqa: PLC0415 - takes 0.3 s

        return HfApi(endpoint=self.endpoint, token=self.token or False, library_name="dlgenomics",
                     library_version=dlgenomics.__version__)

    @property
    def authorization(self) -> str:
        """What a request for a file says of who asks."""
        return f"Bearer {self.token}" if self.token else ""

    def commit(self, repository: str, revision: str) -> Commit:
        """Ask which commit a revision is, and what it holds.

        Raises:
            HubError, UnreachableError, NotAskedError: see `asking`.
        """
        with self.asking(repository, revision):
            info = self.api.model_info(repository, revision=revision, files_metadata=True,
                                       timeout=30)
        card: Any = info.card_data
        siblings = [{"path": one.rfilename, "size": one.size, "blob_id": one.blob_id,
                     "lfs": {"size": one.lfs["size"], "sha256": one.lfs["sha256"]}
                     if one.lfs else None} for one in info.siblings or ()]
        return commit_of(repository, {
            "sha": info.sha, "siblings": siblings,
            "card": card.to_dict() if card else {}, "gated": info.gated,
            "private": info.private, "tags": info.tags})

    def revisions(self, repository: str) -> list[str]:
        """Ask for the branches, tags and pull requests of a repository."""
        with self.asking(repository):
            refs = self.api.list_repo_refs(repository, include_pull_requests=True)
        return [one.name for kind in (refs.branches, refs.tags, refs.pull_requests or ())
                for one in kind]

    def models(self, **asked: Any) -> list[Any]:
        """Ask for the models that fit what `HfApi.list_models` takes.

        Raises:
            UnreachableError, NotAskedError: see `asking`.
        """
        from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415 - takes 0.3 s

        with self.asking("models", purpose="a search"):
            # The client asks for a list again and again, for 25 s; for a model it asks once.
            with contextlib.suppress(HfHubHTTPError):
                self.api.model_info(_ANY, timeout=10)
            return list(self.api.list_models(**asked))

    def tensors(self, commit: Commit, path: str) -> Mapping[str, int]:
        """Ask for the head of a safetensors file: kind of number → how many.

        Raises:
            HubError, UnreachableError, NotAskedError: see `asking`.
            DlgError: it is no such head.
        """
        from huggingface_hub.errors import SafetensorsParsingError  # noqa: PLC0415

        with self.asking(commit.repository, commit.id):
            try:
                found = self.api.parse_safetensors_file_metadata(
                    commit.repository, path, revision=commit.id)
            except SafetensorsParsingError as error:
                raise DlgError("a safetensors file must begin with a head that names its tensors. "
                               f"Received: {commit.repository}/{path}, another beginning. Do not "
                               "use this file.") from error
        return {str(kind): int(count) for kind, count in found.parameter_count.items()}

    @contextlib.contextmanager
    def asking(self, repository: str, revision: str = "", *, purpose: str = "") -> Iterator[None]:
        """Turn what huggingface_hub raises inside the block into one of our sentences.

        Args:
            repository: of whom it is asked.
            revision: which branch, tag or commit.
            purpose: what needs the answer, such as "a search". Default: the look-up itself.

        Raises:
            NoRepositoryError, GatedError, RevisionError, AccessError: the Hub refuses.
            RateLimitError, UnreachableError: it cannot answer now.
            NotAskedError: nothing may be asked.
        """
        name = purpose or f"looking up {repository}{f'@{revision}' if revision else ''}"
        url = f"{self.endpoint}/{repository}"
        if self.offline:
            raise NotAskedError(name, [Attempt(url, "not asked, offline mode is set")])
        from huggingface_hub import errors as said  # noqa: PLC0415 - takes 0.3 s

        try:
            with _quiet():
                yield
        except said.GatedRepoError as error:
            raise GatedError(repository, self.endpoint, has_token=bool(self.token)) from error
        except said.RepositoryNotFoundError as error:
            raise NoRepositoryError(repository, self._similar(repository),
                                    has_token=bool(self.token)) from error
        except said.RevisionNotFoundError as error:
            raise RevisionError(repository, revision, self._known(repository)) from error
        except said.OfflineModeIsEnabled as error:
            raise NotAskedError(name, [Attempt(url, "not asked, HF_HUB_OFFLINE is set")]) from error
        except said.HfHubHTTPError as error:
            raise self._refusal(name, repository, error) from error
        except (said.HTTPError, OSError) as error:  # type: ignore[attr-defined]  # its transport's
            raise UnreachableError(name, [Attempt(url, _reason(error))]) from error

    def _refusal(self, name: str, repository: str, error: Any) -> DlgError:
        """Return the error for a status that has no type of its own there."""
        status, headers = error.response.status_code, error.response.headers
        url = f"{self.endpoint}/{repository}"
        if status in _REFUSED:
            return AccessError(repository, f"{status} {error.server_message or 'refused'}",
                               self.token_name)
        if status == _TOO_MANY:
            asked = headers.get("Retry-After", "")
            return RateLimitError(name, url, float(asked) if asked.isdigit() else None)
        return UnreachableError(name, [Attempt(url, f"{status} from the Hub")])

    @property
    def token_name(self) -> str:
        """Return where the token comes from, never the token."""
        if not self.token:
            return "no token"
        return ("the token of HF_TOKEN" if os.environ.get("HF_TOKEN")
                else f"the token in {_token_file()}")

    def _similar(self, repository: str) -> list[str]:
        """Return names like one that is not there; none if nobody says."""
        owner, _, name = repository.partition("/")
        with contextlib.suppress(DlgError), self.asking(owner):
            found = [one.id for one in self.api.list_models(author=owner, limit=_NEAR)]
            return found or [one.id for one in self.api.list_models(search=name, limit=_NEAR)]
        return []

    def _known(self, repository: str) -> list[str]:
        with contextlib.suppress(DlgError):
            return self.revisions(repository)
        return []


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what the client logs of failed requests: the last one becomes our sentence."""
    log = logging.getLogger("huggingface_hub.utils._http")

    def none(_record: logging.LogRecord) -> bool:
        return False

    log.addFilter(none)  # one for each block, as several threads may be in one
    try:
        yield
    finally:
        log.removeFilter(none)


def connect() -> Connection:
    """Return the Hub that the environment describes now.

    ``DLG_HUB_ENDPOINT`` or ``HF_ENDPOINT``, ``DLG_OFFLINE`` or ``HF_HUB_OFFLINE``, and the token of
    ``HF_TOKEN``, else of the file that ``hf auth login`` writes (``$HF_HOME/token``).

    Raises:
        DlgError: a variable has a value that means nothing.
    """
    settings = load_settings()
    offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in _YES
    return Connection(_checked(settings.hub_endpoint), _token(), settings.offline or offline)


def _checked(endpoint: str) -> str:
    """Return an endpoint to which a token may go.

    Raises:
        DlgError: it is neither HTTPS, nor HTTP on this machine, or has a login in it.
    """
    try:
        good = is_web(endpoint) and not urlsplit(endpoint).username
    except ValueError:  # brackets that no address of version 6 has
        good = False
    if not good:
        raise DlgError("DLG_HUB_ENDPOINT (or HF_ENDPOINT) must be an https:// address (http:// "
                       f"only on this machine). Received: {endpoint.rpartition('@')[2]!r}. "
                       "Correct or unset it.")
    return endpoint


def hub_home() -> Path:
    """Return the folder of the Hub's own programs: ``HF_HOME``."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("HF_HOME") or cache / "huggingface").expanduser()


def _token_file() -> Path:
    return Path(os.environ.get("HF_TOKEN_PATH") or hub_home() / "token").expanduser()


def _token() -> str:
    if said := os.environ.get("HF_TOKEN", "").strip():
        return said
    try:
        return _token_file().read_text().strip()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ""


def _reason(error: Exception) -> str:
    """Return why there was no answer, in a few words."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"the Hub cannot be reached ({text[:120]})"
