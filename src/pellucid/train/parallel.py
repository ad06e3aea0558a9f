"""Several processes on one recipe: each takes crops of its own, and all take the same step.

Data parallel over gloo (Li et al., "PyTorch Distributed", 2020). On a CPU two processes of one
thread each do more than one of two threads, which wait for each other in every layer. The
gradients and the time a step took travel in one sum, so that all agree on the learning rate and
on the end.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import nn

from pellucid.errors import PellucidError

PATIENCE = timedelta(days=1)  # a run may be paused
POLL = 0.2  # seconds between looks at processes that start
APART = 7919  # between the seeds of two processes

T = TypeVar("T")


@dataclass(frozen=True)
class Crew:
    """Which of the processes this is, and how many there are."""

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process reports, saves and exports."""
        return self.rank == 0

    def agree(self, net: nn.Module, seconds: float) -> float:
        """Replace the gradients by their mean over the crew; returns the mean of `seconds`."""
        if self.count == 1:
            return seconds
        parts = [p.grad for p in net.parameters() if p.grad is not None]
        parts.append(torch.tensor([seconds]))
        total = torch.cat([part.flatten() for part in parts])
        dist.all_reduce(total)
        means = (total / self.count).split([part.numel() for part in parts])
        for part, mean in zip(parts, means, strict=True):
            part.copy_(mean.view_as(part))
        return float(parts[-1])

    def least(self, value: float) -> float:
        """The least of the crew's values, so that all decide alike."""
        if self.count == 1:
            return value
        shared = torch.tensor([value])
        dist.all_reduce(shared, dist.ReduceOp.MIN)
        return float(shared)

    def part_ways(self, generators: list[torch.Generator], seed: int, been: int) -> None:
        """Draw other crops and noise than the first process, which keeps its own state.

        `been` counts what the weights have been through, for other draws than before.
        """
        if not self.leads:
            for generator in (torch.default_generator, *generators):
                generator.manual_seed(seed + APART * self.rank + been)


ALONE = Crew()


def in_parallel(count: int, work: Callable[..., T], *arguments: Any) -> T:
    """`work(crew, *arguments)` in this process and in `count` - 1 others; returns this one's.

    `work` and `arguments` must be picklable. The others end when this one does, however it does.
    """
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder) / "meeting"
        context = torch.multiprocessing.get_context("spawn")
        others = []
        try:
            for rank in range(1, count):
                ready = context.Event()
                given = (ready, meeting, Crew(rank, count), work, arguments)
                other = context.Process(target=follow, args=given, daemon=True)
                other.start()
                others.append((other, ready))
            while not all(ready.wait(POLL) for _, ready in others):
                if any(other.exitcode is not None for other, _ in others):
                    raise PellucidError("a process of the training could not start")
            return join(meeting, Crew(0, count), work, arguments)
        finally:
            for other, _ in others:
                other.terminate()
                other.join()


def follow(ready: Any, *given: Any) -> None:
    """`join` for all but the first process, which tells of errors that all of them meet."""
    ready.set()
    try:
        join(*given)
    except PellucidError:
        sys.exit(1)


def join(meeting: Path, crew: Crew, work: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    """`work` as one of a crew whose processes find each other by the file `meeting`."""
    where = meeting.as_uri()
    dist.init_process_group("gloo", where, PATIENCE, world_size=crew.count, rank=crew.rank)
    dist.barrier()  # nobody leaves before all have met
    try:
        return work(crew, *arguments)
    finally:
        dist.destroy_process_group()
