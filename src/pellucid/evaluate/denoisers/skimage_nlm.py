"""scikit-image's non-local means, its fast mode, told sigma (Darbon et al. 2008)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pellucid.evaluate.denoisers._skimage import make_restoration
from pellucid.evaluate.denoisers.base import Denoiser

STRENGTH = 0.6  # h for each sigma: best of 0.4, 0.6, 0.8 on photographs at sigma 15 to 50
PATCH, DISTANCE = 5, 6


def options(_channels: int, sigma: float) -> Mapping[str, Any]:
    """With sigma given, its variance is taken off the distances of patches."""
    return {
        "h": STRENGTH * sigma,
        "sigma": sigma,
        "patch_size": PATCH,
        "patch_distance": DISTANCE,
        "fast_mode": True,
    }


def make(_threads: int) -> Denoiser:
    """The adapter; one thread."""
    described = f"h={STRENGTH} sigma, patch {PATCH}, distance {DISTANCE}, fast mode"
    return make_restoration("nlm", "denoise_nl_means", options, described)
