"""Options that several benches share; what differs is their help (`text`) and some defaults."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from pellucid.cli._options import names

Option = Callable[[Any], Any]  # what stands above a command
Number = TypeVar("Number", int, float)

ROWS = "Folder for the rows."


def data_option(text: str, *, required: bool = True, multiple: bool = False) -> Option:
    """`--data`, a folder or more of them."""
    kind = click.Path(path_type=Path)
    return click.option("--data", required=required, multiple=multiple, type=kind, help=text)


def out_option(text: str = ROWS, *, required: bool = True, default: Path | None = None) -> Option:
    """`-o`, the folder that rows go to."""
    more: dict[str, Any] = {"required": required}
    if default is not None:
        more = {"default": default, "show_default": True}
    return click.option("-o", "--out", type=click.Path(path_type=Path), help=text, **more)


def names_option(flag: str, default: str, text: str) -> Option:
    """Names with commas between, as `--against all`."""
    return click.option(flag, default=default, show_default=True, callback=names, help=text)


def models_option() -> Option:
    """`--models`."""
    return names_option("--models", "m,s", "pellucid's own.")


def count_option(flag: str, text: str, *, default: int | None = None, least: int = 1) -> Option:
    """A whole number of at least `least`; without a default all, or as many as there are."""
    shown: dict[str, Any] = {} if default is None else {"default": default, "show_default": True}
    return click.option(flag, type=click.IntRange(min=least), help=text, **shown)


def threads_option(text: str) -> Option:
    """`--threads`."""
    return count_option("--threads", text, default=2)


def every_option() -> Option:
    """`--every`."""
    return count_option("--every", "Each N-th picture.", default=1)


def fresh_option(text: str) -> Option:
    """`--fresh`."""
    return click.option("--fresh", is_flag=True, help=text)


def numbers_option(
    flag: str,
    text: str,
    kind: type[Number],
    *,
    default: str | None = None,
    metavar: str | None = None,
) -> Option:
    """Numbers with commas between, each once, as a tuple; without a default none."""
    what = "whole numbers" if kind is int else "numbers"

    def read(
        _context: click.Context, _option: click.Parameter, value: str | None
    ) -> tuple[Number, ...]:
        try:
            parts = (value or "").split(",")
            return tuple(dict.fromkeys(kind(part) for part in parts if part.strip()))
        except ValueError as error:
            raise click.BadParameter(f"{what} with commas between, got {value!r}") from error

    shown: dict[str, Any] = {} if default is None else {"default": default, "show_default": True}
    return click.option(flag, metavar=metavar, callback=read, help=text, **shown)
