"""What each format gives the registry: how it is recognised, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from pellucid.pixels.formats.input import Input
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import Source

Opened = AbstractContextManager[tuple[Source, ImageInfo]]


@dataclass(frozen=True)
class Format:
    """One picture format.

    Attributes:
        name: as messages call it.
        claims: whether an input is of this format, by its name or its first bytes.
        open: gives samples (H, W, C) as stored and what they are, while the block lasts. Takes the
            input and the most pixels; raises InputError, LimitError and MissingExtraError.
        pages: whether `open` takes a third argument, the page or frame, from 0.
    """

    name: str
    claims: Callable[[Input], bool]
    open: Callable[..., Opened]
    pages: bool = False
