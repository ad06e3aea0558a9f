"""The quality that meets a target for size, rate or PSNR.

Size and PSNR grow with quality, nearly linearly in its logarithm or in decibels, so an
interpolating search over the 101 qualities takes a few probes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from pellucid.errors import TargetError

TOP = 100


@dataclass(frozen=True)
class Target:
    """What a probe's value must do: stay at or below `value`, or (`at_least`) reach it.

    `unit` and `hint` go into the message when no quality meets it.
    """

    value: float
    unit: str
    at_least: bool = False
    hint: str = ""


def reach_target(target: Target, probe: Callable[[int], float]) -> int:
    """The best quality: the highest that stays within a size, the lowest that reaches a PSNR.

    Args:
        probe: quality -> bytes, bits per pixel or decibels; growing with quality.

    Raises:
        TargetError: no quality from 0 to 100 meets the target.
    """
    values: dict[int, float] = {}

    def value(quality: int) -> float:
        if quality not in values:
            values[quality] = probe(quality)
        return values[quality]

    low, high = 0, TOP  # below: known to be within; above: known to be past
    if (target.at_least and value(TOP) < target.value) or (
        not target.at_least and value(0) > target.value
    ):
        worst = value(TOP) if target.at_least else value(0)
        kind = "reaches at most" if target.at_least else "takes at least"
        raise TargetError(
            f"this picture {kind} {worst:.6g} {target.unit} with this model, and "
            f"{target.value:.6g} was asked for{target.hint}"
        )
    if not target.at_least and value(TOP) <= target.value:
        return TOP
    if target.at_least and value(0) >= target.value:
        return 0
    value(low), value(high)
    while high - low > 1:
        middle = guess(low, high, values, target)
        past = value(middle) >= target.value if target.at_least else value(middle) > target.value
        low, high = (low, middle) if past else (middle, high)
    return high if target.at_least else low


def guess(low: int, high: int, values: dict[int, float], target: Target) -> int:
    """Interpolate between the ends of the bracket, strictly inside it."""
    scale: Callable[[float], float] = (lambda v: v) if target.at_least else math.log
    start, end = scale(values[low]), scale(values[high])
    part = (scale(target.value) - start) / (end - start) if end > start else 0.5
    middle = low + (high - low) * min(max(part, 0.02), 0.98)
    nearest = math.floor(middle) + (1 if middle - low > (high - low) / 2 else 0)
    return min(max(nearest, low + 1), high - 1)
