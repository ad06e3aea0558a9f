"""Rows of `bench batch`: what is measured, in which ways, and one run of it.

picture    seconds of one core for a photograph, by verb
speed      photographs, in a loop and two at once, by one worker and two
no-op      many tiny files, with a verb that does nothing and one that copies
single     the same with a task for each file: what a task costs
listing    sources found, in a folder and in S3
manifest   sources put into a manifest, and what came of them recorded
requests   that a picture costs in S3, by kind
restart    a finished run, resumed
large      one picture in pieces
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pellucid.evaluate.rows import Rows

LOOP, LOOPS, ONE, TWO = "loop", "2 loops", "1 worker", "2 workers"
NOTHING, COPIED, APART = "nothing", "copied", "nothing, scheduler apart"
FOLDER, S3 = "folder", "S3"
ADDED, RECORDED = "added", "recorded"
PUT, GET, LIST, FREE = "PUT", "GET", "LIST", "DELETE"
PLAN, PIECES, JOIN, WHOLE = "plan", "pieces", "join", "one process"

WAYS: dict[str, tuple[str, ...]] = {
    "picture": ("compress", "compress s", "lossless", "denoise", "transcode"),
    "speed": (LOOP, LOOPS, ONE, TWO),
    "no-op": (NOTHING, COPIED, APART),
    "single": (APART,),
    "listing": (FOLDER, S3),
    "manifest": (ADDED, RECORDED),
    "requests": (PUT, GET, LIST, FREE),
    "restart": (NOTHING, COPIED),
    "large": (PLAN, PIECES, JOIN, WHOLE),
}
TASKS = tuple(WAYS)


@dataclass(frozen=True, slots=True)
class BatchRun:
    """One run, in a process of its own.

    Attributes:
        pictures: how many it did; pixels: of them all, 0 of files that are no pictures.
        number: 1 of the first run of its kind, 2 of the second.
        seconds: of the process, with the start of Python and of workers.
        working: of these, those from the first group sent to the last row recorded; where nothing
            is sent, those of the work itself.
        cpu: of these, those of processor time of this process: the client, and the scheduler inside
            it.
        workers_cpu: of workers on this machine, with their start; it tells less of other programs
            than seconds do.
        peak_mb: its largest memory, in millions of bytes, with Python and all libraries.
        scheduler_cpu, scheduler_mb: the same of a scheduler that is a process of its own.
        count: of tasks that were sent; of pieces; of requests.
        bytes: of all outputs; of a manifest its own.
        threads: of each process that works. workers: how many of these.
    """

    task: str
    way: str
    pictures: int
    pixels: int
    number: int
    seconds: float
    working: float
    cpu: float
    workers_cpu: float | None
    peak_mb: float
    scheduler_cpu: float | None
    scheduler_mb: float | None
    count: int
    bytes: int
    workers: int
    threads: int
    version: str

    @property
    def megapixels(self) -> float:
        """Of all pictures."""
        return self.pixels / 1e6

    @property
    def each(self) -> float:
        """Seconds of work a picture."""
        return self.working / self.pictures

    @property
    def cpu_each(self) -> float:
        """Seconds of processor time a picture."""
        return self.cpu / self.pictures


ROWS = Rows(BatchRun, "batch-{task}.tsv")


class Found:
    """All rows of a folder."""

    def __init__(self, folder: Path) -> None:
        self.rows = ROWS.load(folder)

    def of(self, task: str, way: str, pictures: int | None = None) -> list[BatchRun]:
        """The runs of one kind, of so many pictures or else of the most, in order."""
        kind = [row for row in self.rows if (row.task, row.way) == (task, way)]
        most = max((row.pictures for row in kind), default=0) if pictures is None else pictures
        return sorted((row for row in kind if row.pictures == most), key=lambda row: row.number)

    def sizes(self, task: str, way: str) -> list[int]:
        """Numbers of pictures that there are runs of."""
        kind = [row for row in self.rows if (row.task, row.way) == (task, way)]
        return sorted({row.pictures for row in kind})


def paired(
    ours: Sequence[BatchRun], theirs: Sequence[BatchRun], value: Callable[[BatchRun], float]
) -> list[tuple[float, float]]:
    """The values of two ways in the rounds that both have."""
    others = {run.number: run for run in theirs}
    return [(value(run), value(others[run.number])) for run in ours if run.number in others]
