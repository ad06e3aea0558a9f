"""What a worker is asked for, and what came of a group of pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pellucid.errors import first_line
from pellucid.scale.items import Item, Made, Row, State, Verb
from pellucid.scale.outputs.target import Staged, Target


@dataclass(frozen=True)
class Request:
    """What is done with each picture of a run.

    Attributes:
        run: its id.
        publish: False for a sample, of which nothing stays.
    """

    run: str
    verb: Verb
    target: Target | None
    force: bool = False
    skip_existing: bool = False
    publish: bool = True


@dataclass(frozen=True)
class Large:
    """A picture that was not done, as it is a task of its own; `samples` is their bytes."""

    item: Item
    samples: int


@dataclass(frozen=True)
class Group:
    """What came of a group.

    Attributes:
        rows: of pictures that were done, or failed.
        receipt: to be removed once these are kept.
        large: those that should be tasks of their own.
        rest: those that weren't begun, as the group took long already.
    """

    rows: tuple[Row, ...] = ()
    receipt: str = ""
    large: tuple[Large, ...] = ()
    rest: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """What came of one picture before its output is published."""

    row: Row
    staged: Staged | None = None


def failed(item: Item, error: Exception) -> Row:
    """The row of a picture that can't be done."""
    return undone(Row(item.url, State.FAILED), error)


def undone(row: Row, error: Exception) -> Row:
    """The row of a picture of which nothing came, for this reason."""
    kind, text = type(error).__name__, str(error) or first_line(error)
    return replace(
        row,
        state=State.FAILED,
        place="",
        written=0,
        written_sha256="",
        error=kind,
        message=text,
        made=Made(),
    )
