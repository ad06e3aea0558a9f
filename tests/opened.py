"""Pictures as `open_image` gives them, in one call."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Limits
from pellucid.pixels import ImageInfo, open_image


def read_samples(
    source: Any, *, max_pixels: int = 2**28, page: int | None = None
) -> tuple[NDArray[Any], ImageInfo]:
    """All samples (H, W, C) as stored, and what they are."""
    with open_image(source, page=page, limits=Limits(max_pixels=max_pixels)) as image:
        return np.array(image.read()), image.info
