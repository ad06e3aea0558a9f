"""The addresses of the page. Those of a picture take the settings and answer with pixels (RGBA) and
figures (JSON in a header), so that a change takes one request.

Whoever asks for a picture that is forgotten gets 404, and sends it again. A request whose client
has gone is ended, so the last one that a browser sends wins.
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

import pellucid
from pellucid.serve.bodies import FileAnswer, receive
from pellucid.serve.page import jobs
from pellucid.serve.page.handed import Handed
from pellucid.serve.page.kept import Store
from pellucid.serve.page.settings import FileKind, Overlay, Peer, Settings, names
from pellucid.serve.process import FailedError
from pellucid.serve.storage import request_folder

__all__ = ["add_page"]

STATIC = Path(__file__).resolve().parent.parent / "static"
LOOK_S = 60.0  # between looks for pictures that are unused
FIGURES = "Pellucid-Figures"
TYPES = {"pel": "application/octet-stream", "png": "image/png", "jpg": "image/jpeg"}

mimetypes.add_type("text/javascript", ".js")  # some systems call it something else


@asynccontextmanager
async def remembering(app: FastAPI) -> AsyncIterator[None]:
    """Pictures are remembered while the server runs, and forgotten when unused."""
    with Store(app.state.limits.kept_bytes, parent=app.state.work.folder) as store:
        app.state.pictures = store
        forgetting = asyncio.create_task(forget(store))
        yield
        forgetting.cancel()


async def forget(store: Store) -> None:
    """Look again and again for pictures that are unused."""
    while True:
        await asyncio.sleep(LOOK_S)
        store.forget()


router = APIRouter(prefix="/page", include_in_schema=False, lifespan=remembering)


def add_page(app: FastAPI, handed: Handed | None = None) -> None:
    """Give an application the page, which opens with the pictures that are handed to it."""
    app.state.handed = handed or Handed(())
    app.include_router(router)
    app.mount("/page/static", StaticFiles(directory=STATIC))

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        """Answer with the page."""
        return FileResponse(STATIC / "index.html")


def place_of(request: Request, picture: str) -> Path:
    """The folder of a picture; 404 if it is forgotten."""
    found: Path | None = request.app.state.pictures.folder(picture)
    if found is None:
        raise forgotten()
    return found


def forgotten() -> HTTPException:
    """What is said of a picture that isn't there any more."""
    return HTTPException(404, "the server has forgotten this picture; send it again")


Place = Annotated[Path, Depends(place_of)]
Number = Annotated[int, Query(ge=0, le=1 << 20)]
Side = Annotated[int, Query(ge=1, le=1 << 20)]


async def done(request: Request, job: Any, place: Path, *args: Any) -> dict[str, Any]:
    """What a job with a picture returns; 404 if the picture is forgotten meanwhile."""
    try:
        found: dict[str, Any] = await request.app.state.work.run(request, job, place, *args)
        return found
    except FailedError as error:
        if place.is_dir():
            raise
        raise forgotten() from error


async def pixels(
    request: Request, job: Any, place: Path, *args: Any, media_type: str = TYPES["pel"]
) -> FileAnswer:
    """What a job writes into the file that is its last argument."""
    state = request.app.state
    async with AsyncExitStack() as kept:
        target = await kept.enter_async_context(request_folder(state.work.folder)) / "answer"
        figures = await done(request, job, place, *args, target)
        told = {FIGURES: json.dumps(figures)}
        return FileAnswer(target, kept, stall=state.limits.stall, media_type=media_type, **told)


@router.get("/about")
async def about() -> dict[str, Any]:
    """What can be chosen."""
    return {"version": pellucid.__version__, **names()}


@router.get("/handed")
async def handed(request: Request) -> list[dict[str, str]]:
    """Ids and names of pictures that a command hands to the page."""
    listed: list[dict[str, str]] = request.app.state.handed.listed
    return listed


@router.get("/handed/{name}")
async def handed_file(request: Request, name: str) -> FileResponse:
    """One of them."""
    path = request.app.state.handed.path(name)
    if path is None:
        raise HTTPException(404, "no such picture was handed to the page")
    return FileResponse(path, media_type=TYPES["pel"])


@router.post("/pictures")
async def add(request: Request) -> dict[str, Any]:
    """Read a picture; its id and what it is."""
    state = request.app.state
    store, work, limits = state.pictures, state.work, state.limits
    async with work.place():
        name = store.new()
        try:
            place = store.folder(name)
            await receive(request, place / "file", limits)
            found = await work.run_placed(
                request, jobs.read, place, limits.of_pictures, limits.kept_bytes
            )
        except BaseException:
            store.drop(name)
            raise
    store.fill(name, found.pop("room"))
    return {"id": name, **found}


@router.delete("/pictures/{picture}")
async def remove(request: Request, picture: str) -> None:
    """Forget a picture."""
    request.app.state.pictures.drop(picture)


@router.post("/pictures/{picture}/original")
async def original(request: Request, place: Place) -> FileAnswer:
    """Answer with the picture as it was."""
    return await pixels(request, jobs.original, place)


@router.post("/pictures/{picture}/preview")
async def preview(
    request: Request,
    place: Place,
    chosen: Settings,
    x: Number,
    y: Number,
    width: Side,
    height: Side,
) -> FileAnswer:
    """Answer with a part of the result, before the whole."""
    limits = request.app.state.limits.of_pictures
    return await pixels(request, jobs.preview, place, chosen, (x, y, width, height), limits)


@router.post("/pictures/{picture}/result")
async def result(request: Request, place: Place, chosen: Settings) -> FileAnswer:
    """Answer with what the settings make of the picture."""
    return await pixels(request, jobs.result, place, chosen, request.app.state.limits.of_pictures)


@router.post("/pictures/{picture}/overlays/{kind}")
async def overlay(request: Request, place: Place, kind: Overlay, chosen: Settings) -> FileAnswer:
    """Answer with a map over that."""
    limits = request.app.state.limits.of_pictures
    return await pixels(request, jobs.overlay, place, chosen, kind, limits)


@router.post("/pictures/{picture}/peers/{name}")
async def peer(request: Request, place: Place, name: Peer, chosen: Settings) -> dict[str, Any]:
    """Figures of another format at the same bytes."""
    limits = request.app.state.limits.of_pictures
    return await done(request, jobs.peer, place, chosen, name, limits)


@router.post("/pictures/{picture}/peers/{name}/picture")
async def peer_picture(request: Request, place: Place, name: Peer, chosen: Settings) -> FileAnswer:
    """Answer with its picture."""
    limits = request.app.state.limits.of_pictures
    return await pixels(request, jobs.peer_picture, place, chosen, name, limits)


@router.post("/pictures/{picture}/files/{kind}")
async def download(request: Request, place: Place, kind: FileKind, chosen: Settings) -> FileAnswer:
    """Answer with the result as a file."""
    limits = request.app.state.limits.of_pictures
    return await pixels(request, jobs.download, place, chosen, kind, limits, media_type=TYPES[kind])
