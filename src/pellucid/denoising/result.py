"""What came of denoising a picture."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.denoising.estimate import NoiseEstimate


@dataclass(frozen=True)
class DenoiseResult:
    """What was done to a picture, and what a person should know of it.

    Attributes:
        shape: (height, width, channels) of its samples.
        dtype: their type, by NumPy's name.
        noise: the noise, if it was measured; its sigma is all of it, in the samples' unit.
        model_id: id (hex) of the denoiser.
        not_finite: samples that are no finite numbers and were kept.
        sentinels: pixels far from all others, such as -9999 for no data, that were kept.
        remarks: what a person should know, in words.
        left_out: which metadata the new file's format can't hold, in words.
    """

    shape: tuple[int, int, int]
    dtype: str
    noise: NoiseEstimate | None
    model_id: str
    not_finite: int = 0
    sentinels: int = 0
    remarks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def found_no_noise(self) -> bool:
        """Whether noise was measured and there is none, nor traces of JPEG."""
        noise = self.noise
        return noise is not None and not noise.sigma and noise.jpeg_quality is None
