"""What came of pictures -> their rows in the manifest."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from pellucid.scale.items import Row, State
from pellucid.scale.manifest import rows as columns
from pellucid.scale.manifest.counts import Change

__all__ = ["record_rows"]

DOER = "SELECT id FROM doer WHERE version = ? AND models = ? AND worker = ?"


def record_rows(data: sqlite3.Connection, rows: Sequence[Row]) -> Change:
    """Write rows, inside a transaction; see `Manifest.record`."""
    change = Change()
    wanted = f"url, id, output, {columns.RESULT}"
    names = [row.url for row in rows]
    known = {
        url: (number, output, columns.result_of(result))
        for url, number, output, *result in columns.find(data, wanted, "url", names)
    }
    columns.require_known(names, known)
    doers: dict[tuple[str, ...], int] = {}
    values = []
    finished = columns.now()
    for row in rows:
        number, output, was = known[row.url]
        if row.place and row.place != output:
            raise ValueError(f"{row.url}: its output is {output}, not {row.place}")
        if row.state is State.FAILED and was.state not in columns.OPEN:
            continue
        by = row.version, row.models, row.worker
        if by not in doers:
            doers[by] = _doer(data, tuple(map(columns.text, by)))
        values.append((*columns.recorded(row, doers[by], finished), number))
        is_now = columns.counted(row)
        change.minus.append(was)
        change.plus.append(is_now)
        known[row.url] = number, output, is_now  # of a second row
    data.executemany(columns.RECORD, values)
    return change


def _doer(data: sqlite3.Connection, by: tuple[str, ...]) -> int:
    """The number of a version, models and worker."""
    data.execute("INSERT OR IGNORE INTO doer (version, models, worker) VALUES (?, ?, ?)", by)
    number: int = data.execute(DOER, by).fetchone()[0]
    return number
