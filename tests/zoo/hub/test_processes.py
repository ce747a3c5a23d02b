"""Several processes at once, Xet, and the first process after one that was killed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dlgenomics.settings import load_settings
from hub import Hub
from hub_models import keras_h5

CODE = """
import sys
from dlgenomics_zoo.hub.address import parse_address
from dlgenomics_zoo.hub.connection import connect
from dlgenomics_zoo.hub.files import fetch
from dlgenomics_zoo.hub.resolve import find_commit
hub = connect()
commit = find_commit(hub, parse_address("hf://lab/net"))
found = fetch(hub, commit, ["big.h5", "small.txt"], confirm=lambda *_: True)
import hashlib
print(hashlib.sha256(found["big.h5"].read_bytes()).hexdigest(), found["big.h5"])
"""
BIG = os.urandom(3_000_000)


def start(**more: str) -> subprocess.Popen[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("HF_HUB_DISABLE")}
    return subprocess.Popen([sys.executable, "-c", CODE], env={**env, **more}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def visible(root: Path) -> list[str]:
    return sorted(p.name for p in root.rglob("*") if p.is_file() and not p.name.startswith("."))


def test_eight_processes_leave_one_good_copy(hub: Hub) -> None:
    hub.publish("lab/net", {"big.h5": BIG, "small.txt": b"small"})
    hub.cut(1_000_000, "/files/")
    running = [start() for _ in range(8)]
    answers = [one.communicate(timeout=120) for one in running]
    assert [one.returncode for one in running] == [0] * 8, answers
    assert len({said for said, _ in answers}) == 1
    digest, path = answers[0][0].split()
    assert digest == hashlib.sha256(BIG).hexdigest()
    assert Path(path).read_bytes() == BIG
    root = load_settings().cache / "files"
    assert visible(root) == ["big.h5", "small.txt"]
    assert not list(root.rglob("*.part-*"))
    assert len(hub.asked("^GET /files/")) == 2  # one that was cut, and one that went on


@pytest.mark.parametrize("xet", [{"HF_HUB_DISABLE_XET": "1"}, {}], ids=["off", "on"])
def test_xet_is_not_needed(hub: Hub, xet: dict[str, str]) -> None:
    """A hub that offers Xet, whose store nobody can reach here, gives the same bytes over HTTP."""
    hub.xet = True
    hub.publish("lab/net", {"big.h5": BIG, "small.txt": b"small"})
    said, err = start(**xet).communicate(timeout=60)
    assert said.split()[0] == hashlib.sha256(BIG).hexdigest(), err
    assert not hub.asked("xet")


def test_after_a_kill_the_next_process_goes_on(hub: Hub) -> None:
    import time

    hub.publish("lab/net", {"big.h5": BIG, "small.txt": b"small"})
    hub.stall(1_000_000, "/files/")
    process = start()
    root = load_settings().cache / "files"
    until = time.monotonic() + 60
    while not any(p.stat().st_size for p in root.rglob("*.part-????????????")):
        assert time.monotonic() < until, process.communicate()
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert visible(root) == []
    said, err = start().communicate(timeout=60)
    assert said.split()[0] == hashlib.sha256(BIG).hexdigest(), err
    assert hub.asked("^GET /files/")[-1].headers["Range"].startswith("bytes=")


@pytest.mark.slow
def test_two_processes_make_one_package(hub: Hub) -> None:
    content, _, _ = keras_h5()
    hub.publish("lab/net", {"model.h5": content})
    code = ("from dlgenomics_zoo.client import open_package; from dlgenomics.package.manifest import *; "
            "f, _ = open_package('hf://lab/net'); verify_files(f, read_manifest(f).package); print(f)")
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True) for _ in range(2)]
    answers = [one.communicate(timeout=120) for one in running]
    assert [one.returncode for one in running] == [0, 0], answers
    assert answers[0][0] == answers[1][0]
    assert [p.name for p in Path(answers[0][0].strip()).parent.iterdir()] == [Path(answers[0][0].strip()).name]
