"""Errors as answers: a status, and JSON that says what kind of error it is and why.

`kind` is the name of the error's class in `pellucid.errors`, or one of `Busy`, `TooSlow` and the
like, which are the server's own.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from pellucid import errors
from pellucid.errors import PellucidError
from pellucid.serve.process import FailedError, StorageError
from pellucid.serve.work import Busy, Gone, TooSlow

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

PROBLEM = "application/problem+json"
LOGGER = logging.getLogger("pellucid.serve")
GONE = 499  # no one reads it but the log


class TooLarge(PellucidError):
    """The body is larger than a request may be."""


class TooLong(PellucidError):
    """The body came too slowly."""


STATUS: dict[type[PellucidError], int] = {
    errors.OptionError: 400,
    TooLong: 408,
    TooLarge: 413,
    errors.LimitError: 413,
    errors.InputError: 415,
    errors.NotPelFileError: 415,
    errors.FormatError: 422,
    errors.TargetError: 422,
    errors.OutputError: 422,
    Busy: 429,
    Gone: GONE,
    FailedError: 500,
    errors.MissingExtraError: 501,
    TooSlow: 504,
    StorageError: 507,
    PellucidError: 500,
}


def status_of(error: PellucidError) -> int:
    """The status of the nearest kind of error that has one."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(status: int, kind: str, message: str, **headers: str) -> JSONResponse:
    """An error as an answer."""
    body = {"status": status, "kind": kind, "message": message}
    return JSONResponse(body, status, headers, media_type=PROBLEM)


def add_handlers(app: FastAPI) -> None:
    """Let an application answer all errors so."""
    app.exception_handler(PellucidError)(on_error)
    app.exception_handler(RequestValidationError)(on_options)
    app.exception_handler(HTTPException)(on_http)


async def on_error(_request: Request, error: PellucidError) -> JSONResponse:
    """What is raised on purpose."""
    if isinstance(error, FailedError):
        LOGGER.error("failed", extra={"fields": {"error": str(error), "trace": error.trace}})
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, Busy) else {}
    return problem(status_of(error), type(error).__name__, str(error), **headers)


async def on_options(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Options that are of another type, out of range, or none."""
    said = [f"{'.'.join(map(str, one['loc'][1:])) or 'it'}: {one['msg']}" for one in error.errors()]
    return problem(400, "OptionError", "; ".join(said))


async def on_http(_request: Request, error: HTTPException) -> JSONResponse:
    """There is no such address, or it doesn't take this method."""
    headers: dict[str, Any] = dict(error.headers or {})
    return problem(error.status_code, "HttpError", str(error.detail), **headers)
