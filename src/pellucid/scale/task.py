"""What a worker does: a group of pictures, each to a row, whatever happens to one of them.

fetch -> hash -> the verb's work -> staged output      of each picture
receipt of all of them -> publish each                 of the group
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from distributed import get_worker

import pellucid
from pellucid.errors import InputError, PellucidError, PellucidWarning
from pellucid.scale.group import Attempt, Group, Large, Request, failed
from pellucid.scale.headers import bytes_of_samples
from pellucid.scale.items import Item, Made, Row, State
from pellucid.scale.outputs.target import Target
from pellucid.scale.pace import LONGEST_S
from pellucid.scale.publishing import earlier, group_of
from pellucid.scale.storage import fetched, sha256_of, stamp_of

LARGE = 100 * 10**6  # bytes of samples, from which a picture is a task of its own


class _IsLarge(Exception):
    """It should be a task of its own."""


def do_group(request: Request, items: Sequence[Item], *, alone: bool = False) -> Group:
    """Do pictures one after the other, and publish what is made of them.

    Args:
        alone: large ones, too; else they come back undone.
    """
    tries: list[Attempt] = []
    large: list[Large] = []
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="pellucid-", dir=local_directory()) as folder:
        for number, item in enumerate(items):
            if tries and time.perf_counter() - start > LONGEST_S:
                return group_of(request, tries, large, items[number:])
            try:
                tries.append(attempt(request, item, one_picture(request, Path(folder), alone)))
            except _IsLarge as found:
                large.append(Large(item, found.args[0]))
        return group_of(request, tries, large)


Work = Callable[[Item], Attempt]
MakesOne = Callable[[Path, Path | None], Made]  # of a source an output; as `Verb.work`


def attempt(request: Request, item: Item, work: Work) -> Attempt:
    """What `work` makes of a picture; whatever it raises becomes a row."""
    start = time.perf_counter()
    try:
        if there := earlier(request, item):
            return Attempt(there)
        found = work(item)
    except PellucidError as error:
        found = Attempt(failed(item, error))
    except MemoryError:
        found = Attempt(failed(item, PellucidError("there is not enough memory for this picture")))
    except _IsLarge:
        raise
    except Exception as error:  # noqa: BLE001 - one picture is never the end
        found = Attempt(failed(item, error))
    seconds = time.perf_counter() - start
    row = replace(found.row, seconds=seconds, version=pellucid.__version__, worker=worker_name())
    return replace(found, row=row)


def one_picture(request: Request, folder: Path, alone: bool) -> Work:
    """The work on one picture of a group; `folder` is for copies of sources."""
    verb, target = request.verb, request.target

    def work(item: Item) -> Attempt:
        with fetched(item.url, folder, item.size) as path:
            if not alone and (samples := bytes_of_samples(path)) > LARGE:
                raise _IsLarge(samples)
            stamp = stamp_of(path)
            size, sha256 = sha256_of(path)
            row = Row(item.url, State.DONE, "", size, sha256)
            made = partial(made_by, verb.work, item.url, path, stamp)
            if target is None or verb.output is None:
                return Attempt(replace(row, made=made(None)))
            return staged_by(replace(row, place=verb.output(item.place)), target, folder, made)

    return work


def made_by(
    work: MakesOne, url: str, path: Path, stamp: tuple[int, ...], target: Path | None
) -> Made:
    """What a verb says, with what the library remarks; of a copy it is said by the source's name.

    Raises what the verb does, and InputError if the source isn't the one that had this stamp.
    """
    try:
        with remarks() as said:
            made = work(path, target)
        if stamp_of(path) != stamp:
            raise InputError(f"{path}: it changed while it was read; --resume does it again")
    except PellucidError as error:
        error.args = tuple(called(url, path, map(str, error.args)))
        raise
    return replace(made, remarks=called(url, path, (*said, *made.remarks)))


def called(url: str, path: Path, texts: Iterable[str]) -> tuple[str, ...]:
    """What is said of a source, each once, by its name instead of that of its copy."""
    return tuple(dict.fromkeys(text.replace(str(path), url) for text in texts))


def staged_by(row: Row, target: Target, folder: Path, work: Callable[[Path], Made]) -> Attempt:
    """The output of `work`, staged; none if it says that none was to be made."""
    with target.staging(row.place, folder) as staged:
        made = work(staged.path)
        if made.kept:
            staged.drop()
    if made.kept:
        return Attempt(replace(row, state=State.KEPT, place="", made=made, message=made.kept))
    row = replace(row, made=made, written=staged.size, written_sha256=staged.sha256)
    return Attempt(row, staged)


def worker_name() -> str:
    """The address of the worker whose task this is; "" outside of one."""
    try:
        return str(get_worker().address)
    except ValueError:
        return ""


def local_directory() -> str | None:
    """The worker's own folder, which Dask clears after one that was killed; None outside of one."""
    try:
        return str(get_worker().local_directory)
    except ValueError:
        return None


@contextmanager
def remarks() -> Iterator[list[str]]:
    """A list that gets, at the end of the block, what the library remarks in it."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", PellucidWarning)
        yield said
    said += (str(one.message) for one in caught)
