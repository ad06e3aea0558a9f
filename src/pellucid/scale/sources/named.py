"""Pictures that are named one by one, in a list or a Parquet manifest -> items."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import BinaryIO

from pellucid.errors import InputError
from pellucid.scale.items import Item
from pellucid.scale.places import is_url, place_of_url
from pellucid.scale.sources.kinds import PARQUET, STDIN, is_a_folder
from pellucid.scale.sources.lists import lines_of
from pellucid.scale.sources.local import Told
from pellucid.scale.sources.roots import DiskRoot, Root, absolute, chain_of, root_of
from pellucid.scale.sources.tables import rows_of
from pellucid.scale.sources.wanted import BySuffix
from pellucid.scale.storage import is_local, resolve, retried


def items_of_list(source: str, told: Told) -> Iterator[Item]:
    """What a list, or standard input, names."""
    root = root_of("." if source == STDIN else folder_of(source))
    with opened(source) as stream:
        for text in lines_of(stream, source, told):
            yield item_named(text, root)


def items_of_table(source: str, told: Told) -> Iterator[Item]:
    """What a Parquet manifest names; of a folder of parts each in turn."""
    root, parts = root_of(folder_of(source)), iter([source])
    if is_a_folder(source):
        wanted = BySuffix((PARQUET,), Counter())
        parts = (part.url for part in root_of(source).items(wanted, None, told))
    part = ""
    for part in parts:
        with opened(part) as file:
            for text, size in rows_of(file, part, told):
                yield item_named(text, root, size)
    if not part:
        raise InputError(f"{source} is a folder without *{PARQUET}")


def item_named(text: str, root: Root, size: int | None = None) -> Item:
    """What a list in the folder `root` calls so; of a file on this machine with size and stamp."""
    if text.startswith(("file://", "local://")):
        text = absolute(text)
    if is_url(text):
        return Item(text, place_of_url(text), size)
    return (DiskRoot("") if os.path.isabs(text) else root).item(text, size)


def folder_of(source: str) -> str:
    """The folder that a file, or a folder, lies in."""
    if is_local(source):
        return os.path.dirname(absolute(source))
    head, chain = chain_of(source)
    return head.rstrip("/").rpartition("/")[0] + "/" + chain


@contextmanager
def opened(source: str) -> Iterator[BinaryIO]:
    """A file to read from, by its path or URL, or standard input, which stays open."""
    if source == STDIN:
        if sys.stdin is None:
            raise InputError("standard input is closed; name a list")
        yield sys.stdin.buffer
    elif is_local(source):
        with open(absolute(source), "rb") as file:
            yield file
    else:
        fs, path = resolve(absolute(source))
        with BufferedReader(retried(fs.open, path, "rb")) as file:
            yield file
