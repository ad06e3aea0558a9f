"""A Parquet manifest: a picture a row, read in batches of the columns that are needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import repeat
from typing import Any, BinaryIO

from pellucid.errors import InputError, refusing
from pellucid.pixels.extras import science
from pellucid.scale.sources.lists import problem_of
from pellucid.scale.sources.local import Told

COLUMNS = ("url", "source", "path")
SIZE = "size"
ROWS = 10_000  # a batch
BUFFER = 1 << 20  # bytes a column


def rows_of(file: BinaryIO, name: str, told: Told) -> Iterator[tuple[str, int | None]]:
    """Paths or URLs with their sizes, in order; `told` hears of rows that name nothing.

    The column is `url`, else `source`, else `path`, else the only one of strings; `size` is
    optional. Raises InputError for a damaged file, or if no column fits.
    """
    with refusing(f"{name} cannot be read as Parquet"):
        for number, (text, size) in enumerate(_pairs(file, name), 1):
            problem = problem_of(text) if text else "empty"
            if problem:
                told(f"{name}, row {number}: {problem}")
            else:
                yield text, size if size is not None and size >= 0 else None


def _pairs(file: BinaryIO, name: str) -> Iterator[tuple[str, int | None]]:
    """The values of the two columns, a batch at a time."""
    parquet = science("pyarrow.parquet", "scale", "pyarrow")
    with closing(parquet.ParquetFile(file, buffer_size=BUFFER)) as table:
        columns = _columns(table.schema_arrow, name)
        for batch in table.iter_batches(ROWS, columns=columns, use_threads=False):
            texts, *sizes = (batch.column(each).to_pylist() for each in columns)
            yield from zip(texts, sizes[0] if sizes else repeat(None), strict=False)


def _columns(schema: Any, name: str) -> list[str]:
    """The column of names and, if it is there, that of sizes."""
    types = science("pyarrow.types", "scale", "pyarrow")
    texts = [field.name for field in schema if _is_text(field.type, types)]
    chosen = [each for each in COLUMNS if each in texts][:1] or texts
    if len(chosen) != 1:
        some = ", ".join(schema.names[:20]) + (" …" if len(schema.names) > 20 else "")
        raise InputError(
            f"{name} has no column url, source or path of strings, nor only one of strings; it has "
            f"{some or 'no columns'}"
        )
    has_size = SIZE in schema.names and types.is_integer(schema.field(SIZE).type)
    return [*chosen, SIZE] if has_size else chosen


def _is_text(kind: Any, types: Any) -> bool:
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))
