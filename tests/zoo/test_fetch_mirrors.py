"""Mirrors, alternatives and the offline rule: the checksum decides, the host does not."""

from __future__ import annotations

import base64
import hashlib
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics.errors import (
    ChecksumError,
    DeadLinkError,
    DlgError,
    HashMismatchError,
    NetworkError,
    OfflineError,
)
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch import RemoteFile, fetch_file, open_cache
from dlgenomics_zoo.fetch.places import layouts
from dlgenomics_zoo.fetch.retry import Retry
from faulty_server import WEIGHTS, FaultyServer, Handler, redirect, status

PATH = "/weights.h5"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
FAR = RemoteFile("weights.h5", ("https://a.example/weights.h5",), sha256=SHA256)
Describe = Callable[..., RemoteFile]


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was asked"))


def test_a_mirror_may_call_a_file_by_checksum_address_or_name() -> None:
    described = RemoteFile("my weights.h5", ("https://a.example/r/1/w.h5?download=1",),
                           sha256=SHA256)
    assert list(layouts(described)) == [
        f"sha256/{SHA256}/my%20weights.h5", "a.example/r/1/w.h5", "my%20weights.h5"]
    unproven = RemoteFile("w.h5", ("https://a.example/w.h5", "pypi:a==1/w.h5"))
    assert list(layouts(unproven)) == ["a.example/w.h5"]  # a name proves nothing
    hostile = RemoteFile("w.h5", ("https://a.example/%2e%2e/%2e%2e/etc/passwd",))
    assert list(layouts(hostile)) == []


@pytest.mark.parametrize("layout", [f"sha256/{SHA256}/w.h5", "a.example/r/w.h5", "w.h5"])
@pytest.mark.parametrize("kind", ["web", "folder", "file-url"])
def test_each_layout_is_found(
    server: FaultyServer, retry: Retry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    layout: str, kind: str,
) -> None:
    wanted = RemoteFile("w.h5", ("https://a.example/r/w.h5",), sha256=SHA256)
    folder = tmp_path / "a folder"
    if kind == "web":
        server.files[f"/mirror/{layout}"] = WEIGHTS
        mirror = server.url("/mirror/")
    else:
        (folder / layout).parent.mkdir(parents=True)
        (folder / layout).write_bytes(WEIGHTS)
        mirror = folder.as_uri() if kind == "file-url" else str(tmp_path / "link")
        (tmp_path / "link").symlink_to(folder)
    monkeypatch.setenv("DLG_MIRROR", mirror)
    assert fetch_file(wanted, retry=retry).read_bytes() == WEIGHTS
    assert layout in open_cache().entries()[0].source


