"""Programs that are killed in the midst of their work."""

from __future__ import annotations

import subprocess
import sys
import time

from program import WITH_TESTS


def kill_after(lines: int, seconds: float, *words: object) -> list[str]:
    """Let `python WORDS` say so many lines, or all that it says, and kill it a little later.

    Returns all that it said, without a last line that was cut off. So the moment is in its work,
    however slow the machine is.
    """
    command = [sys.executable, *map(str, words)]
    with subprocess.Popen(command, env=WITH_TESTS, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(lines)]
        time.sleep(seconds)
        child.kill()
        said += child.stdout.read().splitlines(keepends=True)
    assert child.returncode != 1 or sys.platform == "win32", "it failed by itself"
    return [line.removesuffix("\n") for line in said if line.endswith("\n")]
