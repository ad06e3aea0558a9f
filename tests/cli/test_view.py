"""`pellucid view`: files on a page that only who has the address can see."""

from __future__ import annotations

import signal
import subprocess
import sys

import httpx
import pytest

from program import call, start
from served import CHELSEA


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_files_are_handed_over_until_ctrl_c():
    with start("view", "--no-open", "--kept", "1M", CHELSEA, stderr=subprocess.PIPE) as process:
        address = process.stderr.readline().split()[-1]
        url, _, token = address.partition("/?token=")
        with httpx.Client(base_url=url, timeout=300) as client:
            assert client.get("/page/handed").status_code == 401
            assert client.get("/", params={"token": token}).status_code == 303
            (file,) = client.get("/page/handed").json()
            assert file["name"] == CHELSEA.name
            assert CHELSEA.name not in file["id"]
            assert client.get(f"/page/handed/{file['id']}").content == CHELSEA.read_bytes()
            refused = client.post("/page/pictures", content=CHELSEA.read_bytes())
            assert "--kept 2M" in refused.json()["message"]
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert said == "pellucid: interrupted\n"


@pytest.mark.parametrize(("name", "why"), [("none.png", "no such file"), ("", "folder")])
def test_what_is_no_file_is_said_at_once(tmp_path, name, why):
    done = call("view", "--no-open", tmp_path / name)
    assert done.returncode == 1
    assert why in done.stderr
