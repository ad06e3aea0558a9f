"""What a server leaves behind that is killed: no work, and no files after the next one starts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pellucid.serve.storage import PREFIX, server_folder
from program import ENVIRONMENT
from served import until

ORPHANS = """
import asyncio
from pellucid.serve import ServerLimits
from pellucid.serve.work import Work

class Asker:
    async def receive(self):
        await asyncio.sleep(600)

JOB = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"

async def main():
    work = Work(ServerLimits(at_once=1))
    async with work.running():
        await work.run(Asker(), exec, JOB)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_work_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    """And the next server removes its folder, but not that of one that runs."""
    script = tmp_path / "server.py"
    script.write_text(ORPHANS)
    given = {**ENVIRONMENT, "TMPDIR": str(tmp_path)}
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, env=given, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        server.kill()
    assert until(lambda: not Path(f"/proc/{pid}").exists())
    left = list(tmp_path.glob(f"{PREFIX}*"))
    assert len(left) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        with server_folder() as first, server_folder() as second:
            assert not left[0].exists()
            assert first.is_dir()
            assert second.is_dir()
    assert not list(tmp_path.glob(f"{PREFIX}*"))
