"""One HTTP request: bounded redirects, never from HTTPS to HTTP, and every failure with a name."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import http.client
import socket
import ssl
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping
from email.message import Message
from typing import IO, Any, Final
from urllib.parse import unquote, urljoin, urlsplit

import dlgenomics
from dlgenomics.errors import DeadLinkError, FetchError, NetworkError, RedirectError
from dlgenomics_zoo.fetch.failure import Failure, LoginError, without_secrets
from dlgenomics_zoo.fetch.remote import is_web

AUTHORIZATION: Final = "Authorization"
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_GONE = (404, 410)
_LOGIN = (401, 403, 407)
_REDIRECT = range(300, 400)


@contextlib.contextmanager
def open_url(
    url: str, headers: Mapping[str, str], timeout: float
) -> Iterator[http.client.HTTPResponse]:
    """Ask for a URL and give the response, whose body may be read inside the block.

    Proxies come from the environment (``https_proxy``, ``no_proxy``), certificates from the system
    or ``SSL_CERT_FILE``. Bytes are asked for as they are, uncompressed.

    Raises:
        Failure: no response, an error status, or the connection broke while the body was read.
    """
    sent = {"User-Agent": f"dlgenomics/{dlgenomics.__version__}", "Accept-Encoding": "identity"}
    request = _request(url, {**sent, **headers})
    try:
        with _opener().open(request, timeout=timeout) as response:
            yield response
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error) from error
    except urllib.error.URLError as error:
        raise _broken(error.reason, timeout) from error
    except (OSError, http.client.HTTPException) as error:
        raise _broken(error, timeout) from error


def _request(url: str, headers: Mapping[str, str]) -> urllib.request.Request:
    """Return a request; what says who asks goes to that server and to no other."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    open_ones = {name: value for name, value in headers.items() if name != AUTHORIZATION}
    request = urllib.request.Request(bare, headers=open_ones)  # noqa: S310 - was checked
    if AUTHORIZATION in headers:
        request.add_unredirected_header(AUTHORIZATION, headers[AUTHORIZATION])
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_unredirected_header(AUTHORIZATION, f"Basic {b64encode(login).decode()}")
    return request


def _opener() -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(), _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to HTTPS, or from this machine to this machine, ten times at most."""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: http.client.HTTPMessage,
    ) -> Any:
        target = urljoin(req.full_url, headers.get("Location", ""))
        if not is_web(target) or (req.type == "https" and not target.startswith("https:")):
            raise Failure(RedirectError, f"redirects to {_bare(target)}, which is not HTTPS")
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _bare(url: str) -> str:
    """Return an address without what may be secret in it."""
    return without_secrets(url).partition("?")[0]


def _refusal(error: urllib.error.HTTPError) -> Failure:
    said = f"{error.code} {http.client.responses.get(error.code, error.reason)}"
    if error.code in _GONE:
        return Failure(DeadLinkError, said)
    if error.code in _BUSY:
        return Failure(NetworkError, said, again=True, wait=_retry_after(error.headers))
    if error.code in _LOGIN:
        return Failure(LoginError, f"{said} (it asks for a login)")
    if error.code in _REDIRECT:
        return Failure(RedirectError, f"{said}, in a circle or too often")
    if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return Failure(NetworkError, said, afresh=True)
    return Failure(FetchError, said)


def _retry_after(headers: Message[str, str] | None) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a date."""
    text = (headers.get("Retry-After") if headers else None) or ""
    if text.isdigit():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=datetime.UTC)
    return max(0.0, (until - datetime.datetime.now(datetime.UTC)).total_seconds())


def _broken(error: Any, timeout: float) -> Failure:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(NetworkError, f"its certificate is not trusted ({error.verify_message}); "
                       "SSL_CERT_FILE names those that are")
    if isinstance(error, ssl.SSLError):
        return Failure(NetworkError, f"TLS failed ({error.reason})", again=True)
    if isinstance(error, socket.gaierror):
        temporary = error.errno == socket.EAI_AGAIN
        return Failure(NetworkError, "the name of the server is unknown (DNS)", again=temporary)
    if isinstance(error, TimeoutError):
        return Failure(NetworkError, f"no answer within {timeout:g} s", again=True)
    if isinstance(error, ConnectionRefusedError):
        return Failure(NetworkError, "the connection was refused", again=True)
    return Failure(NetworkError, f"the connection broke ({error})", again=True)
