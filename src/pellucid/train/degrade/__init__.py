"""Seeded damage for training: noise of many kinds, JPEG, and the maps that describe them.

All functions take and give pictures (N, 3, H, W) in 0-1 on any device. They draw from `Dice`, and
never wait for the device.
"""

from pellucid.train.degrade.draw import Dice
from pellucid.train.degrade.mixture import Degraded, Mixture, degrade
from pellucid.train.degrade.noise import correlated_noise

__all__ = ["Degraded", "Dice", "Mixture", "correlated_noise", "degrade"]
