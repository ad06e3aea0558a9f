"""What `bench batch` measures, as work of a fresh process: see `fresh.measure`."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pellucid
from pellucid._api.pieces import code_piece, join_pieces, plan_pieces
from pellucid.errors import PellucidError
from pellucid.evaluate.benches.batch_rows import JOIN, PIECES, PLAN
from pellucid.evaluate.benches.batch_verbs import options_of, verb_of, with_suffix
from pellucid.evaluate.pictures import SUFFIXES
from pellucid.runtime.session import THREADS_VARIABLE
from pellucid.runtime.threads import ONE_THREAD
from pellucid.scale import pace
from pellucid.scale.group import Request
from pellucid.scale.items import Item, Made, Row, State
from pellucid.scale.manifest.manifest import Manifest
from pellucid.scale.outputs.target import Target
from pellucid.scale.run import BatchOptions, run_batch
from pellucid.scale.sources.find import find_sources
from pellucid.scale.storage import resolve, sha256_of
from pellucid.scale.task import one_picture

Work = tuple[Callable[[], object], Callable[[], dict[str, float]]]

GROUP = 500  # rows that are recorded at once
ABOUT = {"verb": "nothing", "words": "", "source": "none", "target": "", "version": ""}


class Clock:
    """When work began and ended, and what was done."""

    def __init__(self) -> None:
        self.first = self.last = self.cpu = self.workers = 0.0
        self._cpu: float | None = None
        self.count = self.bytes = 0

    def begin(self) -> None:
        """Now, unless it has begun."""
        if self._cpu is None:
            self.first, self._cpu = time.perf_counter(), time.process_time()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Work goes on until the end of the block, from its start if it doesn't begin later."""
        first, cpu = time.perf_counter(), time.process_time()
        yield
        if self._cpu is None:
            self.first, self._cpu = first, cpu
        self.cpu = time.process_time() - self._cpu
        self.last = self.last or time.perf_counter()

    @property
    def working(self) -> float:
        """Seconds of the work."""
        return self.last - self.first

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Groups are counted as they leave the manifest, and their rows as they come back."""
        take, record = Manifest.take, Manifest.record

        def taken(manifest: Manifest, number: int) -> list[Item]:
            items = take(manifest, number)
            if items:
                self.begin()
                self.count += 1
            return items

        def recorded(manifest: Manifest, rows: Any) -> None:
            record(manifest, rows)
            self.last = time.perf_counter()

        with patch.object(Manifest, "take", taken), patch.object(Manifest, "record", recorded):
            yield

    def figures(self) -> dict[str, float]:
        """For a row."""
        workers = {"workers_cpu": self.workers} if self.workers else {}
        return {
            "working": self.working,
            "cpu": self.cpu,
            "count": self.count,
            "bytes": self.bytes,
            **workers,
        }


def run_work(order: dict[str, Any]) -> Work:
    """A whole run: `order` has verb, source, target, manifest, scheduler, workers, threads."""
    os.environ[THREADS_VARIABLE] = str(order["threads"] * order["workers"])
    verb, clock = verb_of(order["verb"]), Clock()
    options = BatchOptions(
        source=order["source"],
        target=order.get("target"),
        manifest=Path(order["manifest"]),
        scheduler=order.get("scheduler"),
        workers=None if order.get("scheduler") else order["workers"],
        resume=order.get("resume", False),
    )

    def work() -> None:
        said: list[str] = []
        most = 1 if order.get("single") else pace.MOST
        with patch.object(pace, "MOST", most), clock.running(), clock.watching():
            counts = run_batch(verb, options, lambda *_: None, said.append).counts
        clock.bytes = counts.after
        spent = os.times()  # of processes that have ended: workers
        clock.workers = spent.children_user + spent.children_system
        if (done := counts.states[State.DONE]) != order["pictures"]:
            errors = ", ".join(f"{name}: {n}" for name, n in counts.errors.items())
            raise PellucidError(
                f"{done:,} of {order['pictures']:,} pictures done; {errors} {' '.join(said)}"
            )

    return work, clock.figures


def loop_work(order: dict[str, Any]) -> Work:
    """What workers do with a picture, in a plain loop: no manifest, no receipts, no other process.

    With `warm` the first picture isn't counted. `share` is its number, from 0, and of how many.
    """
    os.environ[THREADS_VARIABLE] = str(order["threads"])
    clock, target = Clock(), Target(order["target"])
    request = Request("loop", verb_of(order["verb"]), target)

    def work() -> None:
        found = find_sources(order["source"], request.verb.suffixes, Counter())
        first, loops = order.get("share", (0, 1))
        items = islice(found, first, None, loops)
        with ONE_THREAD, TemporaryDirectory() as folder, clock.running():
            do = one_picture(request, Path(folder), True)
            for number, item in enumerate(items):
                if number >= order.get("warm", 0):
                    clock.begin()
                attempt = do(item)
                assert attempt.staged is not None
                target.publish(attempt.staged, force=False)
                clock.bytes += attempt.row.written

    return work, clock.figures


def listing_work(order: dict[str, Any]) -> Work:
    """Sources found, after the first that was: it opens connections."""
    clock = Clock()
    next(find_sources(order["source"], SUFFIXES, Counter()))

    def work() -> None:
        with clock.running():
            for _ in find_sources(order["source"], SUFFIXES, Counter()):
                clock.count += 1
        if clock.count != order["pictures"]:
            raise PellucidError(f"{clock.count:,} of {order['pictures']:,} pictures found")

    return work, clock.figures


def manifest_work(order: dict[str, Any]) -> Work:
    """Sources added to a manifest, or with `record` what came of them recorded in it."""
    adding, recording, path = Clock(), Clock(), Path(order["manifest"])
    clock = recording if order.get("record") else adding
    items = [item_of(at) for at in range(order["pictures"])]

    def work() -> None:
        with Manifest.open(path, ABOUT, resume=False) as manifest:
            with adding.running():
                manifest.add(iter(items), partial(with_suffix, ".pel"))
            if clock is recording:
                with recording.running():
                    while some := manifest.take(GROUP):
                        manifest.record([row_of(item) for item in some])
        clock.bytes = path.stat().st_size

    return work, clock.figures


def item_of(number: int) -> Item:
    """A source with a name as long as many have."""
    place = f"{number // 1000:06d}/IMG_{number:09d}.jpg"
    return Item(f"s3://archive/photographs/{place}", place, 5_000_000, f"{number:032x}")


def row_of(item: Item) -> Row:
    """What came of it."""
    return Row(
        url=item.url,
        state=State.DONE,
        place=f"{item.place}.pel",
        size=item.size or 0,
        sha256=item.stamp * 2,
        written=2_000_000,
        written_sha256=item.stamp * 2,
        seconds=2.5,
        made=Made({"width": 4000, "height": 3000, "bytes": 2_000_000, "quality": 60}),
        version=pellucid.__version__,
        models="m 0123456789abcdef",
        worker="tcp://10.0.0.1:40000",
    )


def pieces_work(order: dict[str, Any]) -> Work:
    """One picture in pieces, one piece after the other, and how long each step takes.

    `order` has source, folder, pieces, verb.
    """
    os.environ[THREADS_VARIABLE] = str(order["threads"])
    source, folder = Path(order["source"]), Path(order["folder"])
    options = options_of(order["verb"])
    steps = {name: Clock() for name in (PLAN, PIECES, JOIN)}
    figures: dict[str, float] = {}

    def work() -> None:
        with ONE_THREAD:
            with steps[PLAN].running():
                _, sha256 = sha256_of(source)
                plan = plan_pieces(source, options, order["pieces"], stamp=sha256)
            if plan is None:
                raise PellucidError(f"{source} can't be made in pieces")
            paths = [folder / str(piece) for piece in range(plan.pieces)]
            with steps[PIECES].running():
                for piece, path in enumerate(paths):
                    code_piece(source, plan, piece, path)
            with steps[JOIN].running():
                made = join_pieces(plan, paths, folder / "whole.pel")
            figures.update(count=plan.pieces, bytes=made.info.file_bytes)
        for name, clock in steps.items():
            figures.update({name: clock.working, f"{name} cpu": clock.cpu})

    return work, lambda: figures


def whole_work(order: dict[str, Any]) -> Work:
    """The same picture by `compress_to`."""
    os.environ[THREADS_VARIABLE] = str(order["threads"])
    clock, options = Clock(), options_of(order["verb"])

    def work() -> None:
        with ONE_THREAD, clock.running():
            made = pellucid.compress_to(order["source"], order["target"], options)
        clock.bytes = made.info.file_bytes

    return work, clock.figures


def fill_work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """Small objects below a URL of S3, whose bucket is made."""
    system, root = resolve(order["url"])

    def work() -> None:
        system.makedirs(root.partition("/")[0], exist_ok=True)
        names = (f"{root}/{at // 1000:04d}/{at:07d}.jpg" for at in range(order["number"]))
        system.pipe(dict.fromkeys(names, b"An object that is no picture."))

    return work, lambda: 0
