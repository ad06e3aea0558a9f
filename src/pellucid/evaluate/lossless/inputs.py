"""The pictures of a bench: files and folders -> sets of them, read in their own sample type."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from pellucid.errors import InputError
from pellucid.evaluate.exact_codecs import Samples
from pellucid.evaluate.pictures import SUFFIXES
from pellucid.pixels import NPY, open_image

READ = (*SUFFIXES, NPY)

Sets = dict[str, list[Path]]  # name -> its pictures


def find_sets(
    sources: Sequence[Path], *, match: str = "*", name: str | None = None, limit: int | None = None
) -> Sets:
    """Pictures and arrays, by set and in order of name.

    Args:
        sources: folders, of which what lies directly inside is taken, and single files.
        match: pattern of the file names that are wanted, such as `*.depth.png`.
        name: makes one set of all; else each folder is one, called as it is.
        limit: only the first so many of each set.

    Raises:
        InputError: no such file, a folder without pictures, or two in a set that differ in the
            suffix only (rows are named by the stem).
    """
    sets: Sets = {}
    for source in sources:
        sets.setdefault(name or set_of(source), []).extend(_found(source, match))
    for data, paths in sets.items():
        paths.sort()
        stems = [path.stem for path in paths]
        if double := next((stem for stem in stems if stems.count(stem) > 1), None):
            raise InputError(
                f"the set {data} has more than one picture called {double!r}; give them in two "
                "runs, with --set"
            )
    return {data: paths[:limit] for data, paths in sets.items()}


def set_of(source: Path) -> str:
    """The set that a folder or file belongs to unless it is given a name: that of its folder."""
    whole = source.resolve()
    return whole.name if whole.is_dir() else whole.parent.name


def load_samples(path: Path) -> Samples:
    """A picture or array as (H, W, C) samples, just as `pellucid.compress` takes it.

    Raises:
        InputError: the file can't be read, or would lose something.
    """
    with open_image(path) as source:
        return np.ascontiguousarray(source.read())  # from the file into memory


def _found(source: Path, match: str) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise InputError(f"{source}: no such file or folder")
    found = [
        path
        for path in source.iterdir()
        if path.suffix.lower() in READ and path.is_file() and fnmatch(path.name, match)
    ]
    if not found:
        looked = f"{' '.join(READ)}, with names like {match!r}"
        raise InputError(f"no pictures in {source}; looked for {looked}")
    return found
