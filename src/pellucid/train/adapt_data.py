"""A user's noisy pictures as an adaptation sees them: prepared just as `denoise --sigma auto` does.

One picture is enough. Repeats are shots of one scene, each with its own noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pellucid.denoising.invalid import fill_invalid, finite_pixels
from pellucid.denoising.measure import measure
from pellucid.denoising.plan import Plan, noise_level_maps, plan_for
from pellucid.denoising.samples import check_type, split_alpha
from pellucid.errors import InputError
from pellucid.pixels import Box, open_image

LEAST_SIDE = 64  # samples; smaller pictures have too little to learn from


@dataclass(frozen=True)
class Shots:
    """Repeats of one scene, (n, 3, H, W) in the network's scale, and their maps (2, H, W)."""

    planes: Tensor
    maps: Tensor


def load_shots(paths: list[Path]) -> Shots:
    """Shots of one scene (often one), with maps and stabilised as the first one's noise asks for.

    Raises:
        InputError: a picture can't be read, is too small, or differs in size from the others.
    """
    pictures = [read_colour(path) for path in paths]
    first = pictures[0]
    plan = plan_for(measure(first), eight_bits=first.dtype == np.uint8)
    maps = noise_level_maps(plan, 1.0, Box.whole(first.shape))
    if not maps.any():
        raise InputError(
            f"{paths[0]} has no noise that could be measured; there is nothing to learn"
        )
    shown = []
    for path, colour in zip(paths, pictures, strict=True):
        if colour.shape != first.shape:
            raise InputError(f"{path} and {paths[0]} are not shots of one scene: sizes differ")
        shown.append(in_network_scale(colour, plan))
    unit = float(np.abs(shown[0]).max()) or 1.0
    planes = torch.from_numpy(np.stack(shown).astype(np.float32) / np.float32(unit))
    return Shots(planes.expand(-1, 3, -1, -1).contiguous(), torch.from_numpy(maps / unit))


def read_colour(path: Path) -> NDArray[Any]:
    """A picture's colour samples (H, W, 1 or 3)."""
    with open_image(path) as image:
        samples = image.read()
    if min(samples.shape[:2]) < LEAST_SIDE:
        raise InputError(
            f"{path} of {samples.shape[1]} x {samples.shape[0]} is too small to learn from; "
            f"{LEAST_SIDE} samples a side are the least"
        )
    check_type(samples.dtype)
    return split_alpha(samples)[0]


def in_network_scale(colour: NDArray[Any], plan: Plan) -> NDArray[np.floating[Any]]:
    """(H, W, C) -> (C, H, W), holes filled, stabilised if the plan says so."""
    values = fill_invalid(colour.astype(np.float32), finite_pixels(colour))
    if plan.stabiliser is not None:
        values = plan.stabiliser.forward(values)
    return values.transpose(2, 0, 1)
