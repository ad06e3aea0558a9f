"""What `denoise` asks of `compress`: how much noise a picture has, and who leaves it out.

An analysis that leaves noise out does so in the pass that codes the picture, if the codec has one.
Where the clean picture itself is needed, as effort and a PSNR compare with it, where there is
more noise than such an analysis was trained for, or where there is none, the denoiser goes first.
"""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import Any, NamedTuple

import numpy as np

from pellucid._api.options import AUTO, CompressOptions
from pellucid.bitstream import NOISE
from pellucid.codec.noise import STRONGEST, NoiseLevel
from pellucid.denoising import DenoiseOptions, NoiseEstimate
from pellucid.denoising.flow import denoise_into
from pellucid.denoising.noise_model import Sample, noise_model_of, sample_of
from pellucid.denoising.plan import nothing_to_do, plan_for
from pellucid.pixels import ImageSource
from pellucid.pixels.lazy import LARGE
from pellucid.runtime import load_codec

FAINT = 2.3  # of 255; Kodak's photographs have less


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


def cleaned(source: ImageSource, options: CompressOptions, *, itself: bool = False) -> Cleaned:
    """The picture without noise, or with its level in the samples' unit; the same if it has none.

    Args:
        source: samples that the learned codec takes.
        itself: the clean picture is wanted in any case.

    Raises what denoising it does.
    """
    strength = options.denoising
    if not strength:
        return Cleaned(source)
    sample = sample_of(source, source.info.nodata)
    noise = sample.estimate
    if nothing_to_do(noise, strength, source.dtype):
        return Cleaned(source)
    if options.denoise == AUTO and is_faint(noise, source.dtype):
        return Cleaned(source)
    level = level_of(noise, eight_bits=source.dtype == np.uint8).times(strength)
    itself = itself or options.effort > 0 or options.psnr is not None
    able = load_codec(options.model_folder).can_denoise and level.highest() <= STRONGEST
    if able and not itself:
        return Cleaned(source, level, sample, strength)
    samples = room_for(source)
    denoise_into(source, samples, DenoiseOptions(sigma=noise, strength=strength))
    return Cleaned(ImageSource(samples, source.info), None, sample, strength)


def is_faint(noise: NoiseEstimate, dtype: np.dtype[Any]) -> bool:
    """Whether noise in samples of 8 bits may be grain that belongs to a clean picture, and costs
    next to nothing at usual rates. JPEG's artefacts don't count as noise here.
    """
    return dtype == np.uint8 and noise.jpeg_quality is None and noise.sigma < FAINT


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
    with TemporaryFile() as file:
        return np.memmap(file, source.dtype, "w+", shape=source.shape)
