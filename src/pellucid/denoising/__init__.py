"""A picture without its noise: how much there is, the noise level map, and the network's windows.

flow.py       `denoise_into`, read first       estimate.py   how much noise, and of what kind
options.py    what can be asked for, and       blocks, levels, curve, correlation, jpeg:
              what came of it                  what the estimate is made from
picture.py    a look at all of a picture, and  measure.py    the noise of any picture
              its parts, invalid samples       plan.py       an estimate -> the noise level maps
              filled (invalid.py)              scale.py      the scale that the network sees
noise_model.py  the noise model of a file      flat.py       measured with the clean picture
remove.py     noise taken off, by windows      guide.py      an aligned picture that helps
bands.py      many channels                    samples.py    sample types, alpha
"""

from __future__ import annotations

from pellucid.denoising.estimate import NoiseEstimate, estimate_noise
from pellucid.denoising.options import DEFAULT_DENOISER, DenoiseOptions, DenoiseResult

__all__ = ["DEFAULT_DENOISER", "DenoiseOptions", "DenoiseResult", "NoiseEstimate", "estimate_noise"]
