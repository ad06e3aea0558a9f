"""The endpoints under `/v1`: a file in the body, options in the query, a file or JSON back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from pellucid import FileInfo
from pellucid.serve import jobs
from pellucid.serve.bodies import exchange, received
from pellucid.serve.queries import (
    CompressQuery,
    DecompressQuery,
    DenoiseQuery,
    ExplainQuery,
    InfoQuery,
    numbers,
)
from pellucid.serve.schema import Installed, Verified, errors, giving, taking

PICTURES = ("png", "jpeg", "webp", "tiff", "npy")
EXPLAINED = 8  # how many times fewer pixels are explained: many maps of them are in memory
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
PAGE_POLICY += "img-src data:; sandbox allow-scripts"  # of an explanation, which loads nothing

router = APIRouter(prefix="/v1", tags=["v1"])


@router.post("/compress", response_class=Response, responses=giving("pel"), openapi_extra=taking())
async def compress(request: Request, query: Annotated[CompressQuery, Query()]) -> Response:
    """A picture to a .pel file: PNG, JPEG, WebP, TIFF, DICOM, .npy and what else is installed."""
    return await exchange(request, "pel", jobs.compress, query.model_dump())


@router.post(
    "/decompress", response_class=Response, responses=giving(*PICTURES), openapi_extra=taking()
)
async def decompress(request: Request, query: Annotated[DecompressQuery, Query()]) -> Response:
    """A .pel file, or a part of it, to a picture."""
    writing = query.model_dump(include={"jpeg_quality", "metadata", "keep_going"})
    asked = query.model_dump(exclude={"format", *writing}) | {"region": numbers(query.region)}
    return await exchange(request, query.format, jobs.decompress, asked, writing)


@router.post(
    "/denoise", response_class=Response, responses=giving(*PICTURES), openapi_extra=taking()
)
async def denoise(request: Request, query: Annotated[DenoiseQuery, Query()]) -> Response:
    """A picture to one without its noise."""
    asked = query.model_dump(exclude={"format"})
    return await exchange(request, query.format, jobs.denoise, asked)


@router.post(
    "/explain",
    response_class=Response,
    responses=giving("html", "json", "npz"),
    openapi_extra=taking(),
)
async def explain(request: Request, query: Annotated[ExplainQuery, Query()]) -> Response:
    """Where the bits of a .pel file went, or what a task does to a picture, and how sure it is.

    It takes an eighth of the pixels that the other endpoints do, as it holds many maps of them.
    """
    asked = query.model_dump(exclude={"format"}) | {"pixel": numbers(query.pixel)}
    fewer = max(request.app.state.limits.pixels // EXPLAINED, 1)
    answer = await exchange(request, query.format, jobs.explain, asked, pixels=fewer)
    answer.headers["Content-Security-Policy"] = PAGE_POLICY
    return answer


@router.post("/info", responses=errors(), openapi_extra=taking())
async def info(request: Request, query: Annotated[InfoQuery, Query()]) -> FileInfo:
    """What is in a .pel file, without decoding its pixels."""
    async with received(request) as (work, body):
        limits = work.limits.of_pictures
        found: FileInfo = await work.run_placed(request, jobs.info, body, limits, query.latents)
        return found


@router.post("/verify", responses=errors(), openapi_extra=taking())
async def verify(request: Request) -> Verified:
    """Check every checksum of a .pel file, and that every latent decodes."""
    async with received(request) as (work, body):
        found = await work.run_placed(request, jobs.verify, body, work.limits.of_pictures)
    return Verified(
        sound=found.sound,
        total=found.total,
        salvageable=found.salvageable,
        tiles=found.tiles,
        messages=found.messages,
    )


@router.get("/models", responses=errors(408, 413, 415, 422))
async def models(request: Request) -> Installed:
    """The models that are installed, by name."""
    return Installed(**await request.app.state.work.run(request, jobs.models))
