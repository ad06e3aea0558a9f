"""Noise as a camera makes it: before its colour processing, and so signal-dependent and coloured.

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

from pellucid.train.degrade.draw import (
    Dice,
    chance,
    constant,
    log_uniform,
    normal,
    per_picture,
    uniform,
)
from pellucid.train.degrade.gaussian import gaussian_taps

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


def camera_noise(clean: Tensor, dice: Dice) -> tuple[Tensor, Tensor]:
    """(noisy, clean) as a camera would show the scene `clean` (N, 3, H, W) in 0-1."""
    count, generator = len(clean), dice.device
    gains = torch.ones(count, 3, device=clean.device)
    gains[:, 0] = uniform(count, 1.2, 2.4, generator)
    gains[:, 2] = uniform(count, 1.2, 2.4, generator)
    mix = uniform(count, 0.0, COLOUR_MIX, generator)
    matrix = colour_matrix(mix)
    sensor = linear(clean)
    sensor = torch.einsum("nij,njhw->nihw", colour_matrix(inverse_mix(mix)), sensor)
    sensor = sensor / gains[:, :, None, None]
    shot = per_picture(log_uniform(count, *SHOT, generator))
    read = per_picture(uniform(count, *READ, generator)).square() * shot * 0.02
    variance = shot * sensor.clamp(min=0) + read
    noise = normal(clean.shape, generator) * variance.sqrt()
    mosaicked = chance(0.75, dice)
    shown = []
    for light in (sensor + noise, sensor):
        whole = demosaic(light) if mosaicked else light
        colour = torch.einsum("nij,njhw->nihw", matrix, whole * gains[:, :, None, None])
        shown.append(display(colour))
    noisy, target = shown
    if chance(REDUCED, dice):
        noisy = (target + reduced(noisy - target, generator)).clamp(0, 1)
    return noisy, target


def reduced(noise: Tensor, generator: torch.Generator) -> Tensor:
    """Noise (N, 3, H, W) after a camera's noise reduction: weaker, and its colour in patches."""
    count = len(noise)
    grey = noise.mean(dim=1, keepdim=True)
    parts = []
    for part, blur in ((grey.expand_as(noise), GRAIN), (noise - grey, PATCHES)):
        smooth = blurred(part, log_uniform(count, *blur, generator))
        left = per_picture(uniform(count, *LEFT, generator))
        parts.append(smooth * left * deviation(part) / deviation(smooth))
    return parts[0] + parts[1]


def deviation(noise: Tensor) -> Tensor:
    """Standard deviation over each picture, (N, 1, 1, 1)."""
    return noise.std(dim=(1, 2, 3), keepdim=True).clamp(min=1e-6)


def blurred(planes: Tensor, width: Tensor) -> Tensor:
    """(N, C, H, W) after a Gaussian blur, one standard deviation (N,) a picture."""
    count, channels = planes.shape[:2]
    taps = gaussian_taps(width, TAPS).repeat_interleave(channels, dim=0)
    half = TAPS // 2
    flat = F.pad(planes, (half, half, half, half), "reflect").flatten(0, 1)[None]
    flat = F.conv2d(flat, taps[:, None, None, :], groups=len(taps))
    flat = F.conv2d(flat, taps[:, None, :, None], groups=len(taps))
    return flat.reshape(count, channels, *flat.shape[2:])


def colour_matrix(mix: Tensor) -> Tensor:
    """Sensor to display colours (N, 3, 3): more saturation, with white kept."""
    eye = torch.eye(3, device=mix.device)
    return (1 + mix)[:, None, None] * eye - (mix / 2)[:, None, None] * (1 - eye)


def inverse_mix(mix: Tensor) -> Tensor:
    """The mix (N,) whose `colour_matrix` is the inverse of that of `mix`."""
    return -mix / (1 + 1.5 * mix)


def linear(shown: Tensor) -> Tensor:
    """Display values to light, without clipping highlights."""
    return shown.clamp(min=0) ** GAMMA


def display(light: Tensor) -> Tensor:
    """Light to display values, clipped as a camera clips."""
    return light.clamp(DARKEST, 1) ** (1 / GAMMA)


def demosaic(light: Tensor) -> Tensor:
    """Keep one colour a sample (RGGB) and interpolate the others; green bilinear, red and blue by
    their difference to it."""
    height, width = light.shape[-2:]
    rows = torch.arange(height, device=light.device)[:, None] % 2
    columns = torch.arange(width, device=light.device)[None, :] % 2
    red, blue = ((1 - rows) * (1 - columns)).float(), (rows * columns).float()
    green = 1 - red - blue
    full_green = fill(light[:, 1:2], green)
    parts = [
        full_green + fill(light[:, c : c + 1] - full_green, mask)
        for c, mask in ((0, red), (2, blue))
    ]
    return torch.cat([parts[0], full_green, parts[1]], dim=1)


def fill(plane: Tensor, mask: Tensor) -> Tensor:
    """(N, 1, H, W) known where `mask` (H, W) is 1 -> known everywhere, by normalised averaging."""
    kernel = constant(AROUND, plane.device)[None, None]
    known = mask[None, None]
    total = F.conv2d(plane * known, kernel, padding=1)
    weight = F.conv2d(known, kernel, padding=1)
    return torch.where(known > 0, plane, total / weight.clamp(min=1))
