"""Manifests of a made-up run, for tests: what was listed, what came of it, what the file says."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

from pellucid.scale.items import Item, Made, Row, State
from pellucid.scale.manifest.manifest import Manifest

ABOUT = {
    "verb": "compress",
    "words": "--quality 60",
    "source": "photos",
    "target": "small",
    "version": "0.1.0",
}


def opened(path: Path, *, resume: bool = False, force: bool = False, **about: str) -> Manifest:
    return Manifest.open(path, {**ABOUT, **about}, resume, force=force)


def output(place: str) -> str:
    return f"{place}.pel"


def items(count: int, start: int = 0) -> list[Item]:
    return [item(number) for number in range(start, start + count)]


def item(number: int, size: int | None = 1000, stamp: str = "then") -> Item:
    place = f"{number // 100}/{number}.jpg"
    return Item(f"photos/{place}", place, size, stamp)


def done(one: Item, **more: object) -> Row:
    digest = hashlib.sha256(one.url.encode()).hexdigest()
    made = Made({"bits_per_pixel": 0.5, "width": 40}, ("a remark",))
    given = {
        "state": State.DONE,
        "place": output(one.place),
        "size": one.size or 0,
        "sha256": digest,
        "written": 250,
        "written_sha256": digest[::-1],
        "seconds": 0.25,
        "made": made,
        "version": "0.1.0",
        "models": "m 0123",
        "worker": "tcp://127.0.0.1:1",
    }
    return Row(one.url, **{**given, **more})


def failed(one: Item, error: str = "InputError", message: str = "no picture") -> Row:
    return Row(one.url, State.FAILED, error=error, message=message, worker="w", seconds=0.5)


def recounted(path: Path) -> dict[str, object]:
    """What a manifest that nobody has open says when all of it is read."""
    with closing(sqlite3.connect(path)) as data:
        states = dict(data.execute("SELECT state, count(*) FROM picture GROUP BY state"))
        sums = "coalesce(sum(size), 0), coalesce(sum(written), 0), coalesce(sum(seconds), 0)"
        before, after, _ = data.execute(f"SELECT {sums} FROM picture WHERE state = 1").fetchone()
        read, _, seconds = data.execute(f"SELECT {sums} FROM picture").fetchone()
        errors = dict(
            data.execute("SELECT error, count(*) FROM picture WHERE state = 2 GROUP BY error")
        )
        (damaged,) = data.execute("SELECT count(*) FROM picture WHERE damaged").fetchone()
        assert data.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return {
        "states": {state: states.get(state, 0) for state in State},
        "read": read,
        "before": before,
        "after": after,
        "seconds": round(seconds, 6),
        "errors": errors,
        "damaged": damaged,
    }


def told(manifest: Manifest) -> dict[str, object]:
    """The same, as its counts say."""
    counts = manifest.counts()
    return {
        "states": dict(counts.states),
        "read": counts.read,
        "before": counts.before,
        "after": counts.after,
        "seconds": round(counts.seconds, 6),
        "errors": dict(counts.errors),
        "damaged": counts.damaged,
    }
