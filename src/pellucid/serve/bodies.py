"""Requests into files, and answers out of them: a body is never in memory as a whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from pellucid.serve.problems import TooLarge, TooLong
from pellucid.serve.schema import MEDIA, REMARKS, SUFFIX
from pellucid.serve.work import Gone, Work
from pellucid.serve.worker import Function

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from pellucid.serve.limits import ServerLimits

PIECE = 1 << 18  # bytes of an answer that are in memory
MOST_REMARKS, LONGEST = 8, 400  # characters


@asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A folder of its own for a request; it is gone after the block."""
    made = Path(mkdtemp(prefix="pellucid-"))
    try:
        yield made
    finally:
        rmtree(made, ignore_errors=True)


async def receive(request: Request, path: Path, limits: ServerLimits) -> int:
    """Write the body of a request to a file; returns its bytes.

    Raises:
        TooLarge: it is larger than `limits.request_bytes`, found as soon as it is. TooLong: it
        didn't come in `limits.seconds`. Gone: it stopped.
    """
    most, size = limits.request_bytes, 0
    too_large = TooLarge(f"a request may have {most:,} bytes, and this has more")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large
    try:
        async with asyncio.timeout(limits.seconds):
            with path.open("wb") as file:
                async for part in request.stream():
                    size += len(part)
                    if size > most:
                        raise too_large
                    file.write(part)
    except TimeoutError as error:
        raise TooLong(f"the body didn't come within {limits.seconds:g} seconds") from error
    except ClientDisconnect as error:
        raise Gone("who asked has gone") from error
    return size


class FileAnswer(Response):
    """A file as an answer; what `kept` holds, such as its folder, is let go when it is sent."""

    def __init__(
        self, path: Path, kept: AsyncExitStack, *, seconds: float, media_type: str, **headers: str
    ) -> None:
        size = str(path.stat().st_size)
        super().__init__(media_type=media_type, headers={"content-length": size, **headers})
        self._path, self._kept, self._seconds = path, kept, seconds

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it, for `seconds` at most; then the connection breaks off."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._send(send)
        finally:
            await self._kept.aclose()

    async def _send(self, send: Send) -> None:
        head = {"status": self.status_code, "headers": self.raw_headers}
        with self._path.open("rb") as file:
            await send({"type": "http.response.start", **head})
            while part := file.read(PIECE):
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[tuple[Work, Path]]:
    """The work, with a place in it, and the file of the body; both last as long as the block.

    Raises what `Work.place` and `receive` do.
    """
    work: Work = request.app.state.work
    async with work.place(), folder() as own:
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
        said = [one[:LONGEST] for one in said[:MOST_REMARKS]]  # a header has little room
        headers = {REMARKS: json.dumps(said)} if said else {}
        return FileAnswer(
            answer,
            stack.pop_all(),
            seconds=work.limits.seconds,
            media_type=MEDIA[kind],
            **headers,
        )
