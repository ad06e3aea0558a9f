"""Step 4, bytes <-> file: the container of `docs/format.md`, sections 1 to 4 and 9.

    limits.py   the numbers that bound a file
    header.py   Header: geometry, quality, tile grid, model
    chunk.py    type, length, payload, CRC-32
    extras.py   what a learned file says besides its header
    edges.py    lines of one colour along a picture's edges
    noise.py    the noise that was taken off a picture
    writer.py   header + metadata + tiles -> bytes
    piece.py    tiles on their way from one process to another
    scan.py     which chunks may stand where
    salvage.py  the whole chunks of a broken file
    losses.py   what the holes between them cost
    reader.py   bytes -> PelFile: views, checked before use

and of sequences of such files, section 19:

    zip_records.py        the records of an archive
    sequence_about.py     what holds of all frames
    sequence_members.py   which members there may be
    sequence_source.py    a file that is read in pieces
    sequence.py           bytes -> SequenceFile
    sequence_writer.py    frames -> bytes

Nothing here knows what is in a tile.
"""

from __future__ import annotations

from pellucid.bitstream.chunk import Chunk, write_chunk
from pellucid.bitstream.edges import EDGE, Edges
from pellucid.bitstream.extras import ALPHA, FLOAT_MAP, KEPT, RANGE, Kept, SampleRange
from pellucid.bitstream.header import (
    ALPHA_LAYER,
    BASE,
    BASE_AND_ALPHA,
    EXACT,
    FLOAT,
    KEPT_NOISE,
    LEARNED,
    SIGNED,
    SOURCE_LAYER,
    UNSIGNED,
    Header,
)
from pellucid.bitstream.limits import (
    DEFAULT_LIMITS,
    FORMAT_VERSION,
    MOST_BOUND,
    SIGNATURE,
    Limits,
    check_limits,
)
from pellucid.bitstream.noise import NOISE, NoiseModel
from pellucid.bitstream.reader import DECODED_TILES, PelFile, require_supported
from pellucid.bitstream.writer import file_length, write_file, write_stream

__all__ = [
    "ALPHA",
    "ALPHA_LAYER",
    "BASE",
    "BASE_AND_ALPHA",
    "DECODED_TILES",
    "DEFAULT_LIMITS",
    "EDGE",
    "EXACT",
    "FLOAT",
    "FLOAT_MAP",
    "FORMAT_VERSION",
    "KEPT",
    "KEPT_NOISE",
    "LEARNED",
    "MOST_BOUND",
    "NOISE",
    "RANGE",
    "SIGNATURE",
    "SIGNED",
    "SOURCE_LAYER",
    "UNSIGNED",
    "Chunk",
    "Edges",
    "Header",
    "Kept",
    "Limits",
    "NoiseModel",
    "PelFile",
    "SampleRange",
    "check_limits",
    "file_length",
    "require_supported",
    "write_chunk",
    "write_file",
    "write_stream",
]
