"""`pellucid serve` as a person starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from pellucid.serve import run
from program import call, start
from served import CHELSEA, PATIENCE_S, until


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_it_says_where_serves_logs_and_ends(pel: bytes) -> None:
    import subprocess

    with start("serve", "--port", "0", "--kept", "1M", stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.fullmatch(r"pellucid: serving (http://127\.0\.0\.1:\d+/) until Ctrl-C\n", said)
        assert found is not None, said
        answer = httpx.post(f"{found[1]}v1/info?latents=true", content=pel, timeout=PATIENCE_S)
        assert answer.json()["width"] == 160
        cat = CHELSEA.read_bytes()
        refused = httpx.post(f"{found[1]}page/pictures", content=cat, timeout=PATIENCE_S)
        assert "--kept 2M" in refused.json()["message"]
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    lines = rest.splitlines()
    assert lines[-1] == "pellucid: interrupted"
    logged = json.loads(lines[0])
    assert (logged["event"], logged["route"], logged["status"]) == ("request", "/v1/info", 200)
    assert (logged["in"], logged["out"]) == (len(pel), len(answer.content))
    assert "latents" not in lines[0]  # no options


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_sigterm_to_all_of_its_processes_lets_the_work_end() -> None:
    """As service managers send it."""
    with start("serve", "--port", "0", "--at-once", "1", start_new_session=True) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[2]
        with (
            ThreadPoolExecutor(1) as pool,
            httpx.Client(base_url=url, timeout=PATIENCE_S) as client,
        ):
            cat = CHELSEA.read_bytes()
            assert client.post("v1/compress", content=cat).status_code == 200
            asked = pool.submit(client.post, "v1/compress", params={"effort": 3}, content=cat)
            working = "pellucid_working 1.0"
            assert until(lambda: working in client.get("metrics").text or asked.done())
            os.killpg(process.pid, signal.SIGTERM)
            assert asked.result().status_code == 200


def test_no_host_of_others_without_a_token() -> None:
    ended = call("serve", "--host", "0.0.0.0", "--port", "0")
    assert ended.returncode == 2
    assert "PELLUCID_TOKEN" in ended.stderr


def test_an_address_that_is_taken() -> None:
    with run.listening("127.0.0.1", 0) as taken:
        ended = call("serve", "--port", taken.getsockname()[1])
    assert ended.returncode == 1
    assert "--port" in ended.stderr


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.errors import MissingExtraError
    from pellucid.serve import ServerLimits

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pellucid\[web\]'"):
        run.serve(ServerLimits(), port=0)
