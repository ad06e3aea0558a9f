"""Outputs of a group under their names: a receipt of all, then one after the other.

The receipt is written before anything is published. So whoever finds it later knows what belongs
to the run, whenever this process was killed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from pellucid.errors import OutputError, PellucidError
from pellucid.scale.group import Attempt, Group, Large, Request, undone
from pellucid.scale.items import Item, Row, State
from pellucid.scale.outputs.receipts import Receipts
from pellucid.scale.outputs.target import Target
from pellucid.scale.storage import is_local


def group_of(
    request: Request,
    tries: Sequence[Attempt],
    large: Sequence[Large] = (),
    rest: Sequence[Item] = (),
) -> Group:
    """What came of a group, once its outputs are published."""
    models = ", ".join(f"{name} {found}" for name, found in request.verb.prints().items())
    tries = [replace(one, row=replace(one.row, models=models)) for one in tries]
    rows, receipt = publish(request, tries)
    return Group(tuple(rows), receipt, tuple(large), tuple(rest))


def publish(request: Request, tries: Sequence[Attempt]) -> tuple[list[Row], str]:
    """The rows, once their outputs have their names; and the receipt of these."""
    target = request.target
    staged = [(one.row, one.staged) for one in tries if one.staged is not None]
    if target is None or not staged:
        return [one.row for one in tries], ""
    if not request.publish:
        for _, output in staged:
            output.drop()
        return [one.row for one in tries], ""
    receipts = Receipts(target, request.run)
    try:
        receipt = receipts.write(staged)
    except PellucidError as error:  # nothing may be published without
        for _, output in staged:
            output.drop()
        return [undone(one.row, error) if one.staged else one.row for one in tries], ""
    return [named(one, target, receipts, request.force) for one in tries], receipt


def named(one: Attempt, target: Target, receipts: Receipts, force: bool) -> Row:
    """The row of an output after it has been given its name."""
    if one.staged is None:
        return one.row
    try:
        target.publish(one.staged, force=force)
        return one.row
    except FileExistsError:
        one.staged.drop()
        ours = receipts.ours(one.row.place)  # another worker was taken for dead, and has done it
        return ours or undone(one.row, exists(target, one.row.place))
    except Exception as error:  # noqa: BLE001 - one picture is never the end
        one.staged.drop()
        return undone(one.row, error)


def earlier(request: Request, item: Item) -> Row | None:
    """The row of a picture whose output is there; None if it is to be made.

    Raises OutputError for one that isn't this run's, unless it is to be passed over.
    """
    target, verb = request.target, request.verb
    if target is None or verb.output is None:
        return None
    place = verb.output(item.place)
    if is_one(item.url, target.name(place)):
        raise OutputError(f"{item.url}: its output would replace it; give another DST")
    if request.force:
        return None
    if target.find(place) is None:
        return None
    if ours := Receipts(target, request.run).ours(place):
        return ours  # of a worker that was cut off after it
    if request.skip_existing:
        return Row(item.url, State.THERE, place)
    raise exists(target, place)


def is_one(source: str, output: str) -> bool:
    """Whether these are one file, or one URL."""
    if is_local(source) and is_local(output):
        return os.path.exists(output) and os.path.samefile(source, output)
    return source == output


def exists(target: Target, place: str) -> OutputError:
    """Said of an output that isn't this run's."""
    return OutputError(
        f"{target.name(place)} exists already; overwrite what is there with --force, or pass over "
        "it with --skip-existing"
    )
