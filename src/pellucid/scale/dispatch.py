"""Groups to workers and rows back: a bounded number under way."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from distributed import CancelledError, Future, KilledWorker

from pellucid.errors import OutputError, PellucidError, first_line
from pellucid.scale.group import Group, Large, Request, failed
from pellucid.scale.items import Item, State
from pellucid.scale.large import FROM, code_large, join_large, plan_large
from pellucid.scale.outputs.receipts import Receipts
from pellucid.scale.pace import AHEAD, Pace
from pellucid.scale.scheduler import GO_ON, reaching
from pellucid.scale.task import do_group
from pellucid.scale.workers import RESULT_S, Crew

if TYPE_CHECKING:
    from pellucid.scale.lister import Lister
    from pellucid.scale.manifest.counts import Counts
    from pellucid.scale.manifest.manifest import Manifest
    from pellucid.scale.outputs.lock import Lock

EVERY_S, SOON_S = 1.0, 0.05  # between two looks around; for sources, when none are there
MEMORY_EACH = 4  # bytes of memory that a byte of samples takes, about
LARGER = 400 * 10**6  # and what a process takes without
ALL = 1 << 60  # of a worker's memory
WITHOUT_S = 120.0  # without any worker, after which a run ends
MOST_SUSPECTS = 10_000  # pictures of groups that failed as a whole


class Dispatch:
    """The loop of a run.

    Args:
        lister: adds to the manifest meanwhile; None if all is there.
        lock: of the target; a run that loses it ends.
        told: is told now and then how far it is, and how many workers there are.
        limit: pictures that are taken.
    """

    def __init__(
        self,
        crew: Crew,
        request: Request,
        manifest: Manifest,
        lister: Lister | None = None,
        lock: Lock | None = None,
        told: Callable[[Counts, int], None] = lambda _counts, _workers: None,
        limit: int | None = None,
    ) -> None:
        self._crew, self._request, self._manifest = crew, request, manifest
        self._lister, self._lock, self._told = lister, lock, told
        target = request.target
        self._receipts = None if target is None else Receipts(target, request.run)
        self._under_way: dict[Future[Group], tuple[Item, ...]] = {}
        self._done: queue.SimpleQueue[Future[Group]] = queue.SimpleQueue()
        self._alone: set[Any] = set()  # keys of their tasks
        self._big: set[Any] = set()  # of those that ask for memory
        self._suspects: list[Item] = []  # one of them, or of what waited beside it, ends workers
        self._pace = Pace()
        self._left = limit
        self._looked = self._worked = time.monotonic()
        self._most = 0

    def run(self) -> None:
        """Until all is done that can be; raises PellucidError if the scheduler is lost."""
        try:
            with reaching():
                while self._goes_on():
                    self._collect()
                    self._look_around()
        finally:
            with suppress(Exception):  # the scheduler may be gone
                self._crew.client.cancel(list(self._under_way))

    def _goes_on(self) -> bool:
        """Send what can be sent; whether there is more to wait for."""
        # before, as what is added last must be seen
        listed = self._manifest.is_listed or self._left == 0
        if self._fill() or not listed or self._under_way:
            return True
        if not self._suspects:
            return False
        self._alone.add(self._send([self._suspects.pop()], memory=ALL, alone=True).key)
        return True

    def _fill(self) -> bool:
        """Send groups until enough are under way; whether any was sent."""
        sent = False
        while len(self._under_way) < AHEAD * max(1, self._crew.number):
            listed = self._manifest.is_listed
            counts = self._manifest.counts()
            waiting = counts.states[State.WAITING] - sum(map(len, self._under_way.values()))
            number = self._pace.number(waiting if listed else None, self._crew.number)
            if self._left is not None:
                number = min(number, self._left)
            items = self._manifest.take(number) if number else []
            if not items:
                break
            if self._left is not None:
                self._left -= len(items)
            self._send(items)
            sent = True
        return sent

    def _send(
        self, items: Sequence[Item], *, memory: int | None = None, alone: bool = False
    ) -> Future[Group]:
        future = self._submit(do_group, self._request, tuple(items), memory=memory, alone=alone)
        return self._follow(future, items, big=memory is not None)

    def _send_large(self, large: Large) -> None:
        """A picture as a task of its own or, if it's worth it, as several."""
        item, whole, number = large.item, LARGER + MEMORY_EACH * large.samples, self._crew.number
        if self._request.verb.pieces is None or number < 2 or large.samples < FROM:
            self._send([item], memory=whole, alone=True)
            return
        memory = LARGER + large.samples
        plan = self._submit(plan_large, self._request, item, number, memory=memory)
        pieces = [self._submit(code_large, item, plan, n, memory=memory) for n in range(number)]
        # which makes it as a whole if there is no plan
        join = self._submit(join_large, self._request, item, plan, pieces, memory=whole)
        self._follow(join, [item], big=True)

    def _submit(
        self, task: Callable[..., Any], *words: Any, memory: int | None = None, **more: Any
    ) -> Future[Any]:
        return self._crew.client.submit(
            task, *words, pure=False, resources=self._crew.needs(memory), **more
        )

    def _follow(self, future: Future[Group], items: Sequence[Item], *, big: bool) -> Future[Group]:
        self._under_way[future] = tuple(items)
        if big:
            self._big.add(future.key)
        future.add_done_callback(self._done.put)
        return future

    def _collect(self) -> None:
        """Wait for groups that are done, and keep what came of them."""
        try:
            found = [self._done.get(timeout=EVERY_S if self._under_way else SOON_S)]
        except queue.Empty:
            return
        while not self._done.empty():
            found.append(self._done.get())
        groups = self._outcomes(found)
        rows = [row for group in groups for row in group.rows]
        self._manifest.record(rows)
        self._pace.learn(rows)
        if self._receipts is not None:
            self._receipts.drop([group.receipt for group in groups if group.receipt])
        for group in groups:
            self._manifest.give_back(group.rest)
            if self._left is not None:
                self._left += len(group.rest)
            for large in group.large:
                self._send_large(large)

    def _outcomes(self, found: Sequence[Future[Group]]) -> list[Group]:
        """What came of groups that are done, or have failed."""
        whole = [future for future in found if future.status == "finished"]
        rest = [future for future in found if future.status != "finished"]
        groups: list[Group] = []
        try:
            groups += self._crew.gather(whole)
            for future in whole:
                self._under_way.pop(future, None)
        except PellucidError:
            raise
        except Exception:  # noqa: BLE001 - of one of them, which is found out
            rest += whole
        return groups + [group for future in rest for group in self._outcome(future)]

    def _outcome(self, future: Future[Group]) -> list[Group]:
        """The same of one.

        Dask blames all that is with a worker that dies. So what failed as a whole is tried again at
        the end, each picture with nothing beside it.
        """
        if future not in self._under_way:  # it was sent anew
            return []
        try:
            group = future.result(timeout=RESULT_S)
            del self._under_way[future]
            return [group]
        except CancelledError as error:
            raise PellucidError(f"the scheduler has dropped the work; {GO_ON}") from error
        except Exception as error:  # noqa: BLE001 - of the group as a whole
            if isinstance(error, TimeoutError) and not future.done():  # made again
                future.add_done_callback(self._done.put)
                return []
            return self._failure(future, error)

    def _failure(self, future: Future[Group], error: Exception) -> list[Group]:
        items = self._under_way.pop(future)
        if future.key not in self._alone:
            self._suspects += items
            if len(self._suspects) > MOST_SUSPECTS:
                raise PellucidError(f"workers fail too often: {first_line(error)}; {GO_ON}")
            return []
        if isinstance(error, KilledWorker):
            error = PellucidError(
                "each worker that tried it ended in the midst of it, for want of memory or because "
                f"a library crashed: {first_line(error)}"
            )
        return [Group(tuple(failed(item, error) for item in items))]

    def _look_around(self) -> None:
        """Now and then: is the listing, the lock, the connection as it should be; who works?"""
        if self._lister is not None and self._lister.error is not None:
            raise self._lister.error
        if time.monotonic() - self._looked < EVERY_S:
            return
        if self._lock is not None and self._lock.lost:
            raise OutputError("another batch has taken over this target; this one ends")
        if self._crew.client.status not in ("running", "connecting"):
            raise PellucidError(f"the connection to the scheduler is lost; {GO_ON}")
        self._crew.refresh()
        self._told(self._manifest.counts(), self._crew.number)
        self._looked = time.monotonic()
        if self._crew.number:
            self._worked = self._looked
        elif self._looked - self._worked > WITHOUT_S:
            raise PellucidError(f"there has been no worker for {WITHOUT_S:.0f} seconds; {GO_ON}")
        if 0 < self._crew.most < self._most:
            self._send_anew()
        self._most = self._crew.most

    def _send_anew(self) -> None:
        """What may wait for more memory than any worker has now."""
        for future, items in list(self._under_way.items()):
            if future.key in self._big and not future.done():
                del self._under_way[future]
                self._crew.client.cancel(future)
                self._send(items, memory=ALL, alone=True)
