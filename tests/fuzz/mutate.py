"""Damages .pel files, the same way for the same seed.

A checksum hides the parser behind it from blind mutation: nearly every flipped bit ends at the CRC.
So half of the edits here take the file apart into chunks, change what is in them and put them
together again with right checksums. The code knows the frame of a chunk and the header's table
from `docs/format.md` alone and uses nothing of the reader that it tests.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple

SIGNATURE = b"\x89PEL\r\n\x1a\n"
TYPES = [b"HEAD", b"exif", b"iccp", b"xmp0", b"nois", b"RANG", b"ALPH", b"TIDX", b"TILE", b"DONE"]
TYPES += [b"KEPT"]
STRANGE_TYPES = [b"NEWC", b"newc", b"0TIL", b"TIL\0", b"\xff\xff\xff\xff", b"tile", b"dONE"]
HEAD_FIELDS = {  # name -> (offset, struct format)
    "version": (0, "<B"),
    "width": (1, "<I"),
    "height": (5, "<I"),
    "channels": (9, "<H"),
    "bit_depth": (11, "<B"),
    "sample_type": (12, "<B"),
    "colour": (13, "<B"),
    "alpha": (14, "<B"),
    "layers": (15, "<B"),
    "features": (16, "<B"),
    "quality": (17, "<B"),
    "tile_log2": (18, "<B"),
}
EDGES = [0, 1, 2, 3, 5, 6, 8, 12, 13, 16, 31, 32, 63, 64, 65, 100, 101, 255, 256, 65535, 2**16]
EDGES += [2**20, 2**24, 2**24 + 1, 2**28, 2**31 - 1, 2**31, 2**32 - 1]


class RawChunk(NamedTuple):
    """A chunk taken apart; its CRC is made anew when it is written."""

    type: bytes
    payload: bytes


def split(data: bytes) -> list[RawChunk]:
    """Return the chunks of a file; ValueError if its frame isn't sound (CRCs aren't looked at)."""
    if not data.startswith(SIGNATURE):
        raise ValueError("no signature")
    chunks, at = [], len(SIGNATURE)
    while at < len(data):
        if len(data) - at < 12:
            raise ValueError("cut")
        name, length = struct.unpack_from("<4sI", data, at)
        if length > len(data) - at - 12:
            raise ValueError("cut")
        chunks.append(RawChunk(name, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def frame(type_: bytes, payload: bytes, *, length: int | None = None) -> bytes:
    """Return one chunk with its right CRC, and with a wrong `length` if one is given."""
    start = type_ + struct.pack("<I", len(payload) if length is None else length)
    return start + payload + struct.pack("<I", zlib.crc32(start + payload))


def join(chunks: list[RawChunk]) -> bytes:
    """Return the file of these chunks, each with its right CRC."""
    return SIGNATURE + b"".join(frame(*chunk) for chunk in chunks)


def set_head(data: bytes, **fields: int | bytes) -> bytes:
    """Return the file with header fields set (numbers, or `model_id` of 16 bytes), CRC right."""
    chunks = split(data)
    head = bytearray(chunks[0].payload)
    for name, value in fields.items():
        if isinstance(value, bytes):
            head[19:35] = value
        else:
            offset, form = HEAD_FIELDS[name]
            struct.pack_into(form, head, offset, value)
    return join([RawChunk(b"HEAD", bytes(head)), *chunks[1:]])


def mutate(data: bytes, seed: int) -> bytes:
    """Return `data` after one to three edits drawn by `seed`."""
    rng = random.Random(seed)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        if rng.random() < 0.4:
            data = rng.choice(_RAW)(rng, data)
            continue
        try:
            data = rng.choice(_STRUCTURED)(rng, data)
        except (ValueError, IndexError, struct.error):  # an edit before it broke the frame
            data = rng.choice(_RAW)(rng, data)
    return data


# --- blind edits ----------------------------------------------------------------------------------


def _flip_bits(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8)) if out else 0):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _truncate(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _insert(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.choice((1, 4, 12, 64))) + data[at:]


def _delete(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice((1, 4, 12, 64)) :]


def _splice(rng: random.Random, data: bytes) -> bytes:
    """Copy a run of the file over another place of it."""
    start, to = rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)
    run = data[start : start + rng.randrange(1, 65)]
    return data[:to] + run + data[to + len(run) :]


def _append(rng: random.Random, data: bytes) -> bytes:
    return data + (rng.randbytes(rng.randrange(1, 40)) if rng.random() < 0.5 else data)


# --- edits of chunks, CRCs right ------------------------------------------------------------------


def _drop(rng: random.Random, data: bytes) -> bytes:
    chunks = split(data)
    del chunks[rng.randrange(len(chunks))]
    return join(chunks)


def _double(rng: random.Random, data: bytes) -> bytes:
    chunks = split(data)
    chunks.insert(rng.randrange(len(chunks) + 1), rng.choice(chunks))
    return join(chunks)


def _swap(rng: random.Random, data: bytes) -> bytes:
    chunks = split(data)
    a, b = rng.randrange(len(chunks)), rng.randrange(len(chunks))
    chunks[a], chunks[b] = chunks[b], chunks[a]
    return join(chunks)


def _retype(rng: random.Random, data: bytes) -> bytes:
    chunks = split(data)
    at = rng.randrange(len(chunks))
    chunks[at] = RawChunk(rng.choice(TYPES + STRANGE_TYPES), chunks[at].payload)
    return join(chunks)


def _add(rng: random.Random, data: bytes) -> bytes:
    chunks = split(data)
    new = RawChunk(rng.choice(TYPES + STRANGE_TYPES), rng.randbytes(rng.choice((0, 4, 5, 8, 35))))
    chunks.insert(rng.randrange(len(chunks) + 1), new)
    return join(chunks)


def _edit_payload(rng: random.Random, data: bytes) -> bytes:
    """A blind edit inside one chunk, whose length and CRC are made right again."""
    chunks = split(data)
    at = rng.randrange(len(chunks))
    edited = rng.choice(_RAW)(rng, chunks[at].payload)
    chunks[at] = RawChunk(chunks[at].type, edited)
    if chunks[at].type == b"TILE" and rng.random() < 0.8:  # let the damage reach the tile decoder
        chunks = _right_index(chunks)
    return join(chunks)


def _edit_words(rng: random.Random, data: bytes) -> bytes:
    """Change whole words of a tile, so that the entropy decoder meets them."""
    chunks = split(data)
    at = rng.choice([n for n, chunk in enumerate(chunks) if chunk.type == b"TILE"])
    start, body = chunks[at].payload[:5], bytearray(chunks[at].payload[5:])
    words = len(body) // 4
    where = 4 * rng.randrange(words + 1)
    edits: list[Callable[[], bytes]] = [
        lambda: bytes(body[:where]),
        lambda: bytes(body[:where] + rng.randbytes(4) + body[where:]),
        lambda: bytes(body[:where] + rng.randbytes(4) + body[where + 4 :]),
        lambda: bytes(body[:where] + bytes(4) + body[where + 4 :]),
        lambda: rng.randbytes(4 * rng.randrange(2 * words + 2)),
    ]
    chunks[at] = RawChunk(b"TILE", start + rng.choice(edits)())
    return join(_right_index(chunks))


def _edit_exact(rng: random.Random, data: bytes) -> bytes:
    """Change an exact tile's bound, kind or one of its words, of which the last are read first."""
    chunks = split(data)
    at = rng.choice([n for n, chunk in enumerate(chunks) if chunk.type == b"TILE"])
    tiles = [n for n, c in enumerate(chunks) if c.type == b"TILE"]
    beside = [n for n in tiles if chunks[n].payload[4:5] in (b"\3", b"\4")]  # source and alpha
    at = rng.choice(beside) if beside else at
    body = bytearray(chunks[at].payload)
    kind = 7 if body[4] == 2 else 5  # after the tile's number, its layer and, in layer 2, its bound
    what = rng.randrange(4)
    if what == 0:
        body[kind] = rng.choice((0, 1, 2, 2, 3, 255))
    elif what == 1 and kind == 7:
        struct.pack_into("<H", body, 5, rng.choice((0, 1, 3, 255, 16383, 16384, 65535)))
    else:
        words = (len(body) - kind - 1) // 4
        word = words - 1 - min(words - 1, int(rng.expovariate(0.1)))
        struct.pack_into("<I", body, kind + 1 + 4 * word, rng.randrange(1, 2**32))
    chunks[at] = RawChunk(b"TILE", bytes(body))
    return join(_right_index(chunks))


