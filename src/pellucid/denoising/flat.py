"""Noise by brightness where the clean picture, as a denoiser found it, says what is flat.

As for the film grain of AV1 (Norkin and Birkbeck 2018), but what a denoiser took off isn't all of
the noise. Of noisy n = t + w, texture and noise, it took off r = (1 - a) w, so (n r)^2 / r^2 is
w^2 whatever a is. That of the finest coefficients is measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.blocks import BASIS, FINE, SIZE, grid_of
from pellucid.denoising.curve import fit_curve
from pellucid.denoising.estimate import Channel, Measured
from pellucid.denoising.levels import (
    FLAT,
    FLATTEST,
    LEAST_FLATTEST,
    TINY,
    Levels,
    by_brightness,
    flat_fine,
    flattest_variance,
    trust_in,
)
from pellucid.denoising.plan import PROCESSED
from pellucid.denoising.samples import Floats
from pellucid.runtime.threads import ONE_THREAD

LEAST_BLOCKS = 500  # that say more than the noisy picture alone


@dataclass(frozen=True)
class Places:
    """Places of a channel at the same places as those of other channels.

    Attributes:
        mean: (N,) brightness.
        fine: (N, K) finest coefficients.
        rest: (N,) energy of the other ones, but for the mean.
        inside: (N,) whether all samples are valid and none is the channel's lowest or highest.
    """

    mean: Floats
    fine: Floats
    rest: Floats
    inside: NDArray[np.bool_]


def take(planes: list[Floats], valid: NDArray[np.bool_], most: int) -> list[Places]:
    """The blocks of channels (H, W), 8 or more a side, evenly over them, `most` at most."""
    basis = BASIS[FINE].astype(np.float32).T
    whole = grid_of(valid, most).reshape(-1, SIZE).all(axis=1)
    found = []
    for plane in planes:
        samples = np.asarray(grid_of(plane, most).reshape(-1, SIZE), np.float32)
        mean = samples.mean(axis=1)
        with ONE_THREAD:
            fine = (samples - mean[:, None]) @ basis
        rest = SIZE * samples.var(axis=1) - np.square(fine).sum(axis=1)
        inside = (samples.min(axis=1) > samples.min()) & (samples.max(axis=1) < samples.max())
        found.append(Places(mean, fine, rest, whole & inside))
    return found


def measured_where_flat(one: Measured, noisy: Places, clean: Places) -> Measured:
    """A channel's noise measured again where the clean picture is flat.

    Coarse noise stays as the noisy picture alone has said: denoisers leave much of that in, and in
    each channel what all share.
    """
    usable = np.flatnonzero(noisy.inside)
    coarse = one.channel.correlation >= PROCESSED
    if not one.channel.variance or coarse or len(usable) < LEAST_BLOCKS:
        return one
    seen, rest = noisy.fine[usable], clean.rest[usable]
    sums = np.stack([noise_in(seen, seen - clean.fine[usable]), rest])
    levels = levels_of(clean.mean[usable], sums)
    if not levels.fine.min() > 0:
        return one
    curve = fit_curve(levels, flattest_variance(sums))
    variances = curve.variances
    if curve.slope:  # or it bridges levels, which makes the curve flatter
        variances = levels.trust * levels.fine + (1 - levels.trust) * variances
    variances = one.total * variances
    mean = float(variances.mean())
    if mean <= 0:
        return one
    lines = (one.total * curve.slope, one.total * curve.offset)
    return Measured(
        Channel(mean, *lines, one.channel.correlation), levels.level, variances, one.total
    )


def noise_in(noisy: Floats, off: Floats) -> Floats:
    """(N,) variance of the noise in coefficients (N, K), of which `off` was taken off."""
    shared, taken = (np.einsum("nk,nk->n", each, off) for each in (noisy, off))
    return np.asarray(np.square(shared) / (taken + np.float32(1e-9)) / noisy.shape[1])


def levels_of(mean: Floats, sums: Floats) -> Levels:
    """Levels of brightness, as `measure_levels` has them, of noise and rest (2, N)."""
    groups = by_brightness(mean)
    few, more = np.array([flat_fine(sums[:, group], (FLATTEST, FLAT)) for group in groups]).T
    growth = more / (few + TINY)
    return Levels(
        level=np.array([mean[group].mean(dtype=np.float64) for group in groups]),
        fine=few,
        growth=growth,
        trust=trust_in(growth, np.ones(len(groups)), 1.0),
        share=1.0,
    )


def in_common(noisy: list[Places], flat: list[Places]) -> float:
    """Mean correlation of the channels' noise, 0 to 1, where `flat` is flattest.

    `flat` are the blocks of the clean picture, or the noisy ones if there is none. The noise is
    found as said above, of all channels at once.
    """
    usable = np.flatnonzero(np.all([blocks.inside for blocks in noisy], axis=0))
    if len(noisy) == 1 or not len(usable):
        return 0.0
    order = np.argsort(np.sum([blocks.rest[usable] for blocks in flat], axis=0), kind="stable")
    places = usable[order[: max(LEAST_FLATTEST, round(FLATTEST * len(order)))]]
    seen = fine_of(noisy, places)
    off = seen if flat is noisy else seen - fine_of(flat, places)
    shared = seen @ off.T
    products = shared @ np.linalg.pinv(off @ off.T) @ shared.T
    deviations = np.sqrt(np.diag(products).clip(TINY))
    correlations = products / np.outer(deviations, deviations)
    return float(np.clip(correlations[np.triu_indices(len(noisy), 1)].mean(), 0, 1))


def fine_of(channels: list[Places], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """(C, N K): the channels' finest coefficients."""
    return np.stack([blocks.fine[places].reshape(-1) for blocks in channels]).astype(np.float64)
