"""One system on one set at one task: every held-out picture is coded or cleaned and scored."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pellucid.errors import InputError
from pellucid.evaluate.benches.denoise_tasks import with_noise
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.denoiser import Samples
from pellucid.evaluate.ssim import ssim
from pellucid.evaluate.toy.data import Pictures, ToySet
from pellucid.evaluate.toy.rows import COMPRESS, DENOISE, ToyResult
from pellucid.evaluate.toy.sheets import ACROSS, DOWN, from_sheet, to_sheet
from pellucid.evaluate.toy.systems import (
    SHEET,
    SINGLE,
    Budget,
    Cleaner,
    Compressor,
    Training,
)

About = tuple[str, str, str, float, int]  # set, task, files, setting, number of the file


class Job(Protocol):
    """A new system with the set it's for."""

    @property
    def system(self) -> Compressor | Cleaner:
        """The system."""

    def train(self, budget: Budget) -> Training:
        """Let it learn."""

    def warm(self) -> None:
        """Run it once, for what a library loads on first use."""

    def rows(self) -> Iterator[ToyResult]:
        """Measure it; InputError if what comes back isn't a picture like the source."""


@dataclass(frozen=True)
class CompressJob:
    """A row for each file of each setting."""

    system: Compressor
    data: ToySet

    def train(self, budget: Budget) -> Training:
        return self.system.train(self.data.train, budget)

    def warm(self) -> None:
        picture, codec = self.data.held_out[0], self.system
        setting = codec.settings(codec.files[0])[0]
        codec.decode(codec.encode(picture, setting), self.data.shape)

    def rows(self) -> Iterator[ToyResult]:
        codec, held_out = self.system, self.data.held_out
        for files in codec.files:
            each = ACROSS * DOWN if files == SHEET else 1
            for setting in codec.settings(files):
                for number, start in enumerate(range(0, len(held_out), each)):
                    pictures = held_out[start : start + each]
                    about = (self.data.name, COMPRESS, files, setting, number)
                    yield self._row(about, pictures, setting)

    def _row(self, about: About, pictures: Pictures, setting: float) -> ToyResult:
        codec, source = self.system, to_sheet(pictures)
        begin = time.perf_counter()
        coded = codec.encode(source, setting)
        decoded = codec.decode(coded, source.shape)
        seconds = time.perf_counter() - begin
        if (decoded.shape, decoded.dtype) != (source.shape, source.dtype):
            raise InputError(
                f"{codec.name} gave {decoded.dtype} {decoded.shape} for {source.shape}"
            )
        back = from_sheet(decoded, *self.data.shape[:2])
        return row_of(codec.name, about, pictures, back, len(coded), seconds)


@dataclass(frozen=True)
class DenoiseJob:
    """A row for each picture, one at a time."""

    system: Cleaner
    data: ToySet
    sigma: float

    def train(self, budget: Budget) -> Training:
        return self.system.train(self.data.train, self.sigma, budget)

    def warm(self) -> None:
        self.system.denoise(self._noisy(0), self.sigma)

    def rows(self) -> Iterator[ToyResult]:
        for number, picture in enumerate(self.data.held_out):
            noisy = self._noisy(number)
            begin = time.perf_counter()
            result = self.system.denoise(noisy, self.sigma)
            seconds = time.perf_counter() - begin
            if result.shape != noisy.shape or not np.isfinite(result).all():
                raise InputError(
                    f"{self.system.name} gave {result.shape}, or samples that aren't numbers"
                )
            about = (self.data.name, DENOISE, SINGLE, self.sigma, number)
            yield row_of(self.system.name, about, picture[None], result[None], 0, seconds)

    def _noisy(self, number: int) -> Samples:
        picture = self.data.held_out[number]
        return noisy_picture(picture, self.sigma, f"{self.data.name}-{number}")


def noisy_picture(picture: Pictures, sigma: float, name: str) -> Samples:
    """White noise from a seed made of the name, neither clipped nor rounded."""
    return with_noise(picture.astype(np.float32), sigma, name)


def row_of(
    system: str,
    about: About,
    clean: Pictures,
    result: Pictures | Samples,
    size: int,
    seconds: float,
) -> ToyResult:
    """The row of a file: (N, H, W, C) as they are and as they came back, `size` in bytes."""
    data, task, files, setting, number = about
    pairs = [
        (one.astype(np.float32), other.astype(np.float32))
        for one, other in zip(clean, result, strict=True)
    ]
    alike = [value for pair in pairs if (value := ssim(*pair)) is not None]
    error = float(np.mean([10 ** (-psnr(*pair) / 10) for pair in pairs]))
    return ToyResult(
        system=system,
        data=data,
        task=task,
        files=files,
        setting=float(setting),
        picture=number,
        pictures=len(pairs),
        pixels=int(np.prod(clean.shape[:3])),
        bytes=size,
        psnr=round(-10 * math.log10(error), 3) if error else math.inf,
        ssim=round(float(np.mean(alike)), 4),
        run_s=round(seconds, 5),
    )
