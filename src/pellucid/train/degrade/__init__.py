"""Seeded damage for training: noise of many kinds, JPEG, and the maps that describe them.

All functions take and give pictures (N, 3, H, W) in 0-1 on any device. They draw from a generator
on the same device, or from `Dice` where Python must know a number, and never wait for the device.
"""

from pellucid.train.degrade.camera import camera_noise
from pellucid.train.degrade.draw import Dice
from pellucid.train.degrade.gaussian import correlated_noise, white_noise
from pellucid.train.degrade.jpeg import jpeg, jpeg_sigma
from pellucid.train.degrade.mixture import Degraded, Mixture, degrade

__all__ = [
    "Degraded",
    "Dice",
    "Mixture",
    "camera_noise",
    "correlated_noise",
    "degrade",
    "jpeg",
    "jpeg_sigma",
    "white_noise",
]
