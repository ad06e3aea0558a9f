"""The manifest as a Parquet file, for tools that read these, and as the source of a next run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from pellucid.errors import MissingExtraError
from pellucid.pixels.atomic import new_file

if TYPE_CHECKING:
    from pellucid.scale.manifest.manifest import Manifest

__all__ = ["to_parquet"]

GROUP = 20_000  # rows that are in memory at once
# Column -> its type as pyarrow calls it; `size` is what was read, else what the listing says.
COLUMNS = {
    "url": "string",
    "state": "string",
    "output": "string",
    "size": "int64",
    "sha256": "string",
    "written": "int64",
    "written_sha256": "string",
    "seconds": "float64",
    "error": "string",
    "message": "string",
    "remarks": "string",  # JSON, as `fields`
    "fields": "string",
    "damaged": "bool",
    "version": "string",
    "models": "string",
    "worker": "string",
    "finished": "timestamp",
    "place": "string",
    "stamp": "string",
}
PAGE = 1000
QUESTION = f"SELECT id, {', '.join(COLUMNS)} FROM pictures WHERE id > ? ORDER BY id LIMIT {PAGE}"


def to_parquet(manifest: Manifest, path: str | os.PathLike[str], *, force: bool = False) -> int:
    """Write all rows, `url` first, in the order of the queue; see `Manifest.to_parquet`."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "scale") from error
    kinds = {"string": pyarrow.string(), "timestamp": pyarrow.timestamp("s", tz="UTC")}
    schema = pyarrow.schema(
        [(name, kinds.get(kind) or pyarrow.type_for_alias(kind)) for name, kind in COLUMNS.items()]
    )
    written = 0
    with new_file(path, force=force) as file, parquet.ParquetWriter(file, schema) as writer:
        rows = manifest.pages(QUESTION)
        while some := list(islice(rows, GROUP)):
            arrays = list(zip(*(_values(row) for row in some), strict=True))
            writer.write_table(pyarrow.table(arrays, schema=schema), row_group_size=GROUP)
            written += len(some)
    return written


def _values(row: tuple[Any, ...]) -> Iterator[Any]:
    """Values of the columns, without the id, as pyarrow takes them."""
    for name, value in zip(COLUMNS, row[1:], strict=True):
        match COLUMNS[name]:
            case "timestamp":
                yield value and datetime.fromisoformat(value)
            case "bool":
                yield bool(value)
            case _:
                yield value