def _edit_range(rng: random.Random, data: bytes) -> bytes:
    """Set one end of the range of 16-bit samples."""
    chunks = split(data)
    (at,) = (n for n, chunk in enumerate(chunks) if chunk.type == b"RANG")
    body = bytearray(chunks[at].payload)
    ends = [0, 1, -1, 255, 32767, 32768, -32768, -32769, 65535, 65536, 2**31 - 1, -(2**31)]
    struct.pack_into("<i", body, rng.choice((0, 4)), rng.choice(ends))
    chunks[at] = RawChunk(b"RANG", bytes(body))
    return join(chunks)


def _edit_head(rng: random.Random, data: bytes) -> bytes:
    if rng.random() < 0.1:
        return set_head(data, model_id=rng.randbytes(16))
    if rng.random() < 0.2:
        sides = [1, 63, 65, 2**12, 2**14, 2**14 + 1, 2**23, 2**24]
        return set_head(data, width=rng.choice(sides), height=rng.choice(sides))
    name = rng.choice(list(HEAD_FIELDS))
    size = 8 * struct.calcsize(HEAD_FIELDS[name][1])
    value = rng.choice(EDGES) if rng.random() < 0.7 else rng.getrandbits(size)
    return set_head(data, **{name: value % 2**size})


def _lie_about_length(rng: random.Random, data: bytes) -> bytes:
    chunks = split(data)
    at = rng.randrange(len(chunks))
    length = rng.choice([*EDGES, max(0, len(chunks[at].payload) + rng.randrange(-13, 14))])
    lying = frame(*chunks[at], length=length % 2**32)
    return join(chunks[:at]) + lying + join(chunks[at + 1 :])[len(SIGNATURE) :]


def _right_index(chunks: list[RawChunk]) -> list[RawChunk]:
    lengths = [len(chunk.payload) for chunk in chunks if chunk.type == b"TILE"]
    index = struct.pack(f"<{len(lengths)}I", *lengths)
    return [RawChunk(b"TIDX", index) if c.type == b"TIDX" else c for c in chunks]


_RAW = [_flip_bits, _truncate, _insert, _delete, _splice, _append]
_STRUCTURED = [_drop, _double, _swap, _retype, _add, _edit_payload, _edit_words, _edit_exact]
_STRUCTURED += [_edit_head, _edit_head, _lie_about_length, _edit_range]
