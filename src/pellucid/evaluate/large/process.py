"""A command of pellucid in a process of its own: its wall seconds and its peak of memory.

A process counts the memory of the one that it was forked from towards its own peak, even after it
has become another program. So a small shell stands between this one, which may have held pictures,
and the one that is measured; and that one says its own peak, not the shell's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pellucid.errors import PellucidError
from pellucid.runtime.session import THREADS_VARIABLE

SHELL = ("sh", "-c", '"$@"; exit $?', "sh")


@dataclass(frozen=True)
class Cost:
    """What a command took: wall seconds with the start of Python, and bytes of memory at most."""

    seconds: float
    peak: int


def cost_of(words: Sequence[str], threads: int) -> Cost:
    """Run `pellucid` with these words.

    Raises:
        PellucidError: it failed; says how.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "peak"
        child = (sys.executable, "-m", "pellucid.evaluate.large.child", str(report), *words)
        environment = {**os.environ, THREADS_VARIABLE: str(threads)}
        start = time.perf_counter()
        done = subprocess.run(
            (*SHELL, *child), env=environment, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - start
        if done.returncode or not report.exists():
            said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
            raise PellucidError(f"pellucid {words[0]} ended with {done.returncode}: {said[0]}")
        return Cost(seconds, int(report.read_text(encoding="ascii")))
