"""The file of a manifest: its tables, how it is made, opened and told from other files.

It is made whole under its name (`write_atomic`), so a file with this application id has its tables
whatever was killed when. Hashes are blobs: as text two of them would take 64 bytes more a picture.
Who did a picture is a number, as version, models and worker are the same for millions of rows. The
views show hashes and states as people read them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from pellucid.errors import InputError, OutputError
from pellucid.pixels import write_atomic
from pellucid.scale.items import State

APPLICATION = 0x50454C42  # "PELB"
VERSION = 1  # of the schema
CACHE_KIB = 32_768
TABLES = ("run", "doer", "picture", "pictures", "done", "failed")  # and views

_WORDS = " ".join(f"WHEN {state.value} THEN '{state.name.lower()}'" for state in State)
SCHEMA = f"""
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE doer (
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL,
    models TEXT NOT NULL,
    worker TEXT NOT NULL,
    UNIQUE (version, models, worker)
);
CREATE TABLE picture (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    place TEXT NOT NULL,       -- of the source, from which that of the output is made
    listed_size INTEGER,       -- bytes, as the listing says
    stamp TEXT NOT NULL,       -- ETag or time of the last change, as the listing says
    state INTEGER NOT NULL,    -- {", ".join(f"{s.value} {s.name.lower()}" for s in State)}
    output TEXT,               -- below the target
    size INTEGER,              -- bytes that were read
    sha256 BLOB,               -- of these
    written INTEGER,           -- bytes of the output
    written_sha256 BLOB,
    seconds REAL,
    error TEXT,
    message TEXT,
    remarks TEXT,              -- JSON, a list
    fields TEXT,               -- JSON, an object
    damaged INTEGER NOT NULL DEFAULT 0,
    doer INTEGER REFERENCES doer (id),
    finished TEXT              -- UTC
);
CREATE UNIQUE INDEX one_source_an_output ON picture (output) WHERE output IS NOT NULL;
CREATE INDEX waiting ON picture (id) WHERE state = {State.WAITING.value};
CREATE INDEX by_error ON picture (error) WHERE state = {State.FAILED.value};
CREATE VIEW pictures AS
    SELECT picture.id, url, CASE state {_WORDS} END AS state, output,
        coalesce(size, listed_size) AS size, lower(nullif(hex(sha256), '')) AS sha256, written,
        lower(nullif(hex(written_sha256), '')) AS written_sha256, seconds, error, message,
        remarks, fields, damaged, version, models, worker, finished, place, stamp
    FROM picture LEFT JOIN doer ON doer.id = picture.doer;
CREATE VIEW done AS
    SELECT url, output, size, written, round(100.0 * written / size, 1) AS percent,
        seconds, lower(nullif(hex(sha256), '')) AS sha256,
        lower(nullif(hex(written_sha256), '')) AS written_sha256, finished
    FROM picture WHERE state = {State.DONE.value};
CREATE VIEW failed AS
    SELECT url, error, message, size, seconds, finished
    FROM picture WHERE state = {State.FAILED.value};
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it can't be written to",
    sqlite3.SQLITE_IOERR: "the disk gives an error",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened",
    sqlite3.SQLITE_PERM: "access isn't allowed",
}


def create(path: Path, about: Mapping[str, str]) -> None:
    """A new file with these lines in its table `run`; whole or not at all, and never over another.

    Raises OutputError.
    """
    log = path.with_name(f"{path.name}-wal")
    if log.exists():  # SQLite would put what is in it into the new file
        raise OutputError(f"{log} is left of a manifest that is gone; delete it as well")
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.executescript(SCHEMA)
        with memory:
            memory.executemany("INSERT INTO run VALUES (?, ?)", about.items())
        write_atomic(path, memory.serialize())


def connect(path: Path) -> sqlite3.Connection:
    """The file, for this client alone; transactions are begun by hand.

    Raises:
        OutputError: another batch has it open, or it can't be written to.
        InputError: it isn't a manifest, is of a newer pellucid, or is damaged.
    """
    with asking(path):
        data = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        with asking(path):
            data.execute("PRAGMA locking_mode = EXCLUSIVE")
            check(data, path)
            data.execute("PRAGMA journal_mode = WAL")
            data.execute("PRAGMA synchronous = FULL")
            data.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            data.execute("BEGIN IMMEDIATE")  # says now if it can't be written to
            data.execute("COMMIT")
    except BaseException:
        data.close()
        raise
    return data


def check(data: sqlite3.Connection, path: Path) -> None:
    """Raise InputError if the file is something else, of a newer schema, or lacks its tables."""
    (application,) = data.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION:
        raise InputError(f"{path} is no manifest of a batch; name another file with --manifest")
    (version,) = data.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise InputError(
            f"{path} is a manifest of version {version}, of a newer pellucid; this one knows "
            f"version {VERSION}: update pellucid, or name another file with --manifest"
        )
    names = {name for (name,) in data.execute("SELECT name FROM sqlite_master")}
    missing = [name for name in TABLES if name not in names]
    if missing:
        raise _damaged(path, f"no {missing[0]} in it")


@contextmanager
def asking(path: Path) -> Iterator[None]:
    """What is wrong with the file or the disk is an OutputError or InputError that names it."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise OutputError(
                f"another batch uses {path}; wait for its end, or name another file with --manifest"
            ) from error
        if code in _DAMAGED:
            raise _damaged(path, error) from error
        if code in _REASONS:
            raise OutputError(f"cannot write {path}: {_REASONS[code]} ({error})") from error
        raise


def _damaged(path: Path, reason: object) -> InputError:
    return InputError(
        f"{path} is damaged, or no manifest of a batch ({reason}); name another file with "
        "--manifest, and use --skip-existing to pass over what was made"
    )
