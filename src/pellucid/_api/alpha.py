"""The alpha layer of learned files: exact tiles of one plane, beside the networks' colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import (
    ALPHA,
    ALPHA_LAYER,
    EDGE,
    RANGE,
    Header,
    PelFile,
    SampleRange,
)
from pellucid.codec import Picture
from pellucid.errors import DamagedFileError

AlphaReader = Callable[[int], NDArray[Any]]


def extras_of(picture: Picture, header: Header) -> dict[str, bytes]:
    """The payloads of RANG, ALPH and EDGE that the file of a picture needs."""
    from pellucid.exact import exact_model

    found = {} if picture.range is None else {RANGE: picture.range.pack()}
    if picture.edges is not None:
        found[EDGE] = picture.edges.pack(header)
    return found | ({ALPHA: exact_model()[1]} if picture.alpha else {})


def alpha_tiles(picture: Picture, header: Header) -> Iterator[bytes]:
    """The payloads of the alpha layer in order, a few tiles at a time; none without alpha."""
    from pellucid.exact.alpha import plane_tiles

    return plane_tiles(Alpha(picture), header) if picture.alpha else iter(())


class Alpha:
    """The last channel of a picture in parts, as a picture of one."""

    def __init__(self, picture: Picture) -> None:
        self._samples = picture.samples
        self.shape = (*picture.samples.shape[:2], 1)
        self.dtype = picture.samples.dtype

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        return np.asarray(self._samples[key])[..., -1:]


def alpha_reader(file: PelFile) -> AlphaReader | None:
    """Tile number -> alpha (h, w) of a learned file; None if it has none. Damage names the tile.

    Raises:
        UnknownModelError: alpha was coded with other tables than this version has.
    """
    from pellucid.exact.alpha import plane_of
    from pellucid.exact.picture import check_tables

    header = file.header
    if not header.has_alpha_layer:
        return None
    identity = file.alpha_model
    if identity is not None:
        check_tables(identity)

    def read(number: int) -> NDArray[Any]:
        if identity is None:
            raise DamagedFileError(f"{name_of(header, number)} can't be used: ALPH is lost")
        payload = file.tile(number, layer=ALPHA_LAYER)
        try:
            return plane_of(header, number, payload)
        except DamagedFileError as error:
            raise DamagedFileError(f"{name_of(header, number)}: {error}") from error

    return read


def name_of(header: Header, number: int) -> str:
    """What messages call a tile of alpha."""
    return header.chunk_name(header.tile_count + number)


def filling_alpha(file: PelFile, read: AlphaReader, damaged: list[int]) -> AlphaReader:
    """Like `read`, but a damaged tile becomes opaque and its place goes into `damaged`.

    Its place counts on from the tiles of colours.
    """
    header = file.header

    def fill(number: int) -> NDArray[Any]:
        try:
            return read(number)
        except DamagedFileError:
            damaged.append(header.tile_count + number)
            _, _, width, height = header.tile_box(number)
            dtype = header.dtype
            return np.full((height, width), np.iinfo(dtype).max, dtype)

    return fill


def range_of(file: PelFile) -> SampleRange | None:
    """The range of a learned file's 16-bit samples; None of 8 bits.

    Raises:
        DamagedFileError: a salvaged file has lost it.
    """
    if file.header.bit_depth == 8:
        return None
    if file.sample_range is None:
        raise DamagedFileError(f"chunk {RANGE}, which gives the samples' range, is lost")
    return file.sample_range
