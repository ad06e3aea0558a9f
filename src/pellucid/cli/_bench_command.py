"""A command made of a bench: its options, the words of it for the record, and how it ends."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Sequence
from dataclasses import MISSING
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from pellucid.cli._program import tell
from pellucid.cli.adapt import require_training
from pellucid.errors import PellucidError

if TYPE_CHECKING:
    from pellucid.evaluate.bench import AnyBench
    from pellucid.evaluate.plan import BasePlan, Option, Request

GOES_ON = "Rows are written as they come; the same command goes on where an earlier one stopped."


def command_of(bench: AnyBench) -> click.Command:
    """`pellucid bench NAME`: measures what is missing, and shows the report."""
    from pellucid.evaluate.bench import run
    from pellucid.evaluate.report import write_report

    def measure(**given: Any) -> None:
        if bench.name == "adapt":
            given["tune"] = tuning(**given)
        plan = bench.plan(**given).settled()
        outcome = run(bench, plan, tell)
        text, paths = write_report(bench, plan.out)
        click.echo(text)
        for path in paths:
            tell(f"wrote {path}")
        tell_failures(outcome.failures)

    return command_with(bench.name, bench.plan, measure, GOES_ON)


def command_with(
    name: str, plan: type[BasePlan | Request], measure: Callable[..., None], more: str = ""
) -> click.Command:
    """A command with the options of a plan, which `measure` is given with the command's words."""
    from pellucid.evaluate.plan import options_of

    return click.Command(
        name,
        callback=lambda **given: measure(command=command_line(), **given),
        params=[option_of(option) for option in options_of(plan)],
        help=f"{inspect.getdoc(plan)}\n\n{more}",
    )


def tuning(
    *, minutes: float, model: str, threads: int, **_others: Any
) -> Callable[[Path, Path, bool], Path]:
    """What `bench adapt` measures: shots, a folder and whether shots repeat -> the tuned model."""
    require_training()
    from pellucid.train.adapt import adapt_denoiser

    def tune(shots: Path, folder: Path, repeats: bool) -> Path:
        start = partial(adapt_denoiser, minutes=minutes, model=model, threads=threads)
        return start(shots, folder, lambda _line: None, repeats=repeats).folder

    return tune


def several(kind: type) -> Callable[[str], tuple[Any, ...]]:
    """What reads words or numbers with commas between, each once."""

    def read(text: str) -> tuple[Any, ...]:
        try:
            parts = [part.strip() for part in text.split(",")]
            return tuple(dict.fromkeys(kind(part) for part in parts if part))
        except ValueError as error:
            what = "whole numbers" if kind is int else "numbers"
            raise click.BadParameter(f"{what} with commas between, got {text!r}") from error

    return read


def option_of(option: Option) -> click.Option:
    """A field of a plan as an option of the command line."""
    kind, default = option.kind, option.default
    with_commas = option.many and kind is not Path and not option.each
    ends: dict[str, Any] = {"min": option.least, "max": option.most}
    if option.over is not None:
        ends |= {"min": option.over, "min_open": True}
    types: dict[type, Any] = {
        Path: click.Path(path_type=Path),
        str: click.Choice(option.choices) if option.choices else str,
        int: click.IntRange(**ends),
        float: click.FloatRange(**ends),
    }
    more: dict[str, Any] = {"type": types.get(kind), "required": default is MISSING}
    if with_commas:
        more = {"type": several(kind), "default": as_word(default) if default else ""}
        more["metavar"] = "TEXT" if kind is str else "N,N"
    elif default is not MISSING:
        more["default"] = default
    return click.Option(
        [*(["-o"] if option.name == "out" else []), option.word, option.name],
        is_flag=True if kind is bool else None,  # False would let it stand without its value
        multiple=option.many and not with_commas,
        show_default=kind is not bool and default != () and "[default: " not in option.help,
        help=option.help,
        **more,
    )


def as_word(value: object) -> str:
    """A value as it is given on a command line; of a path that leads elsewhere its last name."""
    from pellucid.evaluate.runs import path_word

    if isinstance(value, Path):
        return path_word(value)
    if isinstance(value, tuple):
        return ",".join(map(as_word, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def command_line() -> str:
    """The words of the command that runs, for the record of its rows; only those that were given.

    Relative paths stay as they were given; of others the last name is kept.
    """
    context = click.get_current_context()
    words = context.command_path.split()
    for option in context.command.params:
        name = option.name or ""
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if not given or not isinstance(option, click.Option):
            continue
        value: Any = context.params[name]
        if option.is_flag:
            words += option.opts[-1:] if value else []
        else:
            each = value if option.multiple else [value]
            words += [word for one in each for word in (option.opts[0], as_word(one))]
    return shlex.join(["pellucid", *words[words.index("bench") :]])


def tell_failures(failures: Sequence[str]) -> None:
    """Name what failed, and raise PellucidError if anything did."""
    for failure in failures:
        tell(f"failed: {failure}")
    if failures:
        raise PellucidError(f"{len(failures)} failures; the other rows are complete")
