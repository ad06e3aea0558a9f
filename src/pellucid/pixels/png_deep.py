"""PNG of 16 bits that Pillow doesn't take whole: RGB, alpha, a transparent colour.

Pillow drops the low byte of these without a word. They are decoded by libpng, through imagecodecs
(extra `science`), after all that the file claims has been checked. Writing needs neither: rows are
filtered here, each with the filter whose bytes are the smallest, as libpng chooses, and deflated.

Source: PNG (third edition), sections 9 (filters) and 12.7 (choice of a filter).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, MissingExtraError
from pellucid.pixels.extras import EXTRA, science
from pellucid.pixels.png_chunks import (
    CHANNELS,
    Chunk,
    Header,
    check_inflated,
    check_length,
    chunks_of,
    file_of,
    header_of,
    with_one_pixel,
)

_STRIP = 2**20  # bytes of rows that are filtered at a time
_LEVEL = 6


def decode_png(data: bytes, size: tuple[int, int], name: str) -> tuple[NDArray[np.uint16], bytes]:
    """Samples (height, width, channels) as stored, and the file's metadata (`with_one_pixel`).

    One colour marked as transparent becomes an alpha channel of 0 and 65535. `size` is the width
    and height that were checked against the limit of pixels.

    Raises InputError for another size, damage, a cut file; MissingExtraError without imagecodecs.
    """
    chunks, header = _sound(data, size, name)
    opaque = header.colour in (0, 2)
    needed = (b"IHDR", b"IDAT", b"IEND", *([b"tRNS"] if opaque else []))
    kept = [chunk for chunk in chunks if chunk.kind in needed]
    clear = opaque and any(chunk.kind == b"tRNS" for chunk in kept)
    samples = _decoded(file_of(kept), name)
    wanted = (header.height, header.width, CHANNELS[header.colour] + clear)
    if samples.shape != wanted or samples.dtype != np.uint16:
        raise InputError(
            f"{name} is damaged: it decodes to {samples.dtype} of the shape {samples.shape}, and "
            f"says {wanted}"
        )
    return samples, with_one_pixel(chunks)


def check_grey(data: bytes, size: tuple[int, int], name: str) -> None:
    """InputError for 16-bit grey that is damaged or lacks rows, which Pillow takes as it is."""
    check_inflated(*_sound(data, size, name), name)


def _sound(data: bytes, size: tuple[int, int], name: str) -> tuple[list[Chunk], Header]:
    """Chunks and header of a file whose frame, sizes and lengths are right; else InputError."""
    chunks = chunks_of(data, name)
    header = header_of(chunks, name)
    if (header.width, header.height, header.depth) != (*size, 16):
        raise InputError(f"{name} is damaged: it says two sizes, {size} and {header[:2]}")
    check_length(chunks, header, name)
    return chunks, header


def encode_png(samples: NDArray[np.uint16], husk: bytes) -> bytes:
    """The file of samples (height, width, 1 to 4 channels), with the metadata of the PNG `husk`."""
    height, width, channels = samples.shape
    colour = next(colour for colour, count in CHANNELS.items() if count == channels)
    chunks = [Header(width, height, 16, colour, 0).chunk()]
    for chunk in chunks_of(husk, "the metadata")[1:]:
        chunks += _packed(samples) if chunk.kind == b"IDAT" else [chunk]
    return file_of(chunks)


def _decoded(data: bytes, name: str) -> NDArray[Any]:
    try:
        decode = science("imagecodecs").png_decode
        samples = np.asarray(decode(data))
    except ImportError as error:
        raise MissingExtraError("imagecodecs, which reads PNG of 16 bits,", EXTRA) from error
    except Exception as error:  # decoders raise anything on damaged files
        said = str(error)
        raise InputError(
            f"{name} is damaged or cut off{f': {said}' if said.isprintable() else ''}"
        ) from error
    return samples


def _packed(samples: NDArray[np.uint16]) -> Iterator[Chunk]:
    """Filtered rows, deflated."""
    height, width, channels = samples.shape
    tall = max(1, _STRIP // (width * channels * 2))
    packer = zlib.compressobj(_LEVEL, strategy=zlib.Z_FILTERED)
    above = np.zeros((1, width * channels * 2), np.uint8)
    for top in range(0, height, tall):
        strip = np.ascontiguousarray(samples[top : top + tall], ">u2")
        rows = strip.reshape(len(strip), -1).view(np.uint8)  # h x w x c -> h x bytes
        body = packer.compress(_filtered(rows, above, 2 * channels).tobytes())
        above = rows[-1:]
        if body:
            yield Chunk(b"IDAT", body)
    yield Chunk(b"IDAT", packer.flush())


def _filtered(rows: NDArray[np.uint8], above: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """(h, n) bytes -> (h, 1 + n): of each row the filter, and what it leaves.

    `above` is the row before the first; `step` is the bytes of a pixel.
    """
    up = np.concatenate([above, rows[:-1]])
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], corner[:, step:] = rows[:, :-step], up[:, :-step]
    middle = ((left.astype(np.uint16) + up) // 2).astype(np.uint8)
    best = np.zeros((len(rows), 1 + rows.shape[1]), np.uint8)
    least = np.full(len(rows), np.iinfo(np.int64).max)
    for kind, guess in enumerate((None, left, up, middle, _paeth(left, up, corner))):
        rest = rows if guess is None else rows - guess  # modulo 256
        cost = np.minimum(rest, 0 - rest).sum(axis=1, dtype=np.int64)
        better = cost < least
        best[better, 0], least[better] = kind, cost[better]
        best[better, 1:] = rest[better]
    return best


def _paeth(
    left: NDArray[np.uint8], up: NDArray[np.uint8], corner: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Of the three neighbours the nearest to left + up - corner."""
    across, down = up.astype(np.int16) - corner, left.astype(np.int16) - corner
    to_left, to_up, to_corner = abs(across), abs(down), abs(across + down)
    other = np.where(to_up <= to_corner, up, corner)
    return np.where((to_left <= to_up) & (to_left <= to_corner), left, other)
