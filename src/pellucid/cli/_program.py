"""How every command ends: an error becomes one line on stderr and an exit code.

`PellucidError` gives 1, `OptionError` 2 (as wrong usage does), a signal 128 plus its number, which
is 130 for Ctrl-C. Any other exception is a bug and shows its traceback.

By default SIGTERM and SIGHUP end a process on the spot. Here they raise `Stopped`, a kind of
KeyboardInterrupt, which passes through every `finally` on its way, so that temporary files are
removed. What the library remarks on pictures, as warnings of a kind of its own, is told, too; all
other warnings are meant for programmers, and `__main__.py` silences them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import click

from pellucid.errors import OptionError, PellucidError, PellucidWarning, without_name

FAILED, USAGE = 1, 2
# What a person is told; SIGHUP, of a terminal that was closed, doesn't exist on Windows.
REASONS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminal closed"}

_work = threading.local()  # `remarks`: on the file that this thread works on


class Program(click.Group):
    """A group that lists commands in the order they were added and ends as said above."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The order of the table of contents, not the alphabet's."""
        return list(self.commands)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program; a standard output that can't be written is an error, too."""
        fill_closed_streams()
        try:
            return super().main(*args, **extra)
        except OSError as error:
            if not came_from_output(error):
                raise
            say(f"cannot write to standard output: {error.strerror or error}")
            sys.exit(FAILED)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn what it raises on purpose into an exit code."""
        try:
            with signals_heeded(), remarks_told():
                return super().invoke(ctx)
        except PellucidError as error:
            say(str(error))
            raise click.exceptions.Exit(exit_code([error])) from error
        except KeyboardInterrupt as error:
            number = error.args[0] if isinstance(error, Stopped) else signal.SIGINT
            say(REASONS[signal.Signals(number).name])
            raise click.exceptions.Exit(128 + number) from error


class Stopped(KeyboardInterrupt):
    """The command was asked to end by a signal, whose number this holds."""


@contextmanager
def signals_heeded() -> Iterator[None]:
    """While the block lasts these signals raise `Stopped` in it, unless they are ignored.

    Nothing changes outside of the main thread, where Python delivers no signals.
    """
    came: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in REASONS if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
        before = {n: there for n, there in before.items() if there not in (signal.SIG_IGN, None)}

    def stop(number: int, _frame: object) -> None:
        for each in before:  # a second one mustn't end the clearing up that the first began
            if each != signal.SIGINT:
                signal.signal(each, signal.SIG_IGN)
        came.append(number)
        raise Stopped(number)

    try:
        for number in before:
            signal.signal(number, stop)
        yield
    except Exception as error:
        if came:  # in C++, as while ONNX Runtime loads, it becomes an error of another kind
            raise Stopped(came[0]) from error
        raise
    finally:
        for number, there in before.items():
            signal.signal(number, there)


@contextmanager
def remarks_told() -> Iterator[None]:
    """While the block lasts remarks are kept for the file that they are made on, or else said."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def told(*warning: Any, **place: Any) -> None:
            message, category, *_ = warning
            if not issubclass(category, PellucidWarning):
                show(*warning, **place)
            elif hasattr(_work, "remarks"):
                _work.remarks.append(str(message))
            else:
                say(str(message))

        warnings.simplefilter("always", PellucidWarning)
        warnings.showwarning = told
        yield


@contextmanager
def remarks_of_file() -> Iterator[list[str]]:
    """A list that gets what is remarked by this thread while the block lasts."""
    _work.remarks = []
    try:
        yield _work.remarks
    finally:
        del _work.remarks


def fill_closed_streams() -> None:
    """Keep the numbers of closed standard streams from files that are opened later.

    A closed standard error (`2>&-`) would be None, which nothing could write to.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (while it runs)


def came_from_output(error: OSError) -> bool:
    """Whether it was raised by writing to standard output, of which the rest is dropped then."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or last.tb_frame.f_code is not click.echo.__code__:
        return False
    drop_rest(sys.stdout)
    return True


def drop_rest(stream: TextIO) -> None:
    """Send what a stream can't write, and all that follows, to nowhere."""
    try:
        stream.flush()
    except OSError:  # Python would try once more when it ends, and change the exit code
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell(text: str, *, newline: bool = True) -> None:
    """Write to stderr; no work is lost because that can't be done."""
    try:
        click.echo(text, err=True, nl=newline)
    except OSError:
        drop_rest(sys.stderr)


def say(message: str) -> None:
    """One line on stderr, after the program's name."""
    tell(f"pellucid: {message}")


def exit_code(errors: list[PellucidError]) -> int:
    """2 if only options were wrong, else 1."""
    return USAGE if all(isinstance(error, OptionError) for error in errors) else FAILED


def about(source: str | os.PathLike[str], said: Exception | str) -> str:
    """`photo.png: what is wrong`, without saying the name twice."""
    name = os.fspath(source)
    return f"{name}: {without_name(str(said), name)}"
