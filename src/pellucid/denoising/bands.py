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

from pellucid.denoising.clean import Floats, Noise, denoise_samples, measure
from pellucid.denoising.samples import SampleType
from pellucid.denoising.view import finite_pixels

if TYPE_CHECKING:
    from pellucid.runtime import DenoiserModel

TOGETHER = 3  # channels of a group
ALIKE = 0.95  # correlation from which channels help each other, and don't harm
LOOKED_AT = 256  # samples a side, about, that say how alike bands are

Sigmas = NDArray[np.float64]
Group = tuple[list[int], int]  # channels, and how many of them, from the first, are kept


def denoise_bands(
    samples: NDArray[Any], noise: Noise | None, weight: float | Floats, model: DenoiserModel
) -> NDArray[Any]:
    """Take the noise off checked samples (H, W, C), C of 5 or more, none of them alpha.

    Args:
        noise: as for `denoise_samples`, the same in all channels; None measures each.
        weight: strength of 0-1, one or (H, W).
    """
    result = samples.copy()
    sigmas = None if noise is not None else sigmas_of(samples)
    noisy = [c for c in range(samples.shape[2]) if sigmas is None or sigmas[c] > 0]
    for channels, kept in groups_of(samples, noisy, sigmas):
        part = np.ascontiguousarray(samples[..., channels])
        if noise is not None:
            clean = denoise_samples(part, noise, weight, model)
        else:
            assert sigmas is not None
            clean = denoise_scaled(part, sigmas[channels], weight, model)
        result[..., channels[:kept]] = clean[..., :kept]
    return result


def sigmas_of(samples: NDArray[Any]) -> Sigmas:
    """The noise of each channel, in the samples' unit."""
    channels = range(samples.shape[2])
    return np.array([measure(samples[..., channel : channel + 1]).sigma for channel in channels])


def denoise_scaled(
    part: NDArray[Any],
    sigmas: Sigmas,
    weight: float | Floats,
    model: DenoiserModel,
) -> NDArray[Any]:
    """A group (H, W, 1 or 3), each channel with its own noise; samples left alone keep all bits."""
    floats = np.promote_types(part.dtype, np.float32)
    scale = sigmas.astype(floats)
    scaled = part.astype(floats) / scale
    clean = denoise_samples(scaled, measure(scaled), weight, model)
    restored = SampleType.of(part.dtype).restore(clean * scale)
    return np.where(clean == scaled, part, restored)


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
    known = some[finite_pixels(some)]
    known = known - known.mean(axis=0) if len(known) else known
    with np.errstate(over="ignore", invalid="ignore"):
        power = (known**2).sum(axis=0)
        size = np.sqrt(np.maximum(power - len(known) * (0 if sigmas is None else sigmas**2), 0))
        both = np.outer(size, size)
        found = np.divide(known.T @ known, both, out=np.zeros_like(both), where=both > 0)
    return np.nan_to_num(found)
