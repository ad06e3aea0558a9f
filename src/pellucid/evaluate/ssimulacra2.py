"""SSIMULACRA2 (Sneyers, Cloudinary 2022) through the package `ssimulacra2`.

The package takes file names and works both pictures out anew for every pair. Here its own
functions are called on arrays instead, the side of the reference is kept from one call to the
next and samples are linearised by a table of 256 entries. Same result, about half the time; a test
compares the two.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, OptionError
from pellucid.evaluate._extras import require

MIN_SIDE = 8

Plane = NDArray[np.float64]


def ssimulacra2(reference: NDArray[np.uint8], decoded: NDArray[np.uint8]) -> float:
    """Score of two HxWx3 uint8 sRGB pictures: 100 is identical, 70 high quality, 30 low.

    Raises:
        OptionError: the shapes differ.
        InputError: a side is shorter than 8 samples.
        MissingExtraError: the package isn't installed.
    """
    package = require("ssimulacra2.ssimulacra2", "ssimulacra2")
    if reference.shape != decoded.shape:
        raise OptionError(f"SSIMULACRA2 needs one shape, got {reference.shape}, {decoded.shape}")
    if min(reference.shape[:2]) < MIN_SIDE:
        raise InputError(f"SSIMULACRA2 needs at least {MIN_SIDE} samples a side")
    sources = _reference_side(reference.tobytes(), reference.shape)
    total = package.Msssim()
    for source, copy in zip(sources, _pyramid(package, decoded), strict=True):
        total.scales.append(_compare(package, source, copy))
    return float(total.score())


@lru_cache(maxsize=1)
def _reference_side(data: bytes, shape: tuple[int, ...]) -> list[tuple[Plane, Plane, Plane]]:
    """Per scale: the reference in XYB, its local mean and its local mean square."""
    package = require("ssimulacra2.ssimulacra2", "ssimulacra2")
    picture = np.frombuffer(data, np.uint8).reshape(shape)
    return [
        (xyb, package.blur_image(xyb), package.blur_image(xyb * xyb))
        for xyb in _pyramid(package, picture)
    ]


def _pyramid(package: Any, picture: NDArray[np.uint8]) -> list[Plane]:
    """The picture in positive XYB at up to six scales, each half the one before."""
    table = package.srgb_to_linear(np.arange(256))
    linear = table[picture]
    scales: list[Plane] = []
    for scale in range(package.kNumScales):
        if scale:
            linear = package.downsample(linear, 2, 2)
        if min(linear.shape[:2]) < MIN_SIDE:
            break
        scales.append(package.make_positive_xyb(package.linear_rgb_to_xyb(linear)))
    return scales


def _compare(package: Any, source: tuple[Plane, Plane, Plane], copy: Plane) -> Any:
    xyb, mean, mean_square = source
    blur = package.blur_image
    mean_copy = blur(copy)
    scale = package.MsssimScale()
    square, product = blur(copy * copy), blur(xyb * copy)
    scale.avg_ssim = package.ssim_map(mean, mean_copy, mean_square, square, product)
    scale.avg_edgediff = package.edge_diff_map(xyb, mean, copy, mean_copy)
    return scale
