"""An iterator run ahead on a thread of its own, a bounded number of items."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")
LOOK = 0.05  # seconds between looks at whether anyone still waits


def ahead_of(
    items: Generator[Item, None, None],
    count: int,
    *,
    ending: Callable[[], None] = lambda: None,
) -> Generator[Item, None, None]:
    """The same items in order, made before they are asked for; with 0 they are not.

    What `items` raises is raised where the item would have come. When the generator is closed the
    thread ends after the item it is at.

    Args:
        count: items that wait, beside the one that is being made.
        ending: is called before the thread is waited for, so that `items` waits for nothing more.
    """
    if count == 0:
        yield from items
        return
    ready: Queue[tuple[Item | None, BaseException | None]] = Queue(count)
    stop = Event()
    thread = Thread(target=fill, args=(items, ready, stop), daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc] # an item, as there is no error
    finally:
        stop.set()
        ending()
        while thread.is_alive():  # it may wait for room
            try:
                ready.get(timeout=LOOK)
            except Empty:
                continue


def fill(
    items: Generator[Item, None, None],
    ready: Queue[tuple[Item | None, BaseException | None]],
    stop: Event,
) -> None:
    """Put items into a queue until they end or `stop` is set; the end and errors too."""
    try:
        with closing(items):
            for item in items:
                if stop.is_set():
                    return
                ready.put((item, None))
        ready.put((None, StopIteration()))
    except BaseException as error:  # noqa: BLE001 - raised where the item would have come
        ready.put((None, error))
