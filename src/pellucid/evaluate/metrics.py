"""How near a decoded picture is to its source: PSNR, and the registry of all metrics.

Every metric is a function (reference, decoded) -> float over HxWx3 uint8 arrays; higher is
better, but for Butteraugli, a distance. `quality_for_bd` gives the scale on which curves are
compared, where higher is better for all: decibels for PSNR and MS-SSIM (-10 log10(1 - value),
customary since Ballé et al. 2018), the plain score for SSIMULACRA2, -10 log10(distance) for
Butteraugli. On that scale halving a distance counts alike wherever it happens; on minus the
distance the worst files, whose distances are the largest, would decide nearly alone.

`DEFAULT_METRICS` are those that the extra `bench` brings; Butteraugli is measured when asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import OptionError
from pellucid.evaluate.butteraugli import butteraugli
from pellucid.evaluate.ms_ssim import ms_ssim
from pellucid.evaluate.ssimulacra2 import ssimulacra2

__all__ = [
    "DEFAULT_METRICS",
    "METRICS",
    "Metric",
    "butteraugli",
    "ms_ssim",
    "psnr",
    "ssimulacra2",
]

Rgb = NDArray[np.uint8]
Samples = NDArray[Any]

PEAK = 255.0


def psnr(
    reference: Samples,
    result: Samples,
    *,
    peak: float = PEAK,
    where: NDArray[np.bool_] | None = None,
) -> float:
    """Peak signal-to-noise ratio over all samples of all channels.

    Args:
        reference: samples of 0 to `peak`, of any shape.
        result: of the same shape; what lies outside that range is clipped, as in a file of such
            samples, and nothing is rounded.
        peak: the largest sample.
        where: count these samples only.

    Returns:
        Decibels; `inf` where both are equal.

    Raises:
        OptionError: the shapes differ, or both are integers of different types.
    """
    kinds = {array.dtype for array in (reference, result) if array.dtype.kind in "iu"}
    if reference.shape != result.shape or len(kinds) > 1:
        raise OptionError(
            f"PSNR needs two pictures alike, got {reference.dtype} {reference.shape} "
            f"and {result.dtype} {result.shape}"
        )
    error = reference.astype(np.float64) - np.clip(result.astype(np.float64), 0.0, peak)
    mse = float(np.mean(np.square(error if where is None else error[where])))
    return 10.0 * math.log10(peak**2 / mse) if mse > 0 else math.inf


def _as_is(value: float) -> float:
    return value


def _similarity_to_db(value: float) -> float:
    return _distance_to_db(1.0 - value)


def _distance_to_db(value: float) -> float:
    return -10.0 * math.log10(value) if value > 0.0 else math.inf


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as the bench knows it: `name` is its column in the TSV."""

    name: str
    label: str
    function: Callable[[Rgb, Rgb], float]
    quality_for_bd: Callable[[float], float]
    axis: str
    decimals: int


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("psnr", "PSNR", psnr, _as_is, "RGB PSNR (dB)", 4),
        Metric("ms_ssim", "MS-SSIM", ms_ssim, _similarity_to_db, "MS-SSIM (dB)", 6),
        Metric("ssimulacra2", "SSIMULACRA2", ssimulacra2, _as_is, "SSIMULACRA2", 4),
        Metric(
            "butteraugli", "Butteraugli", butteraugli, _distance_to_db,
            "Butteraugli (-10 log10 of the distance)", 6,
        ),
    )
}  # fmt: skip
DEFAULT_METRICS = ("psnr", "ms_ssim", "ssimulacra2")
