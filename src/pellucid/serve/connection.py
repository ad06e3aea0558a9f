"""Connections that can't be held for nothing: uvicorn's HTTP/1.1, with bounds.

uvicorn waits for ever for the head of a request, for the rest of a body whose request has been
answered, and for a client that reads nothing of its answer. Here a connection that is at none of
the application's work, and at which nothing has happened for a while, is broken off.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 128  # connections; on some systems a process may have 256 files open
BACKLOG = 128  # that wait to be taken
QUIET_S = 10.0  # after twice as long at the latest one is broken off
REST_S = 2.0  # that the rest of a body may come, after the answer


def config_of(app: ASGIApp, stop: int) -> Config:
    """How uvicorn runs an application: with such connections, its logs those of the program.

    Args:
        stop: seconds that requests have to end when the server is asked to.
    """
    return Config(
        app,
        http=Connection,
        ws="none",
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=stop,
    )


class Connection(H11Protocol):
    """One connection."""

    _seen: object = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST:
            transport.abort()
        else:
            self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        """Break off if nothing has happened since the last look, and again after a while."""
        closing = self.transport.is_closing()
        unsent = 0 if closing else self.transport.get_write_buffer_size()
        seen = self.cycle, closing, unsent
        if seen == self._seen and not self._is_worked_on(closing):
            self.transport.abort()
        else:
            self._seen = seen
            self._timer = self.loop.call_later(QUIET_S, self._look)

    def _is_worked_on(self, closing: bool) -> bool:
        """Whether it is the application's turn, which has limits of its own."""
        begun: Any = self.cycle
        at_work = begun is not None and not begun.response_complete
        return at_work and not closing and not self.flow.write_paused

    def on_response_complete(self) -> None:
        """Take what is left of the body, so that the client reads the answer, but not for long."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(REST_S, self._break_off, self.cycle)

    def _break_off(self, answered: object) -> None:
        if self.cycle is answered and self.conn.their_state is h11.SEND_BODY:
            self.transport.abort()
