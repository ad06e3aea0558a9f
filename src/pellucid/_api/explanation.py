"""What `pellucid.explain` gives: one dataclass for all tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pellucid._api.results import FileInfo
from pellucid.denoising.estimate import NoiseEstimate
from pellucid.explaining import BitMap, ExactBits, PixelFilter, Removed, Strip

NEVER = "This model, with the weights that it has, was never measured for intervals."
Task = Literal["file", "compress", "denoise"]


@dataclass(frozen=True)
class Explanation:
    """What was done, as arrays. What the task doesn't have is None or empty.

    Attributes:
        task: `file` for a .pel file, else what was done with a picture.
        settings: quality, or sigma and strength, and the model.
        before, after: (H, W, C) samples; a file alone has no `before`.
        about: of the .pel file.
        bits: where its bits went; they sum to 8 times its bytes.
        removed: what was taken off, and whether it was only noise.
        half_width: (H, W) or one number: nine of ten samples are this near to the truth, in the
            samples' unit, 0 where nothing was known or seen; None if it can't be told.
        unsure: why `half_width` is None, in words.
        noise: what was measured or told.
        pixel: the filter that the denoiser used at the pixel asked for.
        layers: name -> (C, h, w), results of the layers asked for, on the detail.
        detail: x, y, width, height of the part that `strips` and `layers` show.
        strips: the detail at several settings.
        alpha: (H, W) transparency of the picture, None without; what was coded has it in C, too.
    """

    task: Task
    settings: dict[str, Any]
    before: NDArray[Any] | None
    after: NDArray[Any]
    about: FileInfo | None = None
    bits: BitMap | ExactBits | None = None
    removed: Removed | None = None
    half_width: NDArray[np.float32] | float | None = None
    unsure: str = ""
    noise: NoiseEstimate | float | None = None
    pixel: PixelFilter | None = None
    layers: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    detail: tuple[int, int, int, int] = (0, 0, 0, 0)
    strips: list[Strip] = field(default_factory=list)
    alpha: NDArray[Any] | None = None
