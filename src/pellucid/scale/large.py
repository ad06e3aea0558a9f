"""One large picture by many workers: a plan, pieces of it side by side, and the file of them.

The tasks hang together in Dask's graph, so that it makes a piece again whose worker was lost.
Pieces go from worker to worker as bytes; the file is that which one worker would have made.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pellucid._api.pieces import Plan, code_piece, join_pieces, plan_pieces
from pellucid.errors import InputError, PellucidError
from pellucid.scale.group import Attempt, Group, Request
from pellucid.scale.items import InPieces, Item, Made, Row, State
from pellucid.scale.publishing import group_of
from pellucid.scale.storage import fetched, sha256_of, stamp_of
from pellucid.scale.task import (
    attempt,
    called,
    do_group,
    local_directory,
    made_by,
    remarks,
    staged_by,
)

FROM = 300 * 10**6  # bytes of samples, from which a picture is worth it


@dataclass(frozen=True)
class Planned:
    """A plan, and what a row says: bytes and hash of the source, remarks, seconds of planning."""

    plan: Plan
    size: int
    sha256: str
    remarks: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Piece:
    """A piece's file, and the seconds that it took."""

    data: bytes
    seconds: float


def plan_large(request: Request, item: Item, number: int) -> Planned | None:
    """How a picture is made of so many pieces; None if pieces are of no use."""
    start = time.perf_counter()
    how = pieces_of(request)
    with (
        by_itself(),
        tempfile.TemporaryDirectory(dir=local_directory()) as folder,
        fetched(item.url, Path(folder), item.size) as path,
        remarks() as said,
    ):
        size, sha256 = sha256_of(path)
        plan = plan_pieces(path, how.options(path), number, stamp=sha256)
    seconds = time.perf_counter() - start
    told = called(item.url, path, said)
    return None if plan is None else Planned(plan, size, sha256, told, seconds)


def code_large(item: Item, planned: Planned | None, number: int) -> Piece | None:
    """A piece of it; None if there is no such one."""
    if planned is None or number >= planned.plan.pieces:
        return None
    start = time.perf_counter()
    # what is remarked here the plan has said already
    with by_itself(), remarks(), tempfile.TemporaryDirectory(dir=local_directory()) as folder:
        out = Path(folder, "piece")
        with fetched(item.url, Path(folder), item.size) as path:
            if sha256_of(path)[1] != planned.sha256:
                raise InputError(f"{item.url}: it changed while it was compressed; do it again")
            code_piece(path, planned.plan, number, out)
        return Piece(out.read_bytes(), time.perf_counter() - start)


def join_large(
    request: Request, item: Item, planned: Planned | None, pieces: Sequence[Piece | None]
) -> Group:
    """The output, published; without a plan it is made here, as a whole."""
    if planned is None:
        return do_group(request, [item], alone=True)
    there = [piece for piece in pieces if piece is not None]
    spent = planned.seconds + sum(piece.seconds for piece in there)
    with tempfile.TemporaryDirectory(dir=local_directory()) as name:
        folder = Path(name)
        files = [folder / f"{number}.piece" for number in range(len(there))]
        for file, piece in zip(files, there, strict=True):
            file.write_bytes(piece.data)

        def work(item: Item) -> Attempt:
            return joined(request, item, planned, files, folder)

        found = attempt(request, item, work)
        row = replace(found.row, seconds=found.row.seconds + spent)
        return group_of(request, [replace(found, row=row)])


def joined(
    request: Request, item: Item, planned: Planned, files: Sequence[Path], folder: Path
) -> Attempt:
    """The file of all pieces, staged."""
    verb, target, how = request.verb, request.target, pieces_of(request)
    assert target is not None
    assert verb.output is not None
    row = Row(item.url, State.DONE, verb.output(item.place), planned.size, planned.sha256)

    def make(path: Path, out: Path | None) -> Made:
        assert out is not None
        made = how.made(path, out, join_pieces(planned.plan, files, out))
        return replace(made, remarks=(*planned.remarks, *made.remarks))

    with fetched(item.url, folder, item.size) as path:
        made = partial(made_by, make, item.url, path, stamp_of(path))
        return staged_by(row, target, folder, made)


@contextmanager
def by_itself() -> Iterator[None]:
    """Errors raised on purpose go to the client without causes, as some can't be unpickled."""
    try:
        yield
    except PellucidError as error:
        error.__cause__ = error.__context__ = None
        raise error from None


def pieces_of(request: Request) -> InPieces:
    """How the verb makes a file of pieces."""
    assert request.verb.pieces is not None
    return request.verb.pieces
