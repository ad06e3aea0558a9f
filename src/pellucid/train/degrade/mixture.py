"""One batch of clean crops to noisy ones, each with the noise level maps of the net.

    white      independent Gaussian noise, strength 0-75 of 255
    grain      correlated Gaussian noise, as after resizing
    camera     sensor noise through a camera's processing, then perhaps JPEG
    jpeg       JPEG once or twice, the grids shifted or not, sometimes of a noisy picture

A kind's map is exact where a user can measure it (white noise) and off by a random factor where
only an estimate will be at hand. Some pictures of each kind have maps of far more noise than there
is: a net that never saw that shifts brightness and colour there.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.train.degrade.camera import camera_noise
from pellucid.train.degrade.draw import (
    Dice,
    chance,
    coins,
    log_uniform,
    moved,
    per_picture,
    uniform,
    whole,
)
from pellucid.train.degrade.gaussian import correlated_noise, white_noise
from pellucid.train.degrade.jpeg import jpeg, jpeg_sigma

STRONGEST = 75 / 255
LEAST = 0.5 / 255
MOST_OVERSTATED = 3.0  # times the noise there is, at most, where a map overstates it
ADDED_LEVEL = 5 / 255  # and so much beyond
LOCAL = 16  # samples over which a camera's local strength is averaged


@dataclass(frozen=True)
class Mixture:
    """How much of each kind; the rest is `white`.

    Attributes:
        grey: part of the pictures that are grey, with the same noise in all channels.
        map_error: largest relative error of the maps of `grain`, `camera` and `jpeg`.
        overstated: part of the pictures whose maps overstate the noise.
        weak: power of the draw of white noise's strength; above 1 it favours weak noise.
    """

    grain: float = 0.06
    camera: float = 0.14
    jpeg: float = 0.22
    grey: float = 0.1
    map_error: float = 0.25
    overstated: float = 0.12
    weak: float = 1.3


@dataclass
class Degraded:
    """noisy and clean (N, 3, H, W); maps (N, 2, H, W): independent and processed noise."""

    noisy: Tensor
    clean: Tensor
    maps: Tensor


def degrade(clean: Tensor, mixture: Mixture, dice: Dice) -> Degraded:
    """Damage a batch; each picture gets one kind."""
    count = len(clean)
    draws = torch.rand(count, generator=dice.host)
    if mixture.grey:
        grey = coins(count, mixture.grey, dice.device)
        clean = torch.where(per_picture(grey), clean.mean(dim=1, keepdim=True), clean)
    else:
        grey = torch.zeros(count, dtype=torch.bool, device=clean.device)
    noisy, target = clean.clone(), clean.clone()
    maps = clean.new_zeros(count, 2, *clean.shape[2:])
    edges = (mixture.grain, mixture.grain + mixture.camera)
    last = edges[1] + mixture.jpeg
    for low, high, kind in (
        (0.0, edges[0], grain),
        (edges[0], edges[1], camera),
        (edges[1], last, compressed),
        (last, 1.1, white),
    ):
        chosen = torch.nonzero((draws >= low) & (draws < high)).flatten()
        if len(chosen):
            chosen = moved(chosen, clean.device)
            part = kind(clean[chosen], grey[chosen], mixture, dice)
            noisy[chosen], target[chosen], maps[chosen] = part.noisy, part.clean, part.maps
    return Degraded(noisy, target, maps)


def white(clean: Tensor, grey: Tensor, mixture: Mixture, dice: Dice) -> Degraded:
    """Independent noise, sometimes clipped and rounded as an 8-bit file is."""
    sigma = per_picture(uniform(len(clean), 0.0, STRONGEST, dice.device, power=mixture.weak))
    noise = white_noise(clean, dice.device)
    noisy = clean + sigma * torch.where(per_picture(grey), noise[:, :1], noise)
    if chance(0.1, dice):
        noisy = torch.round(noisy.clamp(0, 1) * 255) / 255
    level = sigma * per_picture(excess(len(clean), mixture, dice.device))
    extra = uniform(len(clean), 0.0, ADDED_LEVEL, dice.device)
    level = torch.where(level > sigma, level + per_picture(extra), sigma)
    return Degraded(noisy, clean, constant_maps(clean, level, 0))


def grain(clean: Tensor, grey: Tensor, mixture: Mixture, dice: Dice) -> Degraded:
    """Correlated noise."""
    sigma = per_picture(uniform(len(clean), LEAST, STRONGEST * 0.6, dice.device, power=1.5))
    noise = correlated_noise(clean, dice.device)
    noisy = clean + sigma * torch.where(per_picture(grey), noise[:, :1], noise)
    level = sigma * per_picture(factor(len(clean), mixture, dice.device))
    return Degraded(noisy, clean, constant_maps(clean, level, 1))


def camera(clean: Tensor, grey: Tensor, mixture: Mixture, dice: Dice) -> Degraded:
    """Sensor noise, half of it saved as JPEG; a level by picture, or by place as a curve has it."""
    noisy, target = camera_noise(clean, dice)
    noisy = torch.where(per_picture(grey), noisy.mean(dim=1, keepdim=True), noisy)
    target = torch.where(per_picture(grey), target.mean(dim=1, keepdim=True), target)
    if chance(0.6, dice):
        quality = uniform(len(clean), 75, 100, dice.device)
        noisy = jpeg(noisy, quality, subsampled=chance(0.5, dice))
    else:
        noisy = torch.round(noisy * 255) / 255
    variance = (noisy - target).square().mean(dim=1, keepdim=True)
    level = variance.mean(dim=(2, 3), keepdim=True).sqrt().clamp(min=LEAST)
    level = level.expand(-1, 1, *clean.shape[2:])
    if chance(0.4, dice):
        local = F.avg_pool2d(variance, LOCAL).sqrt().clamp(min=LEAST)
        level = F.interpolate(local, size=clean.shape[2:], mode="bilinear")
    level = level * per_picture(factor(len(clean), mixture, dice.device))
    return Degraded(noisy, target, torch.cat([torch.zeros_like(level), level], dim=1))


def compressed(clean: Tensor, grey: Tensor, mixture: Mixture, dice: Dice) -> Degraded:
    """JPEG at 8-98; a quarter was JPEG before on another grid, a quarter was noisy."""
    count = len(clean)
    quality = uniform(count, 8, 98, dice.device)
    variance = jpeg_sigma(quality).square()
    picture = clean
    if chance(0.25, dice):
        sigma = uniform(count, 0.0, 20 / 255, dice.device, power=2.0)
        picture = picture + per_picture(sigma) * white_noise(picture, dice.device)
        variance = variance + sigma.square()
    if chance(0.25, dice):
        first = uniform(count, 20, 98, dice.device)
        shift = (whole(8, dice), whole(8, dice))
        shifted = jpeg(picture.roll(shift, (2, 3)), first, subsampled=chance(0.6, dice))
        picture = shifted.roll((-shift[0], -shift[1]), (2, 3))
        variance = variance + jpeg_sigma(first).square()
    noisy = jpeg(picture, quality, subsampled=chance(0.7, dice))
    noisy = torch.where(per_picture(grey), noisy.mean(dim=1, keepdim=True), noisy)
    level = variance.sqrt() * factor(count, mixture, dice.device)
    return Degraded(noisy, clean, constant_maps(clean, per_picture(level), 1))


def factor(count: int, mixture: Mixture, generator: torch.Generator) -> Tensor:
    """What an estimate may be wrong by, (count,)."""
    error = uniform(count, 1 - mixture.map_error, 1 + mixture.map_error, generator)
    return error * excess(count, mixture, generator)


def excess(count: int, mixture: Mixture, generator: torch.Generator) -> Tensor:
    """(count,) 1, or what a map overstates the noise by."""
    drawn = log_uniform(count, 1.0, MOST_OVERSTATED, generator)
    overstated = coins(count, mixture.overstated, generator)
    return torch.where(overstated, drawn, torch.ones_like(drawn))


def constant_maps(like: Tensor, sigma: Tensor, channel: int) -> Tensor:
    """Maps (N, 2, H, W) with sigma (N, 1, 1, 1) everywhere in one of the channels."""
    maps = like.new_zeros(len(like), 2, *like.shape[2:])
    maps[:, channel] = sigma[:, 0]
    return maps
