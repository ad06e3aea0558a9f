"""One piece of work in a fresh process that does nothing else: its seconds and its peak memory.

A process that has coded other pictures before can't tell what one of them took, so every
measurement has a process of its own. On Linux the peak that a process reports outlives `exec`: a
child of a big process begins with its parent's. So a shell stands between, which is small.

The other side is this module as a program: `python -m pellucid.evaluate.fresh ORDER`. An order
names a function, which prepares the work from the rest of the order: it loads what a library loads
on first use, with a small picture, and gives the work and what says the size of its file, or other
figures by name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from pellucid.errors import PellucidError

# A shell that forks: without the `exit` it would become the command instead of starting it.
SMALL_PARENT = ("sh", "-c", '"$@"; exit $?', "sh")
MEGABYTE = 1e6

Figures = Mapping[str, float]
Prepare = Callable[[dict[str, Any]], tuple[Callable[[], object], Callable[[], int | Figures]]]


@dataclass(frozen=True, slots=True)
class Work:
    """What a fresh process measured.

    `seconds` are those of each run; `peak_mb` is its largest resident memory, in millions of bytes,
    with Python and all libraries, and `base_mb` what that was before the work. `size` is the number
    of bytes of the file that was made or read, 0 without one.
    """

    seconds: Sequence[float]
    peak_mb: float
    base_mb: float
    size: int = 0
    figures: Figures = field(default_factory=dict)


def can_measure() -> bool:
    """Whether this system says how much memory a process took: not Windows."""
    return sys.platform != "win32"


def measure(prepare: str, order: Mapping[str, Any]) -> Work:
    """Do a piece of work in a process of its own.

    Args:
        prepare: `module:function` that prepares it from the order.
        order: for that function, as JSON can hold it; `repeats` runs, 1 if not given.

    Raises:
        PellucidError: this system can't tell, or the process failed; says why.
    """
    if not can_measure():
        raise PellucidError("peak memory can't be measured on this system")
    text = json.dumps({**order, "prepare": prepare})
    command = [*SMALL_PARENT, sys.executable, "-m", "pellucid.evaluate.fresh", text]
    # the folder that this very package was imported from
    paths = (str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH"))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    except OSError as error:
        raise PellucidError(f"can't start a process to measure memory: {error}") from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        what = " ".join(str(order[name]) for name in ("task", "name") if name in order)
        raise PellucidError(f"measuring {what} failed: {said}")
    found = json.loads(done.stdout.splitlines()[-1])  # what the work printed comes before
    return Work(**found)


def peak_megabytes() -> float:
    """The most resident memory of this process until now, in millions of bytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEGABYTE if sys.platform == "darwin" else peak * 1024 / MEGABYTE


def main(text: str) -> None:
    """The other side: do what an order says and write the numbers to standard output as JSON."""
    order = json.loads(text)
    module, _, function = order.pop("prepare").partition(":")
    prepare: Prepare = getattr(import_module(module), function)
    task, size = prepare(order)
    base, seconds = peak_megabytes(), []
    for _ in range(order.get("repeats", 1)):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    said = size()
    found = {"seconds": seconds, "peak_mb": peak_megabytes(), "base_mb": base}
    found |= {"figures": said} if isinstance(said, Mapping) else {"size": said}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
