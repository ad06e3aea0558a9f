"""`pellucid bench all`: every bench one after the other, and one page of all their rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pellucid.cli._bench_command import command_line, tell_failures
from pellucid.cli._options import names
from pellucid.cli._program import tell
from pellucid.errors import InputError, MissingExtraError, OptionError, PellucidError

if TYPE_CHECKING:
    from pellucid.evaluate.bench import AnyBench
    from pellucid.evaluate.plan import Wish

PICTURES = "pictures"  # folder of a quick run's, beside its rows
PATH = click.Path(path_type=Path)


@click.command(name="all")
@click.option("--data", type=PATH, help="Folder of clean pictures; with --quick not needed.")
@click.option("-o", "--out", required=True, type=PATH, help="Folder for everything.")
@click.option(
    "--parts",
    callback=names,
    default="all",
    show_default=True,
    help="Benches to run, comma between; a quick run takes those of them that are quick.",
)
@click.option("--toy", type=PATH, help="Sets of small pictures, as bench toy takes.")
@click.option("--models", callback=names, default="m,s", show_default=True, help="pellucid's own.")
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Of every method.",
)
@click.option("--quick", is_flag=True, help="About a minute: two small pictures, few peers, PSNR.")
def all_benches(
    data: Path | None,
    out: Path,
    parts: tuple[str, ...],
    toy: Path | None,
    models: tuple[str, ...],
    threads: int,
    quick: bool,
) -> None:
    """All benches on one folder of pictures, and OUT/report.html with all their rows.

    With --quick and no --data on photographs that scikit-image ships. Without --quick it takes
    hours on a set such as Kodak's, BM3D most of them; rows are written as they come, and the same
    command goes on where an earlier one stopped. Large mosaics need photographs of 1024 x 1024 or
    more and the extra science; what can't be had is left out, and said.

    Needs the extra: pip install 'pellucid[bench]'.
    """
    from pellucid.evaluate.html import write_html
    from pellucid.evaluate.pictures import write_samples
    from pellucid.evaluate.plan import Wish
    from pellucid.evaluate.registry import BENCHES

    known = {bench.name: bench for bench in BENCHES if bench.wished}
    asked = [name for part in parts for name in (known if part == "all" else [part])]
    if unknown := [name for name in asked if name not in known]:
        raise OptionError(f"no part called {unknown[0]!r}; there are: all, {', '.join(known)}")
    if data is None and not quick:
        raise OptionError("give --data with a folder of pictures, or --quick")
    chosen = [known[name] for name in asked if known[name].quick or not quick]
    if not chosen:
        raise OptionError(f"--quick leaves none of {', '.join(parts)}; leave it out")
    pictures = write_samples(out / PICTURES, data) if quick or data is None else data
    wish = Wish(pictures, out, quick, models, threads, toy, command_line())
    failures = []
    for bench in chosen:
        tell(f"== {bench.name}")
        failures += measure_part(bench, wish)
    tell(f"wrote {write_html(out)}")
    tell_failures(failures)


def measure_part(bench: AnyBench, wish: Wish) -> list[str]:
    """Measure what is asked of one bench and write its report; says what failed."""
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.report import write_report

    try:
        plans = bench.wished(wish) if bench.wished else []
    except (InputError, MissingExtraError) as error:
        tell(f"left out: {error}")
        return []
    failures = []
    for plan in plans:
        try:
            failures += run(bench, plan, tell).failures
        except PellucidError as error:
            failures.append(f"{bench.what(plan)}: {error}")
    if bench.found(wish.out):
        write_report(bench, wish.out)
    return failures
