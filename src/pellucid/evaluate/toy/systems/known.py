"""The codecs and denoisers of the other benches, pellucid among them, as systems of this one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid.evaluate.peers.base import Codec, kind_of
from pellucid.evaluate.peers.denoiser import Denoiser, NoiseGiven, Samples
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.toy.systems.base import (
    SHEET,
    SINGLE,
    UNTRAINED,
    Budget,
    Pictures,
    Training,
)

GREY = 1


@dataclass(frozen=True)
class KnownCodec:
    """A `Compressor` around a `Codec`; grey goes in as RGB and comes back as the colours' mean.

    In single files only two settings: these files are mostly header.
    """

    peer: Codec
    files: tuple[str, ...] = (SHEET, SINGLE)
    trained: bool = False

    @property
    def name(self) -> str:
        return self.peer.name

    @property
    def version(self) -> str:
        return self.peer.version

    def settings(self, files: str) -> tuple[float, ...]:
        every = self.peer.settings
        return every if files == SHEET else (every[0], every[len(every) // 2])

    def train(self, _pictures: Pictures, _budget: Budget) -> Training:
        return UNTRAINED

    def encode(self, picture: Pictures, setting: float) -> bytes:
        grey = picture.shape[2] == GREY
        return self.peer.encode(np.repeat(picture, 3, axis=2) if grey else picture, setting)[0]

    def decode(self, data: bytes, shape: tuple[int, int, int]) -> Pictures:
        rgb = self.peer.decode((data,), kind_of(np.empty((*shape[:2], 3), np.uint8)))
        if shape[2] != GREY:
            return rgb
        return np.asarray(np.rint(rgb.mean(axis=2, keepdims=True)), np.uint8)


@dataclass(frozen=True)
class KnownCleaner:
    """A `Cleaner` around a `Denoiser`."""

    denoiser: Denoiser
    trained: bool = False

    @property
    def name(self) -> str:
        return self.denoiser.name

    @property
    def version(self) -> str:
        return self.denoiser.version

    def train(self, _pictures: Pictures, _sigma: float, _budget: Budget) -> Training:
        return UNTRAINED

    def denoise(self, noisy: Samples, sigma: float) -> Samples:
        return self.denoiser.denoise(noisy, NoiseGiven(sigma))


@dataclass(frozen=True)
class Untouched:
    """A `Cleaner` that does nothing: what the others start from."""

    name: str = "noisy"
    version: str = "nothing done, version 1"
    trained: bool = False

    def train(self, _pictures: Pictures, _sigma: float, _budget: Budget) -> Training:
        return UNTRAINED

    def denoise(self, noisy: Samples, _sigma: float) -> Samples:
        return noisy


def make_codec(threads: int, *, name: str) -> KnownCodec:
    """A codec of `bench compress`; MissingExtraError without its library."""
    return KnownCodec(LOSSY.make(name, threads))


def make_cleaner(threads: int, *, name: str) -> KnownCleaner:
    """A denoiser of `bench denoise`; PellucidError, with the way out, if it can't be had."""
    return KnownCleaner(DENOISERS.make(name, threads))


def make_untouched(_threads: int) -> Untouched:
    """The noisy picture as it is."""
    return Untouched()
