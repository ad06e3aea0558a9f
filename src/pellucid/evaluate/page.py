"""A report as a file: the end of every bench."""

from __future__ import annotations

from pathlib import Path

from pellucid.errors import OutputError


def write_page(path: Path, text: str) -> Path:
    """Write Markdown to `path`, which is returned; OutputError if it can't be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"can't write {path}: {error}") from error
    return path
