"""`pellucid bench`: pellucid beside what people use; the benches themselves are in `evaluate`.

A bench's plan says which options there are (`evaluate/plan.py`); a command is made of it when
it is asked for, so that `pellucid --help` is quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pellucid.cli._bench_command import command_of
from pellucid.cli._program import tell
from pellucid.cli.bench_all import all_command
from pellucid.errors import OptionError, OutputError, PellucidError

if TYPE_CHECKING:
    from pellucid.evaluate.bench import AnyBench

PATH = click.Path(path_type=Path)


class Benches(click.Group):
    """Commands of its own, and one for each registered bench that measures."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """By name."""
        return sorted([*self.commands, *measuring(), "all"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them, or None."""
        if own := super().get_command(ctx, cmd_name):
            return own
        if cmd_name == "all":
            return all_command()
        if cmd_name not in (known := measuring()):
            return None
        command = command_of(known[cmd_name])
        return with_calibrate(command) if cmd_name == "intervals" else command


def measuring() -> dict[str, AnyBench]:
    """The benches that have options, by name."""
    from pellucid.evaluate.plan import BasePlan
    from pellucid.evaluate.registry import BENCHES

    return {bench.name: bench for bench in BENCHES if bench.plan is not BasePlan}


def with_calibrate(command: click.Command) -> click.Command:
    """`bench intervals`, which may make a model's intervals instead of rows."""
    measure = command.callback

    def either(calibrate: bool, out: Path | None, **given: Any) -> None:
        if calibrate == (out is not None):
            raise OptionError("give either --out, for rows, or --calibrate")
        if out is not None and measure:
            measure(out=out, **given)
        elif given["grey"]:
            raise OptionError("--grey goes with --out; give grey pictures to calibrate on such")
        else:
            from pellucid.evaluate.calibrate import make_intervals

            words = (given[name] for name in ("data", "images", "task", "model"))
            tell(f"wrote {make_intervals(*words, notify=tell)}")

    text = "Make the model's intervals from DATA, in its folder."
    command.callback = either
    command.params.append(click.Option(["--calibrate"], is_flag=True, help=text))
    next(option for option in command.params if option.name == "out").required = False
    return command


@click.group(cls=Benches)
def bench() -> None:
    """Measure pellucid beside the codecs and denoisers people use."""


@bench.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("-o", "--out", type=PATH, help="HTML file.  [default: DIR/report.html]")
@click.option("--force", is_flag=True, help="Overwrite the file that -o names.")
def report(folder: Path, out: Path | None, force: bool) -> None:
    """One self-contained HTML page of all rows in DIR: tables, plots, machine, commands.

    Made from the rows alone; nothing is measured. Needs the extra: pip install 'pellucid[bench]'.
    """
    from pellucid.evaluate.html import write_html

    if out is not None and out.exists() and not force:
        raise OutputError(f"{out} exists; use --force to overwrite it")
    tell(f"wrote {write_html(folder, out)}")


@bench.command()
@click.option(
    "--results", type=PATH, default="results/v0.1", show_default=True, help="Folder of rows."
)
@click.option(
    "--readme", type=PATH, default="README.md", show_default=True, help="File with the markers."
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if one is out of step.")
def table(results: Path, readme: Path, check: bool) -> None:
    """Make the README's tables from the kept rows."""
    from pellucid.evaluate.registry import SECTIONS
    from pellucid.evaluate.report import sync_page

    if sync_page(readme, results, SECTIONS, check=check):
        click.echo(f"{readme} is in step with {results}")
    elif check:
        raise PellucidError(f"{readme} is out of step with {results}; run: pellucid bench table")
    else:
        click.echo(f"{readme} rewritten from {results}")
