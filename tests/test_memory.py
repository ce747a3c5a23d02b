"""How much memory is left: by the machine, by control groups of both versions, by ``ulimit -v``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dlgenomics import memory
from dlgenomics.memory import Space, free_space, used_space

GIB = 2**30


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty ``/proc`` and ``/sys/fs/cgroup`` to write into, on a machine with 8 GiB free."""
    for name, attribute in (("proc/self", "_PROC"), ("groups", "_GROUPS")):
        (tmp_path / name).mkdir(parents=True)
        monkeypatch.setattr(memory, attribute, tmp_path / name.partition("/")[0])
    (tmp_path / "proc/meminfo").write_text(
        f"MemTotal: 1 kB\nMemAvailable: {8 * GIB // 1024} kB\n")
    return tmp_path


def _second_version(folder: Path, most: str, taken: int, files: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{most}\n")
    (folder / "memory.current").write_text(f"{taken}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {files}\nactive_file 0\n")


def _first_version(folder: Path, most: int, taken: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.limit_in_bytes").write_text(f"{most}\n")
    (folder / "memory.usage_in_bytes").write_text(f"{taken}\n")
    (folder / "memory.stat").write_text("total_inactive_file 0\ntotal_active_file 0\n")


def test_a_machine_without_groups(system: Path) -> None:
    assert free_space().memory == 8 * GIB


def test_the_smallest_of_all_groups_around_the_process_counts(system: Path) -> None:
    (system / "proc/self/cgroup").write_text("0::/slurm/job_7/step_0\n")
    _second_version(system / "groups/slurm/job_7/step_0", "max", GIB)
    _second_version(system / "groups/slurm/job_7", str(3 * GIB), GIB)
    _second_version(system / "groups/slurm", str(60 * GIB), 2 * GIB)
    assert free_space().memory == 2 * GIB


def test_cached_files_are_given_back(system: Path) -> None:
    (system / "proc/self/cgroup").write_text("0::/\n")
    _second_version(system / "groups", str(3 * GIB), 3 * GIB, files=GIB)
    assert free_space().memory == GIB


def test_a_container_that_is_told_the_path_outside_sees_its_group_as_the_root(system: Path) -> None:
    (system / "proc/self/cgroup").write_text("5:devices:/docker/a1\n4:memory:/docker/a1\n0::/\n")
    _first_version(system / "groups/memory", 2 * GIB, 3 * GIB)
    assert free_space().memory == 0


def test_no_limit_of_the_first_version_is_a_large_one(system: Path) -> None:
    (system / "proc/self/cgroup").write_text("4:memory:/\n")
    _first_version(system / "groups/memory", 9223372036854771712, GIB)
    assert free_space().memory == 8 * GIB


@pytest.mark.parametrize("text", ["", "nonsense\n", "0::\n", "MemAvailable: many kB\n"])
def test_what_cannot_be_read_is_no_limit(system: Path, text: str) -> None:
    (system / "proc/self/cgroup").write_text(text)
    (system / "proc/meminfo").write_text(text)
    assert used_space() == Space()
    assert free_space().addresses is None
    assert (free_space().memory or GIB) >= GIB // 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_array_is_used_memory() -> None:
    before = used_space()
    array = np.ones(2**25)
    after = used_space()
    assert after.memory - before.memory > 0.9 * array.nbytes
    assert after.addresses - before.addresses > 0.9 * array.nbytes


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v does nothing elsewhere")
def test_what_ulimit_leaves() -> None:
    code = ("from dlgenomics.memory import free_space; a = free_space().addresses; b = bytearray(10**8); "
            "print(a, a - free_space().addresses)")
    done = subprocess.run(["bash", "-c", 'ulimit -v 1000000; exec "$0" -c "$1"', sys.executable, code],
                          capture_output=True, text=True, check=True)
    free, taken = map(int, done.stdout.split())
    assert 5 * 10**8 < free < 1_024_000_000
    assert 10**8 <= taken < 1.2 * 10**8
