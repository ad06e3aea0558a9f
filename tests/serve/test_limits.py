"""Bytes, pixels, time and requests at once are bounded, and who goes away ends the work."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import httpx
import numpy as np
import pytest

from pellucid.errors import OptionError
from pellucid.serve import ServerLimits
from pellucid.serve.bodies import fitting, receive
from pellucid.serve.process import StorageError
from pellucid.serve.storage import request_folder
from pellucid.serve.watch import resident
from served import CHELSEA, png, running, until

if TYPE_CHECKING:
    from served import Running

LONG = {"effort": 9, "model": "m"}  # minutes, of CHELSEA


@pytest.fixture(scope="module")
def small() -> Iterator[Running]:
    """A server with room for little."""
    limits = ServerLimits(request_bytes=300_000, pixels=200_000, seconds=2, at_once=1, waiting=1)
    with running(limits) as found:
        yield found


def parts(size: int, told: list[int]) -> Iterator[bytes]:
    """A body of unknown length."""
    for _ in range(size // 10_000):
        told.append(10_000)
        yield bytes(10_000)


def test_bytes(small: Running) -> None:
    assert small.kind("compress", bytes(300_001)) == (413, "TooLarge")
    assert small.kind("compress", parts(400_000, [])) == (413, "TooLarge")
    assert small.kind("compress", bytes(300_000)) == (415, "InputError")


def test_a_body_that_is_too_large_is_refused_before_it_has_come(small: Running) -> None:
    head = b"POST /v1/compress HTTP/1.1\r\nHost: localhost\r\n"
    with socket.create_connection(("127.0.0.1", httpx.URL(small.url).port or 0), 10) as client:
        client.sendall(head + b"Content-Length: 99999999999\r\n\r\n")
        assert b" 413 " in client.recv(4000)


def test_pixels(small: Running) -> None:
    picture = png(np.zeros((500, 500), np.uint8))
    assert small.kind("compress", picture) == (413, "LimitError")
    assert small.kind("denoise", picture) == (413, "LimitError")
    fewer = png(np.zeros((200, 200), np.uint8))
    assert small.kind("explain", fewer, task="denoise") == (413, "LimitError")


def test_time(small: Running) -> None:
    began = time.monotonic()
    assert small.kind("compress", CHELSEA.read_bytes(), **LONG) == (504, "TooSlow")
    assert time.monotonic() - began < 4
    assert small.client.get("/v1/models").status_code == 200


def begin(server: Running) -> socket.socket:
    """A request whose answer takes long."""
    body = CHELSEA.read_bytes()
    client = socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), 10)
    client.sendall(
        b"POST /v1/compress?effort=9&model=m HTTP/1.1\r\nHost: localhost\r\n"
        + f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    assert until(lambda: server.work.working > 0, 5)
    return client


def test_full(small: Running) -> None:
    before = small.work.working, small.work.waiting
    assert before == (0, 0)
    with begin(small), ThreadPoolExecutor(1) as pool:
        waits = pool.submit(small.client.get, "/v1/models")
        assert until(lambda: small.work.waiting == 1, 1)
        refused = httpx.get(f"{small.url}/v1/models")
        assert (refused.status_code, refused.json()["kind"]) == (429, "Busy")
        assert int(refused.headers["retry-after"]) >= 1
        assert httpx.get(f"{small.url}/health").status_code == 200
        assert waits.result().status_code == 200  # when the long one has had its time


@pytest.mark.skipif(not resident("self"), reason="the system doesn't tell")
def test_who_goes_away_ends_the_work(server: Running) -> None:
    used = [seconds_of(pid) for pid in server.work.pids]
    with begin(server):
        assert until(lambda: sum(map(seconds_of, server.work.pids)) > sum(used) + 0.3, 5)
    assert until(lambda: server.work.working == 0, 2)
    assert until(lambda: seconds_in(0.5, server) < 0.1, 10)  # of work that takes minutes
    assert server.client.get("/v1/models").status_code == 200


def seconds_in(wait: float, server: Running) -> float:
    """What the processes have of the processor meanwhile."""
    before = sum(map(seconds_of, server.work.pids))
    time.sleep(wait)
    return abs(sum(map(seconds_of, server.work.pids)) - before)


def seconds_of(pid: int) -> float:
    """What a process has had of the processor; less when another took its place."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_a_process_that_dies_is_replaced(small: Running, photo: bytes) -> None:
    import os
    import signal

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(small.kind, "compress", CHELSEA.read_bytes(), **LONG)
        assert until(lambda: small.work.working > 0, 5)
        os.kill(small.work.pids[0], getattr(signal, "SIGKILL", signal.SIGTERM))
        assert asked.result() == (500, "FailedError")
    assert small.post("compress", photo, model="s").status_code == 200


def test_many_at_once(server: Running, photo: bytes) -> None:
    """All are answered, or refused because it is full."""
    statuses, lock = [], threading.Lock()

    def ask(_: int) -> None:
        answer = httpx.post(f"{server.url}/v1/compress?model=s", content=photo, timeout=60)
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
