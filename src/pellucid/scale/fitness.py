"""A plugin that looks at each worker of a run: is it of this version, has it these models?

It is pickled by value, and imports pellucid only when it has come to a worker: a worker without it
couldn't even load the plugin otherwise, and Dask would end it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import cloudpickle
from distributed import WorkerPlugin
from distributed.core import Status

if TYPE_CHECKING:
    from distributed import Worker

MEGA = 10**6
ENOUGH = 64 * 10**9  # memory of a worker that has no limit, in bytes


class Looking(WorkerPlugin):
    """What comes to a worker.

    Attributes:
        slot: name of the resource of which a fit worker has one.
        memory: name of that which counts megabytes.
    """

    def __init__(
        self,
        run: str,
        version: str,
        models: Mapping[str, str],
        prints: Callable[[], Mapping[str, str]],
        in_process: bool,
    ) -> None:
        """`version` and `models` are what a worker must have; `prints` finds the latter there."""
        self.name = self.slot = f"pellucid-{run}"
        self.memory = f"{self.slot}-memory"
        self._version, self._models, self._prints = version, models, cloudpickle.dumps(prints)
        self._in_process = in_process

    async def setup(self, worker: Worker) -> None:
        """Look at a worker that joins."""
        reason = await asyncio.to_thread(self.reason_against)
        if not reason:
            if not self._in_process:
                os.environ["PELLUCID_THREADS"] = str(worker.state.nthreads)
            limit = worker.memory_manager.memory_limit or ENOUGH
            await worker.set_resources(**{self.slot: 1, self.memory: limit // MEGA})
            # A scheduler hands out what no worker could do before only when one begins to run; that
            # it has new resources isn't noticed (distributed 2026.8).
            if worker.status == Status.running:
                worker.status = Status.paused
                worker.status = Status.running
        worker.log_event(self.name, {"worker": worker.address, "reason": reason})

    async def teardown(self, worker: Worker) -> None:
        """Take the resources back; others may use the worker."""
        with suppress(Exception):  # it may be about to end
            await worker.set_resources(**{self.slot: 0, self.memory: 0})

    def reason_against(self) -> str:
        """Why this process can't do the work; "" if it can."""
        try:
            import pellucid
        except ImportError:
            return "it has no pellucid"
        if pellucid.__version__ != self._version:
            return f"it has pellucid {pellucid.__version__}, and here it is {self._version}"
        try:
            found = cloudpickle.loads(self._prints)()
        except Exception as error:  # noqa: BLE001 - whatever it is, it can't do the work
            return str(error)
        wrong = [name for name in self._models if found.get(name) != self._models[name]]
        return f"its models differ from those here: {', '.join(wrong)}" if wrong else ""


class Fitness(Looking):
    """The plugin, as it is given to a client."""

    def __reduce__(self) -> tuple[Any, ...]:
        plain = object.__new__(Looking)
        vars(plain).update(vars(self))
        module = sys.modules[__name__]
        cloudpickle.register_pickle_by_value(module)
        try:
            return cloudpickle.loads, (cloudpickle.dumps(plain),)
        finally:
            cloudpickle.unregister_pickle_by_value(module)
