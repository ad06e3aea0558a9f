"""Header, metadata and tile payloads -> the bytes of a .pel file.

`docs/format.md`, sections 1, 2 and 9: the same input gives the same bytes, metadata are kept byte
for byte, and nothing is written that a default reader would refuse, unless `limits` say so.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence

from pellucid.bitstream.chunk import write_chunk
from pellucid.bitstream.header import Header
from pellucid.bitstream.limits import DEFAULT_LIMITS, SIGNATURE, Limits
from pellucid.errors import LimitError, OptionError

METADATA_CHUNKS = {"exif": "exif", "icc": "iccp", "xmp": "xmp0"}  # name -> chunk, in file order
METADATA_CHUNKS |= {"dicom": "dicm"}
FLOAT_MAP = "FMAP"
TILE_START = struct.Struct("<IB")  # tile number, layer


def write_file(
    header: Header,
    metadata: Mapping[str, bytes],
    tiles: Sequence[bytes],
    *,
    float_map: bytes | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> bytes:
    """Return the bytes of a file with one layer.

    `metadata` has any of the keys of METADATA_CHUNKS; `tiles` are the payloads of section 7, by
    tile number; floats have a `float_map` (section 12). Raises OptionError if they don't fit
    the header, LimitError over `limits`.
    """
    head = header.pack()
    header.check_limits(limits)
    _check_layers(header)
    _check_tiles(header, tiles)
    _check_metadata(metadata, limits)
    start = [SIGNATURE, write_chunk("HEAD", head)]
    if float_map is not None:
        start.append(write_chunk(FLOAT_MAP, float_map))
    return b"".join((*start, *_body(header, metadata, tiles)))


def _body(header: Header, metadata: Mapping[str, bytes], tiles: Sequence[bytes]) -> Iterator[bytes]:
    for name, type_ in METADATA_CHUNKS.items():
        if name in metadata:
            yield write_chunk(type_, metadata[name])
    if len(tiles) > 1:
        lengths = (len(tile) + TILE_START.size for tile in tiles)
        yield write_chunk("TIDX", b"".join(struct.pack("<I", length) for length in lengths))
    (layer,) = header.layer_numbers
    for number, tile in enumerate(tiles):
        yield write_chunk("TILE", TILE_START.pack(number, layer) + tile)
    yield write_chunk("DONE", b"")


def _check_layers(header: Header) -> None:
    if len(header.layer_numbers) != 1:
        raise OptionError(
            f"layers is {header.layers:#b}, and this writer knows files of one layer only; use "
            "0b1, 0b10 or 0b100"
        )


def _check_tiles(header: Header, tiles: Sequence[bytes]) -> None:
    if len(tiles) != header.tile_count:
        raise OptionError(
            f"{len(tiles)} tiles were given for a picture of {header.tile_count}: give each once"
        )


def _check_metadata(metadata: Mapping[str, bytes], limits: Limits) -> None:
    for name, payload in metadata.items():
        if name not in METADATA_CHUNKS:
            raise OptionError(
                f"metadata {name!r} is unknown; the kinds are {', '.join(METADATA_CHUNKS)}"
            )
        if len(payload) > limits.max_metadata:
            raise LimitError(
                f"the {name} metadata has {len(payload)} bytes, over the limit of "
                f"{limits.max_metadata}; remove it from the picture or raise max_metadata"
            )
