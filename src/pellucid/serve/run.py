"""The application behind a socket, until it is asked to end."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from pellucid.errors import MissingExtraError, OptionError, OutputError
from pellucid.serve.limits import LOOPBACK, ServerLimits

LEAST_TOKEN = 16  # characters, which no one guesses
STOP_S = 10  # that requests have to end when the server is asked to; asked again, none


def serve(
    limits: ServerLimits,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
    page: bool = True,
    handed: Sequence[Path] = (),
    quiet: bool = False,
    ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve until SIGINT or SIGTERM; then requests that are worked on may end.

    Args:
        port: 0 for any that is free.
        token: without one only hosts that are this machine's own are taken.
        handed: pictures that the page opens with.
        quiet: log only what goes wrong.
        ready: is told the address when it can be asked; in it, if need be, how to give the token.

    Raises:
        OptionError: the host needs a token, or that is too short, or can't be given. OutputError:
        the address can't be had. MissingExtraError: the extra `web` isn't installed.
    """
    check_token(host, token)
    try:
        import uvicorn

        from pellucid.serve.app import make_app
        from pellucid.serve.connection import config_of
        from pellucid.serve.page.handed import Handed
        from pellucid.serve.watch import Lines
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "pellucid":
            raise
        raise MissingExtraError(error.name or "fastapi", "web") from error
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    told = logging.WARNING if quiet else logging.INFO
    names = {"pellucid.serve": told, "uvicorn": logging.WARNING, "asyncio": logging.WARNING}
    for name, level in names.items():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
    with listening(host, port) as listener:
        ready(address_of(host, listener.getsockname()[1], token))
        app = make_app(limits, token=token, page=page, handed=Handed(handed))
        uvicorn.Server(config_of(app, STOP_S)).run(sockets=[listener])


def address_of(host: str, port: int, token: str | None) -> str:
    """What opens the page in a browser, and gives it the token."""
    name = f"[{host}]" if ":" in host else host
    query = "" if token is None else f"?token={quote(token, safe='')}"
    return f"http://{name}:{port}/{query}"


def check_token(host: str, token: str | None) -> None:
    """Raise OptionError if others reach the host without a token, or if that can't be given."""
    if token is None and host not in LOOPBACK:
        raise OptionError(
            f"the host {host} can be reached by others, so a token is needed: set "
            "PELLUCID_TOKEN, or give --token (python -c 'import secrets; "
            "print(secrets.token_urlsafe())' makes one)"
        )
    if token is None:
        return
    fine = len(token) >= LEAST_TOKEN and token.isascii() and token.isprintable()
    if not fine or token != token.strip():
        raise OptionError(
            f"the token must have at least {LEAST_TOKEN} printable ASCII characters, without "
            "spaces before or after them"
        )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; OutputError if that can't be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
        # Connections inherit it; without, the body of an answer waits 40 ms for the head's receipt.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        raise OutputError(
            f"cannot listen at {host}, port {port}: {error.strerror or error}; choose another with "
            "--host or --port"
        ) from error
