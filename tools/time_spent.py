"""Where the time of `compress`, `decompress` and `denoise` goes, beside an earlier version's.

    python -m tools.time_spent PHOTOGRAPH --before OTHER/src -o results/v0.2/time-spent.tsv

`--before` is the `src` of another version's checkout. Each version runs in a process of its own
that loads its networks once, and the two take turns, now one first, now the other. Functions
are wrapped to note how long they took without those inside them, on every thread, so that stages of
threads at work at once add up to more than what passed (`all`). `waiting` is the calling thread's,
for the others; `rest` is all else that it did. `call` is `all` without the picture's file, which
Pillow opens and writes (PNG, level 1). Milliseconds, the medians of `--runs`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

COLUMNS = ("picture", "width", "height", "verb", "version", "stage", "milliseconds")
OPEN, WRITE, CALL, WHOLE = "open", "write", "call", "all"
REST, WAITING = "rest", "waiting"
NOISE_SEED = 0
# Stage -> module, and function or method; what a version has no function for stays in the stage
# around it.
STAGES = (
    ("estimate", "denoising.estimate", "estimate_noise"),
    ("symbols and tables", "codec.latents", "encode_latents"),
    ("symbols and tables", "codec.latents", "decode_latents"),
    ("coder", "entropy.coder", "SymbolEncoder.put"),
    ("coder", "entropy.coder", "SymbolEncoder.finish"),
    ("coder", "entropy.coder", "SymbolDecoder.take"),
    ("samples to blocks, and back", "codec.compress", "analyse"),
    ("samples to blocks, and back", "codec.decompress", "synthesise_window"),
)


class Clock:
    """Seconds of each stage, without those of stages inside it, of all threads and of one."""

    def __init__(self) -> None:
        self.total: dict[str, float] = defaultdict(float)
        self.own: dict[str, float] = defaultdict(float)
        self._main, self._local = threading.get_ident(), threading.local()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What the block takes is of this stage."""
        inside = getattr(self._local, "inside", 0.0)
        self._local.inside = 0.0
        start = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            mine = took - self._local.inside
            self._local.inside = inside + took
            self.total[name] += mine
            if threading.get_ident() == self._main:
                self.own[name] += mine

    def wrapped(self, name: Callable[..., str], function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that is of the stage that `name` gives for its arguments."""

        def run(*args: Any, **named: Any) -> Any:
            with self.stage(name(*args)):
                return function(*args, **named)

        return run


def watch_networks(clock: Clock) -> None:
    """Let every network that is loaded from now on be a stage."""
    from pellucid.runtime.session import Network

    begin, run = Network.__init__, Network.__call__

    def start(self: Any, source: Any, *args: Any, **named: Any) -> None:
        self.stem = Path(source).stem
        begin(self, source, *args, **named)

    replaced: Any = Network
    replaced.__init__ = start
    replaced.__call__ = clock.wrapped(lambda net, *_: f"network {net.stem}", run)


def watch(clock: Clock) -> None:
    """Wrap the functions of `STAGES` wherever pellucid's modules hold them."""
    for stage, module, name in STAGES:
        holder: Any = sys.modules[f"pellucid.{module}"]
        *owner, last = name.split(".")
        for part in owner:
            holder = getattr(holder, part)
        put_in_place(holder, last, clock.wrapped(lambda *_, s=stage: s, getattr(holder, last)))
    future: Any = Future
    future.result = clock.wrapped(lambda *_: WAITING, Future.result)


def put_in_place(holder: Any, name: str, wrapped: Callable[..., Any]) -> None:
    """Replace a function in its holder and in all modules that imported it."""
    before = getattr(holder, name)
    setattr(holder, name, wrapped)
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("pellucid") and getattr(module, name, None) is before:
            setattr(module, name, wrapped)


def work(options: argparse.Namespace) -> None:
    """One version's process: does each verb named on a line of the input, and says what it took."""
    import pellucid

    clock, place = Clock(), Path(tempfile.mkdtemp())
    samples, noisy = pictures(options)
    watch_networks(clock)
    names = {"plain": samples, "noisy": noisy}
    for name, picture in names.items():
        Image.fromarray(picture).save(place / f"{name}.png", compress_level=1)
    (place / "plain.pel").write_bytes(pellucid.compress(samples, model="m"))
    pellucid.denoise(noisy, model="m")
    watch(clock)

    def opened(name: str) -> Any:
        with clock.stage(OPEN):
            return np.asarray(Image.open(place / f"{name}.png"))

    def compress() -> None:
        data = pellucid.compress(opened("plain"), model="m")
        with clock.stage(WRITE):
            (place / "out.pel").write_bytes(data)

    def decompress() -> None:
        with clock.stage(OPEN):
            data = (place / "plain.pel").read_bytes()
        written(pellucid.decompress(data))

    def denoise() -> None:
        written(pellucid.denoise(opened("noisy"), model="m"))

    def written(found: Any) -> None:
        with clock.stage(WRITE):
            Image.fromarray(found).save(place / "out.png", compress_level=1)

    verbs = {"compress": compress, "decompress": decompress, "denoise": denoise}
    for line in sys.stdin:
        clock.total.clear()
        clock.own.clear()
        start = time.perf_counter()
        verbs[line.strip()]()
        passed = time.perf_counter() - start
        last = {
            WAITING: clock.total.pop(WAITING, 0.0),
            REST: passed - sum(clock.own.values()),
            CALL: passed - clock.total[OPEN] - clock.total[WRITE],
            WHOLE: passed,
        }
        print(json.dumps(clock.total | last), flush=True)


def pictures(options: argparse.Namespace) -> tuple[Any, Any]:
    """The photograph (H, W, 3), and with noise."""
    with Image.open(options.picture) as image:
        samples = np.asarray(image.convert("RGB"))
    noise = np.random.default_rng(NOISE_SEED).normal(0, options.sigma, samples.shape)
    return samples, np.clip(np.rint(samples + noise), 0, 255).astype(np.uint8)


def rows_of(options: argparse.Namespace) -> Iterator[tuple[object, ...]]:
    """The rows of all versions and verbs."""
    versions = {"now": Path(__file__).parents[1] / "src"}
    if options.before:
        versions = {"before": options.before} | versions
    command = [sys.executable, __file__, str(options.picture), "--sigma", str(options.sigma)]
    running = {
        version: subprocess.Popen(
            [*command, "--work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(source)},
        )
        for version, source in versions.items()
    }
    found: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for turn in range(options.runs):
        for verb in options.verbs:
            for version, process in list(running.items())[:: -1 if turn % 2 else 1]:
                assert process.stdin is not None
                assert process.stdout is not None
                print(verb, file=process.stdin, flush=True)
                found[verb, version].append(json.loads(process.stdout.readline()))
    for process in running.values():
        process.communicate()
    width, height = Image.open(options.picture).size
    for (verb, version), runs in found.items():
        for stage in dict.fromkeys(name for run in runs for name in run):
            took = 1e3 * median(run.get(stage, 0.0) for run in runs)
            yield options.picture.stem, width, height, verb, version, stage, f"{took:.1f}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.time_spent", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("picture", type=Path)
    parser.add_argument("--sigma", type=float, default=15.0, help="of the noise to be taken off")
    parser.add_argument("--before", type=Path, help="src of another version")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--verbs", nargs="+", default=["compress", "decompress", "denoise"])
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options)
        return
    lines = ["\t".join(map(str, row)) for row in (COLUMNS, *rows_of(options))]
    print("\n".join(lines))
    if options.output:
        options.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
