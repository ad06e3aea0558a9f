"""A command that makes rows, and the words it is put together from."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

UNKNOWN = "FOLDER"  # where rows don't say which pictures


@dataclass(frozen=True, slots=True)
class Command:
    """What makes some of the rows: `files` are patterns of their names, `what` they hold."""

    what: str
    files: tuple[str, ...]
    line: str


def step_of(images: Collection[str], known: Collection[str]) -> int:
    """The largest N so that each N-th of the known pictures includes all of `images`."""
    ordered = sorted(known)
    steps = range(len(ordered), 0, -1)
    return next((n for n in steps if set(images) <= set(ordered[::n])), 1)


def words_of(words: Iterable[str]) -> str:
    """With commas between; `none` if there are none."""
    return ",".join(words) or "none"
