"""What all verbs of `pellucid batch` take: the options of the run; what it can't have, and why.

A verb's own options are those of its command. What that has for one file or one folder makes no
sense for a run; whoever gives it is told why, and help doesn't name it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib.util import find_spec
from typing import Any

import click

import pellucid
from pellucid.cli import _options as options
from pellucid.cli._options import Command, option
from pellucid.errors import OptionError

DASHBOARD = "127.0.0.1:8787"
PICTURES = click.IntRange(min=1)
RUN_OPTIONS = (
    option(
        "--scheduler",
        "Of a Dask scheduler whose workers do it: tcp://host:8786. Default: processes here.",
        str,
        "ADDRESS",
    ),
    option("--workers", "Processes here.  [default: one for each core]", PICTURES, "N"),
    option(
        "--manifest",
        "SQLite file with a row for each picture, by which --resume goes on.  [default: "
        "DST/pellucid-batch.sqlite; of URLs in the current folder, with their words in its name]",
        options.PATH,
        "FILE",
    ),
    option(
        "--report",
        "Page about the run, in HTML.  [default: beside the manifest]",
        options.PATH,
        "FILE",
    ),
    option("--parquet", "Write the manifest as Parquet, too, at the end.", options.PATH, "FILE"),
    option("--resume", "Go on with the run of the manifest: do what is missing, or has failed."),
    options.force_option,
    option("--skip-existing", "Pass over sources whose output exists already."),
    option("--limit", "Take the first N pictures only.", PICTURES, "N"),
    option("--dry-run", "Do nothing; say what would be done, and what it would be called."),
    option(
        "--sample",
        "Do N pictures, chosen at random, without keeping anything, and say what all would take.",
        PICTURES,
        "N",
    ),
    option(
        "--price",
        "With --sample: of a worker (here a core) for an hour, in any currency.",
        options.ABOVE_0,
        "X",
    ),
    option(
        "--dashboard",
        f"Where Dask shows what it does, without --scheduler.  [default: {DASHBOARD}, if bokeh is "
        "installed]",
        str,
        "ADDRESS",
    ),
    option("--json as_json", "One JSON object about the run on stdout, at the end."),
    option(
        "--progress",
        "Say how far the run is, on stderr, also where that is no terminal or with --json.",
    ),
)
# Parameters of the commands that a run can't have: why not.
REFUSED = {
    "out": "isn't of a batch, whose second argument is where outputs go: pellucid batch SRC DST",
    "recursive": "isn't of a batch, which always takes all that is below a folder",
    "keep_times": "isn't of a batch, as object stores set the time of a file themselves",
    "jobs": "isn't of a batch: --workers says how many pictures are worked on at a time",
    "guide": "is one picture, which can't fit all that a batch takes; give it to pellucid "
    "compress or denoise",
    "mask": "is of one picture, and a batch takes many; give it to pellucid denoise",
    "against": "is the source of one file, and a batch takes many; pellucid batch transcode "
    "compares each output with its source",
}
OF_FILES = {"files", *(field.name for field in fields(options.Batch))}


def own_options(command: click.Command) -> list[click.Parameter]:
    """A command's options in a run: its own, and hidden those that are refused."""
    found: list[click.Parameter] = []
    for param in command.params:
        if param.name in REFUSED:
            found.append(refused(param, REFUSED[param.name]))
        elif param.name not in OF_FILES:
            found.append(param)
    return found


def refused(param: click.Parameter, reason: str) -> click.Option:
    """An option that is taken only to say why it isn't."""

    def refuse(_context: click.Context, given: click.Parameter, value: object) -> None:
        if value:
            raise OptionError(f"{given.opts[-1]} {reason}")

    flag = isinstance(param, click.Option) and param.is_flag
    return click.Option(
        param.opts, is_flag=flag, help=reason, hidden=True, expose_value=False, callback=refuse
    )


def params_of(*given: Callable[[Command], Command]) -> tuple[click.Parameter, ...]:
    """What decorators would give a command, in order."""

    def bare(**_: Any) -> None: ...

    for one in reversed(given):
        bare = one(bare)
    return tuple(click.command()(bare).params)


def check_together(given: Mapping[str, Any]) -> None:
    """Raise OptionError for options of a run that contradict each other."""
    for one, other, reason in (
        ("force", "skip_existing", "the first overwrites what exists, and the second leaves it"),
        ("dry_run", "sample", "a sample says first what a dry run does"),
        ("scheduler", "workers", "its workers are those that have joined it"),
        ("scheduler", "dashboard", "it has its own"),
    ):
        if given[one] and given[other]:
            raise OptionError(f"{flag(one)} and {flag(other)}: {reason}; choose")
    for name in ("dry_run", "sample"):
        for kept in ("resume", "manifest", "report", "parquet", "verified"):
            if given[name] and given.get(kept):
                raise OptionError(
                    f"{flag(name)} and {flag(kept)}: the first keeps nothing; leave one out"
                )
    if given["price"] and not given["sample"]:
        raise OptionError("--price is for an estimate; add --sample 50, or another number")
    if given.get("verified") and not given["check"]:
        raise OptionError("--verified lists what a check has found right; leave --no-check out")


def flag(name: str) -> str:
    """An option as it is written."""
    return f"--{name.replace('_', '-')}"


def dashboard_of(given: str | None, scheduler: str | None) -> str | None:
    """Where Dask's pages are; None for nowhere."""
    if given is None and scheduler is None and find_spec("bokeh") is not None:
        return DASHBOARD
    return given


def anywhere(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with a model's folder by a path that holds for any process.

    The name of an installed model counts first, as in every command.
    """
    model: str | None = wanted.get("model")
    if model is None or model in {**pellucid.models(), **pellucid.denoisers()}:
        return dict(wanted)
    return {**wanted, "model": os.path.abspath(model) if os.path.exists(model) else model}


def in_words(
    params: Sequence[click.Parameter], wanted: Mapping[str, Any], plain: Mapping[str, Any]
) -> str:
    """The options that aren't as in `plain`, the defaults, as a person would write them."""
    return " ".join(
        written(param, wanted[param.name])
        for param in params
        if param.name in wanted and wanted[param.name] != plain[param.name]
    )


def written(param: click.Parameter, value: Any) -> str:
    """An option with its value."""
    name = param.opts[-1]
    if isinstance(param, click.Option) and param.is_flag:
        return param.secondary_opts[-1] if param.secondary_opts and not value else name
    if isinstance(param.type, click.Choice) and param.callback is not None:
        read = functools.partial(param.callback, None, param)  # type: ignore[arg-type]
        value = next(choice for choice in param.type.choices if read(choice) == value)
    if isinstance(value, pellucid.Limits):
        value = value.max_pixels
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return f"{name} {value}"
