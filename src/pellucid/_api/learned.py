"""Learned files to samples: colours by the networks, alpha from its own layer."""

from __future__ import annotations

from pellucid._api.alpha import alpha_reader, filling_alpha, range_of
from pellucid._api.files import reader_of
from pellucid.bitstream import PelFile, SampleRange
from pellucid.codec import TileReader, decompress_into
from pellucid.codec.decompress import filling_reader
from pellucid.codec.geometry import Box
from pellucid.errors import DamagedFileError
from pellucid.pixels.lazy import Sink
from pellucid.runtime import find_model


def decompress_learned(
    out: Sink, file: PelFile, box: Box | None, damaged: list[int] | None
) -> None:
    """Samples of a part of a learned file, or of all of it, into `out`, part by part.

    Tiles that are damaged go into `damaged`, ascending, if it is given.
    """
    net = find_model(file.header.model_id)
    read, found = colours_of(file, tolerant=damaged is not None)
    alpha = alpha_reader(file)
    if damaged is not None:
        read = filling_reader(file.header, read, net, damaged)
        alpha = None if alpha is None else filling_alpha(file, alpha, damaged)
    decompress_into(
        out, file.header, read, net, region=box, found=found, edges=file.edges, alpha=alpha
    )
    if damaged is not None:
        damaged.sort()


def colours_of(file: PelFile, *, tolerant: bool) -> tuple[TileReader, SampleRange | None]:
    """What reads the tiles of colours, and their range.

    To a tolerant reader all tiles are lost where the range is, and lie in the middle of the type.
    """
    try:
        return reader_of(file), range_of(file)
    except DamagedFileError as error:
        if not tolerant:
            raise
        from pellucid._api.exact import lost
        from pellucid.exact.picture import lost_sample

        middle = int(lost_sample(file.header.dtype))
        return lost(file.header, str(error)), SampleRange(middle, middle)
