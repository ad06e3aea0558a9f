"""Bytes, pixels, time and requests at once are bounded, and who goes away ends the work."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import httpx
import numpy as np
import pytest
from PIL import Image

from pellucid.errors import OptionError
from pellucid.serve import ServerLimits, connection
from pellucid.serve.bodies import fitting, receive
from pellucid.serve.process import StorageError
from pellucid.serve.storage import request_folder
from pellucid.serve.watch import resident
from program import processor_seconds
from served import CHELSEA, PATIENCE_S, png, running, until

if TYPE_CHECKING:
    from served import Running

LONG = {"effort": 9, "model": "m"}  # minutes, of the large picture
SOON_S = 30  # on a busy machine; far from that


@pytest.fixture(scope="module")
def small() -> Iterator[Running]:
    """A server with room for little, and little time."""
    with running(
        ServerLimits(request_bytes=600_000, pixels=10_000_000, seconds=2, at_once=1)
    ) as found:
        yield found


@pytest.fixture(scope="module")
def single() -> Iterator[Running]:
    """A server that does one thing at a time, while one other waits."""
    with running(ServerLimits(at_once=1, waiting=1)) as found:
        yield found


@pytest.fixture(scope="module")
def large() -> bytes:
    """A photograph of nine million pixels as a JPEG."""
    out = BytesIO()
    with Image.open(CHELSEA) as cat:
        cat.convert("RGB").resize((3000, 3000)).save(out, "JPEG")
    return out.getvalue()


def parts(size: int, told: list[int]) -> Iterator[bytes]:
    """A body of unknown length."""
    for _ in range(size // 10_000):
        told.append(10_000)
        yield bytes(10_000)


def test_bytes(small: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REST_S", PATIENCE_S)  # which the client may take to read it
    assert small.kind("compress", bytes(600_001)) == (413, "TooLarge")
    assert small.kind("compress", parts(700_000, [])) == (413, "TooLarge")
    assert small.kind("compress", bytes(600_000)) == (415, "InputError")


def test_a_body_that_is_too_large_is_refused_before_it_has_come(small: Running) -> None:
    head = b"POST /v1/compress HTTP/1.1\r\nHost: localhost\r\n"
    with connect(small) as client:
        client.sendall(head + b"Content-Length: 99999999999\r\n\r\n")
        assert b" 413 " in client.recv(4000)


def connect(server: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), PATIENCE_S)


def test_pixels(small: Running) -> None:
    picture = png(np.zeros((3200, 3200), np.uint8))
    assert small.kind("compress", picture) == (413, "LimitError")
    assert small.kind("denoise", picture) == (413, "LimitError")
    fewer = png(np.zeros((1200, 1200), np.uint8))
    assert small.kind("explain", fewer, task="denoise") == (413, "LimitError")


def test_time(small: Running, large: bytes) -> None:
    began = time.monotonic()
    assert small.kind("compress", large, **LONG) == (504, "TooSlow")
    assert time.monotonic() - began < SOON_S
    assert small.client.get("/v1/models").status_code == 200


def begin(server: Running, body: bytes) -> socket.socket:
    """A request whose answer takes long."""
    client = connect(server)
    client.sendall(
        b"POST /v1/compress?effort=9&model=m HTTP/1.1\r\nHost: localhost\r\n"
        + f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    assert until(lambda: server.work.working > 0)
    return client


def test_full(single: Running, large: bytes) -> None:
    assert until(lambda: (single.work.working, single.work.waiting) == (0, 0))
    with ThreadPoolExecutor(1) as pool:
        with begin(single, large):
            waits = pool.submit(single.client.get, "/v1/models")
            assert until(lambda: single.work.waiting == 1)
            refused = single.client.get("/v1/models")
            assert (refused.status_code, refused.json()["kind"]) == (429, "Busy")
            assert int(refused.headers["retry-after"]) >= 1
            assert single.client.get("/health").status_code == 200
            assert not waits.done()
        assert waits.result().status_code == 200  # when the long one is gone


@pytest.mark.skipif(not resident("self"), reason="the system doesn't tell")
def test_who_goes_away_ends_the_work(single: Running, large: bytes) -> None:
    used = seconds_of(single)
    with begin(single, large):
        assert until(lambda: seconds_of(single) > used + 0.3)
    assert until(lambda: single.work.working == 0, SOON_S)
    assert until(lambda: seconds_in(0.5, single) < 0.1, SOON_S)
    assert single.client.get("/v1/models").status_code == 200


def seconds_in(wait: float, server: Running) -> float:
    """What the processes have of the processor meanwhile."""
    before = seconds_of(server)
    time.sleep(wait)
    return abs(seconds_of(server) - before)


def seconds_of(server: Running) -> float:
    """What the processes have had of the processor; less when another took one's place."""
    return sum(map(processor_seconds, server.work.pids))


def test_a_process_that_dies_is_replaced(single: Running, photo: bytes, large: bytes) -> None:
    import os
    import signal

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(single.kind, "compress", large, **LONG)
        assert until(lambda: single.work.working > 0)
        os.kill(single.work.pids[0], getattr(signal, "SIGKILL", signal.SIGTERM))
        assert asked.result() == (500, "FailedError")
    assert single.post("compress", photo, model="s").status_code == 200


def test_many_at_once(server: Running, photo: bytes) -> None:
    """All are answered, or refused because it is full."""
    statuses, lock = [], threading.Lock()

    def ask(_: int) -> None:
        answer = httpx.post(f"{server.url}/v1/compress?model=s", content=photo, timeout=PATIENCE_S)
        with lock:
            statuses.append(answer.status_code)

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(ask, range(80)))
    assert set(statuses) <= {200, 429}
    assert statuses.count(200) >= 18  # as many as may work and wait


@pytest.mark.parametrize("name", ["request_bytes", "pixels", "at_once", "seconds", "stall"])
def test_limits_are_checked(name: str) -> None:
    for wrong in (0, -1, "1", None, True, float("nan")):
        with pytest.raises(OptionError, match=name):
            ServerLimits(**{name: wrong})  # type: ignore[arg-type]


class Sent:
    """A request with a body."""

    headers: ClassVar[dict[str, str]] = {}

    async def stream(self) -> AsyncIterator[bytes]:
        yield bytes(100_000)


def received(folder: Path) -> None:
    """Receive a body into a folder of its own."""

    async def use() -> None:
        async with request_folder(folder) as own:
            (own / "body").symlink_to("/dev/full")
            await receive(Sent(), own / "body", ServerLimits())  # type: ignore[arg-type]

    asyncio.run(use())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no disk that is full")
def test_a_disk_that_is_full_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No space left"):
        received(tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(StorageError, match="No such file"):
        received(tmp_path / "none")


def test_remarks_fit_into_a_header() -> None:
    kept = fitting(["\u4e2d" * 1000] * 8 + ["plain"])
    assert len(kept) <= 4096
    assert json.loads(kept) == ["\u4e2d" * 400, "plain"]
    assert json.loads(fitting(["one", "two"])) == ["one", "two"]
