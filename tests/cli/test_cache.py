"""``dlg cache``: what was fetched, from where, and whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics_cli.downloads import agreement
from dlgenomics_zoo.fetch import RemoteFile, fetch_file, open_cache
from faulty_server import WEIGHTS, serving

Dlg = Callable[..., tuple[int, str, str]]


@pytest.fixture
def fetched() -> Path:
    with serving() as server:
        server.files["/weights.h5"] = WEIGHTS
        return fetch_file(RemoteFile("weights.h5", (server.url("/weights.h5"),),
                                     license="CC BY-NC 4.0"))


def test_an_empty_cache(run_dlg: Dlg) -> None:
    status, out, err = run_dlg("cache", "ls")
    assert (status, out) == (0, "")
    assert "Nothing was fetched yet" in err
    assert run_dlg("cache", "verify")[:2] == (0, "0 of 0 files are whole\n")
    assert json.loads(run_dlg("cache", "ls", "--json")[1]) == []
    assert run_dlg("cache", "path")[1] == f"{open_cache().root}\n"


def test_what_is_in_it(run_dlg: Dlg, fetched: Path) -> None:
    status, out, err = run_dlg("cache", "ls")
    header, row = (line.split("\t") for line in out.splitlines())
    assert status == 0
    assert dict(zip(header, row, strict=True)) | {"from": "", "checksum": ""} == {
        "file": "weights.h5", "size": "10.2 kB", "checksum": "", "licence": "CC BY-NC 4.0",
        "from": ""}
    assert row[-1].startswith("http://127.0.0.1:")
    assert "1 files, 10.2 kB" in err
    listed = json.loads(run_dlg("cache", "ls", "--json")[1])
    assert [(e["name"], e["bytes"], e["path"]) for e in listed] == [
        ("weights.h5", 10240, str(fetched))]
    assert run_dlg("cache", "path", "weights.h5")[1] == f"{fetched}\n"


def test_verify_finds_a_changed_file(run_dlg: Dlg, fetched: Path) -> None:
    assert run_dlg("cache", "verify")[0] == 0
    fetched.write_bytes(b"changed")
    status, out, err = run_dlg("cache", "verify")
    assert (status, out) == (1, "0 of 1 files are whole\n")
    assert "weights.h5 must have sha256" in err
    assert f"dlg cache rm {fetched.parent.name[:12]}" in err
    status, out, _ = run_dlg("cache", "verify", "--json")
    assert status == 1
    assert "must have sha256" in json.loads(out)[0]["problem"]


def test_rm(run_dlg: Dlg, fetched: Path) -> None:
    assert run_dlg("cache", "rm")[0] == 2
    assert run_dlg("cache", "rm", "--all", "weights.h5")[0] == 2
    status, _, err = run_dlg("cache", "rm", "weight.h5")
    assert status == 1
    assert "Did you mean 'weights.h5'?" in err
    assert run_dlg("cache", "rm", "weights.h5", fetched.parent.name[:12])[:2] == (
        0, "10.2 kB freed\n")
    assert open_cache().entries() == []
    assert run_dlg("cache", "rm", "--all")[1] == "0 B freed\n"


def test_a_noncommercial_licence_is_told_loudly(capsys: pytest.CaptureFixture[str]) -> None:
    assert agreement(yes=False)(10_240, "CC BY-NC 4.0", "weights.h5")
    said = capsys.readouterr().err
    assert "Fetching weights.h5: 10.2 kB, licence CC BY-NC 4.0" in said
    assert "NON-COMMERCIAL USE ONLY" in said
    assert agreement(yes=False)(None, "MIT", "weights.h5")
    said = capsys.readouterr().err
    assert "size unknown, licence MIT" in said
    assert "NON-COMMERCIAL" not in said


def test_a_large_download_wants_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not agreement(yes=False)(2 * 10**9, "", "x")  # nobody at a terminal to ask
    assert agreement(yes=True)(2 * 10**9, "", "x")
    monkeypatch.setenv("DLG_MAX_DOWNLOAD", "3 GB")
    assert agreement(yes=False)(2 * 10**9, "", "x")
