"""Lossy codecs that Pillow brings along: they differ in format, options and settings only."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from PIL import AvifImagePlugin, Image, features
from PIL import __version__ as pillow_version

from pellucid.errors import MissingExtraError
from pellucid.evaluate.peers.base import Codec, Samples, one_file

BITS_PER_PIXEL = 24.0  # of the source
AVIF_SPEED = 6


def as_quality(setting: float) -> Mapping[str, Any]:
    """The setting as Pillow's `quality`, a whole number."""
    return {"quality": int(setting)}


def as_rate(setting: float) -> Mapping[str, Any]:
    """The setting as bits per pixel, which OpenJPEG meets closely."""
    return {"quality_mode": "rates", "quality_layers": [BITS_PER_PIXEL / setting]}


def save(kind: str, options: Mapping[str, Any], samples: Samples) -> bytes:
    """(H, W) or (H, W, C) uint8 or uint16 samples as a whole file."""
    stream = io.BytesIO()
    Image.fromarray(samples).save(stream, kind, **options)
    return stream.getvalue()


def load(kind: str, data: bytes, mode: str | None = "RGB") -> Samples:
    """A file to (H, W, 3) uint8, or as another of Pillow's modes; None: as the file has it."""
    with Image.open(io.BytesIO(data), formats=[kind]) as image:
        return np.asarray(image.convert(mode) if mode else image)


def pillow_codec(
    name: str,
    kind: str,
    library: tuple[str, str],
    settings: tuple[float, ...],
    options: Mapping[str, Any],
    turn: Callable[[float], Mapping[str, Any]] = as_quality,
    *,
    threading: str = "one thread both ways: Pillow offers no choice",
    decode: Callable[[bytes], Samples] | None = None,
) -> Codec:
    """A codec by `Image.save` and `Image.open` on bytes in memory.

    Args:
        library: Pillow's name for the library behind the format, and ours.
        turn: a setting to Pillow's options.
        decode: what reads the file, if it isn't `load`.

    Raises:
        MissingExtraError: this Pillow was built without the library.
    """
    feature, known_as = library
    if not features.check(feature):
        raise MissingExtraError(f"Pillow with {known_as}", "bench")
    words = " ".join(f"{key}={value}" for key, value in options.items())
    return Codec(
        name=name,
        version=f"Pillow {pillow_version}, {known_as} {features.version(feature)}, {words}",
        threading=threading,
        settings=settings,
        **one_file(
            lambda rgb, setting: save(kind, {**options, **turn(setting)}, rgb),
            decode or partial(load, kind),
        ),
    )


def jpeg(subsampling: str, settings: tuple[float, ...], _threads: int) -> Codec:
    """Progressive JPEG with optimised tables; halved chroma is what most pictures have."""
    name = f"jpeg{subsampling.replace(':', '')}"
    options = {"subsampling": subsampling, "progressive": True, "optimize": True}
    return pillow_codec(name, "JPEG", ("libjpeg_turbo", "libjpeg-turbo"), settings, options)


jpeg420 = partial(jpeg, "4:2:0", (5, 15, 35, 60, 80, 92))
jpeg444 = partial(jpeg, "4:4:4", (5, 12, 30, 55, 75, 88))


def jpeg2000(_threads: int) -> Codec:
    """OpenJPEG: the 9/7 wavelet with the irreversible colour transform."""
    rates, options = (0.1, 0.2, 0.4, 0.8, 1.3, 2.0), {"irreversible": True, "mct": 1}
    return pillow_codec("jpeg2000", "JPEG2000", ("jpg_2000", "OpenJPEG"), rates, options, as_rate)


def webp(_threads: int) -> Codec:
    """Lossy WebP at its slowest method, 6. The format has 4:2:0 chroma only."""
    qualities = (0, 10, 35, 65, 82, 95)
    return pillow_codec("webp", "WEBP", ("webp", "libwebp"), qualities, {"method": 6})


def avif(
    name: str, settings: tuple[float, ...], advanced: Mapping[str, str], threads: int
) -> Codec:
    """libaom: full chroma, speed 6, up to `threads` threads both ways.

    Without `advanced` it is tuned for the eye, its default. Pillow keeps the decoder's thread count
    in a module variable.
    """
    options: dict[str, Any] = {"subsampling": "4:4:4", "speed": AVIF_SPEED, "max_threads": threads}
    options |= {"advanced": dict(advanced)} if advanced else {}

    def decode(data: bytes) -> Samples:
        before = AvifImagePlugin.DEFAULT_MAX_THREADS
        AvifImagePlugin.DEFAULT_MAX_THREADS = threads
        try:
            return load("AVIF", data)
        finally:
            AvifImagePlugin.DEFAULT_MAX_THREADS = before

    used = f"up to {threads} threads both ways; the encoder decides how many it can use"
    library = ("avif", "libavif")
    return pillow_codec(name, "AVIF", library, settings, options, threading=used, decode=decode)


avif_eye = partial(avif, "avif", (8, 28, 48, 64, 77, 88), {})
avif_psnr = partial(avif, "avif_psnr", (5, 20, 35, 50, 66, 84), {"tune": "psnr"})
