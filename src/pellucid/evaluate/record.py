"""One row a picture, codec and setting: what every number in a report is made from.

Kept as TSV: a header of field names, then one line a row, so that it diffs, greps and opens in a
spreadsheet. An empty cell is a metric that wasn't asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pellucid.errors import InputError, OutputError


@dataclass(frozen=True, slots=True)
class Result:
    """One picture coded once.

    `bpp` is 8 * bytes / (width * height), from the whole file. `psnr` is RGB, in dB. `encode_s`
    and `decode_s` are wall seconds: of a single run in a sweep (`repeats` 1, don't quote them), the
    median of `repeats` runs in a speed table. `threads` is what was asked for; `versions` names
    the libraries, or pellucid and its model.
    """

    codec: str
    setting: float
    image: str
    width: int
    height: int
    bytes: int
    bpp: float
    psnr: float
    ms_ssim: float | None
    ssimulacra2: float | None
    encode_s: float
    decode_s: float
    threads: int
    repeats: int
    versions: str

    @property
    def megapixels(self) -> float:
        """Size of the picture in millions of pixels."""
        return self.width * self.height / 1e6


_PARSERS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "float | None": lambda cell: float(cell) if cell else None,
}
_COLUMNS = {field.name: _PARSERS[str(field.type)] for field in fields(Result)}
HEADER = "\t".join(_COLUMNS)


def append_results(path: Path, rows: Iterable[Result]) -> None:
    """Add rows to a TSV file, which is made with its header if it isn't there.

    Raises:
        OutputError: the file can't be written.
    """
    try:
        new = not path.exists()
        with path.open("a", encoding="utf-8", newline="\n") as stream:
            if new:
                stream.write(HEADER + "\n")
            stream.writelines(_line(row) for row in rows)
    except OSError as error:
        raise OutputError(f"can't write results to {path}: {error}") from error


def write_results(path: Path, rows: Sequence[Result]) -> None:
    """Replace a TSV file as a whole.

    Raises:
        OutputError: the file can't be written.
    """
    temporary = path.with_name(path.name + ".part")
    temporary.unlink(missing_ok=True)
    append_results(temporary, rows)
    temporary.replace(path)


def read_results(path: Path) -> list[Result]:
    """All rows of a TSV file; a last line cut short by an interrupted run is left out.

    Raises:
        InputError: the file can't be read, has other columns or a cell that can't be parsed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"can't read results from {path}: {error}") from error
    lines = text.split("\n")[:-1]  # what follows the last newline is empty or cut short
    if not lines or lines[0] != HEADER:
        raise InputError(f"{path} isn't a results file: its header must be {HEADER!r}")
    return [_parse(path, number, line) for number, line in enumerate(lines[1:], start=2)]


def _line(row: Result) -> str:
    cells = (getattr(row, name) for name in _COLUMNS)
    return "\t".join("" if cell is None else _clean(str(cell)) for cell in cells) + "\n"


def _clean(cell: str) -> str:
    return cell.replace("\t", " ").replace("\n", " ")


def _parse(path: Path, number: int, line: str) -> Result:
    cells = line.split("\t")
    try:
        if len(cells) != len(_COLUMNS):
            raise ValueError(f"{len(cells)} cells, expected {len(_COLUMNS)}")
        pairs = zip(_COLUMNS.items(), cells, strict=True)
        return Result(**{name: parse(cell) for (name, parse), cell in pairs})
    except ValueError as error:
        raise InputError(f"{path}, line {number}: {error}") from error
