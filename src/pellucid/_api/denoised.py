"""The picture that is coded in place of a noisy one."""

from __future__ import annotations

import numpy as np

from pellucid._api.options import AUTO, OFF, CompressOptions
from pellucid.pixels import ImageSource


def denoised_source(source: ImageSource, options: CompressOptions) -> ImageSource:
    """The picture without its noise, in memory; raises what `denoise` does."""
    from pellucid.denoising import DenoiseOptions
    from pellucid.denoising.flow import denoise_into

    strength = 1.0 if options.denoise in (AUTO, OFF) else float(options.denoise)
    clean = np.empty(source.shape, source.dtype)
    denoise_into(source, clean, DenoiseOptions(strength=strength, limits=options.limits))
    return ImageSource(clean, source.info)
