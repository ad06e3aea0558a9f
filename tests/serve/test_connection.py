"""Connections that are held for nothing are broken off, and those who ask are answered."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

import pellucid
from pellucid.serve import ServerLimits, connection
from served import PATIENCE_S, running, until

if TYPE_CHECKING:
    from served import Running

CHUNK = b"10000\r\n" + bytes(0x10000) + b"\r\n"
OPENED = Path("/proc/self/fd")


@pytest.fixture(scope="module")
def hasty() -> Iterator[Running]:
    """A server that waits for nothing long."""
    with pytest.MonkeyPatch.context() as patch, running(ServerLimits(at_once=1, stall=2)) as found:
        patch.setattr(connection, "QUIET_S", 0.5)
        patch.setattr(connection, "REST_S", 0.5)
        patch.setattr(connection, "MOST", 4)
        yield found


@pytest.fixture
def patient(hasty: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The same, but it breaks off no connection, however slow the test is."""
    monkeypatch.setattr(connection, "QUIET_S", PATIENCE_S)
    monkeypatch.setattr(connection, "REST_S", PATIENCE_S)
    return hasty


def connect(server: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 0), PATIENCE_S)


def is_broken_off(client: socket.socket, said: bytes = b"") -> bool:
    """Whether the server ends the connection, in which this is said, without a word."""
    try:
        client.sendall(said)
        return client.recv(100) == b""
    except ConnectionError:
        return True


def goes_on(client: socket.socket, data: bytes, pause: float = 0) -> bool:
    """Whether the server takes the same data without an end."""
    end = time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < end:
            client.sendall(data)
            time.sleep(pause)
    except ConnectionError:
        return False
    return True


@pytest.mark.parametrize("said", [b"", b"GET /health HT", b"POST /v1/info HTTP/1.1\r\nHost: "])
def test_a_head_that_does_not_come(hasty: Running, said: bytes) -> None:
    with connect(hasty) as client:
        assert is_broken_off(client, said)


def test_a_second_head_that_comes_by_bytes(hasty: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "QUIET_S", 2)  # in which the first has to come
    with connect(hasty) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET")
        assert b" 200 " in client.recv(4000)
        assert not goes_on(client, b"x", pause=0.05)


def test_too_many_connections_are_refused_and_the_others_served(patient: Running) -> None:
    patient.client.close()  # which keeps one
    assert until(lambda: not patient.connections)
    with ExitStack() as kept:
        few = [kept.enter_context(connect(patient)) for _ in range(4)]
        assert is_broken_off(kept.enter_context(connect(patient)))
        few[0].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in few[0].recv(4000)
    assert until(lambda: is_well(patient))


def is_well(server: Running) -> bool:
    try:
        return httpx.get(f"{server.url}/health").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_body_that_goes_on_after_the_answer(
    hasty: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "QUIET_S", PATIENCE_S)
    with connect(hasty) as client:
        client.sendall(
            b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        assert not goes_on(client, CHUNK)


def test_the_answer_to_a_body_that_was_not_wanted_is_read(patient: Running) -> None:
    """Also by a client that sends all of its body first, on a connection that it keeps."""
    with httpx.Client(base_url=patient.url, timeout=PATIENCE_S) as client:
        for _ in range(3):
            assert client.post("/nothing", content=bytes(5_000_000)).status_code == 404


def test_a_body_that_comes_by_bytes(patient: Running) -> None:
    """It is given up, however long it says it is, and its place is free."""
    with connect(patient) as client:
        client.sendall(b"POST /v1/info HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n")
        client.settimeout(0.1)
        said, began = b"", time.monotonic()
        while not said and time.monotonic() < began + PATIENCE_S:
            client.sendall(b"x")
            with suppress(TimeoutError):
                said = client.recv(4000)
    assert b" 408 " in said
    assert until(lambda: patient.work.waiting == 0)


def test_a_body_that_comes_slowly_but_surely(patient: Running) -> None:
    """Longer than the server waits for a byte."""

    def parts() -> Iterator[bytes]:
        for _ in range(25):
            time.sleep(0.1)
            yield bytes(100_000)

    answer = httpx.post(f"{patient.url}/v1/info", content=parts(), timeout=PATIENCE_S)
    assert (answer.status_code, answer.json()["kind"]) == (415, "NotPelFileError")


@pytest.mark.skipif(not OPENED.exists(), reason="the system doesn't tell")
def test_who_reads_too_slowly_is_left(hasty: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "QUIET_S", 2)  # in which the test has to look
    flat = pellucid.compress(np.zeros((2500, 2500, 3), np.uint8), lossless=True)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert until(lambda: hasty.work.waiting == 0)
        client.connect(("127.0.0.1", httpx.URL(hasty.url).port or 0))
        client.sendall(
            b"POST /v1/decompress?format=npy HTTP/1.1\r\nHost: localhost\r\n"
            + f"Content-Length: {len(flat)}\r\n\r\n".encode()
            + flat
        )
        assert client.recv(9) == b"HTTP/1.1 "
        assert hasty.work.waiting == 1  # the place is kept while it is sent
        assert opened_of(hasty)
        assert until(lambda: hasty.work.waiting == 0)
        assert until(lambda: not opened_of(hasty))
        assert until(lambda: not hasty.connections)


def opened_of(server: Running) -> list[str]:
    """Files in the server's folder that it has open."""
    found = []
    for name in os.listdir(OPENED):
        with suppress(OSError):  # closed meanwhile
            found.append(os.readlink(OPENED / name))
    return [name for name in found if name.startswith(f"{server.work.folder}{os.sep}")]
