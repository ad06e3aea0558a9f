"""A .pel file beside the picture that it was made of: what is the same, how far off is the rest.

The file is decoded part by part and nothing of it is kept, so that a large one needn't fit into
memory; the picture is read in parts where its format allows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.codec import Picture
from pellucid._api.decode import Opened
from pellucid._api.files import PelSource, metadata_of
from pellucid._api.layer import Layout
from pellucid._api.meter import Progress, Watched
from pellucid._api.options import AUTO, PICTURE, SOURCE, DecompressOptions
from pellucid._api.results import describe_channels
from pellucid.bitstream import DEFAULT_LIMITS, Limits
from pellucid.codec.hidden import weights_of
from pellucid.codec.picture import Picture as Colours
from pellucid.codec.picture import look_at
from pellucid.codec.targets import Difference
from pellucid.pixels import ImageSource, open_image

WITH_PEAK = ("uint8", "uint16", "int16")  # types that a PSNR can be counted of


@dataclass(frozen=True)
class Compared:
    """How a .pel file differs from the picture that it was made of.

    Attributes:
        bound: the largest error of a sample that the file promises, in the samples' unit; 0 of a
            lossless one, None of the learned codec, which promises none.
        kinds: both sizes and kinds of samples in words, where these differ; "" where they are the
            same. Where they differ no sample is compared.
        identical: every sample is the same, bit by bit.
        largest_error: of all samples, in their unit, and infinite where one is a number and the
            other isn't; with alpha and without a bound, of colours that can be seen. None if no
            sample is compared.
        psnr: in dB over visible colours, from 255 or the range of 16 bits, and infinite where they
            are the same; None of other kinds of samples, and if none is compared.
        alpha: what transparency there is comes back as it is.
        metadata: the kinds (exif, icc, xmp, axes, dicom) that aren't the same byte for byte.
    """

    bound: float | None
    kinds: str = ""
    identical: bool = False
    largest_error: float | None = None
    psnr: float | None = None
    alpha: bool = True
    metadata: tuple[str, ...] = ()

    @property
    def promised(self) -> bool:
        """Whether the samples are what the file promises: of its kind, and within its bound."""
        if self.largest_error is None or not self.alpha:
            return False
        if self.bound == 0:
            return self.identical
        return self.bound is None or self.largest_error <= self.bound

    @property
    def problems(self) -> list[str]:
        """What isn't as it must be, in words; metadata that differ, too."""
        found = [self.kinds] if self.kinds else []
        if not self.kinds and not self.alpha:
            found = ["transparency differs, and it has to come back as it is"]
        elif not self.kinds and not self.promised:
            off = f"a sample is {self.largest_error:g} off"
            must = f"the file promises {self.bound:g} at most" if self.bound else "it is lossless"
            found = [f"{off if self.largest_error else 'samples differ in their bits'}, and {must}"]
        if self.metadata:
            found.append(f"not the same byte for byte: {', '.join(self.metadata).upper()}")
        return found

    def __str__(self) -> str:
        """How near it is: `identical`, `within 2`, or `decodes, 38.2 dB`."""
        if self.kinds:
            return self.kinds
        if self.identical:
            return "identical"
        if self.bound is not None:
            return f"within {self.bound:g}"
        return "decodes" if self.psnr is None else f"decodes, {self.psnr:.1f} dB"


def compare(
    file: PelSource,
    source: Picture,
    *,
    page: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    device: str = AUTO,
    progress: Progress | None = None,
) -> Compared:
    """Compare what a .pel file decodes to with the picture that it was made of.

    Of a file made with `keep_noise` it is the source in it that is compared, and of a pair the
    picture.

    Args:
        file: a path, its bytes or a binary file object.
        source: what `compress` takes.
        page: of `source`, as when the file was made.
        limits: of both; raise `max_pixels` here for a huge picture that you trust.
        device: where the synthesis runs, as in `decompress`.
        progress: is told what part is done, 0 to 1.

    Raises:
        FormatError: the file can't be decoded. InputError: the picture can't be read.
        LimitError: one of them is above `limits`. OptionError: an option is out of range.
    """
    opened = opened_for(file, limits, device)
    layer = opened.layer
    bound = layer.max_error if opened.options.which == PICTURE else layer.source_error
    with open_image(source, page=page, max_pixels=limits.max_pixels) as given:
        kept, wanted = opened.metadata, metadata_of(given.info)
        metadata = tuple(n for n in {**wanted, **kept} if wanted.get(n) != kept.get(n))
        picture = given if given.shape == opened.layout.shape else given.without_full_alpha()
        kinds = different_kinds(opened.layout, picture)
        if kinds:
            return Compared(bound, kinds, metadata=metadata)
        beside = Beside(picture, seen_alone=bound is None)
        opened.decode_into(Watched(beside, picture.shape, progress))
    return Compared(
        bound, "", beside.identical, beside.largest, beside.psnr, beside.alpha, metadata
    )


