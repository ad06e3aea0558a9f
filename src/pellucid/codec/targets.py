"""The quality that meets a target for size, rate or PSNR.

Size and PSNR grow with quality, nearly linearly in its logarithm or in decibels, so an
interpolating search over the 101 qualities takes a few probes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import Header
from pellucid.codec.compress import compress_tiles
from pellucid.codec.decompress import TileReader, decompress_into, tile_reader
from pellucid.codec.hidden import weights_of
from pellucid.codec.picture import Picture
from pellucid.errors import TargetError
from pellucid.runtime import CodecModel

TOP = 100
REFINED_TRIES = 3  # of refined latents
FEW = 2**26  # samples whose latents may stay in memory; those of more are decoded again
Item = TypeVar("Item")
Told = Callable[[float], None]


@dataclass(frozen=True)
class Target:
    """What a probe's value must do: stay at or below `value`, or (`at_least`) reach it.

    `unit` and `hint` go into the message when no quality meets it.
    """

    value: float
    unit: str
    at_least: bool = False
    hint: str = ""

    def met(self, value: float) -> bool:
        """Whether `value` does it."""
        return value >= self.value if self.at_least else value <= self.value

    def moved(self, plain: float, refined: float) -> Target:
        """What plain values must do so that refined ones do this, if refining changes `plain` to
        `refined`.
        """
        change = plain - refined if self.at_least else plain / refined
        return replace(self, value=self.value + change if self.at_least else self.value * change)


def reach_target(
    target: Target, probe: Callable[[int], tuple[float, Item]], *, top: int = TOP
) -> tuple[int, Item]:
    """The best quality, the highest within a size or the lowest that reaches a PSNR, and its item.

    Of the items only the best one so far is kept.

    Args:
        probe: quality -> bytes, bits per pixel or decibels, growing with quality; and what was
            made on the way, such as the file's tiles.
        top: the highest quality; also of another scale, from 0.

    Raises:
        TargetError: no quality from 0 to `top` meets the target.
    """
    values: dict[int, float] = {}
    best: tuple[int, Item] | None = None

    def meets(quality: int) -> bool:
        nonlocal best
        values[quality], item = probe(quality)
        value = values[quality]
        if target.met(value):
            best = quality, item
        return target.met(value)

    safest, boldest = (top, 0) if target.at_least else (0, top)
    if not meets(boldest):
        if safest == boldest or not meets(safest):
            kind = "reaches at most" if target.at_least else "takes at least"
            raise TargetError(
                f"this picture {kind} {values[safest]:.6g} {target.unit} with this model, and "
                f"{target.value:.6g} was asked for{target.hint}"
            )
        met, missed = safest, boldest
        while abs(missed - met) > 1:
            middle = between(min(met, missed), max(met, missed), values, target)
            met, missed = (middle, missed) if meets(middle) else (met, middle)
    assert best is not None
    return best


def reach_refined(
    target: Target,
    plain: Callable[[int], tuple[float, Item]],
    refined: Callable[[int], tuple[float, Item]],
    worth: Callable[[int, Item], float],
) -> tuple[int, Item]:
    """The same with refined latents, for which `REFINED_TRIES` qualities at most are tried.

    `refined` is a probe that takes long. The best quality of plain latents is refined first, then
    that which ought to meet the target if refining changes as much there, and, if it misses, that
    which ought to by what refining changed at the last. Where none meets it, latents stay plain.

    Args:
        worth: quality and item -> what is larger for the better of two that meet the target.
    """
    values: dict[int, float] = {}

    def probe(quality: int) -> tuple[float, Item]:
        values[quality], item = plain(quality)
        return values[quality], item

    first, item = reach_target(target, probe)
    found, at, tried = [(first, item)], first, list[int]()
    while at not in tried and len(tried) < REFINED_TRIES:
        tried.append(at)
        value, other = refined(at)
        if target.met(value):
            found = [(at, other)] if at == first else [*found, (at, other)]
        if math.isinf(value) or (target.met(value) and at != first):
            break
        try:
            moved = target.moved(values[at], value)
            at, _ = reach_target(moved, lambda q: (values[q] if q in values else probe(q)[0], None))
        except TargetError:
            break
        if found[0][1] is not item and (at < first) != target.at_least:
            break  # it would be worse than what there is
    return found[0] if len(found) == 1 else max(found, key=lambda one: worth(*one))


def between(low: int, high: int, values: dict[int, float], target: Target) -> int:
    """Interpolate between the ends of the bracket, strictly inside it."""
    scale: Callable[[float], float] = (lambda v: v) if target.at_least else math.log
    start, end = scale(values[low]), scale(values[high])
    part = (scale(target.value) - start) / (end - start) if end > start else 0.5
    middle = low + (high - low) * min(max(part, 0.02), 0.98)
    nearest = math.floor(middle) + (1 if middle - low > (high - low) / 2 else 0)
    return min(max(nearest, low + 1), high - 1)


def psnr_of(
    picture: Picture,
    model: CodecModel,
    header: Header,
    effort: int = 0,
    told: Told = lambda _: None,
) -> tuple[float, list[bytes]]:
    """Compress at the header's quality: PSNR in dB over all visible colour samples, and the tiles.

    PSNR counts from the picture's range: 255 of 8 bits, from the lowest to the highest of 16.
    `effort` and `told` are those of `compress_tiles`.
    """
    keep = header.width * header.height <= FEW
    tiles, latents = [], []
    for payload, found in compress_tiles(picture, model, header, effort, told):
        tiles.append(payload)
        latents += [found] if keep else []
    read: TileReader = latents.__getitem__
    if not keep:
        read = tile_reader(header, tiles.__getitem__, model)
    return psnr_decoded(picture, model, header, read), tiles


def psnr_decoded(picture: Picture, model: CodecModel, header: Header, read: TileReader) -> float:
    """PSNR in dB of tiles, as `psnr_of` counts it."""
    measured = Difference(picture)
    decompress_into(measured, header, read, model, found=picture.range, edges=picture.edges)
    return measured.psnr


class Difference:
    """Takes decoded colours and keeps nothing of them but `total`, the sum of squared errors of
    those that are visible, and their `count`.
    """

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self.total = self.count = 0

    @property
    def psnr(self) -> float:
        """In dB, counted from the picture's range; infinite where nothing differs."""
        if self.total == 0:
            return math.inf
        return 10 * math.log10(self._picture.peak**2 * self.count / self.total)

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        self.add(np.asarray(self._picture.samples[key]), samples)

    def add(self, part: NDArray[Any], samples: NDArray[Any]) -> None:
        """The same for a part of the picture, (h, w, C), that is read already."""
        difference = part[..., : self._picture.colours].astype(np.int32) - samples
        if self._picture.alpha:
            difference = difference[weights_of(part[..., -1]) > 0]
        self.count += difference.size
        self.total += int(np.square(difference, dtype=np.int64).sum())
