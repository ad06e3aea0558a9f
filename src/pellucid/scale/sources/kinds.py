"""What a source is: decided by whether it is there, what it is, and then by its name."""

from __future__ import annotations

import os
from enum import Enum

from pellucid.errors import InputError
from pellucid.scale.sources.listing import listing
from pellucid.scale.sources.lists import problem_of
from pellucid.scale.sources.local import is_folder, is_text, is_zarr
from pellucid.scale.sources.roots import absolute, chain_of
from pellucid.scale.sources.wanted import first_magic
from pellucid.scale.storage import is_local, resolve, retried

STDIN = "-"
LISTS = (".txt", ".lst")
PARQUET = ".parquet"


class Kind(Enum):
    """The kinds, each in words."""

    FOLDER = "a folder"
    PATTERN = "a pattern"
    FILE = "a file"
    LIST = "a list"
    TABLE = "a Parquet manifest"


def kind_of(source: str) -> Kind:
    """The kind of a source; what is there is never taken for a pattern.

    Raises InputError if there is nothing that is called so, or it can't be looked at.
    """
    if source == STDIN:
        return Kind.LIST
    if problem := problem_of(source) or ("" if is_text(source) else "not UTF-8"):
        raise InputError(f"the source {source!r} is no name: {problem}")
    head, _ = chain_of(source)
    suffix = os.path.splitext(head.rstrip("/"))[1].lower()
    with listing(source):
        try:
            is_one = is_a_folder(source)
        except Exception:
            if first_magic(head) < len(head):
                return Kind.PATTERN  # if more is wrong, its listing says so
            raise
    if suffix == PARQUET:
        return Kind.TABLE
    if is_one:
        return Kind.FILE if is_zarr(head) else Kind.FOLDER
    return Kind.LIST if suffix in LISTS else Kind.FILE


def is_a_folder(source: str) -> bool:
    """Whether a path or URL is one of a folder, but for pictures that are folders.

    Raises FileNotFoundError if there is nothing, and what the file system does.
    """
    whole = absolute(source)
    if is_local(whole):
        os.stat(whole)
        return is_folder(whole)
    fs, path = resolve(whole)
    if not path.strip("/"):
        return True
    kind = retried(fs.info, path)["type"]
    return kind == "directory" or chain_of(source)[0].endswith("/")
