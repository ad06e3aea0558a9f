"""What came of pictures -> their rows in the manifest."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pellucid.scale.items import Row, State
from pellucid.scale.manifest import rows as columns
from pellucid.scale.manifest.counts import Change

__all__ = ["record_rows"]

OPEN = (State.WAITING, State.FAILED)
DOER = "version = ? AND models = ? AND worker = ?"


def record_rows(data: sqlite3.Connection, rows: Sequence[Row]) -> Change:
    """Write rows, inside a transaction; see `Manifest.record`."""
    change = Change()
    wanted = f"url, id, output, {columns.RESULT}"
    names = [row.url for row in rows]
    known = {url: rest for url, *rest in columns.find(data, wanted, "url", names)}
    columns.require_known(names, known)
    doers: dict[tuple[str, ...], int] = {}
    values = []
    finished = columns.now()
    for row in rows:
        number, output, *result = known[row.url]
        was, is_now = columns.result_of(result), columns.counted(row)
        if row.place and row.place != output:
            raise ValueError(f"{row.url}: its output is {output}, not {row.place}")
        if row.state is State.FAILED and was.state not in OPEN:
            continue
        by = row.version, row.models, row.worker
        if by not in doers:
            doers[by] = _doer(data, tuple(map(columns.text, by)))
        values.append((*columns.recorded(row, doers[by], finished), number))
        change.minus.append(was)
        change.plus.append(is_now)
        known[row.url] = [number, output, *columns.values_of_result(is_now)]  # of a second row
    data.executemany(columns.RECORD, values)
    return change


def _doer(data: sqlite3.Connection, by: tuple[str, ...]) -> int:
    """The number of a version, models and worker."""
    found = data.execute(f"SELECT id FROM doer WHERE {DOER}", by).fetchone()
    if found is None:
        data.execute("INSERT INTO doer (version, models, worker) VALUES (?, ?, ?)", by)
        return _doer(data, by)
    number: int = found[0]
    return number