def opened_for(file: PelSource, limits: Limits, device: str) -> Opened:
    """The file's picture, or the source in it."""
    opened = Opened(file, DecompressOptions(limits=limits, device=device))
    if opened.layer.source_error is None:
        return opened
    return Opened(file, DecompressOptions(which=SOURCE, limits=limits, device=device))


def different_kinds(layout: Layout, source: ImageSource) -> str:
    """Sizes and kinds of samples of both, where they differ; "" where they are the same."""
    if layout.shape == source.shape and layout.dtype == source.dtype:
        return ""
    info = source.info
    there = in_words(layout.shape, layout.dtype, alpha=layout.alpha, pages=layout.pages)
    here = in_words(source.shape, source.dtype, alpha=info.has_alpha, pages=info.pages)
    return f"the file holds {there}, and the picture has {here}"


def in_words(shape: tuple[int, ...], dtype: np.dtype[Any], *, alpha: bool, pages: int) -> str:
    """Size and kind of samples (H, W, C)."""
    kind = describe_channels(shape[2] - alpha, alpha=alpha, pages=pages)
    return f"{shape[1]} x {shape[0]}, {kind}, {dtype.name}"


class Beside:
    """A sink that compares what it gets with a picture, and keeps nothing of it.

    Attributes:
        identical, largest, alpha: as in `Compared`.

    Args:
        seen_alone: only colours that can be seen count for the largest error.
    """

    def __init__(self, source: ImageSource, *, seen_alone: bool) -> None:
        info = source.info
        self._source, self._has_alpha = source, info.has_alpha
        self._seen_alone = seen_alone and info.has_alpha
        self._colours = info.colours
        self._difference: Difference | None = None
        self.identical, self.alpha, self.largest = True, True, 0.0
        if info.colours and source.dtype.name in WITH_PEAK:
            eight_bits = source.dtype == np.uint8
            picture = (
                Colours(source, info.has_alpha)
                if eight_bits
                else look_at(source, alpha=info.has_alpha)
            )
            self._difference = Difference(picture)

    @property
    def psnr(self) -> float | None:
        """As in `Compared`."""
        return None if self._difference is None else self._difference.psnr

    def __setitem__(self, key: tuple[slice, slice], samples: NDArray[Any]) -> None:
        part = self._source[key]
        if self._difference is not None:
            self._difference.add(part, samples[..., : self._colours])
        if same_bits(part, samples):
            return
        self.identical = False
        if self._has_alpha and not np.array_equal(part[..., -1], samples[..., -1]):
            self.alpha = False
        if self._seen_alone:
            seen = weights_of(part[..., -1]) > 0
            part, samples = part[seen][..., :-1], samples[seen][..., :-1]
        self.largest = max(self.largest, largest_error(part, samples))


def same_bits(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether samples of one type are the same, zeros with their sign and NaN with its bits."""
    if one.dtype.kind == "f":
        whole = f"u{one.dtype.itemsize}"
        one, other = (np.ascontiguousarray(part).view(whole) for part in (one, other))
    return np.array_equal(one, other)


def largest_error(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Of samples of one type; infinite where one is a number and the other isn't."""
    if not one.size:
        return 0.0
    if one.dtype.kind != "f":
        return int(np.abs(one.astype(np.int32) - other).max())
    wide, back = one.astype(np.float64), other.astype(np.float64)
    same = (wide == back) | (np.isnan(wide) & np.isnan(back))
    with np.errstate(invalid="ignore"):
        off = np.where(same, 0.0, np.abs(wide - back))
    return float(np.where(np.isnan(off), math.inf, off).max())
