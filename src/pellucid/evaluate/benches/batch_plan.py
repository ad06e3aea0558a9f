"""What `bench batch` is told, and which runs that makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pellucid.errors import InputError
from pellucid.evaluate import fresh
from pellucid.evaluate._extras import require
from pellucid.evaluate.benches.batch_rows import COPIED, S3, TASKS
from pellucid.evaluate.plan import BasePlan, Option, Request

MOST_COPIED, MOST_KEYS, OF_REQUESTS = 100_000, 10_000, 200  # files, objects
MOST_RESUMED, MOST_LISTED = 100_000, 100_000
QUICK_TASKS = ("speed", "no-op")
FILES = "Numbers of tiny files for the verbs that do nothing and copy."
KEEP = "For sources and outputs; sources stay there.  [default: a temporary one]"


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """What a batch costs: speed of workers against a plain loop, a million files without work.

    Each run is a process of its own, with workers beside it on this machine. S3 is moto's server on
    this machine, so what is measured of it is what the client does. Rows give hours and money for
    up to 10^9 photographs.
    """

    data: Annotated[Path, Option("Folder of photographs.")]
    tasks: Annotated[tuple[str, ...], Option("What to measure.", choices=TASKS)] = TASKS
    photographs: Annotated[int, Option("Of a run; again from the first.", least=1)] = 200
    pictures: Annotated[tuple[int, ...], Option(FILES, least=1, most=10**8)] = (
        *(1000, 10_000, 100_000, 1_000_000),
    )
    single: Annotated[tuple[int, ...], Option("Files with a task each.", least=1)] = (10_000,)
    size: Annotated[float, Option("Megapixels of a photograph.", over=0, most=100)] = 12.0
    megapixels: Annotated[float, Option("Of the large one.", least=1.1, most=4000)] = 100.0
    pieces: Annotated[int, Option("Of the large one.", least=1, most=1000)] = 100
    repeats: Annotated[int, Option("Runs of what takes less than minutes.", least=1)] = 3
    folder: Annotated[Path | None, Option(KEEP)] = None
    threads: Annotated[int, Option("Of each process that works.", least=1)] = 1

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """All, or with --quick a few pictures; InputError where memory can't be measured."""
        require("distributed", extra="scale")
        if not fresh.can_measure():
            raise InputError("processes can't be measured on this system")
        plan = replace(request.plan(cls, data=request.pictures), threads=1)
        if not request.quick:
            return [plan]
        return [replace(plan, tasks=QUICK_TASKS, photographs=2, pictures=(200,), repeats=1)]

    def sizes(self, task: str) -> tuple[int, ...]:
        """How many pictures the runs of a task have."""
        most = max(self.pictures)
        found = {
            "speed": (self.photographs,),
            "no-op": self.pictures,
            "single": self.single,
            "listing": (min(most, MOST_LISTED),),
            "manifest": (most,),
            "requests": (min(most, OF_REQUESTS),),
            "restart": (min(most, MOST_RESUMED),),
        }
        return found.get(task, (1,))

    def pictures_of(self, task: str, way: str, size: int) -> int | None:
        """Those of a way; None if it has no run of that size."""
        if (task, way) == ("listing", S3):
            return min(size, MOST_KEYS)
        return None if way == COPIED and size > MOST_COPIED else size


class Run(NamedTuple):
    """The runs of one round: a task, how many pictures, and the number of the round."""

    task: str
    size: int
    number: int
