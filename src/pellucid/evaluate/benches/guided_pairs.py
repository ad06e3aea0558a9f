"""Pairs of pictures of the same scene: what is denoised or compressed, and its guide.

roadscene    ir_aligned/NAME beside visible_aligned/NAME (Xu et al. 2020); 8 bits
rgbd         NAME.depth.png, 16 bits with 0 for holes, beside NAME.color.png
motorcycle   a disparity map and its left picture (Middlebury 2014), shipped by scikit-image
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError, OptionError, refusing
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Case

INFRARED, VISIBLE = "ir_aligned", "visible_aligned"
DEPTH, COLOUR = ".depth.png", ".color.png"
STEPS = 64  # of a disparity of 1


@dataclass(frozen=True)
class GuidedPair:
    """`picture` (H, W) of uint8 or uint16, 0 a hole if `holes`; `guide` (H, W, 3) uint8.

    InputError if their sizes differ.
    """

    picture: NDArray[Any]
    guide: NDArray[np.uint8]
    holes: bool

    def __post_init__(self) -> None:
        if self.picture.shape != self.guide.shape[:2]:
            raise InputError(
                f"the picture is {self.picture.shape} and its guide {self.guide.shape[:2]} "
                "(height, width); they must be the same"
            )

    @property
    def known(self) -> NDArray[np.bool_]:
        """(H, W): where the picture has samples."""
        return self.picture > 0 if self.holes else np.ones(self.picture.shape, bool)

    @property
    def peak(self) -> float:
        """What PSNR counts from: 255, or the largest depth."""
        return float(self.picture.max()) if self.holes else 255.0


def find_pairs(kind: str, data: Path | None, limit: int | None = None) -> list[Case]:
    """The pairs of a folder, in order of name.

    Raises:
        OptionError: no folder, and pairs that need one. InputError: no pairs there.
    """
    if kind == "motorcycle":
        return [Case(kind, motorcycle, kind, about=0)]
    if data is None:
        raise OptionError(f"pairs of {kind} need --data, the folder they lie in")
    load, pattern, end = KINDS[kind]
    found = sorted(data.glob(pattern))[:limit]
    if not found:
        raise InputError(f"no pictures {pattern} in {data}")
    return [
        Case(path.name.removesuffix(end or path.suffix), partial(load, path), kind, about=seed)
        for seed, path in enumerate(found)
    ]


def roadscene(path: Path) -> GuidedPair:
    """Infrared, guided by visible light."""
    other = path.parents[1] / VISIBLE / path.name
    return GuidedPair(opened(path, "L"), opened(other, "RGB"), holes=False)


def rgbd(path: Path) -> GuidedPair:
    """Depth, guided by colour."""
    other = path.with_name(path.name.removesuffix(DEPTH) + COLOUR)
    return GuidedPair(opened(path).astype(np.uint16), opened(other, "RGB"), holes=True)


def motorcycle() -> GuidedPair:
    """Disparity in 1/64 of a pixel, 0 where it isn't known, guided by colour."""
    folder = Path(require("skimage", "scikit-image").__file__).parent / "data"
    with (
        refusing("this scikit-image doesn't ship the motorcycle"),
        np.load(folder / "motorcycle_disp.npz") as arrays,
    ):
        disparity = arrays[arrays.files[0]]
    known = np.isfinite(disparity) & (disparity > 0)
    steps = np.rint(np.where(known, disparity, 0) * STEPS).astype(np.uint16)
    guide = opened(folder / "motorcycle_left.png", "RGB")
    return GuidedPair(steps, guide, holes=True)


def opened(path: Path, mode: str | None = None) -> NDArray[Any]:
    """A picture's samples, converted to `mode`."""
    with refusing(f"{path} can't be read"), Image.open(path) as image:
        return np.asarray(image.convert(mode) if mode else image)


# Pairs -> how one is read, the files that are its picture, and the end of their names.
KINDS = {
    "roadscene": (roadscene, f"{INFRARED}/*.*", ""),
    "rgbd": (rgbd, f"*{DEPTH}", DEPTH),
}
