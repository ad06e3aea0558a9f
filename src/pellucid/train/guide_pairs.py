"""Pairs for training a guide's network, made from photographs: a picture and one that guides it.

    curve    the picture is a curve of the guide, not always rising, as another band might be
    partly   what they share changes from place to place, in strength and sign; the rest is another
             photograph's, as in infrared
    layers   surfaces in front of each other: textures in the guide, distances in the picture
    flat     few values, one for each range of the guide's brightness
    regions  each range of colours has a value and a contrast of its own, of either sign, as things
             have temperatures: outlines are shared, what lies within them is not

Some guides are moved a little, blurred, noisy or grey; some belong to another picture, so that a
network learns to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.guide import average

Floats = NDArray[Any]
Random = np.random.Generator
Crop = Callable[[], Floats]  # a part of any photograph, (3, side, side), 0-1

STRANGE = 0.25  # of the guides belong to another picture
SHARES = (0.2, 0.3, 0.15, 0.1, 0.25)  # of the kinds


def draw_pair(crop: Crop, rng: Random) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A picture (side, side) of 0-1, and its guide (3, side, side)."""
    make = MAKERS[str(rng.choice(list(MAKERS), p=SHARES))]
    picture, guide = make(crop, rng)
    low, high = np.sort(rng.uniform(0, 1, 2))
    if rng.random() < 0.5:
        low, high = low / 4, 1 - (1 - high) / 4
    picture = low + (high - low) * stretched(picture)
    if rng.random() < STRANGE:
        guide = make(crop, rng)[1]
    return picture.astype(np.float32), spoilt(guide, rng).astype(np.float32)


def curve(crop: Crop, rng: Random) -> tuple[Floats, Floats]:
    """A picture that a curve makes of the guide."""
    guide = crop()
    return bent(mixed(guide, rng), rng), guide


def partly(crop: Crop, rng: Random) -> tuple[Floats, Floats]:
    """A picture that shares some of its detail with the guide."""
    guide, other = crop(), mixed(crop(), rng)
    own = mixed(guide, rng)
    if rng.random() < 0.5:
        own = bent(own, rng)
    wide = int(rng.integers(2, 14))
    base = average(own if rng.random() < 0.6 else other, wide)
    if rng.random() < 0.4:
        base = parted(own, rng)
    shared = (own - average(own, wide)) * field(own.shape, rng, rng.uniform(0, 1.2))
    apart = (other - average(other, wide)) * rng.uniform(0, 1) * field(own.shape, rng, 0.7)
    picture = bent(base, rng) + rng.uniform(0.3, 1.5) * shared + apart
    if rng.random() < 0.4:
        picture = average(picture, 1)
    return picture, guide


def layers(crop: Crop, rng: Random) -> tuple[Floats, Floats]:
    """Distances of surfaces, and how these look."""
    guide = crop()
    side = guide.shape[-1]
    down, right = np.mgrid[0:side, 0:side] / side
    slope = rng.uniform(0, 0.6)
    picture = slanted(down, right, rng, slope)
    for _ in range(int(rng.integers(3, 14))):
        inside = shape_of(down, right, rng)
        if rng.random() < 0.85:
            picture = np.where(inside, slanted(down, right, rng, slope), picture)
        if rng.random() < 0.9:
            look = crop() * rng.uniform(0.2, 1) + rng.uniform(-0.2, 0.4, (3, 1, 1))
            guide = np.where(inside, look, guide)
    return picture, guide.astype(np.float32)


def flat(crop: Crop, rng: Random) -> tuple[Floats, Floats]:
    """Few values by the guide's brightness."""
    guide = crop()
    picture = parted(mixed(guide, rng), rng)
    if rng.random() < 0.5:
        picture = average(picture, 1)
    return picture + field(picture.shape, rng, 0.2), guide


