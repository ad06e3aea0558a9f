"""The alpha layer of learned files: exact tiles of one plane, beside the networks' colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid._api.layer import Damaged
from pellucid.bitstream import ALPHA, ALPHA_LAYER, EDGE, RANGE, Header, PelFile
from pellucid.codec import Picture
from pellucid.codec.decompress import AlphaReader
from pellucid.errors import DamagedFileError
from pellucid.exact import check_tables, decoded_alpha, exact_model


class Alpha:
    """The last channel of a picture in parts, as a picture (H, W, 1)."""

    def __init__(self, picture: Picture) -> None:
        self._samples = picture.samples
        self.shape = (*picture.samples.shape[:2], 1)
        self.dtype = picture.samples.dtype

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[Any]:
        return np.asarray(self._samples[key])[..., -1:]


def extras_of(picture: Picture, header: Header) -> dict[str, bytes]:
    """The payloads of RANG, ALPH and EDGE that the file of a picture needs."""
    found = {} if picture.range is None else {RANGE: picture.range.pack()}
    if picture.edges is not None:
        found[EDGE] = picture.edges.pack(header)
    return found | ({ALPHA: exact_model()[1]} if picture.alpha else {})


def alpha_reader(file: PelFile, damaged: Damaged | None = None) -> AlphaReader | None:
    """What reads a learned file's alpha; None if it has none.

    With `damaged`, a damaged tile becomes opaque and is noted there, by its number counted on from
    the tiles of colours; else DamagedFileError names it.

    Raises:
        UnknownModelError: alpha was coded with other tables than this version has.
    """
    header, identity = file.header, file.alpha_model
    if not header.has_alpha_layer:
        return None
    if identity is not None:
        check_tables(identity)

    def read(number: int) -> NDArray[Any]:
        place = header.tile_count + number
        name = header.chunk_name(place)
        try:
            if identity is None:
                raise DamagedFileError(f"{name} can't be used: ALPH is lost")
            payload = file.tile(number, layer=ALPHA_LAYER)
            try:
                return decoded_alpha(header, number, payload)
            except DamagedFileError as error:
                raise DamagedFileError(f"{name}: {error}") from error
        except DamagedFileError as error:
            if damaged is None:
                raise
            damaged[place] = str(error)
            tile = header.tile_box(number)
            return np.full((tile.height, tile.width), np.iinfo(header.dtype).max, header.dtype)

    return read
