"""How every bench command ends: the report, the files, and what failed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from pellucid.errors import PellucidError


def tell(line: str) -> None:
    """One line of progress on stderr."""
    click.echo(line, err=True)


def command_line() -> str:
    """The words of the command that runs, for the record of its rows; only those that were given.

    Relative paths stay as they were given; of others the last name is kept.
    """
    from pellucid.evaluate.runs import path_word

    def as_word(value: object) -> str:
        if isinstance(value, Path):
            return path_word(value)
        if isinstance(value, tuple):
            return ",".join(map(as_word, value)) or "none"
        return f"{value:g}" if isinstance(value, float) else str(value)

    context = click.get_current_context()
    words = context.command_path.split()
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if source is not ParameterSource.COMMANDLINE or isinstance(option, click.Argument):
            continue
        value = context.params[option.name or ""]
        if isinstance(option, click.Option) and option.is_flag:
            words += option.opts[-1:] if value else []
        elif isinstance(option, click.Option) and option.multiple:
            words += [word for one in value for word in (option.opts[0], as_word(one))]
        else:
            words += [option.opts[0], as_word(value)]
    return shlex.join(["pellucid", *words[words.index("bench") :]])


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
