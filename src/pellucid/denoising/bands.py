"""More than four channels through a network of three: bands that are alike go together.

Each band is measured by itself and divided by its own noise, so that in a group the noise is equal
and the network, which doesn't mind scale, sees what the bands share. On the bands of a satellite
this takes off more noise than band by band (`docs/denoising.md`); bands that aren't alike would
harm each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.estimate import NoiseEstimate
from pellucid.denoising.invalid import finite_pixels
from pellucid.denoising.measure import measure
from pellucid.denoising.plan import Noise
from pellucid.denoising.remove import denoise_array
from pellucid.denoising.samples import Floats, precise, restored

if TYPE_CHECKING:
    from pellucid.runtime import DenoiserModel

TOGETHER = 3  # channels of a group
ALIKE = 0.95  # correlation from which channels help each other, and don't harm
LOOKED_AT = 256  # samples a side, about, that say how alike bands are

Sigmas = NDArray[np.float64]
Group = tuple[list[int], int]  # channels, and how many of them, from the first, are kept


def denoise_bands(
    samples: NDArray[Any],
    noise: Noise | list[NoiseEstimate],
    weight: float | Floats,
    model: DenoiserModel,
) -> NDArray[Any]:
    """Take the noise off checked samples (H, W, C), C of 5 or more, none of them alpha.

    Args:
        noise: as for `remove_noise`, the same in all channels, or a list with that of each.
        weight: strength of 0-1, one or (H, W).
    """
    result = samples.copy()
    sigmas = np.array([each.sigma for each in noise]) if isinstance(noise, list) else None
    noisy = list(range(samples.shape[2])) if sigmas is None else np.flatnonzero(sigmas).tolist()
    for channels, kept in groups_of(samples, noisy, sigmas) if noisy else []:
        part = np.ascontiguousarray(samples[..., channels])
        if sigmas is None:
            assert not isinstance(noise, list)
            clean = denoise_array(part, noise, weight, model)
        else:
            clean = denoise_scaled(part, sigmas[channels], weight, model)
        result[..., channels[:kept]] = clean[..., :kept]
    return result


def denoise_scaled(
    part: NDArray[Any], sigmas: Sigmas, weight: float | Floats, model: DenoiserModel
) -> NDArray[Any]:
    """A group (H, W, 1 or 3), each channel with its own noise; samples left alone keep all bits."""
    exact = precise(part)
    scale = sigmas.astype(exact.dtype)
    scaled = exact / scale
    clean = denoise_array(scaled, measure(scaled), weight, model)
    return np.where(clean == scaled, part, restored(clean * scale, part.dtype))


def groups_of(samples: NDArray[Any], channels: list[int], sigmas: Sigmas | None) -> list[Group]:
    """Threes of the channels that are alike, each channel kept once; one that has no two alone."""
    likeness = likeness_of(samples, sigmas)
    left, groups = list(channels), []

    def nearest(first: int, among: list[int]) -> list[int]:
        near = [c for c in among if c != first and likeness[first, c] >= ALIKE]
        return sorted(near, key=lambda c: -likeness[first, c])[: TOGETHER - 1]

    while left:
        first = left[0]
        fresh = nearest(first, left)
        others = nearest(first, [c for c in channels if c not in fresh])
        group = [first, *fresh, *others][:TOGETHER]
        kept = 1 + len(fresh)
        if len(group) < TOGETHER:
            group, kept = [first], 1
        groups.append((group, kept))
        left = [channel for channel in left if channel not in group[:kept]]
    return groups


def likeness_of(samples: NDArray[Any], sigmas: Sigmas | None) -> Sigmas:
    """(C, C): correlations of channels without their noise, 0 where one has no contrast."""
    step = 1 + max(samples.shape[:2]) // LOOKED_AT
    some = samples[::step, ::step].astype(np.float64)
    valid = some[finite_pixels(some)]
    valid = valid - valid.mean(axis=0) if len(valid) else valid
    with np.errstate(over="ignore", invalid="ignore"):
        power = (valid**2).sum(axis=0)
        size = np.sqrt(np.maximum(power - len(valid) * (0 if sigmas is None else sigmas**2), 0))
        both = np.outer(size, size)
        found = np.divide(valid.T @ valid, both, out=np.zeros_like(both), where=both > 0)
    return np.nan_to_num(found)
