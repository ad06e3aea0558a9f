"""Samples -> what a screen shows: 8 bits of red, green, blue and alpha, upright, in sRGB.

Samples of 8 bits are shown as they are. All others are stretched between the lowest and the highest
0.1 % of the picture's own (`ends`), so that before and after are drawn alike. A picture lies as
its EXIF orientation says, and colours of a profile are converted; nothing of this touches a file.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pellucid.errors import require
from pellucid.explaining.page.draw import ends_of, part_of_one
from pellucid.pixels import Box, ImageInfo
from pellucid.pixels.geo import orientation_of

__all__ = ["Ends", "known_ends", "rgba_of", "stored_box", "turned", "upright_size"]

Ends = tuple[float, float] | None  # None for 8 bits
RGBA = NDArray[np.uint8]
MANY = 1 << 18  # samples that say between which values a picture is stretched

# EXIF orientation -> whether rows and columns change places, and then run backwards.
TURNS = {
    1: (False, False, False),
    2: (False, False, True),
    3: (False, True, True),
    4: (False, True, False),
    5: (True, False, False),
    6: (True, False, True),
    7: (True, True, True),
    8: (True, True, False),
}


def upright_size(info: ImageInfo) -> tuple[int, int]:
    """Width and height as shown."""
    size = info.width, info.height
    return size[::-1] if TURNS[orientation_of(info.exif)][0] else size


def turned(samples: NDArray[Any], info: ImageInfo) -> NDArray[Any]:
    """(H, W, ...) as stored -> upright."""
    swap, rows, columns = TURNS[orientation_of(info.exif)]
    out = samples.swapaxes(0, 1) if swap else samples
    return out[:: -1 if rows else 1, :: -1 if columns else 1]


def stored_box(x: int, y: int, width: int, height: int, info: ImageInfo) -> Box:
    """A rectangle of the upright picture -> where it is stored, cut to the picture.

    Raises:
        OptionError: they share nothing.
    """
    swap, rows, columns = TURNS[orientation_of(info.exif)]
    across, down = upright_size(info)
    x = across - x - width if columns else x
    y = down - y - height if rows else y
    region = (y, x, height, width) if swap else (x, y, width, height)
    box = Box.of_region(region).overlap(Box(0, 0, info.height, info.width))
    require(box.size, "region", (x, y, width, height), "inside the picture")
    return box


def rgba_of(samples: NDArray[Any], info: ImageInfo, ends: Ends) -> RGBA:
    """(H, W, C) samples -> (h, w, 4) as they are shown.

    Of pages the first is shown, of bands the first three.
    """
    light = to_srgb(to_levels(colours_of(samples, info), ends), info.icc)
    out = np.empty((*light.shape[:2], 4), np.uint8)
    out[..., :3] = light
    out[..., 3] = 255
    if info.has_alpha:
        alpha = samples[..., -1]
        out[..., 3] = alpha if alpha.dtype == np.uint8 else np.rint(255 * part_of_one(alpha))
    return np.ascontiguousarray(turned(out, info))


def colours_of(samples: NDArray[Any], info: ImageInfo) -> NDArray[Any]:
    """The one or three channels that are shown."""
    first = samples[..., : info.samples_a_page - info.has_alpha]
    return first[..., :3] if first.shape[2] >= 3 else first[..., :1]


def known_ends(samples: NDArray[Any], info: ImageInfo) -> Ends:
    """What is drawn black and white; None for 8 bits, which stay as they are."""
    if samples.dtype == np.uint8:
        return None
    step = 1 + int((samples.shape[0] * samples.shape[1] / MANY) ** 0.5)
    return ends_of(colours_of(samples, info)[::step, ::step])


def to_levels(samples: NDArray[Any], ends: Ends) -> NDArray[np.uint8]:
    """0 to 255; what is no number is black."""
    if samples.dtype == np.uint8:
        return samples
    low, high = ends or (0.0, 255.0)
    scaled = (samples.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    levels: NDArray[np.uint8] = np.rint(np.nan_to_num(scaled).clip(0, 255)).astype(np.uint8)
    return levels


def to_srgb(light: NDArray[np.uint8], profile: bytes | None) -> NDArray[np.uint8]:
    """RGB of a colour profile as sRGB; grey, and what a damaged profile is of, as it is."""
    change = None if profile is None or light.shape[2] != 3 else change_of(profile)
    if change is None:
        return light
    return np.asarray(ImageCms.applyTransform(Image.fromarray(light), change))


@lru_cache(8)
def change_of(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    """From a profile of RGB to sRGB; None if it can't be read."""
    try:
        found = ImageCms.ImageCmsProfile(BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(found, srgb, "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
