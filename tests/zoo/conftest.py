"""What tests of fetching share: a faulty server, its files, and no patience."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from dlgenomics_zoo.fetch import RemoteFile
from dlgenomics_zoo.fetch.retry import Retry
from faulty_server import WEIGHTS, FaultyServer, make_certificate, serving


@pytest.fixture(autouse=True)
def _plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DLG_MIRROR", "DLG_OFFLINE", "DLG_MAX_DOWNLOAD", "http_proxy", "https_proxy",
                 "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def dna(rng: np.random.Generator) -> np.ndarray:
    """Three one-hot sequences of twelve bases."""
    return np.eye(4, dtype="float32")[rng.integers(0, 4, (3, 12))]


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """A server with one file, /weights.h5."""
    with serving() as running:
        running.files["/weights.h5"] = WEIGHTS
        yield running


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[FaultyServer, Path]]:
    """The same over TLS, with a certificate that nobody trusts yet."""
    if not shutil.which("openssl"):
        pytest.skip("openssl, which makes the certificate, is not installed")
    certificate = make_certificate(tmp_path)
    with serving(certificate) as running:
        running.files["/weights.h5"] = WEIGHTS
        yield running, certificate


@pytest.fixture
def waits() -> list[float]:
    """The seconds that a `retry` would have slept."""
    return []


@pytest.fixture
def retry(waits: list[float]) -> Retry:
    """Five tries without sleeping."""
    return Retry(timeout=10, sleep=waits.append)


@pytest.fixture
def remote(server: FaultyServer) -> Callable[..., RemoteFile]:
    """Describe a file of the server; the sha256 of WEIGHTS unless said otherwise."""
    def describe(path: str = "/weights.h5", **facts: object) -> RemoteFile:
        defaults = {"name": "weights.h5", "urls": (server.url(path),),
                    "sha256": hashlib.sha256(WEIGHTS).hexdigest()}
        return RemoteFile(**{**defaults, **facts})  # type: ignore[arg-type]

    return describe
