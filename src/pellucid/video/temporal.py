"""Earlier frames against the noise of this one: a recursive mean that follows motion.

    mean of the frames so far -> where its things are now (`motion`) -> mixed with the new frame,
    the more of it the less the two agree -> mean, and how much noise is left in it at each place

It is a Kalman filter at every place. What the mean is worth is said by `rest`, the variance of its
noise over that of a frame: 1 for a single frame, 1/n for the mean of n. Where a new frame differs
from it by more than the noise of both, something has changed, and the mean is worth less by as
much. So nothing is left behind moving things, and a cut needs no detector. The noise that is left
is known, so a denoiser with a noise level map takes off the rest, as much of it as is there.

Differences are judged at half size over a few samples: by their energy, which tells when fine
things move, and by the square of their mean, which tells faint ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pellucid.denoising.samples import Floats
from pellucid.video.motion import Motion, moved_by, opencv

MEMORY = 16  # frames: the mean is never worth more
AROUND = 3  # samples of half size a side over which differences are judged
ENERGY, ENERGY_MARGIN = 2.5, 0.1  # weight of energy beyond the noise, and what of that is chance
MEAN, MEAN_MARGIN = 10.0, 2.0  # the same of the mean's square
SHARE = 1 / (4 * AROUND**2)  # of the variance that such a mean has
UNKNOWN = 1e3  # `rest` of what comes in from outside
LEAST_VARIANCE = 1e-6
STRIP = 64  # rows, an even number
SOFT = np.array([1, 6, 1], np.float32) / 8
SURE = 2.0**20  # sum of weights beside which what OpenCV adds to it, lest it is 0, is nothing


class TemporalFilter:
    """The mean of the frames so far: floats (H, W, 3) or (H, W) from 0 to 255, with even sides.

    Attributes:
        mean: of the shape of a frame.
        rest: (H/2, W/2) the variance of its noise over that of a frame.
    """

    def __init__(self, first: Floats, *, memory: int = MEMORY) -> None:
        self._least = 1 / memory
        height, width = first.shape[:2]
        half = height // 2, width // 2
        self._motion = Motion()
        self.mean = first
        self.rest = np.ones(half, np.float32)

    def add(self, frame: Floats, variance: Floats | float) -> None:
        """Take in the next frame; the variance of its noise is one number or (H/2, W/2)."""
        cv2 = opencv()
        self._follow(frame, variance)
        energy, apart = map(around, self._apart(frame))
        mean = grey(np.square(apart))
        both = (1 + self.rest) * variance  # what the difference would have if nothing had changed
        change = ENERGY * np.maximum(energy - (1 + ENERGY_MARGIN) * both, 0)
        change += MEAN * np.maximum(mean - (1 + MEAN_MARGIN) * SHARE * both, 0)
        worth = self.rest + change / np.maximum(
            variance, np.float32(LEAST_VARIANCE), dtype=np.float32
        )
        self.rest = np.maximum(worth / (1 + worth), np.float32(self._least))
        gain = doubled(self.rest * np.float32(SURE))
        self.mean = cv2.blendLinear(frame, self.mean, gain, np.float32(SURE) - gain)

    def _apart(self, frame: Floats) -> tuple[Floats, Floats]:
        """Means of 2x2: of the square of a frame's difference from the mean, and of that itself."""
        cv2 = opencv()
        parts = []
        for strip in strips(len(frame)):
            apart = cv2.subtract(frame[strip], self.mean[strip])
            half = halved(apart)
            parts.append((halved(grey(cv2.multiply(apart, apart, dst=apart))), half))
        energy, mean = map(np.concatenate, zip(*parts, strict=True))
        return energy, mean

    def _follow(self, frame: Floats, variance: Floats | float) -> None:
        """Bring the mean to where its things are in `frame`."""
        now, before = (grey(halved(each)) for each in (frame, self.mean))
        samples = 4 * (1 if frame.ndim == 2 else frame.shape[2])  # that one of these is a mean of
        noise = np.asarray((1 + self.rest) * variance / samples, np.float32)
        apart = self._motion.apart(now, before, noise)
        if apart is None:
            return
        cv2 = opencv()
        self.mean = cv2.remap(
            self.mean,
            doubled(2 * apart),
            None,
            cv2.INTER_CUBIC | cv2.WARP_RELATIVE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        outside = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": UNKNOWN}
        self.rest = moved_by(self.rest, apart, **outside)


def strips(height: int) -> Iterator[slice]:
    """Rows of a frame, so few that the processor keeps what is made of them at hand."""
    for top in range(0, height, STRIP):
        yield slice(top, top + STRIP)


def grey(values: Floats) -> Floats:
    """The mean of three channels (H, W, 3); one (H, W) as it is."""
    if values.ndim == 2:
        return values
    found: Floats = opencv().transform(values, np.full((1, 3), 1 / 3, np.float32))
    return found


def around(values: Floats) -> Floats:
    """The mean over a few samples around each."""
    found: Floats = opencv().blur(values, (AROUND, AROUND))
    return found


def halved(values: Floats) -> Floats:
    """Means of two by two samples."""
    cv2 = opencv()
    size = values.shape[1] // 2, values.shape[0] // 2
    found: Floats = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    return found


def doubled(values: Floats) -> Floats:
    """Values of half size at each sample."""
    cv2 = opencv()
    size = values.shape[1] * 2, values.shape[0] * 2
    found: Floats = cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)
    return found


def softened(values: Floats | float) -> Floats | float:
    """What `halved` makes of what `doubled` makes of them."""
    if isinstance(values, float):
        return values
    found: Floats = opencv().sepFilter2D(
        values, -1, SOFT, SOFT, borderType=opencv().BORDER_REPLICATE
    )
    return found
