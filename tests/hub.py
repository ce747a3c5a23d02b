"""A Hugging Face Hub on this machine that keeps models in memory and, on request, misbehaves.

It answers what huggingface_hub 1 and 2 ask for models: create, upload (regular and Git LFS), commit,
pull request, tag, branch, delete, search, info, tree and download with ranges. Bytes of large files come
from another host name, ``localhost``, as they do there: the client would follow a redirect to the same
host and never see the headers that say which commit a file is of.

    with running_hub() as hub:
        commit = hub.publish("lab/model", {"config.json": b"{}"})
        HfApi(endpoint=hub.url).model_info("lab/model")
        assert hub.unmatched == []
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

from hub_store import Files, Repository

if TYPE_CHECKING:
    from hub_answers import Answers

TOKEN = "hf_of_the_lab"
"""The token of the account ``lab``, which may write to ``lab/...``."""

READER = "hf_of_a_reader"
"""The token of an account that owns nothing."""

Refusal = Callable[["Answers"], None]
Spoiling = Callable[[bytes], tuple[bytes, int]]


@dataclass
class Fault:
    """What happens to the next requests that fit.

    Attributes:
        on: searched in ``METHOD /path``.
        times: how many are left.
        refuse: answers instead, or None.
        spoil: content → what is sent of it and the length that is announced, or None; a negative
            length: the connection stays open after what is sent.
    """

    on: str
    times: int
    refuse: Refusal | None = None
    spoil: Spoiling | None = None


@dataclass(frozen=True)
class Request:
    """One request that came."""

    method: str
    path: str
    host: str
    headers: dict[str, str]
    body: bytes

    @property
    def authorization(self) -> str:
        """What the request said of who asks, or an empty text."""
        return next((value for name, value in self.headers.items()
                     if name.lower() == "authorization"), "")


@dataclass
class Hub:
    """The hub's state, all of it for tests to read and change.

    Attributes:
        tokens: token → account; an account may write to what begins with its name.
        agreed: accounts that agreed to the terms of gated models.
        repositories: by name.
        large: SHA-256 → bytes of the files that Git LFS keeps.
        xet: whether large files are offered by Xet as well.
        log: every request, in order.
        unmatched: requests that nothing here answers.
    """

    tokens: dict[str, str] = field(default_factory=lambda: {TOKEN: "lab", READER: "reader"})
    agreed: set[str] = field(default_factory=set)
    repositories: dict[str, Repository] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    xet: bool = False
    log: list[Request] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    url: str = ""
    files_url: str = ""
    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def publish(self, name: str, files: Files, ref: str = "refs/heads/main", **facts: bool) -> str:
        """Let a repository hold these files; returns the commit's id."""
        repository = self.repositories.setdefault(name, Repository(name, **facts))
        return repository.commit(files, ref=ref)

    def asked(self, on: str = "") -> list[Request]:
        """The requests so far for which ``METHOD /path`` fits the expression."""
        return [one for one in self.log if re.search(on, f"{one.method} {one.path}")]

    def answer(self, status: int, on: str = "", *, times: int = 1, **headers: str) -> None:
        """Answer the next requests with a status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._faults.append(Fault(on, times, refuse=lambda it: it.fail(status, "", "as asked", named)))

    def hang_up(self, on: str = "", *, times: int = 1) -> None:
        """Close the connection of the next requests without a word."""
        self._faults.append(Fault(on, times, refuse=lambda it: it.hang_up()))

    def cut(self, after: int, on: str = "", *, times: int = 1) -> None:
        """Announce the whole of the next files, send ``after`` bytes and hang up."""
        self._faults.append(Fault(on, times, spoil=lambda content: (content[:after], len(content))))

    def stall(self, after: int, on: str = "") -> None:
        """Send ``after`` bytes of the next file, and then nothing for a long time."""
        self._faults.append(Fault(on, 1, spoil=lambda content: (content[:after], -len(content))))

    def shorten(self, to: int, on: str = "", *, times: int = 1) -> None:
        """Send the first bytes of the next files as if that were all."""
        self._faults.append(Fault(on, times, spoil=lambda content: (content[:to], len(content[:to]))))

    def tamper(self, on: str = "", *, times: int = 1) -> None:
        """Send other bytes than the next files have, as many of them."""
        def spoil(content: bytes) -> tuple[bytes, int]:
            return bytes(byte ^ 255 for byte in content), len(content)

        self._faults.append(Fault(on, times, spoil=spoil))

    def next_fault(self, method: str, path: str, *, sending: bool) -> Fault | None:
        """Take the next fault that fits a request; those of files when one is being sent."""
        with self._lock:
            for fault in self._faults:
                if (fault.spoil is not None) == sending and re.search(fault.on, f"{method} {path}"):
                    fault.times -= 1
                    if fault.times < 1:
                        self._faults.remove(fault)
                    return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the tests."""


@contextlib.contextmanager
def running_hub() -> Iterator[Hub]:
    """Run a hub on a free port of this machine."""
    from hub_answers import Answers

    hub = Hub()
    server = _Server(("127.0.0.1", 0), type("Bound", (Answers,), {"hub": hub}))
    port = server.server_address[1]
    hub.url, hub.files_url = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
