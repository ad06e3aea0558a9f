"""`pellucid.stream`: noisy frames in, clean frames out, one for one, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.bitstream.limits import is_number
from pellucid.denoising import NoiseEstimate
from pellucid.denoising.options import read_sigma
from pellucid.errors import InputError, is_whole, require
from pellucid.video.ahead import ahead_of
from pellucid.video.frames import FrameDenoiser
from pellucid.video.level import ClipNoise
from pellucid.video.temporal import MEMORY

DEFAULT_MODEL = "s"
MOST_MEMORY = 1000


@dataclass(frozen=True)
class StreamOptions:
    """The options of `pellucid.stream`, which says what each means.

    Raises:
        OptionError: one of them is out of range or of another type.
    """

    sigma: str | float | NoiseEstimate = "auto"
    strength: float = 1.0
    model: str = DEFAULT_MODEL
    temporal: bool = True
    memory: int = MEMORY
    device: str = "auto"

    def __post_init__(self) -> None:
        fine = is_number(self.strength) and 0 <= self.strength <= 1
        require(fine, "strength", self.strength, "a number from 0 to 1")
        one = not isinstance(read_sigma(self.sigma), np.ndarray)
        require(one, "sigma", self.sigma, "auto, a number or an estimate, the same everywhere")
        fine = is_whole(self.memory) and 1 <= self.memory <= MOST_MEMORY
        require(fine, "memory", self.memory, f"a whole number of frames from 1 to {MOST_MEMORY}")
        names = "the name of an installed denoiser, or the path of a model's folder"
        require(isinstance(self.model, str | os.PathLike), "model", self.model, names)

    def denoiser(self, *, white: int | None = None) -> FrameDenoiser:
        """What denoises one clip; raises OptionError if there is no such model or device."""
        from pellucid.runtime import check_device, load_denoiser

        given = read_sigma(self.sigma)
        assert not isinstance(given, np.ndarray)
        load_denoiser(self.model)
        check_device(self.device)
        return FrameDenoiser(
            self.model,
            ClipNoise(given),
            strength=self.strength,
            temporal=self.temporal,
            memory=self.memory,
            white=white,
            device=self.device,
        )


def stream(
    frames: Iterable[ArrayLike],
    *,
    sigma: str | float | NoiseEstimate = "auto",
    strength: float = 1.0,
    model: str = DEFAULT_MODEL,
    temporal: bool = True,
    memory: int = MEMORY,
    ahead: int = 0,
    device: str = "auto",
) -> Iterator[NDArray[Any]]:
    """Take the noise off a clip, frame by frame; each frame's shape and type stay.

    Args:
        frames: arrays (H, W) or (H, W, C) of uint8, uint16, int16, float16, float32 or float64, C 1
            (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA), all alike; taken as they are needed.
        sigma: standard deviation of the noise in the samples' own unit; `auto` measures it, on some
            of the frames; or what `noise_level` gave.
        strength: 0 (nothing is changed) to 1; scales sigma.
        model: name of an installed denoiser (`denoisers()`), or a model's folder.
        temporal: use earlier frames, along motion; False: each frame by itself.
        memory: frames that are averaged at most, where nothing changes.
        ahead: frames that wait, prepared on another thread, where `frames` is then read, beside the
            one that is being prepared, which is faster; 0: a frame is read when its turn comes, in
            the caller's thread.
        device: where the network runs, as in `denoise`.

    Yields:
        A clean frame for each, in order. Nothing later than a frame is used for it.

    Raises:
        OptionError: an option is out of range. InputError: a frame can't be denoised, or isn't
        like the first. MissingExtraError: OpenCV isn't there (`pip install 'pellucid[video]'`).
    """
    require(is_whole(ahead) and 0 <= ahead <= MOST_MEMORY, "ahead", ahead, "frames, from 0")
    denoiser = StreamOptions(sigma, strength, model, temporal, memory, device).denoiser()
    return streamed(frames, denoiser, ahead)


def streamed(
    frames: Iterable[ArrayLike], denoiser: FrameDenoiser, ahead: int
) -> Generator[NDArray[Any], None, None]:
    """Frames through a denoiser."""
    prepared = ((denoiser.prepare(given), flat) for given, flat in map(as_frame, frames))
    with closing(ahead_of(prepared, ahead)) as ready:
        for one, flat in ready:
            clean = denoiser.finish(one)
            yield clean[..., 0] if flat else clean


def as_frame(frame: ArrayLike) -> tuple[NDArray[Any], bool]:
    """Samples (H, W, C) of a frame, and whether it came as (H, W); InputError for another shape."""
    samples = np.asarray(frame)
    if samples.ndim not in (2, 3):
        raise InputError(f"a frame has the shape {samples.shape}; give (H, W) or (H, W, C)")
    return (samples[..., None], True) if samples.ndim == 2 else (samples, False)
