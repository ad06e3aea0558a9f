"""Noise that neighbours and channels share: as resizing leaves it, and as a camera makes it.

A camera's is made before its colour processing, and so signal-dependent and coloured:

    sRGB -> linear light -> sensor colours -> photons + read noise -> mosaic -> demosaic -> back
         -> what the camera's noise reduction leaves: grain in brightness, patches in colour

After "Unprocessing images for learned raw denoising" (Brooks et al. 2019), with wider ranges and
the clean picture sent through the same mosaic, so that only noise is taken off and no detail is
asked for that the camera never recorded. The last step is ours: it acts on the noise alone, since
noise reduction in cameras spares edges.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.train.degrade.draw import Dice, constant

BLUR = 5  # side of the kernel that correlates neighbours
CHANNEL_MIX = 0.5  # at most so much of a channel's noise comes from each of the others
GAMMA = 2.2
DARKEST = 1e-6
SHOT = (5e-5, 1.2e-2)  # variance of photon noise at white, in linear light
READ = (0.05, 1.0)  # standard deviation of read noise, relative to that of photon noise at 0.02
COLOUR_MIX = 0.35
REDUCED = 0.2  # of batches go through a camera's noise reduction
GRAIN = (0.3, 1.1)  # standard deviation of the blur it puts on the noise's brightness, in samples
PATCHES = (0.5, 4.0)  # and on its colour
LEFT = (0.3, 1.0)  # part of the noise's strength that it leaves
TAPS = 13
AROUND = ((1.0, 2.0, 1.0), (2.0, 4.0, 2.0), (1.0, 2.0, 1.0))  # weights of known neighbours


def correlated_noise(shape: torch.Size, dice: Dice) -> Tensor:
    """As resizing and demosaicing leave it: one random blur and channel mix a picture.

    Its standard deviation is 1 in every channel; half the time noise is coarser as well, made at
    half the resolution and enlarged.
    """
    count, channels, height, width = shape
    noise = dice.normal((count, channels, height + BLUR - 1, width + BLUR - 1))
    line = gaussian_taps(dice.uniform(count, 0.3, 1.4), BLUR)
    kernel = line[:, :, None] * line[:, None, :]
    small = dice.normal((count, channels, height // 2 + BLUR, width // 2 + BLUR))
    coarse = F.interpolate(small, scale_factor=2, mode="bilinear")
    share = dice.uniform(count, 0.0, 1.0) * dice.coins(1, 0.5)  # a coin for all
    noise = noise + share * coarse[..., : noise.shape[2], : noise.shape[3]]
    grouped = noise.reshape(1, count * channels, *noise.shape[2:])
    weight = kernel.repeat_interleave(channels, dim=0)[:, None]
    noise = F.conv2d(grouped, weight, groups=count * channels).reshape(shape)
    mix = dice.uniform(count, 0.0, CHANNEL_MIX)[..., 0]
    matrix = torch.eye(channels, device=noise.device) * (1 - mix) + mix
    noise = torch.einsum("nij,njhw->nihw", matrix, noise)
    return noise / noise.std(dim=(2, 3), keepdim=True).clamp(min=1e-6)


def gaussian_taps(sigma: Tensor, count: int) -> Tensor:
    """Weights of `count` samples in a row, of sum 1, for each standard deviation: (N, count)."""
    place = torch.arange(count, device=sigma.device) - count // 2
    taps = torch.exp(-0.5 * (place / sigma.reshape(-1, 1)) ** 2)
    return taps / taps.sum(dim=1, keepdim=True)


def camera_noise(clean: Tensor, dice: Dice) -> tuple[Tensor, Tensor]:
    """(noisy, clean) as a camera would show the scene `clean` (N, 3, H, W) in 0-1."""
    count = len(clean)
    red, blue = (dice.uniform(count, 1.2, 2.4) for _ in range(2))
    gains = torch.cat([red, torch.ones_like(red), blue], dim=1)
    mix = dice.uniform(count, 0.0, COLOUR_MIX)
    sensor = clean.clamp(min=0) ** GAMMA  # highlights are not clipped
    sensor = torch.einsum("nij,njhw->nihw", colour_matrix(inverse_mix(mix)), sensor) / gains
    shot = dice.log_uniform(count, *SHOT)
    read = dice.uniform(count, *READ).square() * shot * 0.02
    noise = dice.normal(clean.shape) * (shot * sensor.clamp(min=0) + read).sqrt()
    mosaicked = dice.chance(0.75)
    shown = []
    for light in (sensor + noise, sensor):
        whole = demosaic(light) if mosaicked else light
        colour = torch.einsum("nij,njhw->nihw", colour_matrix(mix), whole * gains)
        shown.append(colour.clamp(DARKEST, 1) ** (1 / GAMMA))
    noisy, target = shown
    if dice.chance(REDUCED):
        noisy = (target + reduced(noisy - target, dice)).clamp(0, 1)
    return noisy, target


def reduced(noise: Tensor, dice: Dice) -> Tensor:
    """Noise (N, 3, H, W) after a camera's noise reduction: weaker, and its colour in patches."""
    grey = noise.mean(dim=1, keepdim=True)
    total = torch.zeros_like(noise)
    for part, blur in ((grey.expand_as(noise), GRAIN), (noise - grey, PATCHES)):
        smooth = blurred(part, dice.log_uniform(len(noise), *blur))
        total += smooth * dice.uniform(len(noise), *LEFT) * deviation(part) / deviation(smooth)
    return total