def test_the_cache_of_one_machine_is_a_mirror_for_another(
    server: FaultyServer, remote: Describe, retry: Retry, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_sha256 = fetch_file(remote(), retry=retry)
    carried = shutil.copytree(by_sha256.parents[2], tmp_path / "stick")
    monkeypatch.setenv("DLG_CACHE", str(tmp_path / "other-machine"))
    monkeypatch.setenv("DLG_MIRROR", str(carried))
    monkeypatch.setenv("DLG_OFFLINE", "1")
    path = fetch_file(remote())
    assert path.read_bytes() == WEIGHTS
    assert path.is_relative_to(tmp_path / "other-machine")


def test_mirrors_come_first_and_a_wrong_one_is_passed_over_and_named(
    server: FaultyServer, remote: Describe, retry: Retry, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "weights.h5").write_bytes(b"other")
    server.always["/old/weights.h5"] = status(500)
    monkeypatch.setenv("DLG_MIRROR", f"{tmp_path / 'wrong'},{server.url('/old')}")
    wanted = remote(urls=(server.url("/first.h5"), server.url("/second.h5")))
    with pytest.raises(DeadLinkError) as caught:
        fetch_file(wanted, retry=retry)
    host = server.base.removeprefix("http://").partition(":")[0]
    assert [(a.url.removeprefix(server.base), a.reason) for a in caught.value.attempts] == [
        (f"{tmp_path}/wrong/sha256/{SHA256}/weights.h5", "no such file"),
        (f"{tmp_path}/wrong/{host}/first.h5", "no such file"),
        (f"{tmp_path}/wrong/{host}/second.h5", "no such file"),
        (f"{tmp_path}/wrong/weights.h5",
         f"must have sha256 {SHA256}, has {hashlib.sha256(b'other').hexdigest()}"),
        (f"/old/sha256/{SHA256}/weights.h5", "404 Not Found"),
        (f"/old/{host}/first.h5", "404 Not Found"),
        (f"/old/{host}/second.h5", "404 Not Found"),
        ("/old/weights.h5", "500 Internal Server Error"),
        ("/first.h5", "404 Not Found"),
        ("/second.h5", "404 Not Found"),
    ]
    assert "  4. " in str(caught.value)
    assert open_cache().entries() == []
    server.files["/second.h5"] = WEIGHTS
    assert fetch_file(wanted, retry=retry).read_bytes() == WEIGHTS
    assert open_cache().entries()[0].source == server.url("/second.h5")


def test_a_good_mirror_spares_the_original(
    server: FaultyServer, remote: Describe, retry: Retry, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["/mirror/weights.h5"] = WEIGHTS
    monkeypatch.setenv("DLG_MIRROR", server.url("/mirror"))
    fetch_file(remote(), retry=retry)
    assert server.asked(PATH) == []


def test_the_error_has_the_type_of_the_publishers_own_answer(
    server: FaultyServer, remote: Describe, retry: Retry, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["/m/weights.h5"] = b"wrong"
    monkeypatch.setenv("DLG_MIRROR", server.url("/m"))
    server.always[PATH] = status(503)
    with pytest.raises(NetworkError):
        fetch_file(remote(), retry=retry)
    server.always[PATH] = lambda h, c: h.serve(b"other")
    with pytest.raises(ChecksumError):
        fetch_file(remote(), retry=retry)


def test_a_password_goes_to_its_mirror_only_and_is_not_told(
    server: FaultyServer, remote: Describe, retry: Retry, monkeypatch: pytest.MonkeyPatch
) -> None:
    logins: list[str | None] = []

    def ask(handler: Handler, content: bytes) -> None:
        logins.append(handler.headers.get("Authorization"))
        redirect("/other")(handler, content)

    def other(handler: Handler, content: bytes) -> None:
        logins.append(handler.headers.get("Authorization"))
        handler.answer(404, b"")

    server.always["/m/weights.h5"] = ask
    server.always["/other"] = other
    monkeypatch.setenv("DLG_MIRROR", server.url("/m").replace("//", "//me:s%40cret@"))
    with pytest.raises(DeadLinkError) as caught:
        fetch_file(remote("/gone"), retry=retry)
    assert logins == [f"Basic {base64.b64encode(b'me:s@cret').decode()}", None]
    assert "cret" not in str(caught.value)
    assert server.url("/m/weights.h5: 404") in str(caught.value)


@pytest.mark.parametrize("mirror", ["http://mirror.example/x", "s3://bucket/x", "ftp://a/b"])
def test_a_mirror_of_another_kind_is_refused(
    remote: Describe, monkeypatch: pytest.MonkeyPatch, mirror: str
) -> None:
    monkeypatch.setenv("DLG_MIRROR", mirror)
    with pytest.raises(DlgError, match="DLG_MIRROR must name https:// addresses"):
        fetch_file(remote())


@pytest.mark.usefixtures("no_sockets")
def test_offline_names_address_checksum_and_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLG_OFFLINE", "1")
    monkeypatch.setenv("DLG_MIRROR", f"https://mirror.example {tmp_path / 'empty'}")
    with pytest.raises(OfflineError) as caught:
        fetch_file(FAR)
    place = open_cache().path(FAR)
    assert str(caught.value).endswith(
        f"{FAR.urls[0]}: not asked, DLG_OFFLINE is set\n"
        "Unset DLG_OFFLINE, or name a folder of files with DLG_MIRROR. "
        f"If you have the file (with sha256 {SHA256}), put it at {place}")
    assert caught.value.url == FAR.urls[0]
    assert [a.reason for a in caught.value.attempts].count("no such file") == 3
    assert not place.parent.exists()
    place.parent.mkdir(parents=True)
    place.write_bytes(WEIGHTS)
    assert fetch_file(FAR) == place


@pytest.mark.usefixtures("no_sockets")
def test_a_wrong_file_put_there_by_hand_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DLG_OFFLINE", "1")
    place = open_cache().path(FAR)
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x" * len(WEIGHTS))
    with pytest.raises(HashMismatchError, match="dlg cache rm") as caught:
        fetch_file(FAR)
    assert (caught.value.path, caught.value.expected) == (str(place), SHA256)
    assert place.is_file()  # it is the user's; it is only not used


@pytest.mark.usefixtures("no_sockets")
def test_offline_asks_no_package_index(monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    monkeypatch.setenv("DLG_OFFLINE", "1")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("pip was run"))
    with pytest.raises(OfflineError, match=r"pypi:a==1/w\.h5: not asked"):
        fetch_file(RemoteFile("w.h5", ("pypi:a==1/w.h5",), sha256=SHA256))


@pytest.mark.parametrize(("text", "mirrors"), [
    ("", ()), (" , ", ()), ("a", ("a",)), ("a b,c, d\n", ("a", "b", "c", "d")),
])
def test_mirrors_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, text: str, mirrors: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DLG_MIRROR", text)
    assert load_settings().mirrors == mirrors


@pytest.mark.parametrize(("text", "offline"), [
    ("1", True), ("true", True), ("YES", True), ("0", False), ("", False), ("off", False),
])
def test_the_offline_switch(monkeypatch: pytest.MonkeyPatch, text: str, offline: bool) -> None:
    monkeypatch.setenv("DLG_OFFLINE", text)
    assert load_settings().offline is offline


@pytest.mark.parametrize(("text", "count"), [
    ("5", 5), ("500 MB", 500_000_000), ("1.5gb", 1_500_000_000), ("2kB", 2000), ("", 10**9),
])
def test_the_limit(monkeypatch: pytest.MonkeyPatch, text: str, count: int) -> None:
    monkeypatch.setenv("DLG_MAX_DOWNLOAD", text)
    assert load_settings().max_download == count


@pytest.mark.parametrize(("name", "text"), [
    ("DLG_OFFLINE", "maybe"), ("DLG_MAX_DOWNLOAD", "lots"), ("DLG_MAX_DOWNLOAD", "-1"),
    ("DLG_MAX_DOWNLOAD", "5 GiB"),
])
def test_settings_that_mean_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(DlgError, match=f"{name} must be .* Received: '{text}'"):
        load_settings()
