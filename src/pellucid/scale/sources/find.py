"""What a person names -> pictures, as a stream: no listing is ever held whole."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence

from pellucid.errors import InputError
from pellucid.scale.items import Item
from pellucid.scale.places import harmless
from pellucid.scale.sources.kinds import Kind, kind_of
from pellucid.scale.sources.listing import found_of, listing
from pellucid.scale.sources.local import Told, looked_up
from pellucid.scale.sources.named import items_of_list, items_of_table
from pellucid.scale.sources.roots import absolute, chain_of, root_of
from pellucid.scale.sources.wanted import ByPattern, BySuffix, first_magic
from pellucid.scale.storage import is_local, resolve, retried


def find_sources(
    source: str,
    suffixes: Sequence[str],
    passed: Counter[str],
    exclude: str | None = None,
    told: Told = lambda _: None,
) -> Iterator[Item]:
    """The pictures that a source stands for, as they are found: not sorted.

    A source is one of

    - a folder, or a URL of one (`s3://bucket/prefix`, `zip://::archive.zip`): all below it with one
      of `suffixes`, in lower case with their dots. Hidden names are passed by; a folder called
      `*.zarr` is one picture; links to files are followed, links to folders aren't.
    - a pattern with `*`, `?`, `[a-z]` or `**`, which matches files whatever their suffix.
    - a file, a URL of one, or a Zarr store.
    - a list, `*.txt`, `*.lst`, or `-` for standard input: a path or URL a line, UTF-8.
    - a Parquet manifest, `*.parquet`, or a folder of such files that is called so: its column
      `url`, `source` or `path`, or the only one of strings; and `size`, if there is one.

    Relative paths in a list are seen from the folder it lies in, those of standard input from the
    current folder. What a list names may be gone: that is found when it is opened.

    Args:
        passed: is told the suffixes of files in folders that aren't taken.
        exclude: path or URL of the target, which must exist by then: what lies below it isn't
            taken from folders and by patterns. Lists are taken as they are.
        told: hears of what is left out, a line each: folders that can't be read, lines that name
            nothing, names that no manifest or URL can hold. The rest goes on.

    Raises:
        InputError: at once if there is no such source, and while iterating if it can't be read to
            its end, or holds nothing.
        OptionError: there is no such kind of URL; or the target is the folder of the sources.
        MissingExtraError: a library for it isn't installed.
    """

    def heard(text: str) -> None:
        told(text.encode(errors="backslashreplace").decode())  # as names on disks may be any bytes

    kind = kind_of(source)
    nothing = f"{source} names no pictures"
    with listing(source):
        match kind:
            case Kind.FOLDER:
                nothing = (
                    f"{source} holds no files named {' '.join(f'*{each}' for each in suffixes)}"
                )
                items = root_of(source).items(BySuffix(suffixes, passed), exclude, heard)
            case Kind.PATTERN:
                nothing = f"no file matches {source}; what is in folders, /** at its end matches"
                items = _matching(source, exclude, heard)
            case Kind.LIST:
                items = items_of_list(source, heard)
            case Kind.TABLE:
                items = items_of_table(source, heard)
            case Kind.FILE:
                items = iter((_one(source),))
    return _some(items, source, nothing)


def _some(items: Iterator[Item], source: str, nothing: str) -> Iterator[Item]:
    """The items; InputError if they can't be read to their end, or there are none."""
    empty = True
    with listing(source):
        for item in items:
            empty = False
            yield item
    if empty:
        raise InputError(nothing)


def _matching(pattern: str, exclude: str | None, told: Told) -> Iterator[Item]:
    """What a pattern matches; the folder before its first magic character is its root."""
    head, chain = chain_of(pattern)
    if os.name == "nt" and is_local(pattern):
        head = head.replace("\\", "/")
    start = head.rfind("/", 0, first_magic(head)) + 1
    root = root_of(head[:start] + chain if start else ".")
    return root.items(ByPattern(head[start:]), exclude, told)


def _one(source: str) -> Item:
    """A file, or a store."""
    whole = absolute(source)
    if is_local(whole):
        found = looked_up(whole)
        return Item(whole, harmless(os.path.basename(whole)), found.size, found.stamp)
    fs, path = resolve(whole)
    name = chain_of(whole)[0].rstrip("/").rpartition("/")[2]
    found = found_of(name, retried(fs.info, path))
    return Item(whole, harmless(name), found.size, found.stamp)
