"""PNGs of 16 bits, made chunk by chunk, for tests of reading them."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from opened import read_samples

EXIF = b"II*\0" + struct.pack("<IHHHI4sI", 8, 1, 0x010F, 2, 4, b"abc\0", 0)
COLOURS = {1: 0, 3: 2, 2: 4, 4: 6}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
PASSES = (*PASSES, (0, 1, 1, 2))  # Adam7: first column, first row, steps


def picture(channels: int, height: int = 33, width: int = 41) -> np.ndarray:
    """A slope with noise, so that each filter is the best of some row, and with flat rows."""
    y, x = np.mgrid[:height, :width]
    random = np.random.default_rng(channels)
    planes = [(x * (c + 2) * 311 + y * 977) % 60000 for c in range(channels)]
    samples = np.stack(planes, axis=-1) + random.integers(0, 900, (height, width, channels))
    samples[height // 2 :: 7] = 4242
    return samples.astype(np.uint16)


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def head(width: int, height: int, colour: int, *, interlaced: int = 0, depth: int = 16) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def rows(samples: np.ndarray) -> bytes:
    return b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)


def png(
    samples: np.ndarray, before: bytes = b"", after: bytes = b"", *, interlaced: bool = False
) -> bytes:
    """A file made here, chunk by chunk."""
    height, width, channels = samples.shape
    parts = [samples[y::down, x::across] for x, y, across, down in PASSES]
    body = b"".join(rows(part) for part in parts if part.size) if interlaced else rows(samples)
    top = head(width, height, COLOURS[channels], interlaced=int(interlaced))
    packed = zlib.compress(body)
    half = len(packed) // 2
    data = chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:])
    return b"\x89PNG\r\n\x1a\n" + top + before + data + after + chunk(b"IEND")


def same(data: bytes, samples: np.ndarray) -> None:
    found, info = read_samples(data)
    assert found.dtype == np.uint16
    assert np.array_equal(found, samples)
    assert (info.height, info.width, info.channels, info.bit_depth) == (*samples.shape, 16)
