"""An HTTP proxy on this machine that counts requests, and fails as servers and networks do.

    with running_s3() as address, faulty(address) as proxy:
        proxy.faults.append(Answer("GET", "a.png", times=2))

A fault is for requests of one method whose path ends with a text, and for so many of them; each
request meets the first that fits, and what meets none is passed on.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

SHA256_DIGITS = 64
ANSWERS_S = 60  # the longest that a test may take to let a slow answer go
DROPPED = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}


@dataclass(kw_only=True)
class Fault:
    """What is done to `times` requests of a method, to paths with this end before any query."""

    method: str = "GET"
    end: str = ""
    times: int = 1

    def fits(self, method: str, path: str) -> bool:
        """Whether it is for this request; counts it then."""
        if self.times < 1 or method != self.method or not path.partition("?")[0].endswith(self.end):
            return False
        self.times -= 1
        return True


@dataclass(kw_only=True)
class Answer(Fault):
    """The proxy answers itself, with an error of S3."""

    status: int = 503
    code: str = "SlowDown"


@dataclass(kw_only=True)
class Cut(Fault):
    """The connection ends after so many bytes of the answer's body; `before` its head."""

    after: int = 0
    before: bool = False


@dataclass(kw_only=True)
class CutUpload(Fault):
    """The connection ends after so many bytes of the request's body; nothing is passed on."""

    after: int = 0


@dataclass(kw_only=True)
class Slow(Fault):
    """The answer comes once `go` is set."""

    go: threading.Event = field(default_factory=threading.Event)


@dataclass(kw_only=True)
class Meanwhile(Fault):
    """Something happens before the request is passed on."""

    do: Callable[[], object]


@dataclass(kw_only=True)
class Changed(Fault):
    """The answer's body is another, of the same or of another length; so is the request's."""

    answer: Callable[[bytes], bytes] = bytes
    upload: Callable[[bytes], bytes] = bytes


class Proxy(ThreadingHTTPServer):
    """Passes requests on to `upstream`; `seen` are methods and paths, in order."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.upstream = urlsplit(upstream)
        self.faults: list[Fault] = []
        self.seen: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fault_for(self, method: str, path: str) -> Fault:
        """The fault that a request meets, or one that does nothing."""
        with self._lock:
            self.seen.append((method, path))
            found = (one for one in self.faults if one.fits(method, path))
            return next(found, Fault())

    def counted(self) -> Counter[str]:
        """How often each method came since it was last asked; LIST is one, too."""
        with self._lock:
            seen, self.seen = self.seen, []
        return Counter("LIST" if "list-type" in path else method for method, path in seen)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is gone is no error here."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Proxy

    def pass_on(self) -> None:
        fault = self.server.fault_for(self.command, self.path)
        body = self._body(fault)
        if body is None:
            return self._hang_up()
        if isinstance(fault, Answer):
            return self._refuse(fault)
        if isinstance(fault, Slow):
            fault.go.wait(ANSWERS_S)
        if isinstance(fault, Meanwhile):
            fault.do()
        if isinstance(fault, Changed):
            body = fault.upload(body)
        if not self._is_signed(body):
            return self._refuse(Answer(status=400, code="XAmzContentSHA256Mismatch"))
        upstream = http.client.HTTPConnection(self.server.upstream.netloc)
        try:
            upstream.request(self.command, self.path, body or None, self._kept(self.headers))
            self._answer(upstream.getresponse(), fault)
        finally:
            upstream.close()
        return None

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = pass_on

    def _is_signed(self, body: bytes) -> bool:
        """Whether a body is the one that was signed, which S3 looks at, and moto doesn't."""
        signed = self.headers.get("X-Amz-Content-SHA256", "")
        return len(signed) != SHA256_DIGITS or signed == hashlib.sha256(body).hexdigest()

    def _body(self, fault: Fault) -> bytes | None:
        """What the client sends; None if it is cut off."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        length = int(self.headers.get("Content-Length", 0))
        if isinstance(fault, CutUpload):
            self.rfile.read(min(length, fault.after))
            return None
        return self.rfile.read(length)

    def _chunk(self) -> bytes:
        data = self.rfile.read(int(self.rfile.readline().split(b";")[0], 16))
        self.rfile.readline()
        return data

    def _kept(self, headers: http.client.HTTPMessage) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name.lower() not in DROPPED}

    def _answer(self, answer: http.client.HTTPResponse, fault: Fault) -> None:
        body = answer.read()
        if isinstance(fault, Cut) and fault.before:
            return self._hang_up()
        if isinstance(fault, Changed):
            body = fault.answer(body)
        self.send_response_only(answer.status, answer.reason)
        for name, value in self._kept(answer.headers).items():
            self.send_header(name, value)
        length = len(body)
        if self.command == "HEAD":
            length = int(answer.headers.get("Content-Length", 0))
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if isinstance(fault, Cut):
            self.wfile.write(body[: fault.after])
            return self._hang_up()
        self.wfile.write(body)
        return None

    def _refuse(self, fault: Answer) -> None:
        body = b"" if self.command == "HEAD" else error_of(fault.code)
        self.send_response_only(fault.status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def error_of(code: str) -> bytes:
    """What S3 says of an error."""
    return f"<Error><Code>{code}</Code><Message>it is {code}</Message></Error>".encode()


@contextmanager
def faulty(upstream: str) -> Iterator[Proxy]:
    """A proxy to a server, which the environment leads to while the block lasts."""
    proxy = Proxy(upstream)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    before = os.environ.get("AWS_ENDPOINT_URL")
    os.environ["AWS_ENDPOINT_URL"] = proxy.address
    try:
        yield proxy
    finally:
        if before is None:
            del os.environ["AWS_ENDPOINT_URL"]
        else:
            os.environ["AWS_ENDPOINT_URL"] = before
        proxy.shutdown()
        thread.join()
        proxy.server_close()


def dead_address() -> str:
    """Of a server that isn't there: connections are refused."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return f"http://127.0.0.1:{found.getsockname()[1]}"
