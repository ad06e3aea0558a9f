"""scikit-image's total variation (Chambolle 2004)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pellucid.evaluate.denoisers._skimage import make_restoration
from pellucid.evaluate.denoisers.base import Denoiser

WEIGHT = 0.8  # for each sigma: between the best for detailed (0.6) and for smooth photographs (1)


def options(_channels: int, sigma: float) -> Mapping[str, Any]:
    """The weight grows with sigma."""
    return {"weight": WEIGHT * sigma}


def make(_threads: int) -> Denoiser:
    """The adapter; one thread."""
    return make_restoration("tv", "denoise_tv_chambolle", options, f"weight={WEIGHT} sigma")
