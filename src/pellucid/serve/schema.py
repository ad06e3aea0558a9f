"""What OpenAPI says of the endpoints: bodies are files, answers too, and errors are JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from pellucid.bitstream.limits import MEDIA_TYPE
from pellucid.serve.problems import PROBLEM

REMARKS = "Pellucid-Remarks"
MEDIA = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "npy": "application/octet-stream",
    "npz": "application/octet-stream",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "pel": MEDIA_TYPE,
}
SUFFIX = {"jpeg": "jpg", "tiff": "tif"}  # of formats that aren't called like it
BINARY = {"schema": {"type": "string", "format": "binary"}}

WHY = {
    400: "An option is unknown, out of range, or contradicts another.",
    401: "The token is missing or wrong.",
    403: "A page of another site asks.",
    408: "The body came too slowly.",
    413: "The body or its picture is larger than the server takes.",
    415: "The body isn't a picture that can be read, or no .pel file.",
    421: "The server is called by a name that isn't its own.",
    422: "The file is damaged, or can't be decoded here; or what is asked for can't be made of it.",
    429: "As many requests as may wait do: ask again after the seconds in Retry-After.",
    500: "A bug.",
    501: "Reading or writing this needs a part that isn't installed on the server.",
    503: "The server ends.",
    504: "The work took longer than a request may.",
    507: "The server has no room: on its disk, or for a process.",
}


class Problem(BaseModel):
    """An error."""

    status: int
    kind: str
    message: str


class Installed(BaseModel):
    """Models by name, with their ids."""

    codecs: dict[str, str]
    denoisers: dict[str, str]


class Verified(BaseModel):
    """What is wrong with a file: by tile, and all of it in words."""

    sound: bool
    total: int
    salvageable: int
    tiles: dict[int, str]
    messages: list[str]


def errors(*left_out: int) -> dict[int | str, dict[str, Any]]:
    """The errors that an endpoint may answer with."""
    schema = {"schema": Problem.model_json_schema()}
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": why, "content": {PROBLEM: schema}}
        for status, why in WHY.items()
        if status not in left_out
    }
    if 429 in found:
        wait = {"description": "Seconds.", "schema": {"type": "integer"}}
        found[429]["headers"] = {"Retry-After": wait}
    return found


def taking(kind: str = "application/octet-stream") -> dict[str, Any]:
    """The body of a request: a file as it is, of any type that a client may name."""
    return {"requestBody": {"required": True, "content": {kind: BINARY}}}


def giving(*formats: str) -> dict[int | str, dict[str, Any]]:
    """The answer, a file of one of these formats; and errors."""
    remarks = {
        "description": "What a person should know of the answer, as a JSON array.",
        "schema": {"type": "string"},
    }
    content = {MEDIA[one].partition(";")[0]: BINARY for one in formats}
    if "json" in formats:
        content[MEDIA["json"]] = {"schema": {"type": "object"}}
    return {
        200: {"description": "The file.", "content": content, "headers": {REMARKS: remarks}},
        **errors(),
    }
