"""PNG of 16 bits that Pillow doesn't take whole: RGB, alpha, a transparent colour.

Pillow drops the low byte of these without a word. They are decoded by libpng, through imagecodecs
(extra `science`), after all that the file claims has been checked. Writing needs neither: rows are
filtered here, each with the filter whose bytes are the smallest, as libpng chooses, and deflated.

Source: PNG (third edition), sections 9 (filters) and 12.7 (choice of a filter).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, MissingExtraError
from pellucid.pixels.extras import EXTRA, science
from pellucid.pixels.formats import pillow
from pellucid.pixels.formats.format import Format
from pellucid.pixels.formats.input import Input
from pellucid.pixels.formats.pillow_checks import check_frames
from pellucid.pixels.formats.png_chunks import (
    CHANNELS,
    SIGNATURE,
    Chunk,
    Header,
    check_inflated,
    check_length,
    chunks_of,
    file_of,
    header_of,
    with_one_pixel,
)
from pellucid.pixels.info import ImageInfo
from pellucid.pixels.lazy import check_size

_STRIP = 2**20  # bytes of rows that are filtered at a time
_LEVEL = 6


def is_png16(source: Input) -> bool:
    """Whether an input is a PNG of 16 bits a sample."""
    head = source.head
    return head.startswith(SIGNATURE) and head[12:16] == b"IHDR" and head[24:25] == b"\x10"


@contextmanager
def open_png16(source: Input, max_pixels: int) -> Iterator[tuple[NDArray[np.uint16], ImageInfo]]:
    """Samples (H, W, C) as stored; one colour marked as transparent is alpha of 0 and 65535.

    Raises InputError for damage or a cut file, LimitError, MissingExtraError without imagecodecs
    for all but plain grey.
    """
    name = source.name
    with pillow.opened(source.data, name) as image:
        width, height = image.size
        check_size(name, (height, width, len(image.getbands())), max_pixels)
        check_frames(image, name)
        grey = image.mode.startswith("I;16") and not image.has_transparency_data
    chunks = chunks_of(source.data, name)
    header = header_of(chunks, name)
    if header[:3] != (width, height, 16):
        raise InputError(f"{name} is damaged: it says two sizes, {width, height} and {header[:2]}")
    check_length(chunks, header, name)
    if grey:
        check_inflated(chunks, header, name)  # Pillow would leave missing rows blank
        with pillow.open_pillow(source, max_pixels) as found:
            yield found
        return
    samples = _decoded(chunks, header, name)
    husk = Input(with_one_pixel(chunks))
    with pillow.opened(husk.data, name) as image:
        image.load()  # metadata behind the samples, too
        yield samples, pillow.info_of(image, husk.data, samples)


def encode_png(samples: NDArray[np.uint16], husk: bytes) -> bytes:
    """The file of samples (height, width, 1 to 4 channels), with the metadata of the PNG `husk`."""
    height, width, channels = samples.shape
    colour = next(colour for colour, count in CHANNELS.items() if count == channels)
    chunks = [Header(width, height, 16, colour, 0).chunk()]
    for chunk in chunks_of(husk, "the metadata")[1:]:
        chunks += _packed(samples) if chunk.kind == b"IDAT" else [chunk]
    return file_of(chunks)


def _decoded(chunks: list[Chunk], header: Header, name: str) -> NDArray[np.uint16]:
    """The samples of sound chunks, by libpng, which sees no others than it needs."""
    opaque = header.colour in (0, 2)
    needed = (b"IHDR", b"IDAT", b"IEND", *([b"tRNS"] if opaque else []))
    kept = [chunk for chunk in chunks if chunk.kind in needed]
    clear = opaque and any(chunk.kind == b"tRNS" for chunk in kept)
    try:
        samples = np.asarray(_decode(file_of(kept)))
    except ImportError as error:
        raise MissingExtraError("imagecodecs, which reads PNG of 16 bits,", EXTRA) from error
    except Exception as error:  # decoders raise anything on damaged files
        said = str(error)
        raise InputError(
            f"{name} is damaged or cut off{f': {said}' if said.isprintable() else ''}"
        ) from error
    wanted = (header.height, header.width, CHANNELS[header.colour] + clear)
    if samples.shape != wanted or samples.dtype != np.uint16:
        raise InputError(
            f"{name} is damaged: it decodes to {samples.dtype} of the shape {samples.shape}, and "
            f"says {wanted}"
        )
    return samples


def _decode(data: bytes) -> Any:
    return science("imagecodecs").png_decode(data)


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


FORMAT = Format("PNG of 16 bits", is_png16, open_png16)
