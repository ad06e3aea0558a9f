"""Array -> array without its noise: how much there is, what the network is told, and its windows.

clean.py      the whole way, read first       estimate.py   how much noise, and of what kind
plan.py       an estimate -> the maps         blocks, levels, curve, correlation, jpeg_grid:
vst.py        noise that grows with light     what the estimate is made from
windows.py    any size, in bounded memory     samples.py    sample types, alpha
holes.py      samples that are no numbers
guide.py      an aligned picture that helps, by guide_features.py
"""

from pellucid.denoising.estimate import NoiseEstimate, estimate_noise

__all__ = ["NoiseEstimate", "estimate_noise"]