def regions(crop: Crop, rng: Random) -> tuple[Floats, Floats]:
    """Things of other brightness and contrast than in the guide, with the same outlines."""
    guide, wide = crop(), rng.integers(1, 7)
    smooth = np.stack([average(channel, int(wide)) for channel in guide])
    count = int(rng.integers(3, 20))
    side = guide.shape[-1]
    colours = smooth[:, rng.integers(side, size=count), rng.integers(side, size=count)]
    off = np.square(smooth[:, None] - colours[:, :, None, None]).sum(axis=0)
    thing = off.argmin(axis=0)
    own = mixed(guide, rng)
    fine = own - average(own, int(rng.integers(2, 10)))
    values = rng.uniform(0, 1, count)
    contrasts = rng.normal(0, rng.uniform(0, 0.8), count)
    picture = values[thing] * field(own.shape, rng, 0.2) + contrasts[thing] * fine
    for _ in range(int(rng.integers(0, 3))):
        picture = average(picture, 1)
    if rng.random() < 0.5:
        other = mixed(crop(), rng)
        picture = picture + rng.uniform(0, 0.5) * (other - average(other, 6))
    return picture, guide


MAKERS = {make.__name__: make for make in (curve, partly, layers, flat, regions)}


def parted(plane: Floats, rng: Random) -> Floats:
    """One value for each range of a plane's smoothed values."""
    smooth = average(plane, int(rng.integers(1, 5)))
    limits = np.quantile(smooth, np.sort(rng.uniform(0, 1, int(rng.integers(1, 6)))))
    return rng.uniform(0, 1, len(limits) + 1)[np.digitize(smooth, limits)]


def mixed(photo: Floats, rng: Random) -> Floats:
    """(side, side) of three channels, in random parts."""
    return np.tensordot(rng.dirichlet((1, 1, 1)).astype(np.float32), photo, 1)


def bent(plane: Floats, rng: Random) -> Floats:
    """A plane through a random curve."""
    knots = int(rng.integers(2, 7))
    values = rng.uniform(0, 1, knots)
    if rng.random() < 0.5:
        values = np.sort(values)
    curved = np.interp(stretched(plane), np.linspace(0, 1, knots), values)
    return curved if rng.random() < 0.5 else 1 - curved


def stretched(plane: Floats) -> Floats:
    """To 0-1."""
    low, high = float(plane.min()), float(plane.max())
    return ((plane - low) / max(high - low, 1e-6)).astype(np.float32)


def field(shape: Sequence[int], rng: Random, amount: float) -> Floats:
    """A smooth plane of numbers about 1, off by `amount`; it may go below 0."""
    cells = int(rng.integers(2, 6))
    coarse = 1 + amount * rng.normal(0, 1, (cells, cells))
    size = -(-shape[0] // cells)
    tiled = np.kron(coarse, np.ones((size, size)))[: shape[0], : shape[1]]
    return average(average(tiled, size // 2), size // 2).astype(np.float32)


def slanted(down: Floats, right: Floats, rng: Random, slope: float) -> Floats:
    """A plane of distances."""
    start = rng.uniform(0, 1)
    return start + slope * (rng.normal(0, 1) * (down - 0.5) + rng.normal(0, 1) * (right - 0.5))


def shape_of(down: Floats, right: Floats, rng: Random) -> Floats:
    """Inside an ellipse, or between some straight lines."""
    y, x = down - rng.uniform(0, 1), right - rng.uniform(0, 1)
    size = rng.uniform(0.05, 0.5)
    if rng.random() < 0.4:
        return (y / size) ** 2 + (x / rng.uniform(0.05, 0.5)) ** 2 < 1
    inside = np.ones(y.shape, bool)
    for turn in rng.uniform(0, 2 * np.pi, int(rng.integers(2, 6))):
        inside &= np.cos(turn) * y + np.sin(turn) * x < size * rng.uniform(0.4, 1)
    return inside


def spoilt(guide: Floats, rng: Random) -> Floats:
    """A guide as it may come: grey, moved a little, blurred, noisy, of another contrast."""
    if rng.random() < 0.4:
        guide = np.repeat(mixed(guide, rng)[None], 3, axis=0)
    if rng.random() < 0.4:
        guide = np.roll(guide, tuple(rng.integers(-2, 3, 2).tolist()), axis=(1, 2))
    if rng.random() < 0.15:
        guide = np.stack([average(channel, 1) for channel in guide])
    if rng.random() < 0.5:
        guide = guide + rng.normal(0, rng.uniform(0, 0.02), guide.shape)
    return np.clip(guide, 0, 1) ** rng.uniform(0.5, 2)
