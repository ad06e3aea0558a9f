"""Cells and lines that tables of `bench batch` share: medians and quartiles over runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pellucid.evaluate import runs
from pellucid.evaluate.benches.batch_rows import BatchRun, spread
from pellucid.evaluate.speed import spread_of
from pellucid.evaluate.table import NO_VALUE, Table

Column = Callable[[Sequence[BatchRun]], str]


def machine(folder: Path, task: str) -> str:
    """Where the rows of a task were measured, for the end of a sentence."""
    return runs.where(folder, "batch", f"batch-{task}.tsv")


def seconds(value: float) -> str:
    """With three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def between(found: Sequence[BatchRun], value: Callable[[BatchRun], float]) -> str:
    """Quartiles; a dash of one run."""
    if len(found) < 2:
        return NO_VALUE
    part = spread(found, value)
    return f"{seconds(part.low)}–{seconds(part.high)}"


def middle(value: Callable[[BatchRun], float | None], digits: str = ".3g") -> Column:
    """A column of medians; a dash where there is no value."""

    def cell(found: Sequence[BatchRun]) -> str:
        values = [one for run in found if (one := value(run)) is not None]
        return format(spread_of(values).median, digits) if values else NO_VALUE

    return cell


def table(
    found: Mapping[str, Sequence[BatchRun]], columns: Mapping[str, Column], first: str = ""
) -> Table:
    """A line for each kind of runs that there are, named by `found`."""
    lines = {name: some for name, some in found.items() if some}
    body = [[name, *(show(some) for show in columns.values())] for name, some in lines.items()]
    return Table([first, *columns], body)
