"""What the server did, in figures and lines; nothing of pictures, names or options is in either.

A line of the log is a JSON object: time, method, the endpoint (not the address, which could tell
more), status, seconds, bytes in and out. `/metrics` gives the same as sums, for Prometheus.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pellucid.serve.problems import problem
from pellucid.serve.work import Work

LOGGER = logging.getLogger("pellucid.serve")
SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Metrics:
    """The figures of one application."""

    def __init__(self, work: Work) -> None:
        self.registry = registry = CollectorRegistry()
        route = ("route",)
        self.requests = Counter(
            "pellucid_requests", "Requests answered.", ("route", "status"), registry=registry
        )
        self.seconds = Histogram(
            "pellucid_request_seconds",
            "From first to last.",
            route,
            buckets=SECONDS,
            registry=registry,
        )
        self.bytes_in = Counter("pellucid_bytes_in", "Of bodies.", route, registry=registry)
        self.bytes_out = Counter("pellucid_bytes_out", "Of answers.", route, registry=registry)
        for name, text, value in (
            ("pellucid_working", "Requests worked on.", lambda: work.working),
            ("pellucid_waiting", "Requests with a place, not worked on.", lambda: work.waiting),
            ("pellucid_memory_bytes", "Resident, of all processes.", lambda: memory(work.pids)),
        ):
            Gauge(name, text, registry=registry).set_function(value)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)


def memory(pids: list[int]) -> float:
    """Resident bytes of this process and of these; 0 where the system doesn't tell."""
    return float(sum(map(resident, map(str, (os.getpid(), *pids)))))


def resident(pid: str) -> int:
    """Resident bytes of a process, on Linux."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


class Watch:
    """The application, with each request counted and logged; a bug in it answers 500."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = came = went = 0

        async def counted_in() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            return message

        async def counted_out(message: Message) -> None:
            nonlocal status, went
            status = message.get("status", status)
            went += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, counted_in, counted_out)
        except asyncio.CancelledError:  # the server ends, and has waited long enough
            if not status:
                answer = problem(503, "EndingError", "the server ends; ask again, or another")
                await answer(scope, receive, counted_out)
        except Exception as error:  # noqa: BLE001 (logged, without what it says)
            kind, trace = type(error).__name__, traceback.format_tb(error.__traceback__)
            tell("failed", logging.ERROR, error=kind, trace="".join(trace))
            if not status:
                answer = problem(500, "FailedError", "the server failed; this is a bug")
                await answer(scope, receive, counted_out)
        finally:
            self._note(scope, status, time.perf_counter() - began, came, went)

    def _note(self, scope: Scope, status: int, seconds: float, came: int, went: int) -> None:
        route = getattr(scope.get("route"), "path", "other")
        metrics = self._metrics
        metrics.requests.labels(route, str(status)).inc()
        metrics.seconds.labels(route).observe(seconds)
        metrics.bytes_in.labels(route).inc(came)
        metrics.bytes_out.labels(route).inc(went)
        sizes = {"in": came, "out": went}
        method = scope["method"]
        tell(
            "request", method=method, route=route, status=status, seconds=round(seconds, 4), **sizes
        )


def tell(event: str, level: int = logging.INFO, /, **fields: Any) -> None:
    """A line of the log."""
    LOGGER.log(level, event, extra={"fields": fields})


class Lines(logging.Formatter):
    """Lines of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One of them; of an exception only its kind and where it was."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            fields["error"] = record.exc_info[0].__name__
            fields["trace"] = "".join(traceback.format_tb(record.exc_info[2]))
        return json.dumps(fields)
