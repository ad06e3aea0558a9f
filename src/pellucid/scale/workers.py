"""Who works: processes on this machine, or the workers of a Dask scheduler; and which of them can.

A worker does one group of pictures at a time, and its networks use as many threads as Dask says
that it has, so that no core is given away twice. A plugin looks at each worker when it joins:
only one with this version and these models gets the resource that tasks ask for.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

import dask
from distributed import Client, LocalCluster

import pellucid
from pellucid.errors import PellucidError, first_line, refusing
from pellucid.runtime.session import thread_count
from pellucid.scale.fitness import MEGA, Fitness
from pellucid.scale.scheduler import check_scheduler, reaching, versions_of_workers

if TYPE_CHECKING:
    from distributed import Future

    from pellucid.scale.items import Verb

BEGIN_S = 60.0  # in which the first worker must be there
REACH_S = 10.0  # in which a scheduler must answer
LOOK_S = 30.0  # in which a worker must have been looked at
RESULT_S = 30.0  # in which a result must come that is there
TIDY_S = 10.0  # in which workers must have been let go
ALLOCATION = {  # of glibc: arrays of windows and tiles stay with the process
    "MALLOC_MMAP_THRESHOLD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}
ANY_PORT = "127.0.0.1:0"  # of an HTTP server that Dask has without its dashboard, too

T = TypeVar("T")


class Crew:
    """The workers of a run, through a Dask client.

    At the last `refresh` so many were fit: `number`, and one had so many megabytes: `most`.

    Args:
        say: is told which workers can't be used, and why.
        in_process: they are threads of this process, whose environment isn't their own.
    """

    def __init__(
        self,
        client: Client,
        run: str,
        verb: Verb,
        say: Callable[[str], None],
        *,
        in_process: bool,
    ) -> None:
        self.client, self._say = client, say
        prints = verb.prints
        self._plugin = Fitness(run, pellucid.__version__, prints(), prints, in_process)
        self._reasons: dict[str, str] = {}
        self.number, self.most = 0, 0

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
            with reaching():
                self._look()
            yield
        finally:
            letting_go = threading.Thread(target=self._let_go, daemon=True)
            letting_go.start()  # which waits for workers that are gone
            letting_go.join(TIDY_S)

    def _look(self) -> None:
        """Wait for a worker, and raise PellucidError if none is fit."""
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
        self.number, self.most = len(fit), int(max((one[memory] for one in fit), default=0))

    def gather(self, futures: Sequence[Future[T]]) -> list[T]:
        """What came of tasks that are done.

        Raises:
            PellucidError: the scheduler is lost. TimeoutError: a result was lost with its worker,
                and isn't there again yet. And what a task has raised.
        """
        coming = self.client.gather(list(futures), asynchronous=True)
        loop = self.client.loop.asyncio_loop  # type: ignore[union-attr] # tornado's
        found = asyncio.run_coroutine_threadsafe(coming, loop)
        with reaching():
            try:
                return list(found.result(RESULT_S))
            except TimeoutError:
                if found.done():  # Dask's own: it can't connect
                    raise
        found.cancel()
        raise TimeoutError("a result is lost with its worker")

    def needs(self, memory: int | None) -> dict[str, float]:
        """The resources of a task; `memory`, in bytes, is of one that takes much.

        One that takes more than any worker has gets all of the one that has most.
        """
        if memory is None:
            return {self._plugin.slot: 1}
        return {self._plugin.slot: 1, self._plugin.memory: min(memory // MEGA, self.most)}

    def _let_go(self) -> None:
        with suppress(Exception):  # the scheduler may be gone
            self.client.unsubscribe_topic(self._plugin.name)
            self.client.unregister_worker_plugin(self._plugin.name)


@contextmanager
def connected(
    scheduler: str | None,
    workers: int | None,
    *,
    in_process: bool,
    dashboard: str | None = None,
) -> Iterator[Client]:
    """A client of the scheduler at an address, or of one with workers on this machine.

    Args:
        workers: processes on this machine; by default one for each core.
        in_process: one worker, a thread here, which alone sees `memory://`.
        dashboard: the address of Dask's pages; None for none.

    Raises:
        PellucidError: no scheduler answers there, or the workers here don't start.
    """
    if scheduler is not None:
        with refusing(f"there is no Dask scheduler at {scheduler}", PellucidError):
            client = Client(scheduler, timeout=REACH_S)
        with client:
            yield client
        return
    cores = thread_count()
    number = 1 if in_process else workers or cores
    with (
        refusing("the workers on this machine didn't start", PellucidError),
        signals_later(),
        dask.config.set(settings()),
    ):
        cluster = LocalCluster(
            n_workers=number,
            threads_per_worker=max(1, cores // number),
            processes=not in_process,
            dashboard_address=dashboard or ANY_PORT,
            silence_logs=logging.CRITICAL,  # what a person should know is in rows, or is raised
        )
    try:
        with Client(cluster) as client:
            yield client
    finally:  # a worker that died as it began may keep it for ever
        with suppress(TimeoutError):
            cluster.close(timeout=TIDY_S)


def settings() -> dict[str, Any]:
    """Of Dask, for a cluster of our own.

    By default it has workers give each large array back to the system, which costs a third of the
    time of small pictures; a scheduler keep its last thousand messages of each worker; and all look
    at themselves so often that it takes 2 to 3 % of two cores.
    """
    environment = dask.config.get("distributed.nanny.pre-spawn-environ")
    return {
        "distributed.nanny.pre-spawn-environ": {**environment, **ALLOCATION},
        "distributed.admin.low-level-log-length": 10,
        "distributed.admin.tick.interval": "500ms",
        "distributed.admin.system-monitor.interval": "2s",
        "distributed.worker.profile.enabled": False,  # it looks at each worker 100 times a second
    }


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
