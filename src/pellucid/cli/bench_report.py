"""`pellucid bench report`: every kept row as one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from pellucid.cli._bench_end import tell
from pellucid.errors import OutputError


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="HTML file.  [default: DIR/report.html]"
)
@click.option("--force", is_flag=True, help="Overwrite the file that -o names.")
def report(folder: Path, out: Path | None, force: bool) -> None:
    """One self-contained HTML page of all rows in DIR: tables, plots, machine, commands.

    Made from the rows alone; nothing is measured. Needs the extra: pip install 'pellucid[bench]'.
    """
    from pellucid.evaluate.html import write_html

    if out is not None and out.exists() and not force:
        raise OutputError(f"{out} exists; use --force to overwrite it")
    tell(f"wrote {write_html(folder, out)}")
