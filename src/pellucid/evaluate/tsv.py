"""Dataclasses as lines of a TSV file: a header of field names, then one line a row.

So it diffs, greps and opens in a spreadsheet. An empty cell is None. A field with a default is a
column that files made before it came don't have: such a file is read with the default, and gets the
column when rows are added to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
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
        self._later = {f.name for f in fields(row) if f.default is not MISSING}  # type: ignore[arg-type]
        self.header = "\t".join(self._columns)

    def append(self, path: Path, rows: Iterable[Row]) -> None:
        """Add rows to a file, which is made with its header if it isn't there.

        Raises:
            OutputError: the file can't be written.
        """
        try:
            new = not path.exists()
            if not new and self._header_of(path) != self.header:
                return self.write(path, [*self.read(path), *rows])
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
        names = lines[0].split("\t") if lines else []
        if not self._fits(names):
            raise InputError(
                f"{path} isn't a results file of this version: its header must be {self.header!r}; "
                "measure again, with --fresh or into another folder"
            )
        columns = {name: self._columns[name] for name in names}
        numbered = enumerate(lines[1:], start=2)
        return [self._parse(path, number, line, columns) for number, line in numbered]

    def _fits(self, names: Sequence[str]) -> bool:
        """Whether these are the columns, but for some that came later."""
        return list(names) == [
            name for name in self._columns if name in names or name not in self._later
        ]

    @staticmethod
    def _header_of(path: Path) -> str:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.readline().rstrip("\n")

    def _line(self, row: Row) -> str:
        cells = (getattr(row, name) for name in self._columns)
        return "\t".join("" if cell is None else _clean(str(cell)) for cell in cells) + "\n"

    def _parse(self, path: Path, number: int, line: str, columns: Mapping[str, Any]) -> Row:
        cells = line.split("\t")
        try:
            if len(cells) != len(columns):
                raise ValueError(f"{len(cells)} cells, expected {len(columns)}")
            pairs = zip(columns.items(), cells, strict=True)
            return self._row(**{name: parse(cell) for (name, parse), cell in pairs})
        except ValueError as error:
            raise InputError(f"{path}, line {number}: {error}") from error


def _clean(cell: str) -> str:
    return cell.replace("\t", " ").replace("\n", " ")
