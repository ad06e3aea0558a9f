"""`pellucid bench all`: every bench one after the other, and one page of all their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pellucid.cli._bench_command import command_with, tell_failures
from pellucid.cli._program import tell
from pellucid.errors import InputError, MissingExtraError, OptionError, PellucidError

if TYPE_CHECKING:
    from pellucid.evaluate.bench import AnyBench
    from pellucid.evaluate.plan import Request


def all_command() -> click.Command:
    """`pellucid bench all`."""
    from pellucid.evaluate.html import write_html
    from pellucid.evaluate.pictures import find_pictures, write_samples
    from pellucid.evaluate.plan import Request

    def measure(**given: Any) -> None:
        request = Request(**given)
        parts = parts_of(request)
        if request.pictures != request.data:
            write_samples(request.pictures, request.data)
        find_pictures(request.pictures)  # or an error, before anything is measured
        failures = [failure for bench in parts for failure in measure_part(bench, request)]
        tell(f"wrote {write_html(request.out)}")
        tell_failures(failures)

    return command_with("all", Request, measure)


def parts_of(request: Request) -> list[AnyBench]:
    """The benches to run; OptionError if there are none, or no pictures for them."""
    from pellucid.evaluate.registry import BENCHES

    known = {bench.name: bench for bench in BENCHES if bench.requested}
    asked = [name for part in request.parts for name in (known if part == "all" else [part])]
    if unknown := [name for name in asked if name not in known]:
        raise OptionError(f"no part called {unknown[0]!r}; there are: all, {', '.join(known)}")
    if request.data is None and not request.quick:
        raise OptionError("give --data with a folder of pictures, or --quick")
    found = [known[name] for name in asked if known[name].quick or not request.quick]
    if not found:
        raise OptionError(f"--quick leaves none of {', '.join(request.parts)}; leave it out")
    return found


def measure_part(bench: AnyBench, request: Request) -> list[str]:
    """Measure what is asked of one bench and write its report; says what failed."""
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.report import write_report

    tell(f"== {bench.name}")
    try:
        plans = bench.requested(request) if bench.requested else []
    except (InputError, MissingExtraError) as error:
        tell(f"left out: {error}")
        return []
    failures = []
    for plan in plans:
        plan.check()
        try:
            failures += run(bench, plan, tell).failures
        except PellucidError as error:
            failures.append(f"{bench.what(plan)}: {error}")
    if bench.found(request.out):
        write_report(bench, request.out)
    return failures
