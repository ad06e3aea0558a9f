"""The same target through Pillow: any bytes give a picture or an error that Pillow promises."""

from __future__ import annotations

import warnings
from functools import cache
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from pellucid.plugins.pillow import PelImageFile, accept

from .fuzz_reader import MAX_DECODED_PIXELS, container_seeds, decodable_seeds, exact_seeds

PROMISED = (OSError, Image.DecompressionBombError)  # UnidentifiedImageError is an OSError


def pillow_input(data: bytes) -> str:
    """Open `data` and, if it is a small picture, load it, as a whole and small, and verify it.

    Returns the name of the error class, or "opened" or "decoded". Whatever else is raised is a
    failure.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = opened(data)
        if image.width * image.height > MAX_DECODED_PIXELS:
            return "opened"
        image.load()
        small = opened(data)
        small.draft(None, (20, 20))
        small.load()
        opened(data).verify()
    except PROMISED as error:
        return type(error).__name__
    assert small.im.size == small.size <= image.size
    return "decoded"


def opened(data: bytes) -> Image.Image:
    """As Image.open does, whether the plugin is registered or not."""
    if not accept(data[:16]):
        raise UnidentifiedImageError
    return PelImageFile(BytesIO(data))


@cache
def pillow_seeds() -> tuple[bytes, ...]:
    """What mutations start from: pictures that Pillow has a mode for."""
    files = container_seeds() + decodable_seeds() + exact_seeds()
    return tuple(file for file in files if pillow_input(file) == "decoded")
