"""Hours and money of large archives, from the rows of `bench batch` and stated inputs.

A batch is a chain of stages, each with a rate in pictures a second. Workers are as many as one
likes; the scheduler, the client, its manifest and its listing are one process each, so they bound
the rate. Below that bound hours fall as workers are added; above it they don't.

    rate = min(workers / (work + overhead), scheduler, client, manifest, listing)

What the client and the scheduler take for a picture and for a task is told apart by two runs of
files without work: one with hundreds of files a task, one with one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pellucid.evaluate.benches.batch_rows import (
    APART,
    GET,
    LIST,
    LOOP,
    ONE,
    PUT,
    RECORDED,
    S3,
    BatchRun,
    Found,
    paired,
)
from pellucid.evaluate.speed import spread_of
from pellucid.scale.pace import group_size

MANY = 1e9  # workers
OTHERS = 2  # cores of client and scheduler


@dataclass(frozen=True)
class Prices:
    """What is assumed, in USD and bytes; prices are lists' of June 2026 for AWS, us-east-1.

    Attributes:
        core: of one core for an hour: an m7g.large has two for 0.0816.
        put, get: of a request to S3 Standard. A listing costs a put.
        photograph: bytes of one.
    """

    core: float = 0.04
    put: float = 0.005 / 1000
    get: float = 0.0004 / 1000
    photograph: float = 5e6


PRICES = Prices()


class Fixed(NamedTuple):
    """Seconds of a process for a picture, and for a task."""

    picture: float
    task: float

    def each(self, group: int) -> float:
        """Seconds a picture, with so many in a task."""
        return self.picture + self.task / group


@dataclass(frozen=True)
class Costs:
    """What the rows say of a batch, beside the work.

    Attributes:
        overhead: seconds that a worker takes a picture beyond what the loop does.
        client, scheduler: their processor time; sources are in a folder.
        recorded, listed: pictures a second; those listed in S3.
        row: bytes of a manifest, a picture.
        puts, gets, lists: requests a picture.
        memory: the runs with fewest and most files that it was seen in.
    """

    overhead: float
    client: Fixed
    scheduler: Fixed
    recorded: float
    listed: float
    row: float
    puts: float
    gets: float
    lists: float
    memory: tuple[BatchRun, BatchRun]

    @property
    def requests(self) -> float:
        """USD of what S3 is asked for a picture."""
        return PRICES.put * (self.puts + self.lists) + PRICES.get * self.gets

    def stages(self, group: int) -> dict[str, float]:
        """Pictures a second of what there is one of; the client does its listing, too."""
        return {
            "scheduler": 1 / self.scheduler.each(group),
            "client": 1 / (self.client.each(group) + 1 / self.listed),
            "manifest": self.recorded,
            "listing": self.listed,
        }


def fixed(
    grouped: Sequence[BatchRun], single: Sequence[BatchRun], seconds: Callable[[BatchRun], float]
) -> Fixed:
    """From what runs with many pictures a task took, and runs with one."""
    many, one = (
        spread_of([seconds(run) / run.pictures for run in runs]).median
        for runs in (grouped, single)
    )
    size = grouped[0].pictures / grouped[0].count
    task = max(0.0, (one - many) / (1 - 1 / size)) if size > 1 else one
    return Fixed(max(0.0, one - task), task)


def costs_of(found: Found) -> Costs | None:
    """None if a row lacks."""
    grouped, single = found.of("no-op", APART), found.of("single", APART)
    pairs = paired(found.of("speed", ONE), found.of("speed", LOOP), lambda run: run.each)
    recorded, listed = found.of("manifest", RECORDED), found.of("listing", S3)
    asked = [found.of("requests", kind) for kind in (PUT, GET, LIST)]
    if not (grouped and single and pairs and recorded and listed and all(asked)):
        return None
    puts, gets, lists = (runs[0].count / runs[0].pictures for runs in asked)
    return Costs(
        overhead=max(0.0, spread_of([one - loop for one, loop in pairs]).median),
        client=fixed(grouped, single, lambda run: run.cpu),
        scheduler=fixed(grouped, single, lambda run: run.scheduler_cpu or 0.0),
        recorded=1 / spread_of([run.each for run in recorded]).median,
        listed=1 / spread_of([run.cpu_each for run in listed]).median,
        row=recorded[0].bytes / recorded[0].pictures,
        puts=puts,
        gets=gets,
        lists=lists,
        memory=(found.of("no-op", APART, found.sizes("no-op", APART)[0])[0], grouped[0]),
    )


@dataclass(frozen=True)
class Verb:
    """A verb on photographs: seconds of one core for one."""

    name: str
    seconds: float
    costs: Costs

    def group(self, workers: float) -> int:
        """Pictures in a task."""
        return group_size(self.seconds, int(workers))

    @property
    def worker(self) -> float:
        """Seconds of a worker for a picture."""
        return self.seconds + self.costs.overhead

    def narrowest(self, workers: float) -> tuple[str, float]:
        """The stage that there is one of and that does least pictures a second, and how many."""
        stages = self.costs.stages(self.group(workers))
        name = min(stages, key=lambda stage: stages[stage])
        return name, stages[name]

    @property
    def busy(self) -> float:
        """The most workers that are all kept at work; with more of them tasks get larger."""
        workers = MANY
        while (kept := self.narrowest(workers)[1] * self.worker) < workers:
            workers = kept
        return workers

    def hours(self, pictures: int, workers: int) -> float:
        """Of a batch."""
        return pictures / min(workers / self.worker, self.narrowest(workers)[1]) / 3600

    def money(self, pictures: int, workers: int) -> float:
        """USD of its cores, and of its requests."""
        cores = (workers + OTHERS) * self.hours(pictures, workers) * PRICES.core
        return cores + pictures * self.costs.requests
