"""Header, metadata and tile payloads -> a .pel file, as bytes or tile by tile into a stream.

`docs/format.md`, sections 1, 2 and 9: the same input gives the same bytes, metadata are kept byte
for byte, and nothing is written that a default reader would refuse, unless `limits` say so.

The index of the tiles stands before them, and their lengths are known after: its place is left
empty and filled in at the end. So one tile is in memory at a time.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO

from pellucid.bitstream.chunk import CHUNK_OVERHEAD, write_chunk
from pellucid.bitstream.extras import EXTRAS, check_given
from pellucid.bitstream.header import HEADER_BYTES, LEARNED, Header
from pellucid.bitstream.limits import DEFAULT_LIMITS, SIGNATURE, Limits
from pellucid.bitstream.noise import NOISE
from pellucid.errors import LimitError, OptionError

METADATA_CHUNKS = {"exif": "exif", "icc": "iccp", "xmp": "xmp0"}  # name -> chunk, in file order
METADATA_CHUNKS |= {"axes": "axes", "dicom": "dicm"}
METADATA_TYPES = (*METADATA_CHUNKS.values(), NOISE)
NONE: Mapping[str, bytes] = {}
TILE_START = struct.Struct("<IB")  # tile number, layer


def write_file(
    header: Header,
    metadata: Mapping[str, bytes],
    tiles: Sequence[bytes],
    *,
    extras: Mapping[str, bytes] = NONE,
    limits: Limits = DEFAULT_LIMITS,
) -> bytes:
    """Return the bytes of a file with one layer, or of a learned one with alpha or a source.

    `metadata` has any of the keys of `METADATA_CHUNKS`; `tiles` are the payloads of section 7, by
    tile number, and after them those of alpha, then of the source; `extras` are the payloads of
    EXTRAS and nois by type. Raises OptionError if they don't fit the header, LimitError over
    `limits`.
    """
    out = BytesIO()
    write_stream(out, header, metadata, tiles, extras=extras, limits=limits)
    return out.getvalue()


def write_stream(
    out: BinaryIO,
    header: Header,
    metadata: Mapping[str, bytes],
    tiles: Iterable[bytes],
    *,
    extras: Mapping[str, bytes] = NONE,
    limits: Limits = DEFAULT_LIMITS,
) -> int:
    """Write what `write_file` returns to `out`, each tile as it comes; returns the length.

    `out` is at its start and can go back in what it holds. Raises what `write_file` does; then what
    was written is no file.
    """
    head = header.pack()
    header.check_limits(limits)
    _check_layers(header)
    check_given(header, dict(extras))
    _check_metadata(metadata, limits)
    length = out.write(SIGNATURE) + out.write(write_chunk("HEAD", head))
    for type_ in (*EXTRAS, NOISE):
        if type_ in extras:
            length += out.write(write_chunk(type_, extras[type_]))
    for name, type_ in METADATA_CHUNKS.items():
        if name in metadata:
            length += out.write(write_chunk(type_, metadata[name]))
    index_at, lengths = length, []
    if header.tile_chunks > 1:
        length += out.write(bytes(CHUNK_OVERHEAD + 4 * header.tile_chunks))
    for place, tile in enumerate(tiles):
        if place == header.tile_chunks:
            _check_tiles(header, place + 1)
        start = TILE_START.pack(place % header.tile_count, header.layer_at(place))
        lengths.append(len(tile) + TILE_START.size)
        length += out.write(write_chunk("TILE", start + tile))
    _check_tiles(header, len(lengths))
    length += out.write(write_chunk("DONE", b""))
    if header.tile_chunks > 1:
        out.seek(index_at)
        out.write(write_chunk("TIDX", struct.pack(f"<{len(lengths)}I", *lengths)))
        out.seek(length)
    return length


def file_length(
    metadata: Mapping[str, bytes], tiles: Iterable[int], extras: Mapping[str, bytes] = NONE
) -> int:
    """Bytes of the file that `write_file` would make of payloads of these lengths."""
    chunks = [HEADER_BYTES, 0, *map(len, metadata.values()), *map(len, extras.values())]
    payloads = [TILE_START.size + length for length in tiles]
    chunks += [*payloads, 4 * len(payloads)] if len(payloads) > 1 else payloads
    return len(SIGNATURE) + sum(CHUNK_OVERHEAD + length for length in chunks)


def _check_layers(header: Header) -> None:
    if len(header.layer_numbers) != 1 and header.layers not in LEARNED:
        raise OptionError(
            f"layers is {header.layers:#b}, and this writer knows files of one layer only, or of "
            "the learned one with alpha or a source; use 0b1, 0b10, 0b100, 0b10001, or with a "
            "source 0b1001 or 0b11001"
        )


def _check_tiles(header: Header, count: int) -> None:
    """Raise OptionError unless `count` tiles are those of all layers."""
    if count != header.tile_chunks:
        raise OptionError(
            f"{count} tiles were given for a picture of {header.tile_chunks}: give each once"
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
