"""A Dask scheduler and its workers as programs of their own, as a shell starts them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from program import ENVIRONMENT
from served import until

GRACE_S = 10
HERE = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")  # no other machine sees them
SCHEDULER = ("dask", "scheduler", "--port", "0")
WORKERS = ("dask", "worker", "--nworkers", "2", "--nthreads", "1", "--memory-limit", "3GiB")


@contextmanager
def running(
    words: Sequence[str], folder: Path, environment: Mapping[str, str] = ENVIRONMENT
) -> Iterator[subprocess.Popen[bytes]]:
    """A `dask` command while the block lasts; what it says is in a file of its name in `folder`."""
    command = [sys.executable, "-m", *words, *HERE]
    with (
        open(folder / f"{words[1]}.log", "ab") as log,
        subprocess.Popen(command, env=environment, stderr=log) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(GRACE_S)
            except subprocess.TimeoutExpired:  # workers may wait for a scheduler that is gone
                process.kill()


@contextmanager
def running_scheduler(
    folder: Path,
    words: Sequence[str] = SCHEDULER,
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Iterator[str]:
    """The address of a scheduler that runs while the block lasts."""
    file = folder / "scheduler.json"
    with running([*words, "--scheduler-file", str(file)], folder, environment):
        assert until(lambda: file.exists() and file.read_text("utf-8").endswith("}"))
        yield json.loads(file.read_text("utf-8"))["address"]


@contextmanager
def running_dask(folder: Path, environment: Mapping[str, str] = ENVIRONMENT) -> Iterator[str]:
    """The address of a scheduler with two workers, which run while the block lasts."""
    with (
        running_scheduler(folder, environment=environment) as address,
        running([*WORKERS, address], folder, environment),
    ):
        yield address
