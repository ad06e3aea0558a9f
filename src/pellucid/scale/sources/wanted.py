"""Which names below a folder are taken: those with a suffix, or those that a pattern matches."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

from pellucid.errors import refusing
from pellucid.pixels.extras import science
from pellucid.scale.places import OWN

MOST_SUFFIXES = 1000  # that are counted apart; names may end in anything
OTHERS = "others"


class Wanted(Protocol):
    """What walks a folder asks this of each name in it, as seen from there, with "/" between.

    Attributes:
        start: all that is wanted begins so.
        deep: whether folders in folders are wanted, however many.
    """

    start: str
    deep: bool

    def enter(self, folder: str) -> bool:
        """Whether something in a folder may be wanted, given that it is entered itself."""

    def take(self, below: str) -> bool:
        """Whether a file, or a Zarr store, is wanted."""


class BySuffix:
    """Names with one of these suffixes, in lower case; hidden ones are passed by.

    `passed` is told the suffixes of the others, up to a thousand different ones and then "others".
    """

    start, deep = "", True

    def __init__(self, suffixes: Sequence[str], passed: Counter[str]) -> None:
        self.suffixes, self.passed = frozenset(suffixes), passed

    def enter(self, folder: str) -> bool:
        return not _is_hidden(folder)

    def take(self, below: str) -> bool:
        suffix = os.path.splitext(below)[1].lower()
        if _is_hidden(below):
            return False
        if suffix in self.suffixes:
            return True
        known = suffix in self.passed or len(self.passed) < MOST_SUFFIXES
        self.passed[suffix if known else OTHERS] += 1
        return False


class ByPattern:
    """Names that match a pattern: `*`, `?`, `[a-z]`, and `**` for any folders between.

    Hidden names are taken only if a part of the pattern begins with a dot; our own never.
    Raises InputError if `**` isn't a whole part.
    """

    def __init__(self, pattern: str) -> None:
        self.parts = pattern.split("/")
        self.deep = "**" in self.parts
        self.start = pattern[: first_magic(pattern)]
        self.hidden = any(part.startswith(".") for part in self.parts)
        self.whole = _matcher(pattern)
        self.each = [_matcher(part) for part in self.parts]
        self.enter = lru_cache(maxsize=1000)(self._enter)

    def _enter(self, folder: str) -> bool:
        names = folder.split("/")
        if self._is_passed_by(folder):
            return False
        for name, part, fits in zip(names, self.parts, self.each, strict=False):
            if part == "**":
                return True
            if not fits(name):
                return False
        return len(names) < len(self.parts)

    def take(self, below: str) -> bool:
        return not self._is_passed_by(below) and self.whole(below) is not None

    def _is_passed_by(self, below: str) -> bool:
        name = below.rpartition("/")[2]
        return name.startswith(OWN) if self.hidden else _is_hidden(below)


def first_magic(text: str) -> int:
    """Where the first magic character of a pattern stands; its length if there is none."""
    found = re.search(r"[*?[]", text)
    return found.start() if found else len(text)


def _matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    """What matches whole names, by the rules of fsspec, which other commands do without."""
    utils = science("fsspec.utils", "scale", "fsspec")
    with refusing(f"{pattern!r} is no pattern"):
        return re.compile(utils.glob_translate(pattern)).match


def _is_hidden(below: str) -> bool:
    name = below.rpartition("/")[2]
    return name.startswith(".") and name not in (".", "..")
