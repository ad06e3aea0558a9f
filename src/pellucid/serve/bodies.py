"""Requests into files, and answers out of them: a body is never in memory as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.responses import FileResponse

from pellucid.serve.problems import TooLarge, TooLong
from pellucid.serve.work import Gone

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from pellucid.serve.limits import ServerLimits


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


class FileAnswer(FileResponse):
    """A file as an answer; what `kept` holds, such as its folder, is let go when it is sent."""

    def __init__(
        self, path: Path, kept: AsyncExitStack, *, seconds: float, media_type: str, **headers: str
    ) -> None:
        super().__init__(path, media_type=media_type, headers=headers)
        self._kept, self._seconds = kept, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, for `seconds` at most."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await super().__call__(scope, receive, send)
        finally:
            await self._kept.aclose()
