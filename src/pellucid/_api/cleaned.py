"""What `denoise` asks of `compress`: how much noise a picture has, and who leaves it out.

An analysis that leaves noise out does so in the pass that codes the picture, if the codec has one.
Where the clean picture itself is needed, as effort and a PSNR compare with it, where there is
more noise than such an analysis was trained for, or where there is none, the denoiser goes first.
"""

from __future__ import annotations

import math
import os
from tempfile import TemporaryFile, gettempdir
from typing import Any, NamedTuple

import numpy as np

from pellucid._api.meter import Progress, Watched
from pellucid._api.options import CompressOptions
from pellucid.bitstream import NOISE, SampleRange
from pellucid.codec.noise import STRONGEST, NoiseLevel
from pellucid.denoising import DenoiseOptions, NoiseEstimate
from pellucid.denoising.flow import denoise_into
from pellucid.denoising.noise_model import Sample, noise_model_of, sample_of
from pellucid.denoising.plan import nothing_to_do, plan_for
from pellucid.errors import OutputError, refusing
from pellucid.pixels import ImageSource
from pellucid.pixels.lazy import LARGE
from pellucid.runtime import load_codec

FAINT = 2.3  # of 255, or so much of the range of 16 bits; Kodak's photographs have less
GOOD = 90  # quality of a JPEG above which it is taken for clean


class Cleaned(NamedTuple):
    """A picture as it is to be coded, what its analysis is to leave out, and what was found.

    `sample` has noise of which the part `strength` is left out; without one nothing is.
    """

    source: ImageSource
    level: NoiseLevel | None = None
    sample: Sample | None = None
    strength: float = 1.0

    @property
    def noise(self) -> NoiseEstimate | None:
        """What noise the picture had, if it is left out."""
        return None if self.sample is None else self.sample.estimate

    @property
    def extras(self) -> dict[str, bytes]:
        """The chunk that says what noise was left out, by type, if any was."""
        model = None if self.sample is None else noise_model_of(self.sample, self.strength)
        return {} if model is None else {NOISE: model.pack()}


class Removal(NamedTuple):
    """How much of which noise is left out: by an analysis that is told its level, in the samples'
    unit, or by the denoiser, which goes first, if there is none.
    """

    sample: Sample
    strength: float
    level: NoiseLevel | None


def removal_of(
    source: ImageSource, options: CompressOptions, *, itself: bool = False
) -> Removal | None:
    """What noise is left out of samples that the learned codec takes; None if none is.

    `itself`: the clean picture is wanted in any case.
    """
    strength = options.denoising
    if not strength:
        return None
    sample = sample_of(source)
    noise, found = sample.estimate, sample.range_of(source.dtype)
    if nothing_to_do(noise, strength, source.dtype):
        return None
    if options.denoise_auto and is_faint(noise, found):
        return None
    level = level_of(noise, eight_bits=source.dtype == np.uint8).times(strength)
    itself = itself or options.effort > 0 or options.psnr is not None
    fits = level.in_levels(found).highest() <= STRONGEST
    joint = fits and not itself and load_codec(options.model_folder).can_denoise
    return Removal(sample, strength, level if joint else None)


def cleaned(source: ImageSource, removal: Removal | None, told: Progress | None = None) -> Cleaned:
    """The picture without noise, or with its level in the samples' unit; the same if it has none.

    `told` is told how far the denoiser is, if it goes first. Raises what denoising does.
    """
    if removal is None:
        return Cleaned(source)
    sample, strength, level = removal
    if level is not None:
        return Cleaned(source, level, sample, strength)
    samples = room_for(source)
    watched = Watched(samples, source.shape, told)
    # on the processor whatever the device, as what comes out decides bits
    asked = DenoiseOptions(sigma=sample.estimate, strength=strength, device="cpu")
    denoise_into(source, watched, asked)
    return Cleaned(ImageSource(samples, source.info), None, sample, strength)


def is_faint(noise: NoiseEstimate, found: SampleRange | None) -> bool:
    """Whether noise may be grain that belongs to a clean picture, and traces of JPEG those of a
    good one: both cost next to nothing at usual rates. `found` is the range of 16 bits.
    """
    good = noise.jpeg_quality is None or noise.jpeg_quality > GOOD
    return good and NoiseLevel(noise.sigma).in_levels(found).sigma < FAINT


def level_of(noise: NoiseEstimate, *, eight_bits: bool) -> NoiseLevel:
    """The level that the denoiser's plan says, in the samples' unit."""
    plan = plan_for(noise, eight_bits=eight_bits)
    if plan.stabiliser is None:
        return NoiseLevel(float(plan.sigma), plan.processed)
    grows = plan.stabiliser
    level = NoiseLevel(grows.least, slope=grows.slope, offset=grows.offset)
    return level.times(float(plan.sigma))


def room_for(source: ImageSource) -> Any:
    """An array for a picture; of a large one in a file, which is gone with it."""
    height, width = source.shape[:2]
    if height * width <= LARGE:
        return np.empty(source.shape, source.dtype)
    size, folder = math.prod(source.shape) * source.dtype.itemsize, gettempdir()
    said = f"there is no room for the denoised picture, {size:,} bytes, in {folder} (set TMPDIR)"
    with refusing(said, OutputError), TemporaryFile() as file:
        if hasattr(os, "posix_fallocate"):  # else a full disk is found where it can't be caught
            os.posix_fallocate(file.fileno(), 0, size)
        return np.memmap(file, source.dtype, "r+", shape=source.shape)
