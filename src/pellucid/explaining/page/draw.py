"""Arrays as small pictures inside HTML: samples as they look, and values as shades of a scale."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SQUARE, SHADES = 8, (204, 238)  # side and shades of what is seen through transparency
LONGEST = 1100  # samples a side of what is shown
RGB = NDArray[np.uint8]

# Ends and steps of two scales: dark to light for amounts, blue by white to red for differences.
AMOUNT = (
    (18, 12, 52),
    (64, 38, 122),
    (142, 52, 118),
    (214, 84, 82),
    (248, 158, 66),
    (252, 244, 170),
)
SIGNED = ((30, 72, 160), (128, 170, 220), (246, 246, 246), (232, 150, 120), (166, 30, 44))


def smaller(values: NDArray[Any], longest: int = LONGEST) -> NDArray[np.float32]:
    """(H, W) or (H, W, C) with the longer side at most `longest`: means over squares."""
    step = -(-max(values.shape[:2]) // longest)
    if step == 1:
        return values.astype(np.float32)
    height, width = (size // step * step or size for size in values.shape[:2])
    rows, columns = (max(1, size // step) for size in values.shape[:2])
    out = np.empty((rows, columns, *values.shape[2:]), np.float32)
    for row in range(rows):  # row by row: memory stays that of the result
        strip = values[row * height // rows : (row + 1) * height // rows, :width]
        parts = strip.reshape(strip.shape[0], columns, -1, *values.shape[2:])
        out[row] = parts.mean(axis=(0, 2), dtype=np.float32)
    return out


def shown(
    samples: NDArray[Any],
    ends: tuple[float, float] | None = None,
    alpha: NDArray[Any] | None = None,
) -> RGB:
    """(H, W, C) samples of any type as RGB; other than 8 bits are stretched between `ends`.

    With `alpha` (H, W) they lie over squares in two shades of grey.
    """
    colours = samples[..., :3] if samples.shape[2] >= 3 else samples[..., :1]
    weight = None if alpha is None else part_of_one(alpha)
    small: NDArray[Any] = smaller(colours)
    if weight is not None and small.shape[:2] != colours.shape[:2]:
        seen = smaller(weight)
        sums = smaller(colours * weight[..., None])
        small = np.divide(sums, seen[..., None], out=np.zeros_like(sums), where=seen[..., None] > 0)
        weight = seen
    if samples.dtype != np.uint8 or ends is not None:
        low, high = ends or ends_of(small)
        small = small.astype(np.float64)  # the largest floats stay apart
        small = (small - low) * (255 / max(high - low, 1e-12))
    small = np.nan_to_num(np.clip(small, 0, 255))
    if weight is not None:
        small = weight[..., None] * (small - squares(weight.shape)) + squares(weight.shape)
    rgb = np.rint(small).astype(np.uint8)
    return np.repeat(rgb, 3, axis=2) if rgb.shape[2] == 1 else rgb


def part_of_one(alpha: NDArray[Any]) -> NDArray[np.float32]:
    """Alpha of any type as 0 to 1; of floats 1 is full, or their largest value if that is more."""
    if alpha.dtype.kind == "f":
        full = max(1.0, float(np.nanmax(alpha)))
    else:
        full = float(np.iinfo(alpha.dtype).max)
    whole: NDArray[np.float32] = np.nan_to_num(alpha.astype(np.float32) / np.float32(full))
    return np.clip(whole, 0, 1)


def squares(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """(h, w, 1) of two shades in squares, as editors show what is transparent."""
    rows, columns = (np.arange(side) // SQUARE for side in shape[:2])
    odd = (rows[:, None] + columns) % 2
    return np.where(odd, *SHADES).astype(np.float32)[..., None]


def ends_of(values: NDArray[Any]) -> tuple[float, float]:
    """The values that a picture is stretched between: all but 0.1 % on either side."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = np.percentile(finite.astype(np.float64), (0.1, 99.9))
    return float(low), float(max(high, low + 1e-12))


def heat(values: NDArray[Any], low: float, high: float, scale: Any = AMOUNT) -> RGB:
    """(H, W) values as RGB, `low` at the first end of the scale and `high` at the last.

    What is no number is drawn as `low`.
    """
    anchors = np.array(scale, np.float64)
    values = np.nan_to_num(values, nan=low)
    place = np.clip((values - low) / max(high - low, 1e-12), 0, 1) * (len(anchors) - 1)
    steps = np.arange(len(anchors))
    planes = [np.interp(place, steps, anchors[:, channel]) for channel in range(3)]
    return np.rint(np.stack(planes, axis=-1)).astype(np.uint8)


def enlarged(rgb: RGB, times: int) -> RGB:
    """Every sample as a square, so that single ones can be seen."""
    return rgb.repeat(times, axis=0).repeat(times, axis=1)


def data_uri(rgb: RGB, *, photograph: bool = False) -> str:
    """A picture as text: PNG, or for a photograph or many shades WebP of high quality."""
    stream = io.BytesIO()
    if photograph:
        Image.fromarray(rgb).save(stream, "WEBP", quality=90, method=2)
    else:
        Image.fromarray(rgb).save(stream, "PNG")
    kind = "webp" if photograph else "png"
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
