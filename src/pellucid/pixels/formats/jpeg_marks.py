"""What a file holds beside its picture and can't be kept is said in a warning.

JPEG: a second picture (MPO), XMP beyond its first segment, samples of 12 bits. PNG: a gamma that
isn't that of sRGB.

Source: ITU-T T.81, annex B; Adobe XMP specification, part 3, 1.1.3; CIPA DC-007 (MPO).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from PIL import Image

from pellucid.errors import PellucidWarning
from pellucid.pixels.info import ImageInfo

_EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # SOF0 .. SOF15
_ALONE = {*range(0xD0, 0xD9), 0x01}  # markers without a length
_SCAN = 0xDA
_SRGB_GAMMA = 1 / 2.2


def remarks_on(info: ImageInfo, image: Image.Image, data: bytes, name: str) -> None:
    """Warn of what a file holds that `info` and its samples don't."""
    said: list[str] = []
    if image.format == "MPO" and (count := int(getattr(image, "n_frames", 1))) > 1:
        said.append(f"holds {count} pictures, of which the first is taken")
    if image.format in ("JPEG", "MPO"):
        size = sum(len(body) - 75 for kind, body in segments(data) if _is_extension(kind, body))
        if size > 0:
            said.append(f"has {size} bytes of XMP beyond the first segment, which are left out")
    gamma: Any = image.info.get("gamma")
    told = info.icc is not None or "srgb" in image.info  # which count more than a gamma
    if image.format == "PNG" and gamma and not told and abs(gamma - _SRGB_GAMMA) > 0.01:
        said.append(
            f"has a gamma of {gamma:g}, which isn't kept: it will be shown lighter or darker; "
            "give it a colour profile first"
        )
    for remark in said:
        warnings.warn(f"{name} {remark}", PellucidWarning, stacklevel=2)


def _is_extension(kind: int, body: bytes) -> bool:
    return kind == 0xE1 and body.startswith(_EXTENSION)


def twelve_bits(data: bytes) -> bool:
    """Whether a file is a JPEG of 12 bits a sample."""
    frames = [body for kind, body in segments(data) if kind in _FRAMES]
    return bool(frames) and frames[0][:1] == b"\x0c"


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and contents of the segments of a JPEG before its samples; none of another file."""
    at = 2 if data.startswith(b"\xff\xd8\xff") else len(data)
    while at + 4 <= len(data) and data[at] == 0xFF:
        kind = data[at + 1]
        if kind == _SCAN:
            return
        if kind == 0xFF or kind in _ALONE:
            at += 1 if kind == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield kind, data[at + 4 : at + 2 + length]
        at += 2 + max(length, 2)
