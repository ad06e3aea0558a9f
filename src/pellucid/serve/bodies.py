"""Requests into files, and answers out of them: a body is never in memory as a whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from pellucid.serve.problems import TooLarge, TooLong
from pellucid.serve.process import Function
from pellucid.serve.schema import MEDIA, REMARKS, SUFFIX
from pellucid.serve.storage import request_folder, storing
from pellucid.serve.work import Gone, Work

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from pellucid.serve.limits import ServerLimits

PIECE = 1 << 18  # bytes of an answer that are in memory
SLOWEST = 100_000  # bytes a second, from the first to the last, that a body or an answer must move
REMARKS_ROOM, LONGEST = 4096, 400  # bytes of all remarks, as JSON; characters of one


@asynccontextmanager
async def paced(stall: float) -> AsyncIterator[Callable[[int], None]]:
    """A block that moves bytes, and says so: `moved(size)`.

    Raises TimeoutError when nothing has moved for `stall` seconds, or too little since it began.
    """
    clock = asyncio.get_running_loop().time
    began, total = clock(), 0
    async with asyncio.timeout(stall) as timer:

        def moved(size: int) -> None:
            nonlocal total
            total += size
            timer.reschedule(stall + min(clock(), began + total / SLOWEST))

        yield moved


async def receive(request: Request, path: Path, limits: ServerLimits) -> int:
    """Write the body of a request to a file; returns its bytes.

    Raises:
        TooLarge: it is larger than `limits.request_bytes`, found as soon as it is. TooLong: it came
        too slowly. Gone: it stopped. StorageError: the disk is full.
    """
    most, size = limits.request_bytes, 0
    too_large = TooLarge(f"a request may have {most:,} bytes, and this has more")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large
    try:
        async with paced(limits.stall) as moved:
            with storing(), path.open("wb") as file:
                async for part in request.stream():
                    size += len(part)
                    if size > most:
                        raise too_large
                    file.write(part)
                    moved(len(part))
    except TimeoutError as error:
        raise TooLong(
            f"the body came too slowly: nothing for {limits.stall:g} seconds, or less than "
            f"{SLOWEST:,} bytes a second"
        ) from error
    except ClientDisconnect as error:
        raise Gone("who asked has gone") from error
    return size


class FileAnswer(Response):
    """A file as an answer; what `kept` holds, such as its folder, is let go when it is sent."""

    def __init__(
        self, path: Path, kept: AsyncExitStack, *, stall: float, media_type: str, **headers: str
    ) -> None:
        """`stall` is that of the limits; `kept` is emptied."""
        size = str(path.stat().st_size)
        super().__init__(media_type=media_type, headers={"content-length": size, **headers})
        self._path, self._stall, self._kept = path, stall, kept.pop_all()

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it; if it is read too slowly the connection breaks off."""
        try:
            with suppress(TimeoutError):
                async with paced(self._stall) as moved:
                    await self._send(send, moved)
        finally:
            await self._kept.aclose()

    async def _send(self, send: Send, moved: Callable[[int], None]) -> None:
        head = {"status": self.status_code, "headers": self.raw_headers}
        with self._path.open("rb") as file:
            await send({"type": "http.response.start", **head})
            while part := file.read(PIECE):
                await send({"type": "http.response.body", "body": part, "more_body": True})
                moved(len(part))
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[tuple[Work, Path]]:
    """The work, with a place in it, and the file of the body; both last as long as the block.

    Raises what `Work.place` and `receive` do.
    """
    work: Work = request.app.state.work
    async with work.place(), request_folder(work.folder) as own:
        body = own / "body"
        await receive(request, body, work.limits)
        yield work, body


async def exchange(
    request: Request, kind: str, function: Function, *args: Any, pixels: int | None = None
) -> FileAnswer:
    """A file in, a file back: `function(body, answer, limits, *args)` writes it, returns remarks.

    Args:
        kind: of the answer, as `MEDIA` names it.
        pixels: if these are fewer than the limits allow.
    """
    async with AsyncExitStack() as stack:
        work, body = await stack.enter_async_context(received(request))
        limits, answer = work.limits.of_pictures, body.with_name(f"answer.{SUFFIX.get(kind, kind)}")
        if pixels is not None:
            limits = replace(limits, max_pixels=pixels)
        said = await work.run_placed(request, function, body, answer, limits, *args)
        body.unlink()
        headers = {REMARKS: fitting(said)} if said else {}
        stall = work.limits.stall
        return FileAnswer(answer, stack, stall=stall, media_type=MEDIA[kind], **headers)


def fitting(said: list[str]) -> str:
    """Remarks as a JSON array, without what a header has no room for."""
    kept: list[str] = []
    for one in (remark[:LONGEST] for remark in said):
        if len(json.dumps([*kept, one])) <= REMARKS_ROOM:
            kept.append(one)
    return json.dumps(kept)
