"""A list of pictures: a path or URL a line, read as a stream of bytes."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from pellucid.errors import InputError
from pellucid.scale.sources.local import Told

LONGEST = 32 * 1024  # bytes of a line; paths and URLs are shorter


def lines_of(stream: BinaryIO, name: str, told: Told) -> Iterator[str]:
    """The lines that name something; `told` hears of those that can't.

    Empty lines and those that begin with # are passed by, a byte order mark and CRLF are fine.
    Raises InputError if the list is UTF-16.
    """
    for number, raw in enumerate(_raw_lines(stream), 1):
        if number == 1:
            if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise InputError(f"{name} is UTF-16; save it as UTF-8")
            raw = raw.removeprefix(codecs.BOM_UTF8)
        line = raw.removesuffix(b"\n").removesuffix(b"\r")
        if not line or line.startswith(b"#"):
            continue
        problem, text = _problem(line), line.decode(errors="replace")
        if problem:
            told(f"{name}, line {number}: {problem}")
        else:
            yield text


def problem_of(text: str) -> str:
    """Why a text can't be a path or URL; "" if it can."""
    if "\0" in text:
        return "a NUL, which no name has"
    return "" if text.strip() else "nothing but spaces"


def _problem(line: bytes) -> str:
    if len(line) >= LONGEST:
        return f"longer than {LONGEST} bytes"
    try:
        return problem_of(line.decode())
    except UnicodeDecodeError:
        return "not UTF-8"


def _raw_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Lines; of those that are too long the beginning."""
    while raw := stream.readline(LONGEST):
        rest = raw
        while len(rest) == LONGEST and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST)
        yield raw
