"""Rows as columns of the manifest, and back."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pellucid.scale.items import Item, Made, Row, State
from pellucid.scale.manifest.counts import Result

ITEM = "url, place, listed_size, stamp"
ROW = (
    "url, state, output, size, sha256, written, written_sha256, seconds, error, message, remarks, "
    "fields, damaged, version, models, worker"
)
ROW_TABLES = "picture LEFT JOIN doer ON doer.id = picture.doer"
RESULT = "state, size, written, seconds, error, damaged"
SUMS = "state, sum(size), sum(written), sum(seconds), error, sum(damaged)"
OPEN = (State.WAITING, State.FAILED)  # of these something may still come
MANY = 500  # names in one question
_RECORDED = (
    "state",
    "size",
    "sha256",
    "written",
    "written_sha256",
    "seconds",
    "error",
    "message",
    "remarks",
    "fields",
    "damaged",
    "doer",
    "finished",
)
RECORD = f"UPDATE picture SET {', '.join(f'{name} = ?' for name in _RECORDED)} WHERE id = ?"
FORGET = ", ".join(f"{name} = NULL" for name in _RECORDED if name not in ("state", "damaged"))
AGAIN = f"state = {State.WAITING.value}, damaged = 0, {FORGET}"  # of an UPDATE
# Not what nobody has tried: its output is that of another source.
RETRY = f"UPDATE picture SET {AGAIN} WHERE state = {State.FAILED.value} AND doer IS NOT NULL"
_JSON = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=lambda value: plain(value)
)


def recorded(row: Row, doer: int, finished: str) -> tuple[Any, ...]:
    """The values of `RECORD`, but for the id."""
    made = row.made
    said = row.message or made.kept
    return (
        row.state.value,
        row.size if row.sha256 or row.size else None,
        bytes.fromhex(row.sha256) or None,
        row.written if row.written_sha256 or row.written else None,
        bytes.fromhex(row.written_sha256) or None,
        row.seconds,
        text(row.error) or None,
        text(said) or None,
        to_json(list(made.remarks)) if made.remarks else None,
        to_json(dict(made.fields)) if made.fields else None,
        int(made.damaged),
        doer,
        finished,
    )


def row_of(values: Sequence[Any]) -> Row:
    """What `ROW` selects."""
    url, state, output, size, sha256, written, written_sha256, seconds = values[:8]
    error, message, remarks, fields, damaged, version, models, worker = values[8:]
    made = Made(
        fields=json.loads(fields) if fields else {},
        remarks=tuple(json.loads(remarks)) if remarks else (),
        damaged=bool(damaged),
        kept=message or "" if state == State.KEPT else "",
    )
    return Row(
        url,
        State(state),
        output or "",
        size or 0,
        (sha256 or b"").hex(),
        written or 0,
        (written_sha256 or b"").hex(),
        seconds or 0.0,
        error or "",
        message or "",
        made,
        version or "",
        models or "",
        worker or "",
    )


def values_of(item: Item) -> tuple[Any, ...]:
    """The values of `ITEM`."""
    return item.url, item.place, item.size, item.stamp


def item_of(values: Sequence[Any]) -> Item:
    """What `ITEM` selects."""
    return Item(*values)


def result_of(values: Sequence[Any], pictures: int = 1) -> Result:
    """What `RESULT` selects, of one picture or as sums."""
    state, size, written, seconds, error, damaged = values
    return Result(
        State(state), size or 0, written or 0, seconds or 0.0, error or "", damaged, pictures
    )


def counted(row: Row) -> Result:
    """What counts of it."""
    return Result(
        row.state, row.size, row.written, row.seconds, text(row.error), int(row.made.damaged)
    )


def find(
    data: sqlite3.Connection, wanted: str, column: str, values: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """These columns of the pictures that have one of the values; the others are left out."""
    for start in range(0, len(values), MANY):
        some = values[start : start + MANY]
        marks = ",".join("?" * len(some))
        question = f"SELECT {wanted} FROM picture WHERE {column} IN ({marks})"
        yield from data.execute(question, some).fetchall()


def require_known(urls: Iterable[str], known: Container[str]) -> None:
    """Raise ValueError if a picture was never added, which no run does."""
    unknown = next((url for url in urls if url not in known), None)
    if unknown is not None:
        raise ValueError(f"{unknown} isn't in the manifest")


def text(given: str) -> str:
    """Text that SQLite and Parquet hold: half characters and NUL, of odd names, are escaped."""
    if given.isascii() and "\0" not in given:
        return given
    return given.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")


def to_json(value: object) -> str:
    """JSON in the strict sense, as SQLite reads it: what is no finite number is null."""
    try:
        return text(_JSON.encode(value))
    except ValueError:
        return text(_JSON.encode(finite(value)))


def finite(value: object) -> object:
    """The same with None for infinite numbers and NaN."""
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def plain(value: object) -> object:
    """What JSON doesn't know: numbers and arrays of NumPy as Python's, all else as text."""
    convert = getattr(value, "tolist", None)
    return finite(convert()) if convert is not None else str(value)


def now() -> str:
    """UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
