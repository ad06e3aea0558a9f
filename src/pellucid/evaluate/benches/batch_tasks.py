"""How each task of `bench batch` is measured: the folders and servers it needs, and its process."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from pellucid.evaluate import bench, fresh
from pellucid.evaluate.bench import Measurement
from pellucid.evaluate.benches import batch_servers, batch_sources
from pellucid.evaluate.benches.batch_plan import Plan
from pellucid.evaluate.benches.batch_rows import (
    APART,
    COPIED,
    FOLDER,
    JOIN,
    LOOP,
    LOOPS,
    NOTHING,
    PIECES,
    PLAN,
    RECORDED,
    TWO,
    WAYS,
    WHOLE,
)
from pellucid.evaluate.mosaic import side_of
from pellucid.evaluate.peers.base import Named

MODULE = f"{__package__}.batch_work"
STEPS = (PLAN, PIECES, JOIN)
WORKERS = 2  # of runs without work


class Workplace:
    """A folder of sources, which stay; one of what runs make; and servers until the end."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.runs = self._empty(folder / "runs")
        stack.callback(shutil.rmtree, self.runs, ignore_errors=True)

    def new(self) -> Path:
        """An empty folder for one run."""
        return self._empty(self.runs / "run")

    @cached_property
    def bucket(self) -> batch_servers.Bucket:
        """An S3 server, from when it's first asked for."""
        return self._stack.enter_context(batch_servers.s3(self.runs))

    @staticmethod
    def _empty(folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        bench.make_folder(folder)
        return folder


@contextmanager
def workplace(plan: Plan) -> Iterator[Workplace]:
    """The folder, made if it isn't there; a temporary one goes again."""
    with ExitStack() as stack:
        folder = plan.folder
        if folder is None:
            made = tempfile.TemporaryDirectory(prefix="pellucid-batch-")
            folder = Path(stack.enter_context(made))
        yield Workplace(folder.resolve(), stack)


Current = Measurement[Plan, Named]
Cells = dict[str, Any]


def timed(function: str, order: Cells) -> Cells:
    """The cells of a row that a process of its own gives."""
    start = time.perf_counter()
    work = fresh.measure(f"{MODULE}:{function}", order)
    return {"seconds": time.perf_counter() - start, "peak_mb": work.peak_mb, **work.figures}


def of_run(current: Current, order: Cells, *, apart: bool = False) -> Cells:
    """A run, by workers on this machine; `apart`: of a scheduler that is a process of its own."""
    place: Workplace = current.tool
    folder = place.new()
    order = {"threads": current.plan.threads, "manifest": str(folder / "run.sqlite"), **order}
    if order["verb"] != NOTHING and "target" not in order:
        (folder / "out").mkdir()
        order["target"] = str(folder / "out")
    workers = {"workers": order["workers"]}
    if not apart:
        return {**timed("run_work", order), **workers}
    with batch_servers.scheduler(folder, order["workers"], order["threads"]) as server:
        before = server.cpu()
        cells = timed("run_work", {**order, "scheduler": server.address})
        more = {"scheduler_cpu": server.cpu() - before, "scheduler_mb": server.peak_mb()}
        return {**cells, **more, **workers}


def of_picture(current: Current, way: str, _pictures: int) -> Cells:
    """One photograph, after another that isn't counted."""
    plan, place = current.plan, current.tool
    source = batch_sources.photograph(place.folder, plan.data, plan.size)
    target = {"source": str(source), "target": str(place.new()), "verb": way, "warm": 1}
    cells = timed("loop_work", {**target, "threads": plan.threads})
    return {**cells, "pixels": batch_sources.pixels_of(source) // 2}


def of_speed(current: Current, way: str, pictures: int) -> Cells:
    """Photographs, in a loop or by workers."""
    plan, place = current.plan, current.tool
    source = batch_sources.photographs(place.folder, plan.data, pictures)
    order = {"source": str(source), "verb": "compress", "pictures": pictures}
    workers = 2 if way in (LOOPS, TWO) else 1
    if way in (LOOP, LOOPS):
        order |= {"target": str(place.new()), "threads": plan.threads}
        cells = of_loops(order, workers)
    else:
        cells = of_run(current, {**order, "workers": workers})
    return {**cells, "pixels": batch_sources.pixels_of(source)}


def of_loops(order: Cells, number: int) -> Cells:
    """Loops at once, each with its share of the pictures."""
    orders = [{**order, "share": (first, number)} for first in range(number)]
    with ThreadPoolExecutor(number) as pool:
        each = list(pool.map(partial(timed, "loop_work"), orders))
    together = {"cpu": sum, "bytes": sum}
    cells = {name: together.get(name, max)(one[name] for one in each) for name in each[0]}
    return {**cells, "workers": number}


def of_tiny(current: Current, way: str, pictures: int) -> Cells:
    """Tiny files, many in a task or one."""
    source = batch_sources.tiny_files(current.tool.folder, pictures)
    single = current.case.about.task == "single"
    verb = COPIED if way == COPIED else NOTHING
    order = {"source": str(source), "verb": verb, "pictures": pictures, "workers": WORKERS}
    return of_run(current, {**order, "single": single}, apart=way == APART)


def of_restart(current: Current, way: str, pictures: int) -> Cells:
    """A run that is finished, begun again with `resume`."""
    place: Workplace = current.tool
    source = batch_sources.tiny_files(place.folder, pictures)
    order = {"source": str(source), "verb": way, "pictures": pictures, "workers": WORKERS}
    if way != NOTHING:
        outputs = place.runs / f"outputs-{pictures}"
        outputs.mkdir(exist_ok=True)
        order["target"] = str(outputs)

    def make(part: Path) -> None:
        of_run(current, {**order, "manifest": str(part / "run.sqlite")})

    finished = batch_sources.once(place.runs / f"finished-{way}-{pictures}", make)
    return of_run(current, {**order, "manifest": str(finished / "run.sqlite"), "resume": True})


def of_listing(current: Current, way: str, pictures: int) -> Cells:
    """Sources found."""
    place: Workplace = current.tool
    if way == FOLDER:
        source = str(batch_sources.tiny_files(place.folder, pictures))
    else:
        source = place.bucket.fill(f"listed-{pictures}", pictures)
    return timed("listing_work", {"source": source, "pictures": pictures})


def of_manifest(current: Current, way: str, pictures: int) -> Cells:
    """Sources added, or what came of them recorded."""
    path = current.tool.new() / "run.sqlite"
    order = {"manifest": str(path), "pictures": pictures, "record": way == RECORDED}
    return timed("manifest_work", order)


def of_requests(current: Current, pictures: int) -> dict[str, Cells]:
    """Copies from S3 to S3, a task each as with large photographs: requests of each kind."""
    bucket = current.tool.bucket
    source = bucket.fill("asked", pictures)
    before = bucket.requests()
    order = {"source": source, "target": f"{source}-{time.time_ns()}", "verb": COPIED}
    cells = of_run(current, {**order, "pictures": pictures, "single": True, "workers": WORKERS})
    made = bucket.requests() - before
    return {kind: {**cells, "count": made[kind]} for kind in WAYS["requests"]}


def of_large(current: Current, _pictures: int) -> dict[str, Cells]:
    """One picture in pieces, and by one process as a whole."""
    plan, place = current.plan, current.tool
    source = batch_sources.mosaic(place.folder, plan.data, plan.megapixels)
    order = {"source": str(source), "verb": "compress", "threads": plan.threads}
    more = {"folder": str(place.new()), "pieces": plan.pieces}
    parts = timed("pieces_work", {**order, **more})
    whole = timed("whole_work", {**order, "target": str(place.new() / "whole.pel")})
    pixels = side_of(plan.megapixels) ** 2
    found = {name: {**parts, "working": parts[name], "cpu": parts[f"{name} cpu"]} for name in STEPS}
    return {name: {**cells, "pixels": pixels} for name, cells in {**found, WHOLE: whole}.items()}


EACH: dict[str, Callable[[Current, str, int], Cells]] = {
    "picture": of_picture,
    "speed": of_speed,
    "no-op": of_tiny,
    "single": of_tiny,
    "listing": of_listing,
    "manifest": of_manifest,
    "restart": of_restart,
}
# Those of which one run gives the rows of all ways.
TOGETHER: dict[str, Callable[[Current, int], dict[str, Cells]]] = {
    "requests": of_requests,
    "large": of_large,
}
