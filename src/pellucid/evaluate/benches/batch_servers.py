"""Servers beside a measurement, each a process of its own: a Dask scheduler, and an S3 server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, socket
from unittest.mock import patch

from pellucid.errors import PellucidError
from pellucid.evaluate import fresh
from pellucid.evaluate._extras import require
from pellucid.evaluate.benches.batch_rows import FREE, GET, LIST, PUT
from pellucid.evaluate.fresh import MEGABYTE

DASK = "distributed.cli.dask"
HOST, BUCKET = "127.0.0.1", "pictures"
WAIT, PAUSE = 60.0, 0.05  # seconds for a server to be there, and between two looks
KEYS = {
    "AWS_ACCESS_KEY_ID": "a-key",
    "AWS_SECRET_ACCESS_KEY": "a-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}
# As moto's server writes it: what isn't 200 is in colour.
REQUEST = re.compile(r'"(?:\x1b\[[\d;]*m)*([A-Z]+) (\S+) HTTP')


@contextmanager
def process(log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m WORDS` while the block lasts; what it says goes into a file."""
    with (
        log.open("wb") as said,
        subprocess.Popen([sys.executable, "-m", *words], stdout=said, stderr=said) as server,
    ):
        try:
            yield server
        finally:
            server.terminate()


def wait_for(server: subprocess.Popen[bytes], log: Path, ready: Path | int) -> None:
    """Until a file is there, or a port answers; PellucidError if the server ends before."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end and server.poll() is None:
        try:
            if isinstance(ready, int):
                create_connection((HOST, ready), 1).close()
                return
            if ready.exists() and ready.read_text():
                return
        except OSError:
            pass
        time.sleep(PAUSE)
    last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
    raise PellucidError(f"a server isn't there, {log.stem}: {last}")


@dataclass
class Scheduler:
    """A scheduler with workers: its address, and what it takes."""

    address: str
    pid: int

    def cpu(self) -> float:
        """Seconds of processor time until now."""
        times = require("psutil", extra="scale").Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def peak_mb(self) -> float:
        """The most memory until now; PellucidError where the system doesn't say."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError as error:
            raise PellucidError("the memory of a scheduler can only be seen on Linux") from error
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) * 1024 / MEGABYTE if found else 0.0


@contextmanager
def scheduler(folder: Path, workers: int, threads: int) -> Iterator[Scheduler]:
    """A scheduler, and workers that have joined it or soon will."""
    require("distributed", extra="scale")
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    where = ("--host", HOST, "--no-dashboard", "--dashboard-address", f"{HOST}:0")
    with ExitStack() as stack:
        log = folder / "scheduler.log"
        named = ("--port", "0", "--scheduler-file", str(file))
        server = stack.enter_context(process(log, f"{DASK}_scheduler", *where, *named))
        wait_for(server, log, file)
        address = json.loads(file.read_text())["address"]
        many = ("--nworkers", str(workers), "--nthreads", str(threads))
        own = ("--local-directory", str(folder))
        log = folder / "workers.log"
        stack.enter_context(process(log, f"{DASK}_worker", address, *where, *many, *own))
        yield Scheduler(address, server.pid)


@dataclass
class Bucket:
    """A bucket on a server of its own, which the environment leads to."""

    url: str
    log: Path

    def requests(self) -> Counter[str]:
        """How many it had until now, of each kind that has a price."""
        lines = REQUEST.findall(self.log.read_text(errors="replace"))
        return Counter(kind_of(method, path) for method, path in lines)

    def fill(self, folder: str, number: int) -> str:
        """So many small objects; returns the URL of their folder."""
        url = f"{self.url}/{folder}"
        fresh.measure(f"{__package__}.batch_work:fill_work", {"url": url, "number": number})
        return url


def kind_of(method: str, path: str) -> str:
    """Of a request to S3, by its price: what changes something, what lists, what reads."""
    if method == "DELETE" or (method == "POST" and re.search(r"[?&]delete\b", path)):
        return FREE
    if method in ("PUT", "POST"):
        return PUT
    lists = re.search(r"[?&](list-type|prefix|delimiter)=", path)
    return LIST if lists or path.strip("/") == "" else GET


@contextmanager
def s3(folder: Path) -> Iterator[Bucket]:
    """moto's server with an empty bucket; the environment leads there in the block."""
    require("moto.server", "moto")
    with socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    log = folder / "s3.log"
    with process(log, "moto.server", "-H", HOST, "-p", str(port)) as server:
        wait_for(server, log, port)
        address = {"AWS_ENDPOINT_URL": f"http://{HOST}:{port}", **KEYS}
        with patch.dict(os.environ, address):
            yield Bucket(f"s3://{BUCKET}", log)
