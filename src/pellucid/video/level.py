"""The noise of a clip: measured on a frame now and then, and steady between.

A measurement of one frame is off by a few percent, and strength that went up and down with it would
be seen as flicker. So what counts is the middle one of the last few. They are taken often at first,
and again after a cut, as another scene may have been lit or recorded otherwise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.estimate import NoiseEstimate
from pellucid.denoising.measure import measure
from pellucid.denoising.plan import Plan, plan_for
from pellucid.denoising.samples import Floats

OFTEN = (0, 1, 2, 4, 8, 16, 32)  # frames after a cut that are measured
EVERY = 50  # frames, later
SETTLED = 16  # frames after a cut before the next one counts
KEPT = 5  # measurements of which the middle one counts


class ClipNoise:
    """What is known of the noise of a clip's frames.

    Args:
        given: standard deviation in the samples' unit, or an estimate; None to measure it.
    """

    def __init__(self, given: float | NoiseEstimate | None) -> None:
        self._given = given
        self._found: deque[NoiseEstimate] = deque(maxlen=KEPT)
        self._number = 0

    def plan(self, frame: NDArray[Any], *, cut: Callable[[], bool]) -> Plan:
        """How the next frame (H, W, C) is to be denoised; `cut`: whether it is of another scene."""
        eight_bits = frame.dtype == np.uint8
        if self._given is not None:
            return plan_for(self._given, eight_bits=eight_bits)
        if cut() and self._number >= SETTLED:
            self._found.clear()
            self._number = 0
        if self._number in OFTEN or self._number % EVERY == 0:
            self._found.append(measure(frame))
        self._number += 1
        return plan_for(self.noise, eight_bits=eight_bits)

    @property
    def measured(self) -> NoiseEstimate | None:
        """What counts now, if noise is measured."""
        return self.noise if self._found else None

    @property
    def noise(self) -> NoiseEstimate:
        """The middle one of the last measurements."""
        ordered = sorted(self._found, key=lambda found: found.sigma)
        return ordered[(len(ordered) - 1) // 2]


def deviation(plan: Plan, brightness: Callable[[], Floats]) -> Floats | float:
    """Standard deviation of the noise, in the samples' unit: one, or that at each brightness."""
    if plan.stabiliser is None:
        return float(np.asarray(plan.sigma))
    curve = plan.stabiliser
    variance = np.maximum(curve.slope * brightness() + curve.offset, curve.least**2)
    return np.asarray(plan.sigma * np.sqrt(variance), np.float32)
