"""Dataclasses as lines of a TSV file: a header of field names, then one line a row.

So it diffs, greps and opens in a spreadsheet. An empty cell is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Generic, TypeVar

from pellucid.errors import InputError, OutputError

Row = TypeVar("Row")

_PARSERS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "float | None": lambda cell: float(cell) if cell else None,
}


class Table(Generic[Row]):
    """Files of one kind of row: a dataclass whose fields are `str`, `int`, `float` or optional."""

    def __init__(self, row: type[Row]) -> None:
        self._row = row
        self._columns = {f.name: _PARSERS[str(f.type)] for f in fields(row)}  # type: ignore[arg-type]  # a dataclass
        self.header = "\t".join(self._columns)

    def append(self, path: Path, rows: Iterable[Row]) -> None:
        """Add rows to a file, which is made with its header if it isn't there.

        Raises:
            OutputError: the file can't be written.
        """
        try:
            new = not path.exists()
            with path.open("a", encoding="utf-8", newline="\n") as stream:
                if new:
                    stream.write(self.header + "\n")
                stream.writelines(self._line(row) for row in rows)
        except OSError as error:
            raise OutputError(f"can't write results to {path}: {error}") from error

    def write(self, path: Path, rows: Sequence[Row]) -> None:
        """Replace a file as a whole.

        Raises:
            OutputError: the file can't be written.
        """
        temporary = path.with_name(path.name + ".part")
        temporary.unlink(missing_ok=True)
        self.append(temporary, rows)
        temporary.replace(path)

    def read(self, path: Path) -> list[Row]:
        """All rows of a file; a last line cut short by an interrupted run is left out.

        Raises:
            InputError: the file can't be read, has other columns or a cell that can't be parsed.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"can't read results from {path}: {error}") from error
        lines = text.split("\n")[:-1]  # what follows the last newline is empty or cut short
        if not lines or lines[0] != self.header:
            raise InputError(f"{path} isn't a results file: its header must be {self.header!r}")
        return [self._parse(path, number, line) for number, line in enumerate(lines[1:], start=2)]

    def _line(self, row: Row) -> str:
        cells = (getattr(row, name) for name in self._columns)
        return "\t".join("" if cell is None else _clean(str(cell)) for cell in cells) + "\n"

    def _parse(self, path: Path, number: int, line: str) -> Row:
        cells = line.split("\t")
        try:
            if len(cells) != len(self._columns):
                raise ValueError(f"{len(cells)} cells, expected {len(self._columns)}")
            pairs = zip(self._columns.items(), cells, strict=True)
            return self._row(**{name: parse(cell) for (name, parse), cell in pairs})
        except ValueError as error:
            raise InputError(f"{path}, line {number}: {error}") from error


def _clean(cell: str) -> str:
    return cell.replace("\t", " ").replace("\n", " ")
