"""Weights that ship inside wheels on the package index, by package.

``pypi_files.tsv`` has one row a file. Its sha256 was computed from the wheel and agrees with the
file of the same path in the authors' git repository, which is the alternative when the index
has nothing. Licences are those of the weights, which may differ from the package's own: SpliceAI's
wheel says GPLv3 of its code and nothing of the models; its authors' LICENSE beside the models says
CC BY-NC 4.0.
"""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Final

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics_zoo.fetch.remote import RemoteFile
from dlgenomics_zoo.fetch.wheel import WheelMember

TABLE: Final = "pypi_files.tsv"


def wheel_packages() -> list[str]:
    """Return the packages whose weights are recorded, in the order of the table."""
    return list(dict.fromkeys(row["package"] for row in _rows()))


def wheel_files(package: str) -> tuple[RemoteFile, ...]:
    """Return the weights that a package's wheel holds, in the order of the wheel.

    Args:
        package: its name on the index, such as ``spliceai``.

    Raises:
        DlgError: none of its files are recorded.
    """
    rows = _rows()
    found = tuple(_remote(row) for row in rows if row["package"] == package)
    if not found:
        known = sorted({row["package"] for row in rows})
        raise DlgError(f"a package with weights must be one of {', '.join(known)}. "
                       f"Received: {package!r}.{did_you_mean(package, known)}")
    return found


def wheel_file(package: str, name: str) -> RemoteFile:
    """Return one of a package's weights by its file name, such as ``spliceai1.h5``.

    Raises:
        DlgError: the package has no file of that name.
    """
    by_name = {remote.name: remote for remote in wheel_files(package)}
    if name not in by_name:
        raise DlgError(f"a file of {package} must be one of {', '.join(by_name)}. "
                       f"Received: {name!r}.{did_you_mean(name, by_name)}")
    return by_name[name]


def wheel_file_at(url: str) -> RemoteFile | None:
    """Return the recorded file of an address ``pypi:PACKAGE==VERSION/PATH``, or None."""
    found = (_remote(row) for row in _rows())
    return next((remote for remote in found if remote.urls[0] == url), None)


def _rows() -> list[dict[str, str]]:
    text = (files(__package__) / TABLE).read_text()
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def _remote(row: dict[str, str]) -> RemoteFile:
    member = WheelMember(row["package"], row["version"], row["path"])
    return RemoteFile(
        PurePosixPath(member.path).name, (member.url, row["alternative"]), sha256=row["sha256"],
        size=int(row["bytes"]), download_size=int(row["wheel_bytes"]), license=row["license"],
    )
