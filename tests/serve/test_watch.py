"""What the server tells of its work: figures, lines, and nothing of what is in a request."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pellucid.serve import ServerLimits
from pellucid.serve.app import make_app
from pellucid.serve.guard import HEADERS
from pellucid.serve.watch import Lines, Metrics, Watch
from served import running, until

if TYPE_CHECKING:
    from served import Running


def figure(server: Running, name: str, **labels: str) -> float:
    """One of the figures; 0 if it isn't there yet."""
    chosen = ",".join(f'{key}="{value}"' for key, value in labels.items())
    text = server.client.get("/metrics").text
    found = re.search(rf"^{name}{re.escape(f'{{{chosen}}}' if labels else '')} (\S+)$", text, re.M)
    return float(found[1]) if found else 0.0


def test_figures(server: Running, pel: bytes) -> None:
    route = "/v1/info"
    told = {
        "pellucid_requests_total": {"route": route, "status": "200"},
        "pellucid_request_seconds_count": {"route": route},
        "pellucid_bytes_in_total": {"route": route},
        "pellucid_bytes_out_total": {"route": route},
    }
    before = {name: figure(server, name, **labels) for name, labels in told.items()}
    answer = server.post("info", pel, latents=True)
    counted, labels = next(iter(told.items()))
    assert until(lambda: figure(server, counted, **labels) > before[counted])
    after = {name: figure(server, name, **labels) for name, labels in told.items()}
    added = [after[name] - before[name] for name in told]
    assert added == [1, 1, len(pel), len(answer.content)]
    busy = ("pellucid_working", "pellucid_waiting")
    assert until(lambda: [figure(server, name) for name in busy] == [0, 0])


def test_addresses_that_are_none_are_one_figure(server: Running) -> None:
    for name in ("/secret.png", "/v1/secret.png"):
        server.client.get(name)
    others = {"route": "other", "status": "404"}
    assert until(lambda: figure(server, "pellucid_requests_total", **others) >= 2)
    assert "secret" not in server.client.get("/metrics").text


def test_lines_tell_nothing_of_the_request(pel: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pellucid.serve")
    with running(ServerLimits(at_once=1)) as server:
        server.client.get("/secret.png?token=secret")
        server.post("compress", pel, model="secret")
    own = [record for record in caplog.records if record.threadName == server.url]
    lines = [Lines().format(record) for record in own]
    events = [json.loads(line) for line in lines]
    assert [(one["route"], one["status"]) for one in events] == [
        ("/health", 200),
        ("other", 404),
        ("/v1/compress", 400),
    ]
    assert "secret" not in "".join(lines)


def test_a_bug_answers_500_and_is_told_without_what_it_says(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make_app(page=False)

    @app.get("/bug")
    async def bug() -> None:
        said = "".join(("sec", "ret"))
        raise RuntimeError(said)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/bug")

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.json()["kind"]) == (500, "FailedError")
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    told = [json.loads(Lines().format(record)) for record in caplog.records]
    failed = next(one for one in told if one["event"] == "failed")
    assert failed["error"] == "RuntimeError"
    assert "test_watch.py" in failed["trace"]
    assert "secret" not in "".join(map(json.dumps, told))


def test_who_is_still_waiting_when_the_server_ends_is_told(server: Running) -> None:
    async def endless(*_: Any) -> None:
        await asyncio.sleep(60)

    sent: list[Any] = []

    async def asked() -> None:
        scope = {"type": "http", "method": "GET", "headers": []}
        watch = Watch(endless, Metrics(server.work))
        task = asyncio.ensure_future(watch(scope, receive_nothing, told))
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    async def receive_nothing() -> Any:
        raise AssertionError

    async def told(message: Any) -> None:
        sent.append(message)

    asyncio.run(asked())
    assert sent[0]["status"] == 503
    assert json.loads(sent[1]["body"])["kind"] == "EndingError"
