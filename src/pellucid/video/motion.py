"""Where each place of a frame was in the frame before: dense optical flow, and none where nothing
moves.

The flow is OpenCV's DIS (Kroeger et al. 2016, "Fast optical flow using dense inverse search"), at
half size, where noise is half as strong. What it finds in the noise of things that stand still is
jitter, and to follow that would blur them; so a place is said to have moved only if that explains
the frame better than standing still does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid.denoising.samples import Floats
from pellucid.pixels.extras import science

BETTER = 0.9  # of the squared difference that standing still leaves, at most: it moved
AROUND = 13  # samples of half size a side over which the two are compared
SMOOTH = 9  # and over which the flow is averaged
MORE = 2.0  # times the noise, or less: it may have stood still
FEW = 0.002  # of a frame: so little that moves isn't followed
LEAST = 16  # samples of half size a side, below which flow can't be found


def opencv() -> Any:
    """OpenCV; MissingExtraError with the pip line if it isn't installed."""
    return science("cv2", "video", "opencv-python-headless")


class Motion:
    """Flow between frames of one size, at half size: floats (h, w) from 0 to 255."""

    def __init__(self) -> None:
        self._cv2 = opencv()
        self._dis = precise_flow(self._cv2)

    def apart(self, now: Floats, before: Floats, noise: Floats) -> Floats | None:
        """How far right and down of its place each sample of `now` was in `before`, (h, w, 2).

        `noise` (h, w) is the variance that their difference has if nothing moved. None if (next to)
        nothing did.
        """
        cv2 = self._cv2
        still = cv2.blur(np.square(now - before), (AROUND, AROUND))
        if min(now.shape) < LEAST or np.count_nonzero(still > MORE * noise) < FEW * still.size:
            return None
        eight_bits = (cv2.convertScaleAbs(grey) for grey in (now, before))
        flow: Floats = cv2.blur(self._dis.calc(*eight_bits, None), (SMOOTH, SMOOTH))
        moved = moved_by(before, flow)
        follow = cv2.blur(np.square(now - moved), (AROUND, AROUND))
        moves = follow < BETTER * still
        if np.count_nonzero(moves) < FEW * moves.size:
            return None
        found: Floats = cv2.copyTo(flow, moves.view(np.uint8))  # 0 elsewhere
        return found


def precise_flow(cv2: Any) -> Any:
    """DIS down to the finest samples, as a mean that is off by a quarter of one blurs fine texture.

    Fewer steps, and no variational refinement, pay for that.
    """
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    dis.setFinestScale(0)
    dis.setPatchStride(8)
    dis.setGradientDescentIterations(4)
    dis.setVariationalRefinementIterations(0)
    dis.setUseMeanNormalization(True)  # light that changes is no motion
    return dis


def moved_by(values: Floats, apart: Floats, **beyond: Any) -> Floats:
    """Values (h, w) from so far right and down of each place (h, w, 2), between samples too.

    Outside are those at the edge, or what OpenCV is told in `beyond`.
    """
    cv2 = opencv()
    beyond = beyond or {"borderMode": cv2.BORDER_REPLICATE}
    how = cv2.INTER_LINEAR | cv2.WARP_RELATIVE_MAP
    found: Floats = cv2.remap(values, apart, None, how, **beyond)
    return found
