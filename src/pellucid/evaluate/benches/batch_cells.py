"""Cells and lines that tables of `bench batch` share: medians and quartiles over runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pellucid.evaluate import runs
from pellucid.evaluate.benches.batch_rows import BatchRun
from pellucid.evaluate.speed import spread_of
from pellucid.evaluate.table import NO_VALUE, Table

Column = Callable[[Sequence[BatchRun]], str]


def machine(folder: Path, task: str) -> str:
    """Where the rows of a task were measured, for the end of a sentence."""
    return runs.where(folder, "batch", f"batch-{task}.tsv")


def short(value: float) -> str:
    """Seconds, hours or money: no more digits than are worth reading."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def between(found: Sequence[BatchRun], value: Callable[[BatchRun], float]) -> str:
    """Quartiles; a dash of one run."""
    if len(found) < 2:
        return NO_VALUE
    part = spread_of([value(run) for run in found])
    return f"{short(part.low)}–{short(part.high)}"


def middle(value: Callable[[BatchRun], float | None], digits: str = "") -> Column:
    """A column of medians, with these digits or few; a dash where there is no value."""

    def cell(found: Sequence[BatchRun]) -> str:
        values = [one for run in found if (one := value(run)) is not None]
        if not values:
            return NO_VALUE
        median = spread_of(values).median
        return format(median, digits) if digits else short(median)

    return cell


def table(
    found: Mapping[str, Sequence[BatchRun]], columns: Mapping[str, Column], first: str = ""
) -> Table:
    """A line for each kind of runs that there are, named by `found`."""
    lines = {name: some for name, some in found.items() if some}
    body = [[name, *(show(some) for show in columns.values())] for name, some in lines.items()]
    return Table([first, *columns], body)
