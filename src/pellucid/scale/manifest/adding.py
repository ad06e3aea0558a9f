"""Sources that are listed -> the queue: what is new, what has changed, whose output is taken."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from pellucid.errors import OutputError
from pellucid.scale.items import Item, State
from pellucid.scale.manifest import rows as columns
from pellucid.scale.manifest.counts import Change, Result

__all__ = ["Output", "add_items"]

Output = Callable[[str], str] | None
Values = tuple[Any, ...]

NEW = (
    f"INSERT INTO picture ({columns.ITEM}, output, state) VALUES (?, ?, ?, ?, ?, 0) "
    "ON CONFLICT DO NOTHING"
)
CHANGED = "changed"  # the stamp of what was finished, and whose source is another now
NOTED = "UPDATE picture SET listed_size = ?, stamp = ? WHERE id = ?"
# To the end, as the queue is read once from its beginning.
AGAIN = (
    "UPDATE picture SET id = (SELECT max(id) + 1 FROM picture), listed_size = ?, stamp = ?, "
    f"{columns.AGAIN} WHERE id = ?"
)
TAKEN = (
    f"INSERT INTO picture ({columns.ITEM}, state, error, message, finished) "
    f"VALUES (?, ?, ?, ?, {State.FAILED.value}, ?, ?, ?)"
)


def add_items(
    data: sqlite3.Connection, items: Mapping[str, Item], output: Output, *, force: bool
) -> Change:
    """Add items by their urls, inside a transaction; see `Manifest.add`."""
    change = Change()
    known = set()
    wanted = f"url, id, listed_size, stamp, {columns.RESULT}"
    for url, number, size, stamp, *result in list(columns.find(data, wanted, "url", list(items))):
        known.add(url)
        item = items[url]
        if differs(item, size, stamp):
            _changed(data, item, number, columns.result_of(result), change, force=force)
    fresh = [item for item in items.values() if item.url not in known]
    rows = [(*columns.values_of(item), output and output(item.place)) for item in fresh]
    change.new = len(fresh)
    waiting = data.executemany(NEW, rows).rowcount if rows else 0
    if waiting:
        change.plus.append(Result(State.WAITING, pictures=waiting))
    if waiting < len(rows):
        there = {url for (url,) in columns.find(data, "url", "url", [item.url for item in fresh])}
        change.plus += [_taken(data, row) for row in rows if row[0] not in there]
    return change


def differs(item: Item, size: int | None, stamp: str) -> bool:
    """Whether a source isn't what it was, as far as both listings say."""
    other_size = None not in (item.size, size) and item.size != size
    return other_size or ("" not in (item.stamp, stamp) and item.stamp != stamp)


def _changed(
    data: sqlite3.Connection, item: Item, number: int, was: Result, change: Change, *, force: bool
) -> None:
    """Of a source that is another than when it was listed before."""
    if was.state in columns.OPEN:  # what the listing says is only noted
        data.execute(NOTED, (item.size, item.stamp, number))
    elif force:
        data.execute(AGAIN, (item.size, item.stamp, number))
        change.minus.append(was)
        change.plus.append(Result(State.WAITING))
    else:
        data.execute("UPDATE picture SET stamp = ? WHERE id = ?", (CHANGED, number))
        change.changed += 1


def _taken(data: sqlite3.Connection, row: Values) -> Result:
    """A source whose output is already that of another: it has failed, and no one has tried it."""
    *item, output = row
    ((other,),) = columns.find(data, "url", "output", [output])
    error = OutputError.__name__
    message = f"its output {output} is that of {other} already"
    data.execute(TAKEN, (*item, error, message, columns.now()))
    return Result(State.FAILED, error=error)
