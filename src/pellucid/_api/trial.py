"""Both layers on a sample of a picture, to choose between them in a time that doesn't grow with it.

An exact file has no setting for PSNR but a bound on each error, N. Errors up to N that are all
alike likely have a mean square of N (N + 1) / 3; those of easy pictures are smaller, by a factor
that changes slowly with N. So two or three bounds need to be tried.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pellucid._api.exact import encode_exact
from pellucid._api.layer import Encoded
from pellucid._api.options import CompressOptions
from pellucid.bitstream import file_length
from pellucid.codec import Difference, Picture, header_of, look_at, psnr_of
from pellucid.exact import MOST_BOUND, alpha_tiles, decoded
from pellucid.pixels import ImageSource
from pellucid.runtime import load_codec

PATCH = 256  # samples a side of what is cut from a large picture,
DOWN, ACROSS = 2, 4  # and how many of them, at most
DRAWN = 0.5  # part of pixels equal to their neighbour from which a picture is a drawing
UNSEEN = 3 / 255  # of the range: the largest bound unless a PSNR is asked for; larger ones lose
# texture and leave specks where the learned layer, at the same PSNR, does neither
AHEAD = 1.25  # times fewer bytes than deflate are the most that an exact drawing may take


@dataclass(frozen=True)
class Cost:
    """PSNR in dB, and bytes of a file without metadata."""

    psnr: float
    size: float


class Trial:
    """What a sample of a picture costs in both layers.

    Attributes:
        share: the sample's part of the picture's pixels.
    """

    def __init__(self, source: ImageSource, options: CompressOptions) -> None:
        self._options, self._part = options, sample_of(source)
        self.share = math.prod(self._part.shape[:2]) / math.prod(source.shape[:2])
        self._tried: dict[int, tuple[Cost, Encoded]] = {}

    @cached_property
    def _picture(self) -> Picture:
        return look_at(self._part, alpha=self._part.info.has_alpha)

    @cached_property
    def drawn(self) -> bool:
        """Whether most pixels are those beside them, as in drawings and on screens."""
        samples = self._part.read()
        equal = samples[:, 1:] == samples[:, :-1]
        same = np.logical_and.reduce([equal[..., n] for n in range(equal.shape[2])])
        return bool(same.size and same.mean() >= DRAWN)

    def learned(self, quality: int) -> Cost:
        """Of the learned layer, alpha included."""
        net = load_codec(self._options.model_folder)
        header = header_of(self._picture, net, quality)
        psnr, tiles = psnr_of(self._picture, net, header)
        if header.has_alpha_layer:
            tiles += alpha_tiles(self._part, header)
        return Cost(psnr, file_length({}, map(len, tiles)))

    def within(self, bound: int) -> Cost:
        """Of the exact layer."""
        return self._try(bound)[0]

    def whole(self, bound: int) -> Encoded | None:
        """The exact file of the picture, if that is so small that all of it was tried."""
        return self._try(bound)[1] if self.share == 1 else None

    def _try(self, bound: int) -> tuple[Cost, Encoded]:
        if bound not in self._tried:
            made = in_memory(encode_exact(self._part, self._options, bound, None))
            psnr = psnr_within(made, Difference(self._picture))
            self._tried[bound] = Cost(psnr, bytes_of(made)), made
        return self._tried[bound]

    def bound_for(self, wanted: Cost, *, near: bool) -> int | None:
        """The bound with which the exact layer has that PSNR at least, and takes fewer bytes.

        0 for a drawing if that will do; else, if `near`, the largest. None if no bound will.
        """
        if (
            self.drawn
            and self._deflated < AHEAD * wanted.size
            and self.within(0).size < wanted.size
        ):
            return 0
        if not near:
            return None
        bound = self._likely(wanted.psnr)
        if bound:
            found = self.within(bound).psnr
            spare = found - 10 * math.log10(self._picture.peak**2 / mean_square(bound))
            larger = self._likely(wanted.psnr - spare) if found < math.inf else bound
            tries = [n for n in (larger, larger - 1) if n > bound] + [bound]
            bound = next((n for n in tries if self.within(n).psnr >= wanted.psnr), bound - 1)
        return bound if self.within(bound).size < wanted.size else None

    @cached_property
    def _deflated(self) -> int:
        """Bytes of the samples by deflate, fast and on drawings not far from exact files."""
        return len(zlib.compress(self._part.read().tobytes()))

    def _likely(self, psnr: float) -> int:
        """The largest bound with this PSNR if all errors are alike likely, unless they are seen."""
        square = self._picture.peak**2 * 10 ** (-psnr / 10)
        likely = int((math.sqrt(1 + 12 * square) - 1) / 2)
        seen = MOST_BOUND if self._options.psnr is not None else int(UNSEEN * self._picture.peak)
        return min(likely, seen, MOST_BOUND)


def mean_square(bound: int) -> float:
    """Of whole errors up to a bound that are all alike likely."""
    return bound * (bound + 1) / 3


def sample_of(source: ImageSource) -> ImageSource:
    """Squares from all over a picture, side by side, or all of a small one."""
    height, width = source.shape[:2]
    down, across = (
        min(most, max(1, side // PATCH)) for most, side in ((DOWN, height), (ACROSS, width))
    )
    if height * width <= DOWN * ACROSS * PATCH**2:
        return ImageSource(source.read(), source.info)
    rows, columns = cuts(height, down), cuts(width, across)
    part = np.block([[[source[y, x]] for x in columns] for y in rows])
    return ImageSource(part, source.info)


def cuts(side: int, count: int) -> list[slice]:
    """`count` equal parts of a side; of each, the middle."""
    length = min(PATCH, side)
    starts = [(2 * n + 1) * side // (2 * count) - length // 2 for n in range(count)]
    return [slice(start, start + length) for start in starts]


def in_memory(made: Encoded) -> Encoded:
    """The same with all its tiles in memory."""
    return made._replace(tiles=list(made.tiles))


def bytes_of(made: Encoded) -> int:
    """Of a file whose tiles are in memory, without metadata."""
    return file_length({}, map(len, made.tiles), made.extras)


def psnr_within(made: Encoded, measured: Difference) -> float:
    """PSNR of an exact file, tile by tile; `measured` is new, and of its picture."""
    header = made.header
    for number, tile in enumerate(made.tiles):
        samples = decoded(header, number, tile, None)
        measured[header.tile_box(number).slices] = samples[..., : header.channels]
    return measured.psnr
