"""Who works: processes on this machine, or the workers of a Dask scheduler; and which of them can.

A worker does one group of pictures at a time, and its networks use as many threads as Dask says
that it has, so that no core is given away twice. A plugin looks at each worker when it joins:
only one with this version and these models gets the resource that tasks ask for.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from multiprocessing import resource_tracker
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

from distributed import Client, LocalCluster, WorkerPlugin
from distributed.core import Status

import pellucid
from pellucid.errors import OptionError, PellucidError, first_line, refusing
from pellucid.runtime.session import THREADS_VARIABLE, thread_count
from pellucid.scale.scheduler import check_scheduler, reaching, versions_of_workers

if TYPE_CHECKING:
    from distributed import Future, Worker

    from pellucid.scale.items import Verb

BEGIN_S = 60.0  # in which the first worker must be there
REACH_S = 10.0  # in which a scheduler must answer
LOOK_S = 30.0  # in which a worker must have been looked at
MEGA = 10**6
ANY_PORT = "127.0.0.1:0"  # of an HTTP server that Dask has without its dashboard, too
ENOUGH = 64 * 10**9  # memory of a worker that has no limit, in bytes

T = TypeVar("T")


class Kind(Enum):
    """What workers are."""

    THREAD = "a thread of this process, whose environment isn't its own"
    PROCESS = "a process that this one has started"
    FOREIGN = "of a scheduler that others may use, too"


class Fitness(WorkerPlugin):
    """Gives the resources of a run to a worker that can do it; says why if it can't.

    Attributes:
        slot: name of the resource of which a worker has one.
        memory: name of that which counts megabytes.
    """

    def __init__(self, run: str, verb: Verb, kind: Kind) -> None:
        """`kind` is that of the workers."""
        self.name = self.slot = f"pellucid-{run}"
        self.memory = f"{self.slot}-memory"
        self._version, self._models, self._prints = pellucid.__version__, verb.prints(), verb.prints
        self._kind = kind

    async def setup(self, worker: Worker) -> None:
        """Look at a worker that joins."""
        reason = await asyncio.to_thread(self.reason_against)
        if not reason:
            if self._kind is not Kind.THREAD:
                os.environ[THREADS_VARIABLE] = str(worker.state.nthreads)
            limit = worker.memory_manager.memory_limit or ENOUGH
            await worker.set_resources(**{self.slot: 1, self.memory: limit // MEGA})
            # A scheduler hands out what no worker could do before only when one begins to run; that
            # it has new resources isn't noticed (distributed 2026.8).
            worker.status = Status.paused
            worker.status = Status.running
        worker.log_event(self.name, {"worker": worker.address, "reason": reason})

    async def teardown(self, worker: Worker) -> None:
        """Take the resources back; others may use the worker."""
        await worker.set_resources(**{self.slot: 0, self.memory: 0})

    def reason_against(self) -> str:
        """Why this process can't do the work; "" if it can."""
        if pellucid.__version__ != self._version:
            return f"it has pellucid {pellucid.__version__}, and here it is {self._version}"
        try:
            found = self._prints()
        except PellucidError as error:
            return str(error)
        wrong = [name for name in self._models if found.get(name) != self._models[name]]
        return f"its models differ from those here: {', '.join(wrong)}" if wrong else ""


