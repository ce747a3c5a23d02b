"""Downloads over a line with faults end with the right bytes or with a sentence."""

from __future__ import annotations

import email.utils
import gzip
import hashlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from dlgenomics.errors import (
    ChecksumError,
    DeadLinkError,
    DeclinedError,
    DlgError,
    FetchError,
    NetworkError,
    OutputError,
    RedirectError,
    WrongFileError,
)
from dlgenomics_zoo.fetch import RemoteFile, fetch_file, open_cache
from dlgenomics_zoo.fetch.failure import LoginError
from dlgenomics_zoo.fetch.retry import ADVANCE, Retry
from faulty_server import (
    WEIGHTS,
    Fault,
    FaultyServer,
    compressed,
    cut_after,
    encoded,
    hang_up,
    instead,
    page,
    redirect,
    silence,
    status,
    without_length,
)

PATH = "/weights.h5"
Describe = Callable[..., RemoteFile]


def _installed() -> list[str]:
    return [entry.name for entry in open_cache().entries() if entry.complete]


def test_a_file_is_fetched_once_and_then_found(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    path = fetch_file(remote(), retry=retry)
    assert path.read_bytes() == WEIGHTS
    assert fetch_file(remote(), retry=retry) == path
    assert server.asked(PATH) == [""]
    assert path.parent.name == hashlib.sha256(WEIGHTS).hexdigest()
    assert sorted(p.name for p in path.parent.iterdir()) == [".weights.h5.json", "weights.h5"]


def test_md5_is_good_where_there_is_no_better(remote: Describe, retry: Retry) -> None:
    md5 = hashlib.md5(WEIGHTS).hexdigest()
    path = fetch_file(remote(sha256="", md5=md5), retry=retry)
    assert path.parts[-3:] == ("md5", md5, "weights.h5")


def test_size_and_licence_are_shown_before_the_first_byte(
    remote: Describe, server: FaultyServer, retry: Retry
) -> None:
    told: list[tuple[str, int, int, str]] = []
    fetch_file(remote(license="CC BY-NC 4.0"), retry=retry,
               progress=lambda *seen: told.append((*seen, "")[:4]))  # type: ignore[arg-type]
    assert told[0] == ("weights.h5", 0, 10240,
                       f"10,240 bytes, CC BY-NC 4.0, from {server.url(PATH)}")
    assert told[-1][:3] == ("weights.h5", 10240, 10240)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_download_goes_on_or_starts_over(
    server: FaultyServer, remote: Describe, retry: Retry, ranges: bool
) -> None:
    server.ranges = ranges
    server.faults[PATH] = [cut_after(4000), cut_after(3000)]
    assert fetch_file(remote(), retry=retry).read_bytes() == WEIGHTS
    kept = ["", "bytes=4000-", "bytes=7000-"] if ranges else ["", "bytes=4000-", "bytes=3000-"]
    assert server.asked(PATH) == kept


def test_a_later_call_goes_on_where_an_earlier_one_stopped(
    server: FaultyServer, remote: Describe, waits: list[float]
) -> None:
    impatient = Retry(tries=1, sleep=waits.append)
    server.faults[PATH] = [cut_after(4000)]
    with pytest.raises(NetworkError, match=r"truncated: 4,000 of 10,240 bytes came"):
        fetch_file(remote(), retry=impatient)
    assert _installed() == []
    assert [(e.name, e.bytes) for e in open_cache().entries()] == [("weights.h5", 4000)]
    assert fetch_file(remote(), retry=impatient).read_bytes() == WEIGHTS
    assert server.asked(PATH) == ["", "bytes=4000-"]
    assert waits == []


def test_a_download_goes_on_only_in_the_same_version(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    new = b"new" * 2000
    server.files[PATH] = b"old" * 2000
    server.faults[PATH] = [cut_after(999), lambda h, _: (server.files.update({PATH: new}),
                                                         h.serve(new))[0]]
    assert fetch_file(remote(sha256=""), retry=retry).read_bytes() == new


def test_without_a_version_the_checksum_decides_whether_two_halves_fit(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    server.stamped = False
    server.files[PATH] = b"x" * len(WEIGHTS)
    server.faults[PATH] = [cut_after(999)]
    with pytest.raises(NetworkError):
        fetch_file(remote(), retry=Retry(tries=1))
    server.files[PATH] = WEIGHTS
    assert fetch_file(remote(), retry=retry).read_bytes() == WEIGHTS
    assert server.asked(PATH) == ["", "bytes=999-", ""]


def test_without_version_and_checksum_a_cut_download_starts_over(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    server.stamped = False
    server.faults[PATH] = [cut_after(999)]
    assert fetch_file(remote(sha256=""), retry=retry).read_bytes() == WEIGHTS
    assert server.asked(PATH) == ["", ""]


def test_a_range_past_the_end_starts_over(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    server.faults[PATH] = [cut_after(999), status(416)]
    assert fetch_file(remote(), retry=retry).read_bytes() == WEIGHTS
    assert server.asked(PATH) == ["", "bytes=999-", ""]


def test_another_range_than_asked_for_starts_over(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    server.faults[PATH] = [cut_after(999), lambda h, c: h.answer(
        206, c[500:], {"Content-Range": f"bytes 500-{len(c) - 1}/{len(c)}"})]
    assert fetch_file(remote(), retry=retry).read_bytes() == WEIGHTS


@pytest.mark.parametrize("fault", [
    status(500), status(502), status(503), status(429), status(408), hang_up,
], ids=["500", "502", "503", "429", "408", "hang-up"])
def test_what_may_pass_is_tried_again(
    server: FaultyServer, remote: Describe, retry: Retry, waits: list[float], fault: Fault
) -> None:
    server.faults[PATH] = [fault, fault]
    assert fetch_file(remote(), retry=retry).read_bytes() == WEIGHTS
    assert 1 <= waits[0] <= 1.5
    assert 2 <= waits[1] <= 3


def test_silence_is_not_waited_for_without_end(
    server: FaultyServer, remote: Describe, waits: list[float]
) -> None:
    server.always[PATH] = silence(1)
    with pytest.raises(NetworkError, match=r"no answer within 0\.2 s"):
        fetch_file(remote(), retry=Retry(tries=2, timeout=0.2, sleep=waits.append))
    assert len(server.asked(PATH)) == 2


def test_tries_end(
    server: FaultyServer, remote: Describe, retry: Retry, waits: list[float]
) -> None:
    server.always[PATH] = status(503)
    with pytest.raises(NetworkError, match="503 Service Unavailable") as caught:
        fetch_file(remote(), retry=retry)
    assert len(server.asked(PATH)) == 5
    assert len(waits) == 4
    assert caught.value.url == server.url(PATH)
    assert "it goes on where it stopped" in str(caught.value)


def test_tries_that_advance_do_not_count(server: FaultyServer, remote: Describe) -> None:
    large = bytes(5 * ADVANCE)
    server.files[PATH] = large
    server.faults[PATH] = [cut_after(ADVANCE)] * 4
    patient = Retry(tries=2, sleep=lambda _: None)
    path = fetch_file(remote(sha256=hashlib.sha256(large).hexdigest()), retry=patient)
    assert path.stat().st_size == len(large)


def test_the_server_says_how_long_to_wait(
    server: FaultyServer, remote: Describe, retry: Retry, waits: list[float]
) -> None:
    date = email.utils.formatdate(time.time() + 60, usegmt=True)
    server.faults[PATH] = [status(429, Retry_After="7"), status(503, Retry_After=date),
                           status(503, Retry_After="soon")]
    assert fetch_file(remote(), retry=retry).read_bytes() == WEIGHTS
    assert waits[0] == 7
    assert 50 < waits[1] <= 60
    assert 4 <= waits[2] <= 6  # not understood: our own third wait


def test_a_server_that_asks_for_an_hour_is_left(
    server: FaultyServer, remote: Describe, retry: Retry, waits: list[float]
) -> None:
    server.always[PATH] = status(429, Retry_After="3600")
    with pytest.raises(NetworkError, match="429 Too Many Requests"):
        fetch_file(remote(), retry=retry)
    assert (len(server.asked(PATH)), waits) == (1, [])


@pytest.mark.parametrize(("fault", "kind", "said"), [
    (status(404), DeadLinkError, "404 Not Found"),
    (status(410), DeadLinkError, "410 Gone"),
    (status(401), LoginError, "401 Unauthorized (it asks for a login)"),
    (status(403), LoginError, "403 Forbidden (it asks for a login)"),
    (status(418), FetchError, "418 I'm a Teapot"),
    (page, WrongFileError, "a web page («Sign in») came instead of the file"),
    (instead(b"x" * 10240), ChecksumError, f"must have sha256 {hashlib.sha256(WEIGHTS).hexdigest()}"
     f", has {hashlib.sha256(b'x' * 10240).hexdigest()}"),
    (encoded("br"), WrongFileError, "compressed as 'br', which was not asked for"),
    (redirect("/weights.h5"), RedirectError, "302 Found, in a circle or too often"),
    (redirect("ftp://127.0.0.1/x"), RedirectError, "redirects to ftp://127.0.0.1/x, which"),
    (redirect("http://elsewhere.example/x?token=1"), RedirectError,
     "redirects to http://elsewhere.example/x, which is not HTTPS"),
    (redirect("file:///etc/passwd"), RedirectError, "redirects to file:///etc/passwd, which"),
], ids=["404", "410", "401", "403", "418", "page", "other", "brotli", "circle", "ftp", "http",
        "file"])
def test_what_will_not_pass_is_a_typed_sentence_at_once(
    server: FaultyServer, remote: Describe, retry: Retry, waits: list[float], fault: Fault,
    kind: type[FetchError], said: str,
) -> None:
    server.always[PATH] = fault
    with pytest.raises(FetchError) as caught:
        fetch_file(remote(), retry=retry)
    error = caught.value
    assert type(error) is kind
    assert said in error.attempts[0].reason
    assert str(error).startswith(
        f"weights.h5 must come whole from one of its places. Received: {server.url(PATH)}: ")
    assert str(open_cache().path(remote())) in str(error)
    assert waits == []
    assert open_cache().entries() == []


@pytest.mark.parametrize("size", [10239, 10241])
def test_another_length_is_refused_before_the_body(
    server: FaultyServer, remote: Describe, retry: Retry, size: int
) -> None:
    with pytest.raises(WrongFileError, match=rf"must have {size:,} bytes, has 10,240"):
        fetch_file(remote(size=size), retry=retry)
    assert _installed() == []


def test_more_bytes_than_wanted_without_a_length(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    server.always[PATH] = without_length
    assert fetch_file(remote(), retry=retry).read_bytes() == WEIGHTS
    with pytest.raises(WrongFileError, match="must have 10 bytes, has 10,240"):
        fetch_file(remote(sha256="", size=10), retry=retry)


def test_compression_of_the_way_is_undone(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    server.always[PATH] = compressed
    assert fetch_file(remote(size=len(WEIGHTS)), retry=retry).read_bytes() == WEIGHTS
    path = fetch_file(remote(sha256=""), retry=retry)
    assert path.read_bytes() == WEIGHTS


def test_a_file_that_is_itself_compressed_stays_so(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    packed = gzip.compress(WEIGHTS, mtime=0)
    server.files["/a.csv.gz"] = packed
    server.always["/a.csv.gz"] = lambda h, c: h.answer(200, c, {"Content-Encoding": "x-gzip"})
    digest = hashlib.sha256(packed).hexdigest()
    assert fetch_file(remote("/a.csv.gz", sha256=digest), retry=retry).read_bytes() == packed
    path = fetch_file(remote("/a.csv.gz", sha256="", name="a.csv.gz"), retry=retry)
    assert path.read_bytes() == packed


def test_damaged_compression_and_bombs(
    server: FaultyServer, remote: Describe, retry: Retry
) -> None:
    damaged = gzip.compress(WEIGHTS)[:-9]
    server.always[PATH] = lambda h, c: h.answer(200, damaged, {"Content-Encoding": "gzip"})
    with pytest.raises(WrongFileError, match="damaged gzip compression"):
        fetch_file(remote(), retry=retry)
    bomb = gzip.compress(bytes(10**7))
    server.always[PATH] = lambda h, c: h.answer(200, bomb, {"Content-Encoding": "gzip"})
    with pytest.raises(WrongFileError, match="more than 10,240 bytes once uncompressed"):
        fetch_file(remote(size=len(WEIGHTS)), retry=retry)
    assert open_cache().entries() == []


def test_redirects_are_followed(server: FaultyServer, remote: Describe, retry: Retry) -> None:
    server.always["/a"] = redirect("/b")
    server.always["/b"] = redirect(server.url(PATH))
    assert fetch_file(remote("/a"), retry=retry).read_bytes() == WEIGHTS


def test_too_many_redirects(server: FaultyServer, remote: Describe, retry: Retry) -> None:
    for n in range(12):
        server.always[f"/{n}"] = redirect(f"/{n + 1}")
    with pytest.raises(RedirectError, match="too often"):
        fetch_file(remote("/0"), retry=retry)
    assert len(server.requests) == 11


def test_https_never_becomes_http(
    secure: tuple[FaultyServer, Path], server: FaultyServer, remote: Describe, retry: Retry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over_tls, certificate = secure
    wanted = remote(urls=(over_tls.url(PATH),))
    with pytest.raises(NetworkError, match=r"certificate is not trusted .*SSL_CERT_FILE"):
        fetch_file(wanted, retry=retry)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    over_tls.faults[PATH] = [redirect(server.url(PATH))]
    with pytest.raises(RedirectError, match="which is not HTTPS"):
        fetch_file(wanted, retry=retry)
    assert server.requests == []
    assert fetch_file(wanted, retry=retry).read_bytes() == WEIGHTS


def test_tls_that_is_none(server: FaultyServer, remote: Describe, retry: Retry) -> None:
    url = server.url(PATH).replace("http:", "https:")
    with pytest.raises(NetworkError, match="TLS failed"):
        fetch_file(remote(urls=(url,)), retry=retry)


def test_an_unknown_server(
    remote: Describe, retry: Retry, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lookup(*asked: object, **how: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(NetworkError, match=r"name of the server is unknown \(DNS\)"):
        fetch_file(remote(urls=("https://nowhere.example/x",)), retry=retry)
    assert waits == []


def test_a_closed_port(remote: Describe, retry: Retry, waits: list[float]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NetworkError, match="the connection was refused"):
        fetch_file(remote(urls=(f"http://127.0.0.1:{port}/x",)), retry=retry)
    assert len(waits) == 4


def test_a_proxy_of_the_environment_is_used(
    server: FaultyServer, remote: Describe, retry: Retry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.base)
    monkeypatch.setenv("no_proxy", "")
    wanted = remote(urls=("http://localhost:9/weights.h5",))
    server.files["http://localhost:9/weights.h5"] = WEIGHTS
    assert fetch_file(wanted, retry=retry).read_bytes() == WEIGHTS


def test_a_full_disk_is_noticed_before_and_while_writing(
    server: FaultyServer, remote: Describe, retry: Retry, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
        with pytest.raises(OutputError, match=r"100 bytes free for a download of 10,240 bytes.*"
                                              "set DLG_CACHE to another disk"):
            fetch_file(remote(), retry=retry)
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "from dlgenomics_zoo.fetch import RemoteFile, fetch_file\n"
        "from dlgenomics.errors import OutputError\n"
        "try:\n"
        f"    fetch_file({remote()!r})\n"
        "except OutputError as error:\n"
        "    print(error)\n")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                          check=True)
    assert ("a file larger than is allowed here. Raise the limit (ulimit -f) or set DLG_CACHE to "
            "another disk") in done.stdout
    assert _installed() == []
    assert fetch_file(remote(), retry=retry).read_bytes() == WEIGHTS


def test_an_unwritable_cache(
    server: FaultyServer, remote: Describe, retry: Retry, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("DLG_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="Set DLG_CACHE to another disk"):
        fetch_file(remote(), retry=retry)
    assert server.requests == []


def test_nothing_large_comes_without_a_yes(
    server: FaultyServer, remote: Describe, retry: Retry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLG_MAX_DOWNLOAD", "10 kB")
    with pytest.raises(DeclinedError, match="10,240 bytes, licence MIT, not agreed to") as caught:
        fetch_file(remote(license="MIT"), retry=retry)
    assert (caught.value.bytes, caught.value.license) == (10240, "MIT")
    assert "DLG_MAX_DOWNLOAD" in str(caught.value)
    server.faults[PATH] = [without_length]
    with pytest.raises(DeclinedError):
        fetch_file(remote(), retry=retry)
    assert _installed() == []
    asked = []
    path = fetch_file(remote(license="MIT"), retry=retry,
                      confirm=lambda *offer: not asked.append(offer))
    assert path.read_bytes() == WEIGHTS
    assert asked == [(10240, "MIT", "weights.h5")]


def test_what_is_in_the_cache_is_not_asked_about(
    remote: Describe, retry: Retry
) -> None:
    fetch_file(remote(), retry=retry)
    fetch_file(remote(), confirm=lambda *_: pytest.fail("asked"))


@pytest.mark.parametrize("facts", [
    {"name": "../x"}, {"name": ".x"}, {"name": "a/b"}, {"name": ""}, {"name": "a\\b"},
    {"name": "a\nb"}, {"urls": ()}, {"urls": ("http://elsewhere.example/x",)},
    {"urls": ("ftp://elsewhere.example/x",)}, {"urls": ("file:///etc/passwd",)},
    {"urls": ("https:///x",)}, {"urls": ("https://a.example/a file",)},
    {"urls": ("https://a.example/\n",)}, {"sha256": "abc"}, {"sha256": "A" * 64}, {"md5": "0" * 32 + " "},
], ids=repr)
def test_descriptions_that_are_refused(facts: dict[str, object]) -> None:
    with pytest.raises(DlgError, match="Received"):
        RemoteFile(**{"name": "x", "urls": ("https://a.example/x",), **facts})  # type: ignore[arg-type]
