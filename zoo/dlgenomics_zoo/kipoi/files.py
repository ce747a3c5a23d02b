"""The files of a descriptor as things to fetch, and its licence as a person should read it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dlgenomics.errors import DlgError
from dlgenomics_zoo.fetch import RemoteFile as Fetchable
from dlgenomics_zoo.fetch import is_noncommercial, open_cache
from dlgenomics_zoo.kipoi.descriptor import Descriptor, RemoteFile


def fetchable(file: RemoteFile, license: str = "") -> Fetchable:  # noqa: A002 - the word it has
    """Return a descriptor's file as one that can be fetched.

    Raises:
        DlgError: nothing is fetched from such an address.
    """
    return Fetchable(file_name(file), (file.url,), sha256=file.sha256, md5=file.md5,
                     license=license)


def local_path(file: RemoteFile) -> Path | None:
    """Return where a file lies that is beside a local descriptor; None for one to be fetched."""
    address = urlsplit(file.url)
    return Path(unquote(address.path)) if address.scheme == "file" else None


def file_name(file: RemoteFile) -> str:
    """Return the plain name under which a file is kept: its own, or the end of its address."""
    path = [part for part in unquote(urlsplit(file.url).path).split("/") if part]
    name = file.name or (path[-1] if path else file.role)
    return re.sub(r"[^\w.+-]", "_", name).lstrip(".")[-120:] or "file"


def place_by_hand(file: RemoteFile) -> Path | None:
    """Return where a file may be put by hand; None where its address is none to fetch from."""
    try:
        return open_cache().path(fetchable(file))
    except DlgError:
        return None


def licence_text(one: Descriptor) -> str:
    """Return the licence for a person: what is stated, what Kipoi assumes, what it forbids."""
    beside = f"; see {one.license_file} in the source" if one.license_file else ""
    if not one.license:
        return f"not stated{beside}" if beside else "not stated (Kipoi then assumes MIT)"
    loud = "NO COMMERCIAL USE: " if is_noncommercial(one.license) else ""
    return f"{loud}{one.license}{beside}"