def deviation(noise: Tensor) -> Tensor:
    """Standard deviation over each picture, (N, 1, 1, 1)."""
    return noise.std(dim=(1, 2, 3), keepdim=True).clamp(min=1e-6)


def blurred(planes: Tensor, width: Tensor) -> Tensor:
    """(N, C, H, W) after a Gaussian blur, one standard deviation a picture."""
    taps = gaussian_taps(width, TAPS).repeat_interleave(planes.shape[1], dim=0)[:, None]
    flat = F.pad(planes, (TAPS // 2,) * 4, "reflect").flatten(0, 1)[None]
    flat = F.conv2d(flat, taps[:, :, None, :], groups=len(taps))
    flat = F.conv2d(flat, taps[:, :, :, None], groups=len(taps))
    return flat.reshape(planes.shape)


def colour_matrix(mix: Tensor) -> Tensor:
    """Sensor to display colours (N, 3, 3): more saturation, with white kept."""
    eye, mix = torch.eye(3, device=mix.device), mix.reshape(-1, 1, 1)
    return (1 + mix) * eye - (mix / 2) * (1 - eye)


def inverse_mix(mix: Tensor) -> Tensor:
    """The mix whose `colour_matrix` is the inverse of that of `mix`."""
    return -mix / (1 + 1.5 * mix)


def demosaic(light: Tensor) -> Tensor:
    """Keep one colour a sample (RGGB) and interpolate the others; green bilinear, red and blue by
    their difference to it."""
    rows, columns = (torch.arange(side, device=light.device) % 2 for side in light.shape[-2:])
    red, blue = ((1 - rows)[:, None] * (1 - columns)).float(), (rows[:, None] * columns).float()
    green = fill(light[:, 1:2], 1 - red - blue)
    parts = [green + fill(light[:, c : c + 1] - green, mask) for c, mask in ((0, red), (2, blue))]
    return torch.cat([parts[0], green, parts[1]], dim=1)


def fill(plane: Tensor, mask: Tensor) -> Tensor:
    """(N, 1, H, W) known where `mask` (H, W) is 1 -> known everywhere, by normalised averaging."""
    kernel = constant(AROUND, plane.device)[None, None]
    known = mask[None, None]
    total = F.conv2d(plane * known, kernel, padding=1)
    weight = F.conv2d(known, kernel, padding=1)
    return torch.where(known > 0, plane, total / weight.clamp(min=1))
