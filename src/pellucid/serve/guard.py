"""Who may ask, before anything is read of the request; and headers that protect every answer.

With a token it must come with each request but that for `/health`: as `Authorization: Bearer`, or
in the cookie that a person gets by opening `/?token=...` once. A browser sends that also when a
link on another site is followed, but not with what a page of another site sends. Without a token
the server is for this machine alone, so that the host must be called like it: a page of another
name whose address was made to lead here (DNS rebinding) is refused. A request that another site's
page sends (cross-site request forgery) says so in `Origin`, and is refused in either case.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import SplitResult, parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pellucid.serve.limits import LOOPBACK
from pellucid.serve.problems import problem

COOKIE = "pellucid"
OPEN = ("/health",)  # to everyone
SAFE = ("GET", "HEAD", "OPTIONS")

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Shield:
    """The application, with the headers above on every answer that hasn't its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, protected)


class Guard:
    """The application, for those who may ask."""

    def __init__(self, app: ASGIApp, token: str | None = None) -> None:
        self._app, self._token = app, token
        self._mark = "" if token is None else hashlib.sha256(token.encode()).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._token is None and name_of(host) not in LOOPBACK:
            return problem(421, "HostError", "without a token this server is for its own machine")
        foreign = origin is not None and not is_of(origin, host)
        if foreign and scope["method"] not in SAFE:
            return problem(403, "OriginError", "a page of another site can't ask this server")
        if self._token is None or scope["path"] in OPEN or self._is_known(headers):
            return None
        if scope["path"] == "/" and self._is_token(query_token(scope)):
            answer = RedirectResponse("/", 303)
            answer.set_cookie(cookie_of(host), self._mark, httponly=True, samesite="lax")
            return answer
        said = "give the token as Authorization: Bearer, or open /?token=... in a browser once"
        return problem(401, "TokenError", said, **{"WWW-Authenticate": "Bearer"})

    def _is_known(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._is_token(given.strip()):
            return True
        cookies = cookie_parser(headers.get("cookie", ""))
        mark = cookies.get(cookie_of(headers.get("host", "")), "")
        return hmac.compare_digest(mark.encode(), self._mark.encode())

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), (self._token or "").encode())


def name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    return parts(f"//{host}").hostname or ""


def is_of(origin: str, host: str) -> bool:
    """Whether an Origin header names this host."""
    return bool(host) and parts(origin).netloc == host


def parts(address: str) -> SplitResult:
    """Those of an address; of one that is none, all empty."""
    try:
        return urlsplit(address)
    except ValueError:  # brackets that don't close
        return urlsplit("")


def cookie_of(host: str) -> str:
    """The cookie's name: browsers share cookies between all ports of a machine."""
    port = host.rpartition(":")[2]
    return f"{COOKIE}-{port}" if port.isdecimal() else COOKIE


def query_token(scope: Scope) -> str:
    """The token in the address; empty without one."""
    query: str = scope["query_string"].decode("latin-1")
    return parse_qs(query).get("token", [""])[0]
