"""The table of the docs, a function of the folder of results; where there is none it says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pellucid.evaluate.large.report import body_of
from pellucid.evaluate.large.rows import load_methods, load_rows

NOT_YET = "Not measured yet."


def tasks_section(results: Path) -> str:
    """Every size and task."""
    rows = load_rows(results)
    return body_of(rows, load_methods(results)) if rows else NOT_YET


# Name of the markers -> what stands between them.
SECTIONS: dict[str, Callable[[Path], str]] = {"large-tasks": tasks_section}
