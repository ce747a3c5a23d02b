"""Whatever the Hub answers, a user reads one sentence, and nothing bad stays in the cache.

Each row of the table of faults in the Hub's own client has a case here.
"""

from __future__ import annotations

import hashlib
import logging
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics.errors import (
    ChecksumError,
    DlgError,
    HashMismatchError,
    NetworkError,
    OfflineError,
)
from dlgenomics.settings import load_settings
from dlgenomics_zoo.fetch.retry import Retry
from dlgenomics_zoo.hub.address import parse_address
from dlgenomics_zoo.hub.connection import connect
from dlgenomics_zoo.hub.errors import (
    AccessError,
    GatedError,
    NoRepositoryError,
    RateLimitError,
    RevisionError,
)
from dlgenomics_zoo.hub.files import fetch
from dlgenomics_zoo.hub.planning import plan_model
from dlgenomics_zoo.hub.resolve import find_commit
from hub import READER, TOKEN, Hub
from hub_models import CARD, keras_h5

MODEL, _, _ = keras_h5()
NAME = "hf://lab/net"


def get(address: str = NAME, paths: tuple[str, ...] = ("model.h5",)) -> Path:
    """Resolve an address and fetch files; returns the first."""
    hub = connect()
    commit = find_commit(hub, parse_address(address))
    return fetch(hub, commit, paths, confirm=lambda *_: True)[paths[0]]


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dlgenomics_zoo.fetch.fetch.Retry", lambda: Retry(tries=3, sleep=lambda _: None))


@pytest.fixture
def commit(hub: Hub) -> str:
    return hub.publish("lab/net", {"model.h5": MODEL, "README.md": CARD, "note.txt": b"small"})


def cached() -> list[str]:
    """Everything in the cache of files that is not a record."""
    root = load_settings().cache / "files"
    return sorted(p.name for p in root.rglob("*") if p.is_file() and p.suffix != ".json")


def no_socket(*args: object, **more: object) -> None:
    raise AssertionError("a socket was opened")


# Who may see it


