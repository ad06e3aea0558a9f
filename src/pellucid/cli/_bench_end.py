"""How every bench command ends: the report, the files, and what failed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pellucid.errors import PellucidError


def tell(line: str) -> None:
    """One line of progress on stderr."""
    click.echo(line, err=True)


def close_bench(report: tuple[str, Sequence[Path]], failures: Sequence[str]) -> None:
    """Show the report and name its files; PellucidError if anything failed."""
    text, paths = report
    click.echo(text)
    for path in paths:
        tell(f"wrote {path}")
    for failure in failures:
        tell(f"failed: {failure}")
    if failures:
        raise PellucidError(f"{len(failures)} failures; the other rows are complete")
