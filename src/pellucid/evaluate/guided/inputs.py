"""Pairs of pictures of the same scene: what is denoised or compressed, and its guide.

roadscene    ir_aligned/NAME beside visible_aligned/NAME (Xu et al. 2020); 8 bits
rgbd         NAME.depth.png, 16 bits with 0 for holes, beside NAME.color.png
motorcycle   a disparity map and its left picture (Middlebury 2014), shipped by scikit-image
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError, OptionError
from pellucid.evaluate._extras import require

KINDS = ("roadscene", "rgbd", "motorcycle")
INFRARED, VISIBLE = "ir_aligned", "visible_aligned"
DEPTH, COLOUR = ".depth.png", ".color.png"
STEPS = 64  # of a disparity of 1


@dataclass(frozen=True)
class GuidedPair:
    """`picture` (H, W) of uint8 or uint16, 0 a hole if `holes`; `guide` (H, W, 3) uint8."""

    name: str
    picture: NDArray[Any]
    guide: NDArray[np.uint8]
    holes: bool

    @property
    def known(self) -> NDArray[np.bool_]:
        """(H, W): where the picture has samples."""
        return self.picture > 0 if self.holes else np.ones(self.picture.shape, bool)

    @property
    def peak(self) -> float:
        """What PSNR counts from: 255, or the largest depth."""
        return float(self.picture.max()) if self.holes else 255.0


def find_pairs(kind: str, data: Path | None, limit: int | None = None) -> Iterator[GuidedPair]:
    """The pairs of a folder, in order of name.

    Raises:
        OptionError: no such kind, or no folder for it.
        InputError: no pairs there, or one whose sizes differ.
        MissingExtraError: scikit-image is needed and not installed.
    """
    if kind not in KINDS:
        raise OptionError(f"pairs {kind!r} are unknown; there are: {', '.join(KINDS)}")
    if kind == "motorcycle":
        yield motorcycle()
        return
    if data is None:
        raise OptionError(f"pairs of {kind} need --data, the folder they lie in")
    pattern = f"{INFRARED}/*.*" if kind == "roadscene" else f"*{DEPTH}"
    found = sorted(data.glob(pattern))[:limit]
    if not found:
        raise InputError(f"no pictures {pattern} in {data}")
    for path in found:
        yield roadscene(path) if kind == "roadscene" else rgbd(path)


def roadscene(path: Path) -> GuidedPair:
    """Infrared, guided by visible light."""
    other = path.parents[1] / VISIBLE / path.name
    return checked(GuidedPair(path.stem, opened(path, "L"), opened(other, "RGB"), holes=False))


def rgbd(path: Path) -> GuidedPair:
    """Depth, guided by colour."""
    name = path.name.removesuffix(DEPTH)
    depth = opened(path, None).astype(np.uint16)
    return checked(
        GuidedPair(name, depth, opened(path.with_name(name + COLOUR), "RGB"), holes=True)
    )


def motorcycle() -> GuidedPair:
    """Disparity in 1/64 of a pixel, 0 where it isn't known, guided by colour."""
    folder = Path(require("skimage", "scikit-image").__file__).parent / "data"
    try:
        with np.load(folder / "motorcycle_disp.npz") as arrays:
            disparity = arrays[arrays.files[0]]
    except OSError as error:
        raise InputError(f"this scikit-image doesn't ship the motorcycle: {error}") from error
    known = np.isfinite(disparity) & (disparity > 0)
    steps = np.rint(np.where(known, disparity, 0) * STEPS).astype(np.uint16)
    guide = opened(folder / "motorcycle_left.png", "RGB")
    return checked(GuidedPair("motorcycle", steps, guide, holes=True))


def opened(path: Path, mode: str | None) -> NDArray[Any]:
    """A picture's samples, converted to `mode`."""
    try:
        with Image.open(path) as image:
            return np.asarray(image if mode is None else image.convert(mode))
    except OSError as error:
        raise InputError(f"{path} can't be read: {error}") from error


def checked(pair: GuidedPair) -> GuidedPair:
    """The pair, if both have the same size."""
    if pair.picture.shape != pair.guide.shape[:2]:
        raise InputError(
            f"{pair.name}: the picture is {pair.picture.shape} and its guide "
            f"{pair.guide.shape[:2]} (height, width); they must be the same"
        )
    return pair
