"""The manifest of a run: a row for each picture, and with that the queue of what is to be done.

It is one SQLite file, because SQLite comes with Python; a row and its place in the queue change in
one transaction, which survives `kill -9` and a power cut; a restart finds each of 10^8 sources by
an index; and anyone can look into the file with `sqlite3`. Parts in Parquet lose here: a restart
would have to read them all, and a part is only written when it is full. `to_parquet` exports them.

Nothing is in memory but what is under way. The file is locked while it is open, so that two
clients can't share it.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from pellucid.errors import OptionError, OutputError
from pellucid.scale.items import Item, Row, State
from pellucid.scale.manifest import rows as columns
from pellucid.scale.manifest.adding import Output, add_items
from pellucid.scale.manifest.counts import Counts
from pellucid.scale.manifest.export import to_parquet
from pellucid.scale.manifest.recording import record_rows
from pellucid.scale.manifest.schema import asking, connect, create

__all__ = ["Counts", "Manifest"]

SAME = ("verb", "words", "source", "target")  # of a run that is resumed
CHUNK, PATIENCE = 4096, 0.5  # pictures, seconds: of what is added in one transaction
PAGE = 1000  # rows that are read at once
WAITING = f"SELECT id, {columns.ITEM} FROM picture WHERE state = {State.WAITING.value}"
ROWS = (
    f"SELECT picture.id, {columns.ITEM}, {columns.ROW} FROM {columns.ROW_TABLES} "
    "WHERE picture.id > ?"
)
TALLIED = f"SELECT {columns.SUMS}, count(*) FROM picture GROUP BY state, error"


class Manifest:
    """An open manifest; see `open`. Any thread may use it.

    Everything raises OutputError if the file can't be written to any more (a full disk), and
    InputError if it turns out to be damaged; the file is then as it was before.

    Attributes:
        path: of the file.
        run: a random id, made with the file.
        about: what `open` was told when the run began, and when that was: `started`.
    """

    def __init__(
        self, path: Path, data: sqlite3.Connection, about: Mapping[str, str], *, force: bool
    ) -> None:
        """For `open` alone."""
        self.path, self.run, self.about = path, about["run"], dict(about)
        self._data, self._lock = data, threading.RLock()
        self._cursor, self._given_back = 0, dict[int, None]()
        self._force, self._counts = force, Counts()
        for *result, pictures in data.execute(TALLIED):
            self._counts.add(columns.result_of(result, pictures))

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        about: Mapping[str, str],
        resume: bool,
        *,
        force: bool = False,
    ) -> Self:
        """Begin a run, or go on with one.

        Args:
            path: of the file.
            about: `verb`, `words`, `source`, `target`, `version`.
            resume: go on with the run in the file, if there is one; what FAILED is WAITING again.
            force: what is finished is done again if its source has changed since.

        Raises:
            OutputError: without `resume` the file is there already; another client has it open; it
                can't be written to.
            InputError: it is something else, of a newer pellucid, or damaged.
            OptionError: another verb, source or target, or other options, than those of the run.
        """
        path = Path(path)
        if not path.exists():
            create(path, {"run": secrets.token_hex(8), "started": columns.now(), **about})
        elif not resume:
            raise OutputError(
                f"{path} exists already: go on with its run by --resume, or begin another with "
                "--manifest and another name"
            )
        data = connect(path)
        try:
            with asking(path):
                kept = dict(data.execute("SELECT key, value FROM run"))
                _compare(path, kept, about)
                data.execute(columns.RETRY)
                return cls(path, data, kept, force=force)
        except BaseException:
            data.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Put all into one file again, and let others open it."""
        with self._lock, asking(self.path):
            self._data.close()

    def add(self, items: Iterable[Item], output: Output) -> int:
        """Put sources into the queue, as they come; returns how many are new.

        Those that are known stay as they are. Of what is finished, those whose size or stamp have
        changed are counted as `changed`, or wait again if the manifest was opened with `force`.
        Where the output would be that of another source, the picture has FAILED.

        Args:
            items: read in the thread of the caller; others may use the manifest meanwhile.
            output: place of a source -> place of its output; None if there are none.
        """
        new, chunk, begun = 0, dict[str, Item](), 0.0
        for item in items:
            begun = begun if chunk else time.monotonic()
            chunk.setdefault(item.url, item)
            if len(chunk) >= CHUNK or time.monotonic() - begun > PATIENCE:
                new += self._add(chunk, output)
                chunk = {}
        return new + (self._add(chunk, output) if chunk else 0)

    def _add(self, chunk: Mapping[str, Item], output: Output) -> int:
        with self._lock:
            with self._writing():
                change = add_items(self._data, chunk, output, force=self._force)
            self._counts.apply(change)
        return change.new

    def mark_listed(self) -> None:
        """Say that all sources were added."""
        with self._writing():
            self._data.execute("INSERT OR REPLACE INTO run VALUES ('listed', ?)", (columns.now(),))
        self._counts.listed = True

    @property
    def is_listed(self) -> bool:
        """Whether they were, since the manifest was opened: nothing new comes into the queue."""
        return self._counts.listed

    def take(self, number: int) -> list[Item]:
        """The next pictures that wait, at most so many: first what was given back, then in order.

        A picture is given out once, unless it is given back. It stays WAITING until it is recorded,
        so if this process ends it waits for the next.
        """
        with self._reading():
            taken: list[tuple[Any, ...]] = []
            while self._given_back and len(taken) < number:
                first = next(iter(self._given_back))
                del self._given_back[first]
                taken += self._data.execute(f"{WAITING} AND id = ?", (first,)).fetchall()
            rows = self._data.execute(
                f"{WAITING} AND id > ? ORDER BY id LIMIT ?", (self._cursor, number - len(taken))
            ).fetchall()
            self._cursor = rows[-1][0] if rows else self._cursor
        return [columns.item_of(values) for _, *values in (*taken, *rows)]

    def give_back(self, items: Iterable[Item]) -> None:
        """Say that pictures that were taken weren't done after all; they can be taken again.

        Raises ValueError if one was never added.
        """
        urls = [item.url for item in items]
        with self._reading():
            ids = dict(columns.find(self._data, "url, id", "url", urls))
            columns.require_known(urls, ids)
            taken = (ids[url] for url in urls if ids[url] <= self._cursor)
            self._given_back |= dict.fromkeys(taken)

    def record(self, rows: Sequence[Row]) -> None:
        """Write what came of pictures, taken before or not: all rows or none, on the disk.

        What is DONE, THERE or KEPT doesn't become FAILED any more: whatever came of a second try,
        that picture is finished.

        Raises ValueError if a picture was never added, or another output was made for it.
        """
        with self._lock:
            with self._writing():
                change = record_rows(self._data, rows)
            self._counts.apply(change)

    def counts(self) -> Counts:
        """How far the run is; costs nothing."""
        with self._lock:
            return self._counts.copy()

    def rows(self, state: State | None = None) -> Iterator[Row]:
        """All pictures, or those in one state, in the order of the queue, a page at a time.

        Those that are WAITING have only url, state and place. The place of what is FAILED or KEPT
        is that which its output would have had.
        """
        return (row for _, row in self.listed(state))

    def listed(self, state: State | None = None) -> Iterator[tuple[Item, Row]]:
        """The same, each with its source as it was listed."""
        chosen = "" if state is None else f" AND state = {state.value}"
        for _, *values in self.pages(f"{ROWS}{chosen} ORDER BY picture.id LIMIT {PAGE}"):
            yield columns.item_of(values[:4]), columns.row_of(values[4:])

    def pages(self, question: str) -> Iterator[tuple[Any, ...]]:
        """The answers of a question that gives the next some after an id, id first; all in turn."""
        last, found = 0, True
        while found:
            page = self.ask(question, last)
            yield from page
            found, last = bool(page), page[-1][0] if page else last

    def ask(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """All answers of a question in SQL at once: ask for sums, or with a limit."""
        with self._reading():
            return self._data.execute(question, values).fetchall()

    def to_parquet(self, path: str | os.PathLike[str], *, force: bool = False) -> int:
        """Write all rows to a Parquet file, whole or not at all; returns how many.

        `url` comes first, and `size` is what a listing would say, so the file can be the source of
        another run.

        Raises:
            OutputError: the file exists and `force` is false, or can't be written.
            MissingExtraError: pyarrow isn't installed.
        """
        return to_parquet(self, path, force=force)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, asking(self.path):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """A transaction: all of the block is done, and on the disk, or nothing."""
        with self._reading():
            self._data.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._data.execute("COMMIT")
            finally:
                if self._data.in_transaction:
                    self._data.execute("ROLLBACK")


def _compare(path: Path, kept: Mapping[str, str], about: Mapping[str, str]) -> None:
    """Raise OptionError if the run in the file is another than this."""
    other = [name for name in SAME if kept.get(name) != about.get(name)]
    if other:
        said = "; ".join(f"its {n} is {kept.get(n)!r}, not {about.get(n)!r}" for n in other)
        raise OptionError(
            f"{path} is of another run: {said}; resume it as it was begun, or begin another with "
            "--manifest and another name"
        )
