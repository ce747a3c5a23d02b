"""SavedModels, which are programs: with trust only, also inside a tar archive."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics.files import atomic_folder, sha256_of
from dlgenomics.settings import load_settings
from dlgenomics_zoo.formats.errors import UnsafeModelError, damaged
from dlgenomics_zoo.formats.recognise import Format
from dlgenomics_zoo.hub.address import is_plain_path
from dlgenomics_zoo.hub.checkout import Checkout
from dlgenomics_zoo.hub.errors import AmbiguousModelError
from dlgenomics_zoo.hub.plan import Proposal
from dlgenomics_zoo.hub.routes.route import Fetched, Route, is_chosen, nearest

PROGRAM: Final = "saved_model.pb"
ARCHIVES: Final = (".tar", ".tar.gz", ".tgz")
MOST_MEMBERS: Final = 10_000
MAX_RATIO: Final = 50

_RUNS: Final = ("a SavedModel, a program that TensorFlow runs, which can read and write any file "
                "that you can.")


def propose(checkout: Checkout) -> Proposal | None:
    """Plan for a SavedModel.

    Raises:
        AmbiguousModelError: there are several, and nobody chose.
    """
    if not is_chosen(checkout, PROGRAM, *ARCHIVES):
        return None
    chosen = checkout.address.file
    found = [chosen] if chosen else _candidates(checkout.names)
    if len(found) > 1:
        raise AmbiguousModelError(checkout.place, found)
    if not found:
        return None
    checkout.file(found[0])
    trust = f"{checkout.path(found[0])}, {_RUNS}"
    if found[0].endswith(ARCHIVES):
        return Proposal(found, found, "It may be a SavedModel in an archive.", trust,
                        parts={"archive": found[0]})
    folder = found[0].removesuffix(PROGRAM)
    files = [name for name in checkout.names if name.startswith(folder)]
    weights = [name for name in files if name.startswith(f"{folder}variables/")]
    return Proposal(files, weights, "It is a SavedModel of TensorFlow.", trust,
                    parts={"program": found[0]})


def _candidates(names: list[str]) -> list[str]:
    programs = [name for name in names if PurePosixPath(name).name == PROGRAM]
    return nearest(programs) or nearest([name for name in names if name.endswith(ARCHIVES)])


def open_(fetched: Fetched) -> Any:
    """Run a SavedModel; whoever calls has made sure of the trust."""
    from dlgenomics_zoo.trusted.saved_model import open_program  # noqa: PLC0415 - reads arrays

    if "archive" in fetched.plan.parts:
        folder = unpacked(fetched.part("archive"))
    else:
        folder = (fetched.folder() / fetched.plan.parts["program"]).parent
    return open_program(folder, Format.SAVED_MODEL, trust=True)


def unpacked(archive: Path) -> Path:
    """Return the folder of the only SavedModel in an archive, unpacked once.

    Raises:
        UnsafeModelError: a member is a link or a device, leaves the archive, or it unfolds to far
            more than its own size; nothing is written.
        DataError: it is no whole archive, or holds no SavedModel, or several.
    """
    folder = load_settings().cache / "hub" / "unpacked" / sha256_of(archive)
    if not folder.is_dir():
        try:
            with tarfile.open(archive) as opened:
                members = _checked(archive, opened)
                with atomic_folder(folder) as part:
                    opened.extractall(part, members, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise damaged(archive, "a whole tar archive", str(error)) from error
    programs = sorted(folder.rglob(PROGRAM))
    if len(programs) != 1:
        raise DataError("an archive must hold one SavedModel. Received: "
                        f"{len(programs)}. Choose another file with #.", path=archive)
    return programs[0].parent


def _checked(archive: Path, opened: tarfile.TarFile) -> list[tarfile.TarInfo]:
    rule, size, total, found = "an archive may hold plain files of its own only", 0, 0, []
    size = archive.stat().st_size
    for member in opened:
        found.append(member)
        total += member.size
        if not (member.isreg() or member.isdir()):
            raise UnsafeModelError(archive, rule, f"the link or device {member.name!r}")
        name = member.name.removeprefix("./").rstrip("/")
        if name not in ("", ".") and not is_plain_path(name):
            raise UnsafeModelError(archive, rule, f"the path {member.name!r}")
        if len(found) > MOST_MEMBERS or total > MAX_RATIO * max(size, 2**20):
            raise UnsafeModelError(
                archive, f"an archive may hold {MOST_MEMBERS:,} members and {MAX_RATIO} times its "
                "size", f"{len(found):,} members of {total:,} bytes in {size:,}")
    return found


SAVED_MODEL: Final = Route("saved_model", propose, open_)
