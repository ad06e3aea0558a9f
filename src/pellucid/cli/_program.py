"""What every command shares: an error becomes one line on stderr and an exit code.

`PellucidError` gives 1, `OptionError` 2 (as wrong usage does), Ctrl-C 130. Any other exception is a
bug and shows its traceback.
"""

from __future__ import annotations

import os
from typing import Any

import click

from pellucid.errors import OptionError, PellucidError

FAILED, USAGE, INTERRUPTED = 1, 2, 130


class Program(click.Group):
    """A group that lists commands in the order they were added and ends as said above."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The order of the table of contents, not the alphabet's."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn what it raises on purpose into an exit code."""
        try:
            return super().invoke(ctx)
        except PellucidError as error:
            say(str(error))
            raise click.exceptions.Exit(exit_code([error])) from error
        except KeyboardInterrupt as error:
            say("interrupted")
            raise click.exceptions.Exit(INTERRUPTED) from error


def say(message: str) -> None:
    """One line on stderr, after the program's name."""
    click.echo(f"pellucid: {message}", err=True)


def exit_code(errors: list[PellucidError]) -> int:
    """2 if only options were wrong, else 1; 0 for no errors."""
    if not errors:
        return 0
    return USAGE if all(isinstance(error, OptionError) for error in errors) else FAILED


def about(source: str | os.PathLike[str], error: Exception) -> str:
    """`photo.png: what is wrong`, without saying the name twice."""
    name, text = os.fspath(source), str(error)
    if text.startswith((f"{name}: ", f"{name} ")):
        text = text[len(name) :].lstrip(": ")
    return f"{name}: {text}"
