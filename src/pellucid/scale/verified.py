"""Sources whose outputs are as they must be: what whoever decides so may delete."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pellucid.pixels.atomic import new_file
from pellucid.scale.items import CHECKED, Item, Row, State
from pellucid.scale.manifest.adding import CHANGED, differs
from pellucid.scale.outputs.target import Target
from pellucid.scale.sources.local import looked_up
from pellucid.scale.storage import is_local

RIGHT = ("identical", "within ")  # how it begins where the output is what was asked for


def write_verified(listed: Iterable[tuple[Item, Row]], target: Target, path: Path) -> None:
    """Write a list of the sources whose output is in the target, and was found to be right.

    One a line, in UTF-8. What only looks alike isn't among them, nor what has changed since, nor
    what a remark was made on (such as a second picture in the file, which was left out), nor a name
    with a line break in it.

    Raises:
        OutputError: the file can't be written.
    """
    with new_file(path, force=True) as out:
        for item, row in listed:
            if is_verified(row) and is_unchanged(item) and is_there(row, target):
                out.write(f"{row.url}\n".encode())


def is_verified(row: Row) -> bool:
    """Whether nothing of a source is lost if only its output is kept."""
    made = row.made
    if row.state is not State.DONE or made.damaged or made.remarks:
        return False
    right = str(made.fields.get(CHECKED, "")).startswith(RIGHT)
    return right and not {"\n", "\r"} & set(row.url)


def is_unchanged(item: Item) -> bool:
    """Whether a source is still what was listed: on this machine as it is now, elsewhere as the
    last listing found it.
    """
    if not is_local(item.url):
        return item.stamp != CHANGED
    _, size, stamp = looked_up(item.url)
    now = Item(item.url, item.place, size, stamp)
    return os.path.exists(item.url) and not differs(now, item.size, item.stamp)


def is_there(row: Row, target: Target) -> bool:
    """Whether an output still is where it was published; elsewhere than on this machine it's not
    asked, which would be a request for each.
    """
    return not target.local or target.find(row.place) == row.written
