"""A web server on this machine that serves files and, on request, misbehaves."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WEIGHTS = bytes(range(256)) * 40

Fault = Callable[["Handler", bytes], None]


@dataclass
class FaultyServer:
    """Files by path, and the faults that the next requests for a path meet, one each.

    Attributes:
        files: path → content.
        faults: path → what happens instead, request by request; then the file is served.
        always: path → what happens instead, every time.
        ranges: whether parts are served.
        stamped: whether files carry an ETag.
        requests: (path, Range header) of every request so far.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    always: dict[str, Fault] = field(default_factory=dict)
    ranges: bool = True
    stamped: bool = True
    requests: list[tuple[str, str]] = field(default_factory=list)
    base: str = ""

    def url(self, path: str) -> str:
        return f"{self.base}{path}"

    def asked(self, path: str) -> list[str]:
        """The Range headers of the requests for a path, in order; '' for the whole."""
        return [wanted for asked, wanted in self.requests if asked == path]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: FaultyServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.model.requests.append((path, self.headers.get("Range", "")))
        content = self.model.files.get(path)
        pending = self.model.faults.get(path)
        if pending:
            pending.pop(0)(self, content or b"")
        elif path in self.model.always:
            self.model.always[path](self, content or b"")
        elif content is None:
            self.answer(404, b"nothing here")
        else:
            self.serve(content)

    def serve(self, content: bytes) -> None:
        """Serve a file, or the part of it that was asked for and is still the same version."""
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"ETag": tag} if self.model.stamped else {}
        wanted = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not wanted or not self.model.ranges or self.headers.get("If-Range", tag) != tag:
            self.answer(200, content, headers)
        elif int(wanted[1]) >= len(content):
            self.answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
        else:
            start = int(wanted[1])
            whole = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.answer(206, content[start:], {**headers, "Content-Range": whole})

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None,
               length: int | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def status(code: int, **headers: str) -> Fault:
    """Answer with a status, say 503."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, content: handler.answer(code, b"no", named)


def cut_after(count: int) -> Fault:
    """Announce the whole, send ``count`` bytes of what was asked for, and hang up."""
    def fault(handler: Handler, content: bytes) -> None:
        wanted = re.match(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        start = int(wanted[1]) if wanted and handler.model.ranges else 0
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"ETag": tag} if handler.model.stamped else {}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        handler.answer(206 if start else 200, content[start:start + count], headers,
                       length=len(content) - start)
        handler.close_connection = True
    return fault


def hang_up(handler: Handler, content: bytes) -> None:
    """Close the connection without an answer."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def silence(seconds: float) -> Fault:
    """Say nothing for a while."""
    def fault(handler: Handler, content: bytes) -> None:
        threading.Event().wait(seconds)
        handler.close_connection = True
    return fault


def page(handler: Handler, content: bytes) -> None:
    """Send a web page, as sites do that want a login."""
    handler.answer(200, b"<!DOCTYPE html>\n<html><title>Sign in</title></html>",
                   {"Content-Type": "text/html"})


def redirect(to: str) -> Fault:
    """Send the client elsewhere."""
    return lambda handler, content: handler.answer(302, b"", {"Location": to})


def compressed(handler: Handler, content: bytes) -> None:
    """Send the file gzipped, though nobody asked for that."""
    handler.answer(200, gzip.compress(content), {"Content-Encoding": "gzip"})


def encoded(name: str) -> Fault:
    """Claim an encoding."""
    return lambda handler, content: handler.answer(200, content, {"Content-Encoding": name})


def without_length(handler: Handler, content: bytes) -> None:
    """Send the file without saying how long it is."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(content)
    handler.close_connection = True


def instead(other: bytes) -> Fault:
    """Send other bytes."""
    return lambda handler, content: handler.serve(other)


def slowly(seconds: float) -> Fault:
    """Serve the file after a pause."""
    def fault(handler: Handler, content: bytes) -> None:
        threading.Event().wait(seconds)
        handler.serve(content)
    return fault


@contextlib.contextmanager
def serving(certificate: Path | None = None) -> Iterator[FaultyServer]:
    """Run a server on a free port of this machine; over TLS with a certificate and its key."""
    model = FaultyServer()
    handler = type("Bound", (Handler,), {"model": model})
    server = _Quiet(("127.0.0.1", 0), handler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    model.base = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the tests."""


def make_certificate(folder: Path) -> Path:
    """Make a certificate for this machine with its key, in one file; needs openssl."""
    key, certificate, both = (folder / name for name in ("key.pem", "cert.pem", "both.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out",
         certificate, "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    both.write_text(key.read_text() + certificate.read_text())
    return both
