"""`pellucid serve` as a person starts it."""

from __future__ import annotations

import json
import re
import signal
import sys

import httpx
import pytest

from pellucid.serve import run
from program import call, start


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_it_says_where_serves_logs_and_ends(pel: bytes) -> None:
    import subprocess

    with start("serve", "--port", "0", "--at-once", "1", stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.fullmatch(r"pellucid: serving (http://127\.0\.0\.1:\d+/) until Ctrl-C\n", said)
        assert found is not None, said
        answer = httpx.post(f"{found[1]}v1/info?latents=true", content=pel, timeout=60)
        assert answer.json()["width"] == 160
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    lines = rest.splitlines()
    assert lines[-1] == "pellucid: interrupted"
    logged = json.loads(lines[0])
    assert (logged["event"], logged["route"], logged["status"]) == ("request", "/v1/info", 200)
    assert (logged["in"], logged["out"]) == (len(pel), len(answer.content))
    assert "latents" not in lines[0]  # no options


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
