"""Keeping up with a source that doesn't wait: smaller networks, then half the resolution.

A clip's frames go through the first of several ways, each cheaper than the one before. If they
take longer than the time between two frames, the next way is taken, and where the work lags behind
also if they take nearly as long, as it would never catch up; if they have long taken much less, the
one before. Where even the last is too slow, frames are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising import NoiseEstimate
from pellucid.video.frames import FrameDenoiser, Prepared
from pellucid.video.motion import opencv
from pellucid.video.stream import StreamOptions

CHEAPER = ("m", "s", "xs")  # denoisers, each less work than the one before
FULL, EASY = 0.95, 0.4  # of the time between frames: too much, and so little that there is room
CATCHING_UP = 0.7  # of it: too much where the work lags
SOON, LATE = 8, 100  # frames after which a cheaper way, and a better one, is taken
QUICK = 0.25  # of the last frames count: in others the noise is measured
BEHIND = 3.0  # times between frames that the work may lag, before a frame is left out
HALF = 2  # samples a side for one


@dataclass(frozen=True)
class Begun:
    """A frame that is half done: by which denoiser, and at which size."""

    samples: NDArray[Any]
    denoiser: FrameDenoiser
    prepared: Prepared
    half: bool

    @property
    def noise(self) -> NoiseEstimate | None:
        """What was measured at full resolution, in the samples' unit."""
        return None if self.half else self.prepared.noise


@dataclass(frozen=True)
class Way:
    """A denoiser, at full or half resolution."""

    model: str
    half: bool = False

    def __str__(self) -> str:
        return f"denoiser {self.model}{' at half the resolution' if self.half else ''}"


def ways(model: str) -> list[Way]:
    """From a denoiser down."""
    first = CHEAPER.index(model) if model in CHEAPER else len(CHEAPER) - 1
    names = dict.fromkeys([model, *CHEAPER[first:]])
    return [*map(Way, names), Way(CHEAPER[-1], half=True)]


class Pace:
    """Which way is taken, by the time that frames take.

    Attributes:
        at: number of the way.
    """

    def __init__(self, count: int) -> None:
        self.at, self._count = 0, count
        self._parts: deque[float] = deque(maxlen=SOON)
        self._since, self._best = 0, 0

    def took(self, seconds: float, interval: float, lag: float = 0.0) -> bool:
        """Say how long a frame took, how long it may take, and how late it began; whether the way
        changes.
        """
        self._since += 1
        self._parts.append(seconds / interval)
        spent = float(np.quantile(self._parts, QUICK))
        late = lag > BEHIND * interval
        most = CATCHING_UP if late else FULL
        if spent > most and self._since >= SOON and self.at + 1 < self._count:
            self._best = self.at + 1  # what was too slow isn't tried again soon
            return self._go(self.at + 1)
        if spent < EASY and not late and self._since >= LATE * (1 + 9 * (self.at <= self._best)):
            return self.at > 0 and self._go(self.at - 1)
        return False

    def is_late(self, lag: float, interval: float) -> bool:
        """Whether a frame that came `lag` seconds ago is to be left out."""
        return lag > BEHIND * interval and self.at + 1 == self._count

    def _go(self, at: int) -> bool:
        self.at, self._since = at, 0
        self._parts.clear()
        return True


class Player:
    """Frames (H, W, C) of a clip in order, each by the way that is asked for."""

    def __init__(self, options: StreamOptions, ways: Sequence[Way], white: int) -> None:
        self._options, self._ways, self._white = options, ways, white
        self._made: dict[bool, FrameDenoiser] = {}
        self._last: bool | None = None

    def warm_up(self, frame: NDArray[Any]) -> None:
        """Load every way's network, by a frame like those to come."""
        for way in self._ways:
            options = replace(self._options, model=way.model, sigma=1.0, strength=1.0)
            denoiser = options.denoiser(white=self._white)
            denoiser.finish(denoiser.prepare(halved(frame) if way.half else frame))

    def prepare(self, samples: NDArray[Any], at: int) -> Begun:
        """The first half of a frame's work, by way number `at`."""
        way = self._ways[at]
        denoiser = self._denoiser(way)
        prepared = denoiser.prepare(halved(samples) if way.half else samples)
        return Begun(samples, denoiser, prepared, way.half)

    def finish(self, begun: Begun) -> NDArray[Any]:
        """The clean frame."""
        samples, prepared = begun.samples, begun.prepared
        if prepared.mean is None:
            return samples
        clean = begun.denoiser.finish(prepared)
        if not begun.half:
            return clean
        cv2 = opencv()
        height, width, _ = samples.shape
        large = cv2.resize(clean, (width, height), interpolation=cv2.INTER_CUBIC)
        white = np.array(self._white, samples.dtype)  # which cubic interpolation overshoots
        return np.asarray(np.minimum(large, white)).reshape(samples.shape)

    def _denoiser(self, way: Way) -> FrameDenoiser:
        """That of the way's resolution; anew after frames of the other, as it has missed some."""
        if way.half != self._last:
            self._made.clear()
        self._last = way.half
        if way.half not in self._made:
            options = replace(self._options, model=way.model)
            if way.half and isinstance(options.sigma, int | float):
                options = replace(options, sigma=options.sigma / HALF)
            elif way.half:
                options = replace(options, sigma="auto")
            self._made[way.half] = options.denoiser(white=self._white)
        denoiser = self._made[way.half]
        denoiser.use(way.model)
        return denoiser


def halved(samples: NDArray[Any]) -> NDArray[Any]:
    """Samples (H, W, C) at half the resolution, of the same type."""
    cv2 = opencv()
    height, width = (max(1, side // HALF) for side in samples.shape[:2])
    found = cv2.resize(samples, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(found).reshape(height, width, -1)
