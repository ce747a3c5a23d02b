"""The gene annotations that come with SpliceAI, in the wheel that holds its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dlgenomics.progress import Progress, silent
from dlgenomics_zoo.fetch import Confirm, RemoteFile, fetch_files
from dlgenomics_zoo.fetch.consent import within_limit
from dlgenomics_zoo.fetch.wheel import WheelMember
from dlgenomics_zoo.sources.pypi import wheel_files

MEMBERS: Final = tuple(f"spliceai/{number}" for number in range(1, 6))
"""The models that SpliceAI averages."""

_COMMIT: Final = "fc3336975972ff6949e5865c4dc736447360f592"
_WHEEL_BYTES: Final = 16676295
_LICENSE: Final = "GPLv3, as its package"
_FILES: Final = {
    "grch37": (4418184, "16e495da074e965f46f60ced4e73292843e949051d2dc31dd521da3fd7615dce"),
    "grch38": (4250439, "565c0ea83f66b2210182364c3d626fef526229e3d02f444bab247329b6695f2c"),
}
ANNOTATIONS: Final = tuple(_FILES)
"""Builds whose GENCODE V24 canonical transcripts it comes with."""


def fetch_spliceai(annotation: str, *, confirm: Confirm = within_limit,
                   progress: Progress = silent) -> Path:
    """Fetch the weights of all `MEMBERS`, and a gene annotation; the wheel is downloaded once.

    Args:
        annotation: one of `ANNOTATIONS`, or else a path.
        confirm: see `fetch_files`.
        progress: see `fetch_files`.

    Returns:
        The path of the annotation.

    Raises:
        FetchError: a file cannot be had.
    """
    wanted = list(wheel_files("spliceai"))
    if annotation in _FILES:
        wanted.append(_remote(annotation))
    paths = fetch_files(wanted, confirm=confirm, progress=progress)
    return paths[-1] if annotation in _FILES else Path(annotation)


def _remote(name: str) -> RemoteFile:
    size, sha256 = _FILES[name]
    member = WheelMember("spliceai", "1.3.1", f"spliceai/annotations/{name}.txt")
    alternative = f"https://github.com/Illumina/SpliceAI/raw/{_COMMIT}/{member.path}"
    return RemoteFile(f"{name}.txt", (member.url, alternative), sha256=sha256, size=size,
                      download_size=_WHEEL_BYTES, license=_LICENSE)
