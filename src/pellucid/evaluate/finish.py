"""A folder of rows -> `report.md` and the plots beside them."""

from __future__ import annotations

from pathlib import Path

from pellucid.evaluate import store
from pellucid.evaluate.page import write_page
from pellucid.evaluate.plot import write_plots
from pellucid.evaluate.report import build_report

REPORT = "report.md"


def write_report(folder: Path) -> tuple[str, list[Path]]:
    """Make the report and the plots of all rows in `folder`, also those of earlier runs.

    Returns:
        The report as Markdown and the files written.

    Raises:
        InputError: no rows.
        OutputError: a file can't be written.
        MissingExtraError: matplotlib or bjontegaard isn't installed.
    """
    sweep = store.load_sweep(folder)
    speed = store.load_speed(folder)
    text = build_report(sweep, speed, store.load_machine(folder))
    path = write_page(folder / REPORT, text)
    return text, [path, *write_plots(sweep, speed, folder)]
