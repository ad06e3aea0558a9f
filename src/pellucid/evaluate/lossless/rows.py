"""One row a picture, codec and bound, and where a bench keeps them.

DIR/lossless-<codec>.tsv    a file for each codec, so that one can be run again alone
DIR/lossless-methods.json   what it ran on; how each codec runs; refusals and command of a set
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.evaluate.exact_codecs import ExactCodec
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.store import describe_machine, read_facts, write_facts

PREFIX = "lossless-"
METHODS = "lossless-methods.json"


@dataclass(frozen=True, slots=True)
class ExactResult:
    """One picture coded and decoded.

    `data` names the set of pictures. `bound` is the largest error that was allowed, 0 for lossless,
    and `worst` the largest that decoding gave. `bytes` are those of all files, `bits` 8 * bytes /
    (width * height * channels). `encode_s` and `decode_s` are wall seconds, medians of `repeats`
    runs that took turns with the other codecs; `threads` is what was asked for.
    """

    method: str
    data: str
    picture: str
    width: int
    height: int
    channels: int
    dtype: str
    bound: int
    files: int
    bytes: int
    bits: float
    worst: int
    encode_s: float
    decode_s: float
    threads: int
    repeats: int
    version: str

    @property
    def samples(self) -> int:
        """How many numbers the picture is made of."""
        return self.width * self.height * self.channels

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells the rows of one codec apart."""
        return (self.data, self.picture, self.bound)


TABLE = Rows(ExactResult)


def rows_path(folder: Path, method: str) -> Path:
    """The file with one codec's rows."""
    return folder / f"{PREFIX}{method}.tsv"


def load_rows(folder: Path) -> list[ExactResult]:
    """All rows of all codecs, in order of file name; none if nothing was measured.

    Raises:
        InputError: a file that can't be read.
    """
    return [row for path in sorted(folder.glob(f"{PREFIX}*.tsv")) for row in TABLE.read(path)]


def keep_usable(
    folder: Path,
    codec: ExactCodec,
    sets: Collection[str],
    *,
    threads: int,
    repeats: int,
    fresh: bool = False,
) -> list[ExactResult]:
    """What an earlier run left that still holds; the rest is taken out of the file.

    A row is stale if it was made with another version or, in one of `sets`, with other threads or
    repeats; with `fresh` all rows of `sets` are.
    """
    path = rows_path(folder, codec.name)
    if not path.exists():
        return []
    rows = [
        row
        for row in TABLE.read(path)
        if row.version == codec.version
        and (
            row.data not in sets or (not fresh and (row.threads, row.repeats) == (threads, repeats))
        )
    ]
    if rows:
        TABLE.write(path, rows)
    else:
        path.unlink()
    return rows


def sort_rows(folder: Path, method: str) -> None:
    """Puts a finished file in order, so that runs can be compared."""
    path = rows_path(folder, method)
    if path.exists():
        TABLE.write(path, sorted(TABLE.read(path), key=lambda row: row.key))


def save_methods(
    folder: Path,
    codecs: Sequence[ExactCodec],
    *,
    refused: Mapping[str, Mapping[str, Sequence[str]]],
    commands: Mapping[str, str],
) -> None:
    """Adds to what an earlier run left.

    Args:
        folder: of the rows.
        codecs: those that ran.
        refused: set -> codec -> why it made no rows of some pictures.
        commands: set -> the command that measures it.

    Raises:
        OutputError: it can't be written.
    """
    before = load_methods(folder)
    facts = {
        **describe_machine(),
        "methods": {**before.get("methods", {}), **{codec.name: codec.how for codec in codecs}},
        "refused": {**before.get("refused", {})},
        "commands": {**before.get("commands", {}), **commands},
    }
    for data, reasons in refused.items():
        kept = facts["refused"].get(data, {})
        ran = {codec.name for codec in codecs}
        others = {name: why for name, why in kept.items() if name not in ran}
        facts["refused"][data] = {**others, **{name: list(why) for name, why in reasons.items()}}
    write_facts(folder / METHODS, facts)


def load_methods(folder: Path) -> dict[str, Any]:
    """What `lossless-methods.json` says; empty if it isn't there."""
    return read_facts(folder / METHODS)
