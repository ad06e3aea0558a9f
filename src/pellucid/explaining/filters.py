"""Why a pixel came out as it did: the weights with which the denoiser averaged its surroundings.

A network of convolutions and ReLU without biases is linear as long as no unit crosses 0, so its
result at a pixel is exactly a weighted sum of the samples around it, and of its noise level
map (Mohan et al., "Robust and interpretable blind image denoising", 2020). The weights are the row
of its Jacobian. They differ from pixel to pixel: round in flat places, along edges beside them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.remove import whole
from pellucid.errors import OptionError
from pellucid.explaining.network import OpenNetwork
from pellucid.runtime import DenoiserModel
from pellucid.runtime.denoiser import FILE, parted

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class PixelFilter:
    """The filter at one sample.

    Attributes:
        x, y, channel: of the sample.
        left, top: of the part that `weights` cover.
        weights: (h, w, 3), of the samples around it; they sum to about 1.
        share_of_map: what the noise maps alone contribute, in the samples' unit.
        value: the result there: the weighted sum plus `share_of_map`.
        effective: number of samples that an equal average would need for as little noise,
            1 / (sum of squared weights).
        radius: within which half of the squared weights lie, in samples.
        stabilised: whether the samples, and so `value`, are in the stabilised scale.
    """

    x: int
    y: int
    channel: int
    left: int
    top: int
    weights: Floats
    share_of_map: float
    value: float
    effective: float
    radius: float
    stabilised: bool = False


def filter_at(
    model: DenoiserModel, picture: Floats, maps: Floats, x: int, y: int, *, channel: int = 1
) -> PixelFilter:
    """The filter of `model` at column `x`, row `y` of a picture.

    Args:
        picture: (H, W, 3) or (H, W, 1), as the network takes it.
        maps: (2, H, W), independent and processed noise in the same unit.

    Raises:
        OptionError: the sample lies outside. PellucidError: the package onnx is missing.
    """
    height, width = picture.shape[:2]
    check_inside(x, y, picture.shape)
    rows, columns = (around(at, size, model) for at, size in ((y, height), (x, width)))
    part = picture[rows, columns]
    inputs = inputs_of(model, part, maps[:, rows, columns])
    noisy = inputs["noisy"]
    pull = np.zeros(noisy.shape, np.float32)
    grey = picture.shape[2] == 1
    chosen = slice(None) if grey else channel
    pull[0, chosen, y - rows.start, x - columns.start] = 1 / 3 if grey else 1
    network = OpenNetwork(model.folder / FILE)
    joins = "DepthToSpace" in network.layers.values()  # as that of version 0.1
    noise = network.gradient(inputs, pull if joins else parted(pull))
    linear = (pull - noise["noisy"])[0].transpose(1, 2, 0)
    of_map = -float(np.sum(noise["maps"] * inputs["maps"], dtype=np.float64))
    value = float(np.sum(linear * noisy[0].transpose(1, 2, 0), dtype=np.float64)) + of_map
    weights = linear[: part.shape[0], : part.shape[1]]
    return PixelFilter(
        x=x,
        y=y,
        channel=channel,
        left=columns.start,
        top=rows.start,
        weights=weights,
        share_of_map=of_map,
        value=value,
        effective=float(1 / np.square(weights, dtype=np.float64).sum()),
        radius=half_radius(weights, x - columns.start, y - rows.start),
    )


def inputs_of(model: DenoiserModel, picture: Floats, maps: Floats) -> dict[str, Floats]:
    """What the network takes, whole blocks of a picture (h, w, 3 or 1) and of its maps."""
    planes = np.broadcast_to(picture, (*picture.shape[:2], 3)).transpose(2, 0, 1)
    return {"noisy": whole(planes, model.multiple), "maps": whole(maps, model.multiple)}


def check_inside(x: int, y: int, shape: tuple[int, ...]) -> None:
    """OptionError for a pixel outside of a picture (H, W, C)."""
    height, width = shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        raise OptionError(f"pixel {x},{y} is not inside the picture of {width} x {height}")


def around(at: int, size: int, model: DenoiserModel) -> slice:
    """What lies within reach of a row or column, from a place where the network's blocks begin."""
    start = max(0, at - model.reach) // model.multiple * model.multiple
    return slice(start, min(size, at + model.reach + model.multiple))


def half_radius(weights: Floats, x: int, y: int) -> float:
    """Distance from (x, y) within which half of the squared weights lie."""
    height, width = weights.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot(rows - y, columns - x).ravel()
    power = np.square(weights, dtype=np.float64).sum(axis=2).ravel()
    order = np.argsort(distance)
    inside = np.cumsum(power[order])
    return float(distance[order][np.searchsorted(inside, inside[-1] / 2)])
