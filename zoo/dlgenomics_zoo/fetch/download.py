"""One URL → one file of bytes, over as many requests as it takes; a cut download goes on."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Final

from dlgenomics.errors import NetworkError, WrongFileError
from dlgenomics.files import output_errors
from dlgenomics_zoo.fetch.cache import ELSEWHERE
from dlgenomics_zoo.fetch.failure import Failure
from dlgenomics_zoo.fetch.order import Order
from dlgenomics_zoo.fetch.remote import checksum_of
from dlgenomics_zoo.fetch.retry import ADVANCE
from dlgenomics_zoo.fetch.transport import AUTHORIZATION, open_url

BLOCK: Final = 1 << 18
HEAD: Final = 512
_PAGE: Final = re.compile(rb"\s*(<!--.*?-->\s*)*(<!doctype html|<html|<head|<body)", re.I | re.S)


@dataclass(frozen=True)
class Stamp:
    """What a server said of the bytes that it sent; kept beside a partial download.

    Attributes:
        etag, modified: its version; a later request goes on only in the same one.
        total: bytes of the whole, None if it did not say.
        encoding: a compression that was not asked for, or an empty text.
    """

    etag: str = ""
    modified: str = ""
    total: int | None = None
    encoding: str = ""

    @property
    def validator(self) -> str:
        """What ``If-Range`` can use: a strong tag, else the date."""
        return self.etag if self.etag.startswith('"') else self.modified


def download(url: str, part: Path, order: Order, authorization: str = "") -> None:
    """Fetch a URL into ``part``, going on with what is there from an earlier try.

    Args:
        url: the address.
        part: where its bytes go.
        order: who is told, who agrees, how patient to be.
        authorization: said to the host of the address, and to no other that it redirects to.

    Raises:
        Failure: the server does not have it, or not after all tries.
        DeclinedError, OutputError: see `Consent.require`.
    """
    tried = 0
    while not _is_whole(part):
        before = _size(part)
        try:
            _request(url, part, order, authorization)
            break
        except Failure as failure:
            tried = 1 if _size(part) - before >= ADVANCE else tried + 1
            if failure.afresh:
                part.unlink(missing_ok=True)
            wait = order.retry.wait(tried, failure.wait) if failure.again else None
            if wait is None:
                raise
            order.tell(_size(part), note=f"{failure.reason}; again in {wait:.0f} s")
            order.retry.sleep(wait)
    _uncompress(part, order)


def _request(url: str, part: Path, order: Order, authorization: str) -> None:
    have = _resumable(part, order)
    headers = _range_headers(part, have)
    if authorization:
        headers[AUTHORIZATION] = authorization
    with open_url(url, headers, order.retry.timeout) as response:
        start = have if _goes_on(response, have) else 0
        stamp = _stamp(response, start)
        head = b"" if start else response.read(HEAD)
        _refuse_page(head, order.remote.name)
        _check_length(stamp, order)
        order.announce(stamp.total, url)
        _write_stamp(part, stamp)
        with output_errors(part, ELSEWHERE), part.open("r+b" if start else "wb") as out:
            out.seek(start)
            out.truncate()
            out.write(head)
            _copy(response, out, stamp.total, url, order)


def _copy(
    response: http.client.HTTPResponse, out: BinaryIO, total: int | None, url: str, order: Order
) -> None:
    done = out.tell()
    # read1 returns what has come; read would hold it back until the block is full.
    while block := response.read1(min(BLOCK, total - done) if total is not None else BLOCK):
        done += len(block)
        if total is None:
            order.consent.require_again(done, url)
        out.write(block)
        order.tell(done, total)
    if total is not None and done < total:
        raise Failure(NetworkError, f"truncated: {done:,} of {total:,} bytes came", again=True)


def _refuse_page(head: bytes, name: str) -> None:
    if _PAGE.match(head) and not name.endswith((".html", ".htm")):
        title = re.search(rb"<title[^>]*>\s*(.{1,80}?)\s*</title", head, re.I | re.S)
        named = f" («{title[1].decode(errors='replace')}»)" if title else ""
        raise Failure(WrongFileError, f"a web page{named} came instead of the file")


def _check_length(stamp: Stamp, order: Order) -> None:
    wanted = order.remote.size
    if stamp.encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Failure(WrongFileError, f"compressed as {stamp.encoding!r}, which was not asked for")
    if wanted is None or stamp.total is None or stamp.encoding:
        return
    if stamp.total != wanted:
        raise Failure(WrongFileError, f"must have {wanted:,} bytes, has {stamp.total:,}")


def _resumable(part: Path, order: Order) -> int:
    """Return how many bytes to go on from: none without a version, unless a checksum decides."""
    sure = _read_stamp(part).validator or order.remote.checksum
    return _size(part) if sure else 0


def _range_headers(part: Path, have: int) -> dict[str, str]:
    if not have:
        return {}
    validator = _read_stamp(part).validator
    return {"Range": f"bytes={have}-", **({"If-Range": validator} if validator else {})}


def _goes_on(response: http.client.HTTPResponse, have: int) -> bool:
    """Tell whether a response goes on where we are; else it is the whole from the start."""
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return False
    form = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if not form or int(form[1]) != have:
        raise Failure(NetworkError, "another range came than was asked for", afresh=True)
    return True


def _stamp(response: http.client.HTTPResponse, start: int) -> Stamp:
    length = response.headers.get("Content-Length", "")
    return Stamp(response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""),
                 start + int(length) if length.isdigit() else None,
                 response.headers.get("Content-Encoding", "").casefold().replace("identity", ""))


def _stamp_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _write_stamp(part: Path, stamp: Stamp) -> None:
    with output_errors(part, ELSEWHERE):
        _stamp_path(part).write_text(json.dumps(asdict(stamp)))


def _read_stamp(part: Path) -> Stamp:
    try:
        return Stamp(**json.loads(_stamp_path(part).read_text()))
    except (OSError, ValueError, TypeError):
        return Stamp()  # none, or one that was cut off while it was written: start over


def _is_whole(part: Path) -> bool:
    return _size(part) > 0 and _size(part) == _read_stamp(part).total


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _uncompress(part: Path, order: Order) -> None:
    """Undo a compression of the way, unless the file itself is the compressed one."""
    if not _read_stamp(part).encoding or _is_itself(part, order):
        return
    plain = part.with_name(f"{part.name}.plain")
    limit = order.remote.size or 100 * _size(part)
    try:
        with output_errors(part, ELSEWHERE), gzip.open(part) as source, plain.open("wb") as out:
            while block := source.read(BLOCK):
                out.write(block)
                if out.tell() > limit:
                    raise Failure(WrongFileError, f"more than {limit:,} bytes once uncompressed")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        part.unlink()
        raise Failure(WrongFileError, f"damaged gzip compression ({error})") from error
    plain.replace(part)
    _stamp_path(part).unlink()


def _is_itself(part: Path, order: Order) -> bool:
    wanted = order.remote.checksum
    if wanted is None:
        return order.remote.name.endswith(".gz")
    return checksum_of(part, wanted.algorithm) == wanted
