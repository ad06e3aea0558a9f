"""A chunk of an array <-> the bytes of a .pel file, the same for all array stores.

A chunk may have more axes than a picture. A letter names each: Y are rows, X columns, and all
others, in C order, become channels. Without loss or within a bound channels are bands that predict
each other, none of them alpha; with loss they are those of one picture.

A store says shape and type of its chunks, so that they are compared with what a file claims before
anything is decoded. Of a part of a chunk only the tiles under it are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from io import BytesIO
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pellucid._api.decode import Opened
from pellucid._api.exact import check_samples, mark_of, whole_bound
from pellucid._api.layers import encode
from pellucid._api.learned import check_samples as check_learned
from pellucid._api.options import PICTURE, CompressOptions, DecompressOptions
from pellucid.bitstream import Limits
from pellucid.errors import DamagedFileError, OptionError, naming
from pellucid.pixels import Box, ImageInfo, ImageSource
from pellucid.plugins.turns import CHUNKS

COLOURS = (3, 4)  # samples of a pixel in a last axis that is no column
STACKED = "TCZYX"  # axes that aren't named, as microscopes order them
ANY_SIZE = Limits(max_pixels=2**48)  # what a file claims is compared with the chunk's shape

Shape = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ChunkOptions:
    """What a codec of chunks is configured with; every sample comes back unless it says more.

    Attributes:
        axes: a letter for each axis of a chunk, with Y and X among them, such as CYX or YXC.
            Default: rows and columns last, or YXC where the last axis of three has 3 or 4 places.
        max_error: how far off a sample may come back each time it is coded, in its own unit.
        quality: 0 to 100: lossy, for grey and colour pictures of 8 or 16 bits.
        model, tune, effort: with quality, as in `pellucid.compress`.
        nodata: with max_error: samples of this value stay, and no other becomes it.
        tile: samples a side of the parts that are coded, and read, each on its own; 64 to 1024.

    Raises:
        OptionError: a value is out of range, or two exclude each other.
    """

    axes: str | None = None
    max_error: float | None = None
    quality: int | None = None
    model: str | None = None
    tune: str | None = None
    effort: int = 0
    nodata: float | None = None
    tile: int | None = None

    def __post_init__(self) -> None:
        axes = self.axes
        if axes is not None and not is_axes(axes):
            raise OptionError(
                f"axes is {axes!r}; it must be a capital for each axis of a chunk, none of them "
                "twice, with Y for rows and X for columns, such as CYX"
            )
        self._compressing()  # the model may not be there where chunks are only read

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> Self:
        """From a mapping such as the JSON of a store; OptionError for a name that isn't known."""
        known = [option.name for option in fields(ChunkOptions)]
        if unknown := ", ".join(configuration.keys() - {*known}):
            raise OptionError(
                f"the pellucid codec has no option {unknown}; it has {', '.join(known)}"
            )
        return cls(**configuration)

    @property
    def configuration(self) -> dict[str, Any]:
        """The options that aren't the default ones, for JSON."""
        named = {f.name: (getattr(self, f.name), f.default) for f in fields(ChunkOptions)}
        return {
            name: value.item() if isinstance(value, np.generic) else value
            for name, (value, default) in named.items()
            if value != default
        }

    def with_axes(self, shape: Shape) -> Self:
        """The same with the letters that such chunks have by default, if none are given."""
        return replace(self, axes=self.axes or default_axes(shape))

    def check(self, shape: Shape, dtype: np.dtype[Any]) -> None:
        """Raise what `pack` does for chunks of such a shape and type, before there are any.

        Raises:
            OptionError: an option doesn't go with them. InputError: they can't be coded so.
        """
        _, laid = self._laid(shape)
        chunk = self._source(np.broadcast_to(np.zeros((), dtype), laid))
        with naming("the pellucid codec"):
            if self.quality is not None:
                check_learned(chunk, "a chunk")
                return
            check_samples(chunk)
            if dtype.kind != "f":
                whole_bound(self.max_error or 0, dtype)
            mark_of(chunk, self.nodata)

    def pack(self, chunk: NDArray[Any], fill: Any = None) -> bytes:
        """The .pel file of a chunk, which may be padded with `fill` where its array ends.

        Raises what `pellucid.compress` does, and OptionError.
        """
        order, laid = self._laid(chunk.shape)
        options = self._compressing(model=self.model)
        if options.bound is not None and self.nodata is None and is_padded(chunk, order, fill):
            options = replace(options, nodata=int(fill))  # what lies beside it is predicted better
        samples = chunk.transpose(order).reshape(laid)
        native = samples.astype(samples.dtype.newbyteorder("="), copy=False)
        out = BytesIO()
        with CHUNKS.turn():
            encode(out, self._source(native), options)
        return out.getvalue()

    def unpack(
        self, data: bytes, shape: Shape, dtype: np.dtype[Any], selection: Sequence[Any] = ()
    ) -> NDArray[Any]:
        """What `selection`, an index for each axis, gives of a chunk that `pack` made a file of.

        Raises:
            DamagedFileError: the file isn't of such a chunk. Other FormatErrors: it is no .pel
                file, or can't be decoded here.
        """
        order, laid = self._laid(shape)
        opened = Opened(data, DecompressOptions(limits=ANY_SIZE))
        if (opened.layout.shape, opened.layout.dtype) != (laid, dtype.newbyteorder("=")):
            raise DamagedFileError(
                f"a chunk's file holds {describe(*opened.layout[:2])}, and chunks of this array "
                f"are {describe(laid, dtype)}: it belongs to another array, or is damaged"
            )
        planes = np.empty((laid[2], *laid[:2]), dtype)
        wanted = box_under(selection, shape, order)
        if wanted.size:
            with CHUNKS.turn():
                sink = planes.transpose(1, 2, 0)[wanted.slices]
                opened.layer.decode_into(sink, wanted, PICTURE)
        stacked = (*order[2:], *order[:2])
        whole = planes.reshape([shape[place] for place in stacked]).transpose(np.argsort(stacked))
        return np.asarray(whole[tuple(selection)])

    def _laid(self, shape: Shape) -> tuple[Shape, tuple[int, int, int]]:
        """The order of axes in a picture, rows and columns first, and its shape (H, W, C)."""
        axes = self.axes or default_axes(shape)
        if len(axes) != len(shape):
            raise OptionError(
                f"axes is {axes!r}; it must have a letter for each axis of a chunk, whose shape is "
                f"{shape}"
            )
        rest = [place for place, letter in enumerate(axes) if letter not in "YX"]
        order = (axes.index("Y"), axes.index("X"), *rest)
        height, width, *others = (shape[place] for place in order)
        return order, (height, width, math.prod(others))

    def _source(self, samples: NDArray[Any]) -> ImageSource:
        """Samples (H, W, C) of which the last of 2 or 4 is alpha with loss only."""
        info = ImageInfo.of(samples)
        return ImageSource(
            samples, info if self.quality is not None else replace(info, alpha=False)
        )

    def _compressing(self, model: str | None = None) -> CompressOptions:
        return CompressOptions(
            quality=self.quality,
            max_error=self.max_error,
            lossless=self.quality is None and self.max_error is None,
            model=model,
            tune=self.tune,
            effort=self.effort,
            nodata=self.nodata,
            tile=self.tile,
            limits=ANY_SIZE,
        )