def test_no_such_repository_or_a_private_one(hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.publish("lab/secret", {"model.h5": MODEL}, private=True)
    with pytest.raises(NoRepositoryError, match=r"'lab/nett', which is not found, or private\. Did you mean 'lab/net'\?"
                                                r" Check the spelling; if it is private, set HF_TOKEN"):
        get("hf://lab/nett")
    with pytest.raises(NoRepositoryError, match="set HF_TOKEN"):
        get("hf://lab/secret")
    monkeypatch.setenv("HF_TOKEN", READER)
    with pytest.raises(NoRepositoryError, match="the token that is set may not see it"):
        get("hf://elsewhere/nothing")
    assert get("hf://lab/secret").read_bytes() == MODEL


def test_a_gated_model_wants_its_terms_accepted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.publish("lab/gated", {"model.h5": MODEL}, gated=True)
    said = rf"Accept the terms at {hub.url}/lab/gated, "
    with pytest.raises(GatedError, match=said + "then set HF_TOKEN, or log in"):
        get("hf://lab/gated")
    monkeypatch.setenv("HF_TOKEN", READER)
    with pytest.raises(GatedError, match=said + "with the account whose token is set"):
        get("hf://lab/gated")
    assert plan_model("hf://lab/gated").commit.gated  # a plan needs no access
    hub.agreed.add("reader")
    assert get("hf://lab/gated").read_bytes() == MODEL


def test_a_token_that_is_not_accepted(hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_unknown")
    with pytest.raises(AccessError, match=r"Received: 401 Invalid credentials.*, with the token of HF_TOKEN"):
        get()
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "hf-home").mkdir()
    (tmp_path / "hf-home" / "token").write_text("hf_unknown\n")
    with pytest.raises(AccessError, match=r"with the token in .*hf-home/token"):
        get()


def test_a_refusal_of_the_file_alone(hub: Hub, commit: str) -> None:
    hub.answer(403, "resolve", times=9)
    with pytest.raises(AccessError, match="Received: 403 Forbidden"):
        get()


def test_the_token_goes_to_the_hub_and_not_to_the_host_of_its_files(
    hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    get(paths=("model.h5", "note.txt"))
    (of_files,) = hub.asked("^GET /files/")
    assert of_files.host.startswith("localhost")
    assert of_files.authorization == ""
    assert {one.authorization for one in hub.asked("resolve")} == {f"Bearer {TOKEN}"}


def test_without_a_token_none_is_sent(hub: Hub, commit: str) -> None:
    get()
    assert {one.authorization for one in hub.log} == {""}


# Which revision


def test_a_revision_that_is_not_there(hub: Hub, commit: str) -> None:
    hub.repositories["lab/net"].refs["refs/tags/v1.0"] = commit
    with pytest.raises(RevisionError, match=r"Received: 'v1'. Did you mean 'v1.0'\? It has main, v1.0."):
        get("hf://lab/net@v1")


def test_branch_tag_pull_request_and_commit(hub: Hub, commit: str) -> None:
    hub.repositories["lab/net"].refs["refs/tags/v1"] = commit
    other = hub.publish("lab/net", {"model.h5": b"new"}, ref="refs/pr/2")
    branch = hub.publish("lab/net", {"model.h5": b"newer"}, ref="refs/heads/feature/x")
    assert get("hf://lab/net@v1").read_bytes() == MODEL
    assert get("hf://lab/net@refs/pr/2").read_bytes() == b"new"
    assert get(f"hf://lab/net@{other}").read_bytes() == b"new"
    assert get("hf://lab/net@feature%2Fx").read_bytes() == b"newer"
    assert branch != other


def test_a_new_commit_of_a_branch_is_seen(hub: Hub, commit: str) -> None:
    assert get().read_bytes() == MODEL
    hub.publish("lab/net", {"model.h5": b"new"})
    assert get().read_bytes() == b"new"
    assert get(f"hf://lab/net@{commit}").read_bytes() == MODEL


def test_another_commit_than_was_asked_for_is_refused(hub: Hub, commit: str) -> None:
    hub.repositories["lab/net"].refs["f" * 40] = commit  # a branch that is named like a commit
    with pytest.raises(DlgError, match="must answer for the commit ffff"):
        get(f"hf://lab/net@{'f' * 40}")


# Bytes


def test_other_bytes_of_the_same_length_leave_nothing(hub: Hub, commit: str) -> None:
    hub.tamper("model.h5", times=9)
    with pytest.raises(ChecksumError, match=r"must have sha256 [0-9a-f]{64}, has [0-9a-f]{64}"):
        get()
    assert cached() == []
    hub.tamper("note.txt", times=9)
    with pytest.raises(ChecksumError, match="must have git-sha1"):
        get(paths=("note.txt",))
    assert cached() == []


def test_a_file_that_was_changed_in_the_cache_is_reported_and_not_used(hub: Hub, commit: str) -> None:
    path = get()
    path.write_bytes(b"x" * len(MODEL))
    with pytest.raises(HashMismatchError, match="dlg cache rm"):
        get()


def test_a_cut_download_goes_on_where_it_stopped(hub: Hub, commit: str) -> None:
    hub.cut(1000, "/files/")
    hub.cut(500, "/files/")
    assert get().read_bytes() == MODEL
    assert [one.headers.get("Range", "") for one in hub.asked("/files/")] == [
        "", "bytes=1000-", "bytes=1500-"]


def test_a_download_that_failed_goes_on_the_next_time(hub: Hub, commit: str) -> None:
    hub.cut(1000, "/files/")
    hub.answer(503, "resolve.*model.h5", times=1)
    hub.cut(0, "/files/", times=9)
    with pytest.raises(NetworkError):
        get()
    hub._faults.clear()
    assert get().read_bytes() == MODEL
    assert hub.asked("/files/")[-1].headers["Range"] == "bytes=1000-"


def test_a_shorter_file_is_refused(hub: Hub, commit: str) -> None:
    hub.shorten(100, "/files/", times=9)
    with pytest.raises(DlgError, match=r"must have .* bytes, has 100"):
        get()
    assert cached() == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_moment_passes(hub: Hub, commit: str, status: int) -> None:
    hub.answer(status, "resolve", times=2)
    assert get().read_bytes() == MODEL


def test_a_hub_that_stays_busy_while_a_file_is_fetched(hub: Hub, commit: str) -> None:
    hub.answer(429, "resolve", times=9, Retry_After="1")
    with pytest.raises(NetworkError, match="429 Too Many Requests"):
        get()


# The Hub cannot be asked


def test_too_many_requests(hub: Hub, commit: str) -> None:
    hub.answer(429, "api/models", times=9, Retry_After="77")
    with pytest.raises(RateLimitError, match=r"it asks to wait 77 s.*With a token") as caught:
        get()
    assert caught.value.wait == 77


@pytest.mark.parametrize("fault", [lambda hub: hub.answer(500, times=9), lambda hub: hub.answer(503, times=9),
                                   lambda hub: hub.hang_up(times=9), lambda hub: hub.answer(429, times=9)],
                         ids=["500", "503", "dropped", "429"])
def test_a_hub_that_is_down(
    hub: Hub, commit: str, fault: Callable[[Hub], None], caplog: pytest.LogCaptureFixture
) -> None:
    """With nothing in the cache a sentence; with a warm cache the model, and what it stands on."""
    fault(hub)
    with pytest.raises(NetworkError):
        get()
    hub._faults.clear()
    get()
    fault(hub)
    with caplog.at_level(logging.WARNING, "dlgenomics"):
        assert get().read_bytes() == MODEL
    assert f"The last known commit of hf://lab/net is used: {commit}" in caplog.text


def test_a_closed_port_is_a_sentence(hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLG_HUB_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(NetworkError, match=r"looking up lab/net@main needs the Hugging Face Hub.*the Hub cannot be reached"):
        get()


def test_a_commit_with_a_warm_cache_needs_no_request(hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    get(f"hf://lab/net@{commit}")
    asked = len(hub.log)
    monkeypatch.setattr(socket.socket, "connect", no_socket)
    assert get(f"hf://lab/net@{commit}").read_bytes() == MODEL
    assert plan_model(f"hf://lab/net@{commit}").missing == 0
    assert len(hub.log) == asked


def test_a_branch_with_a_warm_cache_needs_one_request(hub: Hub, commit: str) -> None:
    get()
    asked = len(hub.log)
    get()
    assert [one.path for one in hub.log[asked:]] == ["/api/models/lab/net/revision/main"]


@pytest.mark.parametrize("variable", ["DLG_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline(hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    get()
    monkeypatch.setenv(variable, "1")
    monkeypatch.setattr(socket.socket, "connect", no_socket)
    assert get().read_bytes() == MODEL
    with pytest.raises(OfflineError) as caught:
        get(paths=("note.txt",))
    said = str(caught.value)
    digest = hashlib.sha1(b"blob 5\0small").hexdigest()
    for part in ("note.txt", f"{hub.url}/lab/net/resolve/{commit}/note.txt", f"git-sha1 {digest}",
                 f"git-sha1/{digest}/note.txt"):
        assert part in said
    with pytest.raises(OfflineError, match="no commit of it was fetched before"):
        get("hf://lab/other")
    put = Path(said.rpartition("put it at ")[2])
    put.parent.mkdir(parents=True)
    put.write_bytes(b"small")
    assert get(paths=("note.txt",)) == put


def test_another_endpoint_is_another_hub(hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    get()
    monkeypatch.setenv("DLG_OFFLINE", "1")
    monkeypatch.setenv("DLG_HUB_ENDPOINT", "https://mirror.invalid")
    with pytest.raises(OfflineError):
        get()


def test_the_hubs_own_variable_names_the_endpoint(hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLG_HUB_ENDPOINT")
    monkeypatch.setenv("HF_ENDPOINT", hub.url + "/")
    assert get().read_bytes() == MODEL


@pytest.mark.parametrize("endpoint", ["http://hub.example", "ftp://hub.example", "hub.example", "https://", "https://[",
                                      "http://user:pass@hub.example"])
def test_an_endpoint_is_https(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLG_HUB_ENDPOINT", endpoint)
    with pytest.raises(DlgError, match=r"DLG_HUB_ENDPOINT \(or HF_ENDPOINT\) must be an https:// address") as caught:
        connect()
    assert "pass" not in str(caught.value)


# Other programs on this machine


def test_what_another_program_fetched_is_taken_over(hub: Hub, commit: str, tmp_path: Path) -> None:
    blobs = tmp_path / "hf-home" / "hub" / "models--lab--net" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / hashlib.sha256(MODEL).hexdigest()).write_bytes(MODEL)
    assert plan_model(NAME).missing == 0
    assert get().read_bytes() == MODEL
    assert not hub.asked("resolve")


def test_what_another_program_damaged_is_not(hub: Hub, commit: str, tmp_path: Path) -> None:
    blobs = tmp_path / "hf-home" / "hub" / "models--lab--net" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / hashlib.sha256(MODEL).hexdigest()).write_bytes(b"x" * len(MODEL))
    assert get().read_bytes() == MODEL
    assert hub.asked("resolve")


def test_no_token_is_in_any_text(
    hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str]
) -> None:
    hub.publish("lab/gated", {"model.h5": MODEL}, gated=True)
    monkeypatch.setenv("HF_TOKEN", READER)
    said = [repr(connect())]
    with caplog.at_level(logging.DEBUG):
        for fault in (None, 401, 403, 404, 429, 500):
            for on in ("api/models", "resolve"):
                if fault:
                    hub.answer(fault, on, times=20)
                for address in ("hf://lab/nothing", "hf://lab/gated", "hf://lab/net@nothing", NAME):
                    try:
                        get(address)
                    except DlgError as error:
                        said += [repr(error), str(error), repr(error.__cause__)]
                hub._faults.clear()
    assert len(said) > 60
    printed = capsys.readouterr()
    assert READER not in " ".join([*said, caplog.text, printed.out, printed.err])
