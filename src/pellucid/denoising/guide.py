"""A picture denoised with the help of an aligned one of another kind, such as infrared by visible.

The denoiser goes first, as ever. Then a small network is shown what was taken off beside the
guide's detail (`guide_features.py`), and says how much of it to put back. It was trained on guides
that help and on guides of other pictures alike, so one that doesn't fit does little harm.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.guide_features import LEAST, REACH, contrast, features
from pellucid.denoising.samples import split_alpha
from pellucid.denoising.windows import Run
from pellucid.pixels import Box
from pellucid.pixels.lazy import Source

if TYPE_CHECKING:
    from pellucid.runtime import DenoiserModel, GuideModel

Floats = NDArray[np.float32]

LOOKED_AT = 128  # samples a side of the parts that tell a guide's contrast
PARTS = 4  # of these a side, at most


class Guide:
    """Samples (H, W, C) of any type, shown window by window; their alpha is of no matter."""

    def __init__(self, samples: Source, net: GuideModel) -> None:
        self._samples = samples
        self._net = net
        self._contrast = 1.0
        parts = [self.planes(box) for box in looked_at(samples.shape[:2])]
        sizes = [contrast(part) for part in parts]
        self._contrast = max(float(np.sqrt(np.mean(np.square(sizes)))), LEAST)

    def reach(self, model: DenoiserModel) -> int:
        """Samples around one that matter, of the picture and the guide."""
        return model.reach + REACH + self._net.reach

    def planes(self, box: Box) -> Floats:
        """(3, h, w) of contrast 1, about 0; samples that are no numbers become their mean."""
        part = split_alpha(np.asarray(self._samples[box.slices]))[0].astype(np.float64)
        finite = np.isfinite(part)
        middle = part[finite].mean() if finite.any() else 0.0
        part = np.where(finite, part - middle, 0) / self._contrast
        planes = part.transpose(2, 0, 1).astype(np.float32)
        return np.broadcast_to(planes, (3, *planes.shape[1:]))

    def run(self, model: DenoiserModel, *, grey: bool) -> Run:
        """For `run_windows`: of 6 channels, the picture's and the guide's, to the noise."""

        def run(both: Floats, maps: Floats) -> Floats:
            noisy, guide = np.ascontiguousarray(both[:, :3]), both[0, 3:]
            noise = model.noise(noisy, maps)
            if self._contrast <= LEAST:  # it shows nothing
                return noise
            sigma = maps[0].sum(axis=0)
            if grey:
                noise[:] = noise.mean(axis=1, keepdims=True)
            for channel in range(1 if grey else 3):
                planes = features(noise[0, channel], noisy[0, channel], sigma, guide)
                noise[0, channel] -= sigma * self._net.correction(planes[None])[0, 0]
            if grey:
                noise[:] = noise[:, :1]
            return noise

        return run


def looked_at(size: tuple[int, ...]) -> list[Box]:
    """Parts that lie evenly over a picture."""
    height, width = (min(LOOKED_AT, length) for length in size)
    rows, columns = (
        np.linspace(0, max(length - LOOKED_AT, 0), min(PARTS, -(-length // LOOKED_AT))).astype(int)
        for length in size
    )
    return [Box(int(y), int(x), height, width) for y, x in product(rows, columns)]
