"""A picture without its noise: how much there is, the noise level map, and the network's windows.

flow.py       `denoise_into`, read first       estimate.py   how much noise, and of what kind
options.py    what can be asked for            blocks, levels, curve, correlation, jpeg_grid:
result.py     what came of it                  what the estimate is made from
survey.py     a look at all of a picture       measure.py    the noise of any picture
picture.py    its parts, invalid samples       plan.py       an estimate -> the noise level maps
              filled (invalid.py)              vst.py        noise that grows with light
remove.py     noise taken off, by windows.py   scale.py      the scale that the network sees
frames.py     DICOM; bands.py: bands           guide.py      an aligned picture that helps, by
samples.py    sample types, alpha                            guide_features.py
"""

from __future__ import annotations

from pellucid.denoising.estimate import NoiseEstimate, estimate_noise
from pellucid.denoising.options import DEFAULT_DENOISER, DenoiseOptions
from pellucid.denoising.result import DenoiseResult

__all__ = ["DEFAULT_DENOISER", "DenoiseOptions", "DenoiseResult", "NoiseEstimate", "estimate_noise"]
