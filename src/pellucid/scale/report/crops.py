"""Source and output of a picture where they differ most, as small pictures inside HTML.

Both are shown as the page of `pellucid serve` shows them. They are kept without loss (WebP), as
what a codec did can't be judged through another one.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError
from pellucid.explaining.page.shown import colours_of, known_ends, rgba_of
from pellucid.pixels import Box, open_image

if TYPE_CHECKING:
    from pellucid.pixels import ImageSource

__all__ = ["Crops", "crops_of"]

SIDE, STEP = 256, 32  # of a crop, and between the places that it may have
PART, WHOLE = 1024, 4 << 20  # side of the parts of a picture with more pixels
# Rows and columns, in quarters of the picture, about which these parts lie.
ABOUT = ((2, 2), (1, 1), (1, 3), (3, 1), (3, 3))


@dataclass(frozen=True)
class Crops:
    """One place on both sides.

    Attributes:
        sides: source and output, as data URIs.
        place: x and y of its first sample, as the picture lies in its file.
        size: width and height as shown, upright.
        most: the largest difference of what is shown, of 255.
    """

    sides: tuple[str, str]
    place: tuple[int, int]
    size: tuple[int, int]
    most: int


def crops_of(source: Path, output: Path) -> Crops:
    """Where they differ most: in all of the picture, or of a large one in five parts of it.

    Raises PellucidError if one can't be read, or their shapes differ.
    """
    with open_image(source) as before, _opened(output) as after:
        shape = tuple(after.shape)
        image = before if before.shape == shape else before.without_full_alpha()
        if image.shape != shape:
            shapes = (" x ".join(map(str, shape)) for shape in (image.shape, shape))
            raise InputError(f"source and output have different shapes: {' and '.join(shapes)}")
        return max((_crops(image, after, box) for box in _parts(shape)), key=lambda one: one[0])[1]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """An output, which is read in parts by slicing: a .pel file, or a picture."""
    if path.suffix.lower() == ".pel":
        yield _Decoded(path)
    else:
        with open_image(path) as image:
            yield image


class _Decoded:
    """A .pel file, of which a part is decoded when it is sliced."""

    def __init__(self, path: Path) -> None:
        import pellucid

        self._path, self._decompress = path, pellucid.decompress
        about = pellucid.info(path)
        self.shape = (about.height, about.width, about.channels + about.alpha)

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        rows, columns = key
        size = columns.stop - columns.start, rows.stop - rows.start
        part = self._decompress(self._path, region=(columns.start, rows.start, *size))
        return part[..., None] if part.ndim == 2 else part


def _parts(shape: Sequence[int]) -> Iterator[Box]:
    """All of a picture (H, W, C), or of a large one its middle and those of its quarters."""
    if shape[0] * shape[1] <= WHOLE:
        yield Box.whole(shape)
        return
    for quarters in ABOUT:
        sides = [min(PART, side) for side in shape[:2]]
        starts = (
            min(max(0, side * quarter // 4 - own // 2), side - own)
            for side, own, quarter in zip(shape, sides, quarters, strict=False)
        )
        yield Box(*starts, *sides)


def _crops(image: ImageSource, after: Any, box: Box) -> tuple[float, Crops]:
    """How much the sides differ in the worst place of a part, and that place."""
    sides = [np.asarray(side[box.slices]) for side in (image, after)]
    y, x, much = _worst(_difference(*(colours_of(side, image.info) for side in sides)))
    ends = known_ends(sides[0], image.info)
    crop = np.s_[y : y + SIDE, x : x + SIDE]
    one, two = (rgba_of(side[crop], image.info, ends) for side in sides)
    size = one.shape[1], one.shape[0]
    most = round(float(_difference(one, two).max()))
    return much, Crops((_data_uri(one), _data_uri(two)), (box.x + x, box.y + y), size, most)


def _difference(one: NDArray[Any], two: NDArray[Any]) -> NDArray[np.float32]:
    """(H, W) largest difference of a sample; 0 where there are no numbers."""
    apart = np.abs(one.astype(np.float32) - two.astype(np.float32)).max(axis=2)
    whole: NDArray[np.float32] = np.nan_to_num(apart, posinf=0)
    return whole


def _worst(differ: NDArray[np.float32]) -> tuple[int, int, float]:
    """First row and column of the crop with the largest sum of squares, and that sum.

    The middle if all are alike.
    """
    sums = np.zeros(tuple(side + 1 for side in differ.shape))
    sums[1:, 1:] = np.square(differ, dtype=np.float64).cumsum(axis=0).cumsum(axis=1)
    places = [np.arange(0, max(1, side - SIDE + STEP), STEP) for side in differ.shape]
    (top, left) = (
        np.minimum(at, max(0, side - SIDE)) for at, side in zip(places, differ.shape, strict=True)
    )
    (bottom, right) = (
        np.minimum(at + SIDE, side) for at, side in zip((top, left), differ.shape, strict=True)
    )
    inside = (
        sums[np.ix_(bottom, right)]
        - sums[np.ix_(top, right)]
        - sums[np.ix_(bottom, left)]
        + sums[np.ix_(top, left)]
    )
    row, column = np.unravel_index(np.argmax(inside), inside.shape)
    if inside[row, column] <= 0:
        row, column = (size // 2 for size in inside.shape)
    return int(top[row]), int(left[column]), float(inside[row, column])


def _data_uri(rgba: NDArray[np.uint8]) -> str:
    """(H, W, 4) as text; without alpha if all of it is opaque."""
    opaque = (rgba[..., 3] == 255).all()
    stream = io.BytesIO()
    Image.fromarray(rgba[..., :3] if opaque else rgba).save(stream, "WEBP", lossless=True, method=0)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
