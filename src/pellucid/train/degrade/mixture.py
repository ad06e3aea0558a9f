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
from itertools import accumulate, pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from pellucid.train.degrade.draw import Dice, moved
from pellucid.train.degrade.jpeg import jpeg, jpeg_sigma
from pellucid.train.degrade.noise import camera_noise, correlated_noise

STRONGEST = 75 / 255
LEAST = 0.5 / 255
MOST_OVERSTATED = 3.0  # times the noise there is, at most, where a map overstates it
ADDED_LEVEL = 5 / 255  # and so much beyond
LOCAL = 16  # samples over which a camera's local strength is averaged

Part = tuple[Tensor, Tensor, Tensor]  # noisy, clean (N, 3, H, W); level (N, 1, 1, 1 or H, 1 or W)


@dataclass(frozen=True)
class Mixture:
    """How much of each kind; the rest is `white`.

    Attributes:
        grey: part of the pictures that are grey, with the same noise in all channels.
        map_error: largest relative error of the maps of `grain`, `camera` and `jpeg`.
        overstated: part of the pictures whose maps overstate the noise.
        weak: power of the draw of white noise's strength; above 1 it favours weak noise.
        clean: part of the pictures that stay as they are, with maps that say so.
        clipped: part of the batches with white noise that are clipped and rounded, as files are.
    """

    grain: float = 0.06
    camera: float = 0.14
    jpeg: float = 0.22
    grey: float = 0.1
    map_error: float = 0.25
    overstated: float = 0.12
    weak: float = 1.3
    clean: float = 0.0
    clipped: float = 0.1


@dataclass
class Degraded:
    """noisy and clean (N, 3, H, W); maps (N, 2, H, W): independent and processed noise."""

    noisy: Tensor
    clean: Tensor
    maps: Tensor


def degrade(clean: Tensor, mixture: Mixture, dice: Dice) -> Degraded:
    """Damage a batch; each picture gets one kind."""
    count, _, *size = clean.shape
    draws = torch.rand(count, generator=dice.host)
    grey = torch.zeros(count, 1, 1, 1, dtype=torch.bool, device=clean.device)
    if mixture.grey:
        grey = dice.coins(count, mixture.grey)
    clean = torch.where(grey, clean.mean(dim=1, keepdim=True), clean)
    noisy, target = clean.clone(), clean.clone()
    maps = clean.new_zeros(count, 2, *size)
    shares = (mixture.clean, mixture.grain, mixture.camera, mixture.jpeg)
    edges = (*accumulate(shares), 1.1)
    kinds = (grain, camera, compressed, white)
    for (low, high), kind in zip(pairwise(edges), kinds, strict=True):
        chosen = torch.nonzero((draws >= low) & (draws < high)).flatten()
        if len(chosen):
            chosen = moved(chosen, clean.device)
            noisy[chosen], target[chosen], level = kind(clean[chosen], grey[chosen], mixture, dice)
            maps[chosen, int(kind is not white)] = level[:, 0].expand(-1, *size)
    return Degraded(noisy, target, maps)


def white(clean: Tensor, grey: Tensor, mixture: Mixture, dice: Dice) -> Part:
    """Independent noise, sometimes clipped and rounded as an 8-bit file is."""
    sigma = dice.uniform(len(clean), 0.0, STRONGEST, power=mixture.weak)
    noise = dice.normal(clean.shape)
    noisy = clean + sigma * torch.where(grey, noise[:, :1], noise)
    if dice.chance(mixture.clipped):
        noisy = torch.round(noisy.clamp(0, 1) * 255) / 255
    level = sigma * excess(len(clean), mixture, dice)
    extra = dice.uniform(len(clean), 0.0, ADDED_LEVEL)
    return noisy, clean, torch.where(level > sigma, level + extra, sigma)


def grain(clean: Tensor, grey: Tensor, mixture: Mixture, dice: Dice) -> Part:
    """Correlated noise."""
    sigma = dice.uniform(len(clean), LEAST, STRONGEST * 0.6, power=1.5)
    noise = correlated_noise(clean.shape, dice)
    noisy = clean + sigma * torch.where(grey, noise[:, :1], noise)
    return noisy, clean, sigma * factor(len(clean), mixture, dice)


def camera(clean: Tensor, grey: Tensor, mixture: Mixture, dice: Dice) -> Part:
    """Sensor noise, half of it saved as JPEG; a level by picture, or by place as a curve has it."""
    noisy, target = (
        torch.where(grey, shown.mean(dim=1, keepdim=True), shown)
        for shown in camera_noise(clean, dice)
    )
    if dice.chance(0.6):
        quality = dice.uniform(len(clean), 75, 100)
        noisy = jpeg(noisy, quality, subsampled=dice.chance(0.5))
    else:
        noisy = torch.round(noisy * 255) / 255
    variance = (noisy - target).square().mean(dim=1, keepdim=True)
    level = variance.mean(dim=(2, 3), keepdim=True).sqrt().clamp(min=LEAST)
    if dice.chance(0.4):
        local = F.avg_pool2d(variance, LOCAL).sqrt().clamp(min=LEAST)
        level = F.interpolate(local, size=clean.shape[2:], mode="bilinear")
    return noisy, target, level * factor(len(clean), mixture, dice)


def compressed(clean: Tensor, grey: Tensor, mixture: Mixture, dice: Dice) -> Part:
    """JPEG at 8-98; a quarter was JPEG before on another grid, a quarter was noisy."""
    count = len(clean)
    quality = dice.uniform(count, 8, 98)
    variance = jpeg_sigma(quality).square()
    picture = clean
    if dice.chance(0.25):
        sigma = dice.uniform(count, 0.0, 20 / 255, power=2.0)
        picture = picture + sigma * dice.normal(picture.shape)
        variance = variance + sigma.square()
    if dice.chance(0.25):
        first = dice.uniform(count, 20, 98)
        down, right = dice.whole(8), dice.whole(8)
        shifted = picture.roll((down, right), (2, 3))
        shifted = jpeg(shifted, first, subsampled=dice.chance(0.6))
        picture = shifted.roll((-down, -right), (2, 3))
        variance = variance + jpeg_sigma(first).square()
    noisy = jpeg(picture, quality, subsampled=dice.chance(0.7))
    noisy = torch.where(grey, noisy.mean(dim=1, keepdim=True), noisy)
    return noisy, clean, variance.sqrt() * factor(count, mixture, dice)


def factor(count: int, mixture: Mixture, dice: Dice) -> Tensor:
    """What an estimate may be wrong by."""
    error = dice.uniform(count, 1 - mixture.map_error, 1 + mixture.map_error)
    return error * excess(count, mixture, dice)


def excess(count: int, mixture: Mixture, dice: Dice) -> Tensor:
    """1, or what a map overstates the noise by."""
    drawn = dice.log_uniform(count, 1.0, MOST_OVERSTATED)
    return torch.where(dice.coins(count, mixture.overstated), drawn, torch.ones_like(drawn))
