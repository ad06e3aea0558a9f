"""The tables of the docs from kept rows; where nothing was measured the section says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pellucid.evaluate.toy import rows as store
from pellucid.evaluate.toy.report import build

NOT_YET = "Not measured yet."


def toy_section(results: Path) -> str:
    """Every table."""
    rows = store.load_rows(results)
    return build(rows, store.load_runs(results), store.load_methods(results)) if rows else NOT_YET


# Name of the markers -> what stands between them.
SECTIONS: dict[str, Callable[[Path], str]] = {"toy": toy_section}