class Crew:
    """The workers of a run, through a Dask client.

    `number` is how many were fit at the last `refresh`.

    Args:
        say: is told which workers can't be used, and why.
    """

    def __init__(
        self, client: Client, run: str, verb: Verb, say: Callable[[str], None], kind: Kind
    ) -> None:
        self.client, self._say = client, say
        self._plugin = Fitness(run, verb, kind)
        self._reasons: dict[str, str] = {}
        self.number, self._most = 0, 0

    def _heard(self, event: Any) -> None:
        _, told = event
        self._note(told["worker"], told["reason"])

    def _note(self, worker: str, reason: str) -> None:
        """Keep why a worker can't be used, "" if it can; say it once."""
        if reason and self._reasons.get(worker) != reason:
            self._say(f"the worker {worker} isn't used: {reason}")
        self._reasons[worker] = reason

    @contextmanager
    def ready(self) -> Iterator[None]:
        """In the block at least one worker has been found fit; those that join are looked at.

        Raises:
            PellucidError: there is none after a minute, or the scheduler can't unpack tasks.
        """
        self.client.subscribe_topic(self._plugin.name, self._heard)
        try:
            check_scheduler(self.client)
            with suppress(TimeoutError):
                self.client.wait_for_workers(1, timeout=BEGIN_S)
            self._look_at_workers()
            self.refresh()
            if not self.number:
                told = self.client.get_events(self._plugin.name)
                found = {*self._reasons.values(), *(one["reason"] for _, one in told)} - {""}
                reasons = "; ".join(sorted(found))
                raise PellucidError(f"no worker can do this: {reasons or 'none has come'}")
            yield
        finally:
            with suppress(Exception):  # the scheduler may be gone
                self.client.unsubscribe_topic(self._plugin.name)
                self.client.unregister_worker_plugin(self._plugin.name)

    def _look_at_workers(self) -> None:
        """Those that are there now, and by the plugin those that will join."""
        found = versions_of_workers(self.client)
        bare = {worker for worker, version in found.items() if version is None}
        for worker in bare:
            self._note(worker, "it has no pellucid")
        try:
            self.client.register_plugin(self._plugin)
        except Exception as error:  # noqa: BLE001 - of the first worker that can't even load it
            if not bare:
                self._say(f"a worker isn't used: {first_line(error)}")
            end = monotonic() + LOOK_S  # the others are still being looked at
            while found.keys() - self._reasons.keys() and monotonic() < end:
                sleep(0.05)

    def refresh(self) -> None:
        """Ask the scheduler again who is there."""
        with reaching():
            known = self.client.scheduler_info(n_workers=-1)["workers"]
        slot, memory = self._plugin.slot, self._plugin.memory
        fit = [one["resources"] for one in known.values() if one["resources"].get(slot)]
        self.number, self._most = len(fit), max((one[memory] for one in fit), default=0)

    def gather(self, futures: Sequence[Future[T]]) -> list[T]:
        """What came of tasks that are done; PellucidError if the scheduler is lost."""
        with reaching():
            return list(self.client.gather(futures))

    def needs(self, memory: int) -> dict[str, float]:
        """The resources of a task that takes so many bytes of memory.

        One that takes more than any worker has gets all of the one that has most.
        """
        return {self._plugin.slot: 1, self._plugin.memory: min(memory // MEGA, self._most)}


@contextmanager
def connected(
    scheduler: str | None,
    workers: int | None,
    *,
    kind: Kind,
    dashboard: str | None = None,
) -> Iterator[Client]:
    """A client of the scheduler at an address, or of one with workers on this machine.

    Args:
        workers: processes on this machine; by default one for each core.
        kind: of the workers; threads of this process alone see `memory://`.
        dashboard: the address of Dask's pages; None for none.

    Raises:
        OptionError: the address leads nowhere, or workers were asked for as well.
    """
    if scheduler is not None:
        if workers is not None:
            raise OptionError("--workers are those on this machine, and --scheduler has its own")
        with refusing(f"there is no Dask scheduler at {scheduler}", OptionError):
            client = Client(scheduler, timeout=REACH_S)
        with client:
            yield client
        return
    cores = thread_count()
    number = 1 if kind is Kind.THREAD else workers or cores
    with refusing("the workers on this machine didn't start", PellucidError), signals_later():
        cluster = LocalCluster(
            n_workers=number,
            threads_per_worker=max(1, cores // number),
            processes=kind is Kind.PROCESS,
            dashboard_address=dashboard or ANY_PORT,
            silence_logs=logging.CRITICAL,  # what a person should know is in rows, or is raised
        )
    with cluster, Client(cluster) as client:
        yield client


@contextmanager
def signals_later() -> Iterator[None]:
    """Signals that end a program do so after the block, as a cluster that is half there can't end.

    Ctrl-C goes to all processes of a terminal. What the block starts doesn't hear it, as threads
    and processes inherit which signals are blocked; the client ends its workers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in (getattr(signal, n) for n in names)}
    before = {n: there for n, there in before.items() if there not in (signal.SIG_IGN, None)}
    try:
        for number in before:
            signal.signal(number, lambda number, _frame: came.append(number))
        with interrupts_blocked():
            yield
    finally:
        for number, there in before.items():
            signal.signal(number, there)
        for number in came:
            signal.raise_signal(number)


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """SIGINT is blocked in this thread, where a system has that."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would unblock them when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
