"""How sure a result is: for every sample a half-width that holds the truth nine times out of ten.

Split conformal prediction (Vovk et al. 2005; by groups: Romano et al., "Malice toward none", 2020):
on pictures kept apart, the errors of the model are sorted into groups by what can be seen of the
result, and each group gets the half-width that held 90 % of its errors. Seen is how much
the result varies in a small and a larger square around the sample, for a denoiser relative to the
noise's strength, so that units don't matter. Coverage is measured in `pellucid bench intervals`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from pellucid.denoising.guide import sliding
from pellucid.errors import PellucidError
from pellucid.runtime.model import read_card

FILE = "intervals.npz"
COVERED = 0.9
SQUARES = (3, 9)  # samples a side
GROUPS = 8  # of each square's variation
QUIET = 2.0**-10  # variation below this counts as this
HASH = 32  # bytes of a SHA-256
STRIP = 256  # rows that are looked at together

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Intervals:
    """A model's half-widths.

    Attributes:
        levels: (K,) ascending qualities of a codec; a denoiser has one level, which means nothing.
        edges: (2, GROUPS - 1) of the groups, in binary logarithms of variation.
        widths: (K, GROUPS, GROUPS) half-widths, for a denoiser relative to sigma, for a codec in
            8-bit samples.
        typical: (K,) half-width over all groups.
        model: id (hex) of the model whose errors these are.
        pictures: from how many they were made.
        seen: (N, 32) bytes, SHA-256 of the samples of each, see `pellucid.evaluate.pictures`; none
            if that was not kept.
    """

    levels: NDArray[np.float32]
    edges: Floats
    widths: Floats
    typical: Floats
    model: str = ""
    pictures: int = 0
    seen: NDArray[np.uint8] = field(default_factory=lambda: np.empty((0, HASH), np.uint8))

    def at(self, level: float) -> Floats:
        """(GROUPS, GROUPS) at a level, between those measured by interpolation."""
        place = np.interp(level, self.levels, np.arange(len(self.levels)))
        low = int(place)
        least, most = self.widths[low], self.widths[min(low + 1, len(self.levels) - 1)]
        return np.asarray(least + np.float32(place - low) * (most - least), np.float32)

    def typical_at(self, level: float) -> float:
        """Half-width over all groups, at a level."""
        return float(np.interp(level, self.levels, self.typical))


def intervals_of(folder: Path) -> Intervals:
    """The intervals of the model in `folder`.

    Raises:
        PellucidError: it has none, they can't be read, or they are those of another model.
    """
    path = folder / FILE
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            parts = {name: found[name] for name in ("levels", "edges", "widths", "typical")}
            model, pictures = str(found["model"]), int(found["pictures"])
            seen = found["seen"] if "seen" in found else np.empty((0, HASH), np.uint8)
    except FileNotFoundError as error:
        raise PellucidError(
            f"the model in {folder} was never measured for intervals; do so with "
            "pellucid bench intervals --calibrate"
        ) from error
    except (OSError, ValueError, TypeError, KeyError, EOFError, BadZipFile) as error:
        raise PellucidError(f"the intervals {path} can't be read: {error}") from error
    count = len(parts["levels"])
    shapes = {"edges": (2, GROUPS - 1), "widths": (count, GROUPS, GROUPS), "typical": (count,)}
    for name, shape in shapes.items():
        if parts[name].shape != shape:
            raise PellucidError(f"{path}: {name} has the shape {parts[name].shape}, not {shape}")
    if seen.dtype != np.uint8 or seen.shape not in ((0, HASH), (pictures, HASH)):
        raise PellucidError(
            f"{path}: seen has the shape {seen.shape} of {seen.dtype}, not ({pictures}, {HASH}) "
            "of uint8"
        )
    identity = read_card(folder)["id"]
    if model != identity:
        raise PellucidError(
            f"the intervals {path} are those of the model {model}, and the one there is "
            f"{identity}; measure again with pellucid bench intervals --calibrate"
        )
    return Intervals(**parts, model=model, pictures=pictures, seen=seen)


def half_widths(
    result: NDArray[Any], intervals: Intervals, *, sigma: float | Floats = 1.0, level: float = 0.0
) -> Floats:
    """(H, W) half-widths for all channels of a result (H, W, C), in its unit.

    Args:
        sigma: for a denoiser, the noise in the samples' unit, one or (H, W); 0 gives 0.
        level: for a codec, the quality.
    """
    table = intervals.at(level)
    out = np.empty(result.shape[:2], np.float32)
    for rows, *seen in variation(result, sigma):
        groups = (np.digitize(s, e) for s, e in zip(seen, intervals.edges, strict=True))
        part = sigma[rows] if isinstance(sigma, np.ndarray) else np.float32(sigma)
        out[rows] = part * table[tuple(groups)]
    return out


def known_widths(
    result: NDArray[Any], folder: Path, *, sigma: float | Floats = 1.0, level: float = 0.0
) -> tuple[Floats | None, str]:
    """`half_widths` by the model in `folder`, or why there are none."""
    try:
        return half_widths(result, intervals_of(folder), sigma=sigma, level=level), ""
    except PellucidError:
        return None, "This model, with the weights that it has, was never measured for intervals."


def variation(
    result: NDArray[Any], sigma: float | Floats
) -> Iterator[tuple[slice, Floats, Floats]]:
    """Rows, and for each of `SQUARES` (h, W) the binary logarithm of the standard deviation there.

    Of the mean of the channels, relative to `sigma`; strip by strip.
    """
    margin = max(SQUARES) // 2
    for start in range(0, len(result), STRIP):
        rows = slice(start, start + STRIP)
        above = min(start, margin)
        plane = result[start - above : rows.stop + margin].mean(axis=2, dtype=np.float64)
        level = sigma[rows] if isinstance(sigma, np.ndarray) else sigma
        unit = np.maximum(level, np.finfo(np.float32).tiny)
        found = []
        for side in SQUARES:
            variance = boxed(plane * plane, side) - boxed(plane, side) ** 2
            inner = variance[above : above + len(result[rows])]
            deviation = np.sqrt(np.maximum(inner, 0)) / unit
            found.append(np.log2(np.maximum(deviation, QUIET)).astype(np.float32))
        yield rows, found[0], found[1]


def boxed(plane: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Mean over a square around each sample, mirrored at the edges."""
    half = side // 2
    for _axis in range(2):
        sums = sliding(np.pad(plane, ((half, half), (0, 0)), "symmetric"), half)
        plane = (sums[half:-half] / side).T
    return plane
