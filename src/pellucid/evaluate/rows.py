"""The one store of rows: a dataclass declares the columns, a name says which file has which rows.

Files are TSV, a header of field names and one line a row, so that they diff, grep and open in a
spreadsheet. An empty cell is None. A field with a default is a column that files made before it
came don't have: such a file is read with the default, and gets the column when rows are added.

The command, the machine and the versions behind the rows are in `runs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

from pellucid.errors import InputError, OutputError, refusing

Row = TypeVar("Row")

_PARSERS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "float | None": lambda cell: float(cell) if cell else None,
}


class Rows(Generic[Row]):
    """Rows of one kind in a folder.

    Args:
        row: a dataclass whose fields are `str`, `int`, `float` or `float | None`.
        file: name of the file of a row, with its columns in braces: `lossless-{method}.tsv`.
        but: files that have such a name and other columns.
    """

    def __init__(self, row: type[Row], file: str = "", *, but: Sequence[str] = ()) -> None:
        self.row = row
        self._columns = {f.name: _PARSERS[str(f.type)] for f in fields(row)}  # type: ignore[arg-type]  # a dataclass
        self._later = {f.name for f in fields(row) if f.default is not MISSING}  # type: ignore[arg-type]
        self._but = frozenset(but)
        self.file = file
        self.header = "\t".join(self._columns)

    def file_of(self, row: Row) -> str:
        """Name of the file that a row belongs into."""
        return self.file.format_map({name: getattr(row, name) for name in self._columns})

    def paths(self, folder: Path) -> list[Path]:
        """The files that are there, by name."""
        found = folder.glob(re.sub(r"\{\w+\}", "*", self.file))
        return sorted(path for path in found if path.name not in self._but)

    def load(self, folder: Path) -> list[Row]:
        """All rows, in order of file name; none if there are no files; InputError as in `read`."""
        return [row for path in self.paths(folder) for row in self.read(path)]

    def add(self, folder: Path, rows: Iterable[Row]) -> None:
        """Append rows, each to its file; OutputError if one can't be written."""
        for row in rows:
            self.append(folder / self.file_of(row), [row])

    def keep(self, folder: Path, usable: Callable[[Row], bool]) -> list[Row]:
        """The rows that still hold; others, and lines cut short, are taken out of their files."""
        kept = []
        for path in self.paths(folder):
            before = self.read(path)
            rows = [row for row in before if usable(row)]
            if not rows:
                path.unlink()
            elif len(rows) < len(before) or not path.read_bytes().endswith(b"\n"):
                self.write(path, rows)
            kept += rows
        return kept

    def sort(self, folder: Path, order: Callable[[Row], Any]) -> None:
        """Put the rows of each file in order, so that runs can be compared."""
        for path in self.paths(folder):
            rows = self.read(path)
            if (ordered := sorted(rows, key=order)) != rows:
                self.write(path, ordered)

    def append(self, path: Path, rows: Iterable[Row]) -> None:
        """Add rows to a file, which is made with its header if it isn't there.

        Raises:
            OutputError: the file can't be written.
        """
        with refusing(f"can't write results to {path}", OutputError):
            with path.open("a+", encoding="utf-8", errors="replace", newline="\n") as stream:
                stream.seek(0)
                header = stream.readline().rstrip("\n")
                if header in ("", self.header):
                    stream.write("" if header else self.header + "\n")
                    stream.writelines(map(self._line, rows))
                    return
            self.write(path, [*self.read(path), *rows])  # Windows replaces no open file

    def write(self, path: Path, rows: Sequence[Row]) -> None:
        """Replace a file as a whole; OutputError if it can't be written."""
        temporary = path.with_name(path.name + ".part")
        temporary.unlink(missing_ok=True)
        self.append(temporary, rows)
        temporary.replace(path)

    def read(self, path: Path) -> list[Row]:
        """All rows of a file; a last line cut short by an interrupted run is left out.

        Raises:
            InputError: the file can't be read, has other columns or a cell that can't be parsed.
        """
        with refusing(f"can't read results from {path}"):
            text = path.read_text(encoding="utf-8")
        header, *lines = text.split("\n")[:-1] or [""]  # what follows the last newline is cut short
        names = header.split("\t")
        if names != [name for name in self._columns if name in names or name not in self._later]:
            raise InputError(
                f"{path} isn't a results file of this version: its header must be {self.header!r}; "
                "measure again, with --fresh or into another folder"
            )
        return [self._parse(path, at, names, line) for at, line in enumerate(lines, start=2)]

    def _line(self, row: Row) -> str:
        cells = (getattr(row, name) for name in self._columns)
        texts = ("" if cell is None else re.sub(r"[\t\n]", " ", str(cell)) for cell in cells)
        return "\t".join(texts) + "\n"

    def _parse(self, path: Path, number: int, names: Sequence[str], line: str) -> Row:
        cells = line.split("\t")
        with refusing(f"{path}, line {number}"):
            if len(cells) != len(names):
                raise ValueError(f"{len(cells)} cells, expected {len(names)}")
            pairs = zip(names, cells, strict=True)
            return self.row(**{name: self._columns[name](cell) for name, cell in pairs})