def is_axes(axes: object) -> bool:
    """Whether these are different capitals with Y and X among them."""
    if not isinstance(axes, str) or not (axes.isascii() and axes.isalpha() and axes.isupper()):
        return False
    return len({*axes}) == len(axes) and {*axes} >= {"Y", "X"}


def default_axes(shape: Shape) -> str:
    """Letters of axes that have none; OptionError for a shape that says too little."""
    if len(shape) == 3 and shape[2] in COLOURS:
        return "YXC"
    if 2 <= len(shape) <= len(STACKED):
        return STACKED[-len(shape) :]
    raise OptionError(
        f"a chunk of shape {shape} is no picture without axes: give a letter for each axis, such "
        "as CYX; one axis alone is no picture"
    )


def is_padded(chunk: NDArray[Any], order: Shape, fill: Any) -> bool:
    """Whether the last row or column of whole numbers is `fill`, the least or largest of all.

    One that lay between others would keep these from being quantised.
    """
    if fill is None or chunk.dtype.kind not in "iu" or fill not in (chunk.min(), chunk.max()):
        return False
    return any(bool((chunk.take(-1, axis) == fill).all()) for axis in order[:2])


def shape_in(data: bytes) -> tuple[tuple[int, int, int], np.dtype[Any]]:
    """Shape (H, W, C) and type of what a file claims to hold, within the default limits."""
    layout = Opened(data, DecompressOptions()).layout
    return layout.shape, layout.dtype


def box_under(selection: Sequence[Any], shape: Shape, order: Shape) -> Box:
    """The rows and columns that an index for each axis needs."""
    parts = [*selection, *[slice(None)] * (len(shape) - len(selection))]
    found = [np.arange(shape[place])[parts[place]] for place in order[:2]]
    if not all(places.size for places in found):
        return Box(0, 0, 0, 0)
    (top, bottom), (left, right) = ((int(places.min()), int(places.max())) for places in found)
    return Box(top, left, bottom + 1 - top, right + 1 - left)


def describe(laid: Sequence[int], dtype: np.dtype[Any]) -> str:
    """Samples (H, W, C) of a type in words."""
    height, width, channels = laid
    return f"{height} rows of {width} {dtype.name} samples in {channels} channel(s)"
