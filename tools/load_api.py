"""How `pellucid serve` bears load: more and more requests at once, to four times what it can carry.

    python -m tools.load_api PHOTOGRAPH -o results/v0.2/api-load.tsv

Starts a server with its default limits, which works on some requests at once and lets others wait;
what more come get 429. Clients ask one request after another (compress, info, decompress, denoise,
in turn), and after a 429 wait as long as it says. The first rows are 100 requests and 900 more at
the number that the server carries, for its memory, all processes together; then that number rises.
Milliseconds are those of requests with an answer of 200. `failed` are all answers but 200 and 429,
and none. It takes under three minutes.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import httpx

from pellucid.serve import ServerLimits

COLUMNS = (
    *("picture", "at_once", "requests", "ok", "refused", "failed", "seconds"),
    *("per_second", "p50_ms", "p95_ms", "p99_ms", "memory_mb"),
)
LIMITS = ServerLimits()
CARRIED = LIMITS.at_once + LIMITS.waiting
RISING = (1, LIMITS.at_once, CARRIED // 2, CARRIED, 2 * CARRIED, 4 * CARRIED)
FIRST, ALL = 100, 1000  # requests, between which memory must not grow


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server, while the block lasts."""
    command = [sys.executable, "-m", "pellucid", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            found = re.search(r"http://\S+/", process.stderr.readline())
            assert found is not None, "the server didn't start"
            threading.Thread(target=process.stderr.read, daemon=True).start()  # its log
            yield found[0]
        finally:
            process.terminate()


class Clients:
    """So many clients at once, each with one request after another."""

    def __init__(self, url: str, picture: bytes) -> None:
        self._url, self._lock = url, threading.Lock()
        with httpx.Client(base_url=url, timeout=60) as client:
            made = client.post("/v1/compress", params={"model": "s"}, content=picture)
        self._bodies = (
            ("compress?model=s", picture),
            ("info", made.content),
            ("decompress?format=jpeg", made.content),
            ("denoise?model=s&format=jpeg", picture),
        )

    def ask(self, number: int, at_once: int, seconds: float) -> list[tuple[int, float]]:
        """Status (0 without an answer) and seconds of up to `number` requests, in `seconds`."""
        self._left, self._end = number, time.monotonic() + seconds
        with ThreadPoolExecutor(at_once) as pool:
            done = pool.map(self._client, range(at_once))
            return [one for found in done for one in found]

    def _client(self, first: int) -> list[tuple[int, float]]:
        found: list[tuple[int, float]] = []
        with httpx.Client(base_url=f"{self._url}v1/", timeout=60) as client:
            while self._take():
                address, body = self._bodies[(first + len(found)) % len(self._bodies)]
                began, status, wait = time.perf_counter(), 0, 0.0
                try:
                    answer = client.post(address, content=body)
                    status, wait = answer.status_code, float(answer.headers.get("retry-after", 0))
                except httpx.HTTPError:
                    pass
                found.append((status, time.perf_counter() - began))
                time.sleep(wait)
        return found

    def _take(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0 and time.monotonic() < self._end

    def memory(self) -> float:
        """Resident megabytes of all processes of the server, as it says."""
        text = httpx.get(f"{self._url}metrics", timeout=60).text
        found = re.search(r"^pellucid_memory_bytes (\S+)", text, re.MULTILINE)
        assert found is not None
        return float(found[1]) / 1e6


def row_of(clients: Clients, name: str, number: int, at_once: int, limit: float) -> tuple[str, ...]:
    """One row of the table."""
    began = time.perf_counter()
    found = clients.ask(number, at_once, limit)
    took = time.perf_counter() - began
    times = sorted(seconds for status, seconds in found if status == 200)
    refused = sum(status == 429 for status, _ in found)
    cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else [0.0] * 99
    figures = (f"{1e3 * cuts[percent - 1]:.0f}" for percent in (50, 95, 99))
    counts = (at_once, len(found), len(times), refused, len(found) - len(times) - refused)
    rate = f"{len(times) / took:.1f}"
    memory = f"{clients.memory():.0f}"
    return (name, *map(str, counts), f"{took:.1f}", rate, *figures, memory)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.load_api", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("picture", type=Path)
    parser.add_argument(
        "--seconds",
        type=float,
        default=12.0,
        help="of a row, at most; of the 900 requests seven times",
    )
    parser.add_argument("--requests", type=int, default=300, help="of a row, at most")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    rows: list[tuple[str, ...]] = [COLUMNS]
    with serving() as url:
        clients = Clients(url, options.picture.read_bytes())
        for number, at_once in (
            (FIRST, CARRIED),
            (ALL - FIRST, CARRIED),
            *((options.requests, at_once) for at_once in RISING),
        ):
            limit = options.seconds * (7 if number == ALL - FIRST else 1)
            rows.append(row_of(clients, options.picture.stem, number, at_once, limit))
            print("\t".join(rows[-1]), flush=True)
    if options.output:
        text = "\n".join("\t".join(row) for row in rows) + "\n"
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
