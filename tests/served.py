"""A server on a free port, in a thread, and what tests send to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from PIL import Image

import pellucid
from pellucid.serve import ServerLimits
from pellucid.serve.app import make_app
from pellucid.serve.connection import config_of
from pellucid.serve.run import listening
from pellucid.serve.work import Work

CHELSEA = Path(pellucid.__file__).parent / "samples" / "chelsea.png"
PATIENCE_S = 120.0  # with what is soon done, on a busy machine


@dataclass
class Running:
    """A server that runs: a client of it, its address, and the application behind it.

    An answer may be here before the server has let go of its place and files, and has counted and
    logged it, so what tests look at besides answers they wait for. All is done when it has ended.
    """

    client: httpx.Client
    url: str
    app: FastAPI
    server: uvicorn.Server

    @property
    def work(self) -> Work:
        work: Work = self.app.state.work
        return work

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self.server.server_state.connections)

    def post(self, verb: str, body: Any, **query: Any) -> httpx.Response:
        return self.client.post(f"/v1/{verb}", content=body, params=query)

    def kind(self, verb: str, body: Any, **query: Any) -> tuple[int, str]:
        """Status and kind of an error."""
        answer = self.post(verb, body, **query)
        return answer.status_code, answer.json()["kind"]


@contextmanager
def running(
    limits: ServerLimits | None = None, token: str | None = None, **page: Any
) -> Iterator[Running]:
    """A server while the block lasts, in a thread named by its address; with the page if asked."""
    app = make_app(limits, token=token, **({"page": False} | page))
    server = uvicorn.Server(config_of(app, stop=1))
    with listening("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name=url)
        thread.start()
        try:
            few = httpx.Limits(keepalive_expiry=1)  # long before the server ends a connection
            with httpx.Client(base_url=url, timeout=PATIENCE_S, limits=few) as client:
                client.get("/health")
                yield Running(client, url, app, server)
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)


def png(samples: Any) -> bytes:
    out = BytesIO()
    Image.fromarray(samples).save(out, "PNG")
    return out.getvalue()


def until(true: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
    """Whether something becomes true within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return bool(true())
