"""The server as one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse, Response
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST

from pellucid import __version__
from pellucid.serve import jobs
from pellucid.serve.guard import Guard, Shield
from pellucid.serve.limits import ServerLimits
from pellucid.serve.page.handed import Handed
from pellucid.serve.page.routes import add_page
from pellucid.serve.problems import add_handlers
from pellucid.serve.v1 import router as v1
from pellucid.serve.watch import Metrics, Watch
from pellucid.serve.work import Work


def make_app(
    limits: ServerLimits | None = None,
    *,
    token: str | None = None,
    page: bool = True,
    handed: Handed | None = None,
) -> FastAPI:
    """The application; `app.state.work` and `app.state.limits` are what its endpoints work with.

    Args:
        limits: default: `ServerLimits()`.
        token: which every request needs, but that for `/health`; without one the server answers
            only to the names of its own machine.
        page: with the page for people.
        handed: pictures that the page opens with.
    """
    limits = limits or ServerLimits()
    work = Work(limits, jobs.warm)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with work.running():
            yield

    bearer = Depends(HTTPBearer(auto_error=False))  # to be told; `Guard` asks for it
    app = FastAPI(
        dependencies=[] if token is None else [bearer],
        title="pellucid",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # these load scripts of other sites
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.state.work, app.state.limits = work, limits
    add_handlers(app)
    metrics = Metrics(work)

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Say that the server runs."""
        return {"status": "ok", "version": __version__}

    @app.get("/metrics", response_class=PlainTextResponse)
    async def figures() -> Response:
        """Give the figures that Prometheus collects."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    app.include_router(v1)
    if page:
        add_page(app, handed)
    app.add_middleware(Guard, token=token)
    app.add_middleware(Watch, metrics=metrics)
    app.add_middleware(Shield)
    return app
