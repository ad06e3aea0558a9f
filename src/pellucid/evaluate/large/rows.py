"""One row a size and task, and where a bench keeps them.

DIR/large.tsv           all rows
DIR/large-methods.json  what it ran on, and the command
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.evaluate.rows import Rows
from pellucid.evaluate.store import describe_machine, read_facts, write_facts

FILE = "large.tsv"
METHODS = "large-methods.json"


@dataclass(frozen=True, slots=True)
class LargeResult:
    """One command on one mosaic.

    `seconds` are wall seconds of the whole process, `peak` the bytes of memory that it took at
    most, `pixels` those that it gave (of a region fewer than width * height), `bytes` those of its
    output.
    """

    task: str
    width: int
    height: int
    pixels: int
    seconds: float
    peak: int
    bytes: int
    setting: str
    threads: int
    version: str

    @property
    def rate(self) -> float:
        """Megapixels a second."""
        return self.pixels / 1e6 / self.seconds

    @property
    def key(self) -> tuple[int, str]:
        """What tells the rows apart."""
        return (self.width * self.height, self.task)


TABLE = Rows(LargeResult)


def load_rows(folder: Path) -> list[LargeResult]:
    """All rows; none if nothing was measured. Raises InputError for a file that can't be read."""
    path = folder / FILE
    return TABLE.read(path) if path.exists() else []


def save_rows(folder: Path, rows: Iterable[LargeResult], command: str) -> None:
    """Put rows in the place of earlier ones of the same sizes and tasks; OutputError."""
    fresh = {row.key: row for row in rows}
    kept = {row.key: row for row in load_rows(folder)} | fresh
    TABLE.write(folder / FILE, [kept[key] for key in sorted(kept)])
    write_facts(folder / METHODS, {**describe_machine(), "command": command})


def load_methods(folder: Path) -> dict[str, Any]:
    """What `large-methods.json` says; empty if it isn't there."""
    return read_facts(folder / METHODS)
