"""The program in processes of its own, as a shell starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pellucid

SRC = Path(pellucid.__file__).parent.parent
PROGRAM = [sys.executable, "-m", "pellucid"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SRC), "PELLUCID_THREADS": "1"}
TESTS = Path(__file__).parent
# of programs that import what tests share
WITH_TESTS = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(map(str, (SRC, TESTS)))}
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def call(
    *words: object, environment: Mapping[str, str] = ENVIRONMENT, timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    command = [*PROGRAM, *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=timeout, check=False
    )


def start(*words: object, **options: Any) -> subprocess.Popen[str]:
    """Let it begin."""
    command = [*PROGRAM, *map(str, words)]
    given = {"stderr": subprocess.PIPE, "text": True, "preexec_fn": heed_signals, **options}
    return subprocess.Popen(command, env=ENVIRONMENT, **given)


def processor_seconds(pid: int) -> float:
    """What a process has had of the processor, on Linux; 0 of one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / 100


def shell(line: str, *, text: bool = True, **environment: str) -> subprocess.CompletedProcess[Any]:
    """Run a line of bash in which `pellucid` is the program."""
    program = f'pellucid() {{ "{sys.executable}" -m pellucid "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", program + line],
        capture_output=True,
        text=text,
        check=False,
        timeout=300,
        env={**ENVIRONMENT, **environment},
    )


def heed_signals() -> None:
    """In a child: what a shell's background jobs ignore, and hand on, is heard again."""
    for name in SIGNALS:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
