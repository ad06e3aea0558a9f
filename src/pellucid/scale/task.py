"""What a worker does: a group of pictures, each to a row, whatever happens to one of them.

    fetch -> hash -> the verb's work -> staged output      of each picture
    receipt of all of them -> publish each                 of the group

The receipt is written before anything is published. So whoever finds it later knows what belongs
to the run, whenever this process was killed.
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from distributed import get_worker

import pellucid
from pellucid.errors import OutputError, PellucidError, PellucidWarning, first_line
from pellucid.pixels import open_image
from pellucid.scale.items import Item, Made, Row, State, Verb
from pellucid.scale.receipts import Receipts
from pellucid.scale.storage import fetched, is_local, sha256_of
from pellucid.scale.target import Staged, Target

LARGE = 100 * 10**6  # bytes of samples, from which a picture is a task of its own
LOOKED_AT = 10**6  # bytes of a file, from which its size in samples is looked at beforehand


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
    """What came of a group: rows, the receipt to be removed once they are kept, and the rest."""

    rows: tuple[Row, ...] = ()
    receipt: str = ""
    large: tuple[Large, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """What came of one picture before its output is published."""

    row: Row
    staged: Staged | None = None


class _IsLarge(Exception):
    """It should be a task of its own."""


def do_group(request: Request, items: Sequence[Item], *, alone: bool = False) -> Group:
    """Do pictures one after the other, and publish what is made of them.

    Args:
        alone: large ones, too; else they come back undone.
    """
    tries: list[Attempt] = []
    large: list[Large] = []
    with tempfile.TemporaryDirectory(prefix="pellucid-", dir=local_directory()) as folder:
        for item in items:
            try:
                tries.append(attempt(request, item, one_picture(request, Path(folder), alone)))
            except _IsLarge as found:
                large.append(Large(item, found.args[0]))
        return group_of(request, tries, large)


def group_of(request: Request, tries: Sequence[Attempt], large: Sequence[Large] = ()) -> Group:
    """What came of a group, once its outputs are published."""
    rows, receipt = publish(request, tries)
    models = models_in_words(request.verb)
    return Group(tuple(replace(row, models=models) for row in rows), receipt, tuple(large))


Work = Callable[[Item], Attempt]


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


def one_picture(request: Request, folder: Path, alone: bool) -> Work:
    """The work on one picture of a group; `folder` is for copies of sources."""
    verb, target = request.verb, request.target

    def work(item: Item) -> Attempt:
        with fetched(item.url, folder, item.size) as path:
            if not alone and (samples := bytes_of_samples(path)) > LARGE:
                raise _IsLarge(samples)
            size, sha256 = sha256_of(path)
            row = Row(item.url, State.DONE, "", size, sha256)
            made = partial(made_by, verb, item.url, path)
            if target is None or verb.output is None:
                return Attempt(replace(row, made=made(None)))
            return staged_by(replace(row, place=verb.output(item.place)), target, folder, made)

    return work


def made_by(verb: Verb, url: str, path: Path, target: Path | None) -> Made:
    """What the verb says, with what the library remarks; of a copy it is said by the source's name.

    Raises what the verb does.
    """
    try:
        with remarks() as said:
            made = verb.work(path, target)
    except PellucidError as error:
        error.args = tuple(str(one).replace(str(path), url) for one in error.args)
        raise
    told = (one.replace(str(path), url) for one in (*said, *made.remarks))
    return replace(made, remarks=tuple(dict.fromkeys(told)))


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


def bytes_of_samples(path: Path) -> int:
    """Of a picture, by its header; 0 if it is small, or can't be said: the work will say why."""
    if path.is_file() and path.stat().st_size < LOOKED_AT:
        return 0
    try:
        with open_image(path, max_pixels=1 << 62) as source:
            height, width, channels = source.shape
            return int(height * width * channels * source.dtype.itemsize)
    except Exception:  # noqa: BLE001
        return 0


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


def models_in_words(verb: Verb) -> str:
    """Names and ids of what the verb uses."""
    return ", ".join(f"{name} {found}" for name, found in verb.prints().items())


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
