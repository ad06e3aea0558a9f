"""Codecs that Pillow brings along: the adapters differ in format, options and settings only."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, features
from PIL import __version__ as pillow_version

from pellucid.errors import MissingExtraError
from pellucid.evaluate.peers.base import Rgb

ONE_THREAD = "one thread both ways: Pillow offers no choice"


def as_quality(setting: float) -> dict[str, Any]:
    """The setting as Pillow's `quality`, a whole number."""
    return {"quality": int(setting)}


@dataclass(frozen=True)
class PillowPeer:
    """A `Peer` by `Image.save` and `Image.open` on bytes in memory.

    `feature` is Pillow's name for the library behind the format and `library` ours.

    Raises:
        MissingExtraError: this Pillow was built without the library.
    """

    name: str
    format: str
    feature: str
    library: str
    settings: tuple[float, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    from_setting: Callable[[float], Mapping[str, Any]] = as_quality
    threading: str = ONE_THREAD

    def __post_init__(self) -> None:
        if not features.check(self.feature):
            raise MissingExtraError(f"Pillow with {self.library}", "bench")

    @property
    def version(self) -> str:
        options = " ".join(f"{key}={value}" for key, value in self.options.items())
        library = f"{self.library} {features.version(self.feature)}"
        return f"Pillow {pillow_version}, {library}, {options}"

    def encode(self, rgb: Rgb, setting: float) -> bytes:
        stream = io.BytesIO()
        image = Image.fromarray(rgb)
        image.save(stream, self.format, **self.options, **self.from_setting(setting))
        return stream.getvalue()

    def decode(self, data: bytes) -> Rgb:
        with Image.open(io.BytesIO(data), formats=[self.format]) as image:
            return np.asarray(image.convert("RGB"))
