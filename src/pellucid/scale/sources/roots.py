"""The folder that names are seen from: a name below it -> an item with a path or URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pellucid.errors import OptionError
from pellucid.scale.items import Item
from pellucid.scale.places import harmless, is_url, place_of_path, resolved
from pellucid.scale.sources.listing import start_of, walk
from pellucid.scale.sources.local import Found, Told, is_text, looked_up, walk_disk
from pellucid.scale.sources.wanted import Wanted
from pellucid.scale.storage import is_local, resolve

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_WITHIN = "the target is the folder of the sources, and outputs there would become sources"


class Root(Protocol):
    """A folder."""

    def items(self, wanted: Wanted, exclude: str | None, told: Told) -> Iterator[Item]:
        """What is wanted below it, but for what is below the folder `exclude`.

        `told` hears of what is left out. OptionError at once if `exclude` is this folder.
        """

    def item(self, path: str, size: int | None) -> Item:
        """What a list in it calls so: a relative path, ".." resolved."""


@dataclass(frozen=True)
class DiskRoot:
    """A folder of this machine, by its absolute path."""

    path: str

    def items(self, wanted: Wanted, exclude: str | None, told: Told) -> Iterator[Item]:
        return self._items(walk_disk(self.path, wanted, self._skipped(exclude), told), told)

    def item(self, path: str, size: int | None) -> Item:
        whole = os.path.normpath(os.path.join(self.path, path))
        found = looked_up(whole) if size is None else Found("", size)
        return Item(whole, place_of_path(path), found.size, found.stamp)

    def _items(self, found: Iterator[Found], told: Told) -> Iterator[Item]:
        for below, size, stamp in found:
            path = os.path.join(self.path, below.replace("/", os.sep))
            if is_text(below):
                yield Item(path, harmless(below), size, stamp)
            else:
                told(f"{path}: its name isn't UTF-8; rename it")

    def _skipped(self, exclude: str | None) -> os.stat_result | None:
        """The folder `exclude`, if it is there; OptionError if it is this one."""
        if exclude is None or not is_local(exclude) or not os.path.isdir(absolute(exclude)):
            return None
        target = os.stat(absolute(exclude))
        if os.path.samestat(target, os.stat(self.path)):
            raise OptionError(f"{exclude}: {_WITHIN}; choose another")
        return target


@dataclass(frozen=True)
class UrlRoot:
    """A folder of another file system: its URL up to the first `::` of a chain, and the rest."""

    head: str
    chain: str
    fs: AbstractFileSystem
    path: str

    @classmethod
    def of(cls, url: str) -> UrlRoot:
        """The folder of a URL; raises what `resolve` does."""
        head, chain = chain_of(url)
        fs, path = resolve(url)
        return cls(head if head.endswith("/") else f"{head}/", chain, fs, path)

    def items(self, wanted: Wanted, exclude: str | None, told: Told) -> Iterator[Item]:
        found = walk(self.fs, self.path, wanted, self._skipped(exclude), told)
        return self._items(found, told)

    def item(self, path: str, size: int | None) -> Item:
        protocol, _, folder = self.head.partition("://")
        lead = "/" if folder.startswith("/") else ""
        url = f"{protocol}://{lead}{'/'.join(resolved(folder + path))}{self.chain}"
        return Item(url, place_of_path(path), size)

    def _items(self, found: Iterator[Found], told: Told) -> Iterator[Item]:
        for below, size, stamp in found:
            url = f"{self.head}{below}{self.chain}"
            problem = self._problem(below)
            if problem:
                told(f"{url}: {problem}")
            else:
                yield Item(url, harmless(below), size, stamp)

    def _problem(self, below: str) -> str:
        """Why no URL opens what is so called, or no manifest can hold it; "" if all is well."""
        if "::" in below:
            return "its name has ::, which in a URL means a chain"
        if self.fs._strip_protocol(self.head + below) != start_of(self.fs, self.path) + below:
            return "no URL leads to such a name"
        return "" if is_text(below) else "its name isn't UTF-8"

    def _skipped(self, exclude: str | None) -> str | None:
        """What the folder `exclude` is called below this one; OptionError if it is this one."""
        if exclude is None or is_local(exclude):
            return None
        fs, path = resolve(exclude)
        start = start_of(self.fs, self.path)
        if fs != self.fs or not f"{path}/".startswith(start):
            return None
        if f"{path}/" == start:
            raise OptionError(f"{exclude}: {_WITHIN}; choose another")
        return path[len(start) :]


def absolute(source: str) -> str:
    """The path or URL by which any worker finds it, wherever it runs."""
    if is_local(source):
        return resolve(source)[1]
    *links, last = source.split("::")
    links = [link if "://" in link else f"{link}://" for link in links]
    return "::".join((*links, last if is_url(last) else os.path.abspath(last)))


def root_of(folder: str) -> DiskRoot | UrlRoot:
    """The folder of a path or URL; raises what `resolve` does."""
    whole = absolute(folder)
    return DiskRoot(whole) if is_local(whole) else UrlRoot.of(whole)


def chain_of(source: str) -> tuple[str, str]:
    """A path or URL up to the first `::` of a chain, and the rest, with it."""
    if is_local(source):
        return source, ""
    head, mark, rest = source.partition("::")
    return head, mark + rest
