"""The manifest while several threads use it, and while a listing is slow."""

from __future__ import annotations

import threading

from manifests import done, item, items, opened, output, recounted, told
from pellucid.scale.items import State
from pellucid.scale.manifest.manifest import CHUNK, PATIENCE


def test_the_queue_can_be_asked_while_a_listing_stands_still(path):
    """The lock isn't held while the next source is waited for, and a slow listing comes through."""
    go, came = threading.Event(), threading.Event()

    def listing():
        yield from items(CHUNK)
        came.set()
        assert go.wait(60)
        yield item(CHUNK)

    with opened(path) as manifest:
        adding = threading.Thread(target=manifest.add, args=(listing(), output))
        adding.start()
        assert came.wait(60)
        taken = manifest.take(CHUNK + 1)
        manifest.record([done(one) for one in taken[:3]])
        go.set()
        adding.join()
        assert taken == items(CHUNK)
        assert manifest.take(9) == [item(CHUNK)]


def test_a_slow_listing_is_added_in_small_parts(path, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(
        "pellucid.scale.manifest.manifest.time.monotonic", lambda: next(clock) * PATIENCE
    )
    seen = []

    def listing():
        for one in items(6):
            seen.append(manifest.counts().total)
            yield one

    with opened(path) as manifest:
        manifest.add(listing(), output)
    assert seen == [0, 0, 2, 2, 4, 4]  # the clock goes on by a step for the first, and for each


def test_two_threads(path):
    """One adds, two take and record; nothing is done twice, nothing is left."""
    with opened(path) as manifest:
        over = threading.Event()
        taken = []

        def work():
            while True:
                last = over.is_set()
                some = manifest.take(7)
                taken.extend(some)
                manifest.record([done(one) for one in some])
                if last and not some:
                    return

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for start in range(0, 600, 50):
            manifest.add(items(50, start), output)
        over.set()
        for worker in workers:
            worker.join()
        assert sorted(one.url for one in taken) == sorted(one.url for one in items(600))
        assert manifest.counts().states[State.DONE] == 600
        said = told(manifest)
    assert said == recounted(path)
