"""The numbers that bound a .pel file: what the format can say, and what a reader will take.

The constants are the format's own (`docs/format.md`, sections 3 and 9): beyond them a file is
wrong. `Limits` are the reader's: beyond them a file may be right, but using it could cost more
memory than its receiver expects, so a reader refuses it before it allocates anything, unless told
otherwise. The idea is that of safetensors' ``MAX_HEADER_SIZE``.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from pellucid.errors import OptionError

SIGNATURE = b"\x89PEL\r\n\x1a\n"
FORMAT_VERSION = 1
MEDIA_TYPE = "image/x-pellucid"
SEQUENCE_MEDIA_TYPE = "application/x-pellucid-sequence"

MAX_SIDE = 2**24  # samples, width and height
MAX_CHANNELS = 2**16 - 1
MAX_QUALITY = 100
MIN_TILE_LOG2 = 6
MAX_TILE_LOG2 = 12
DECODED_TILE_LOG2 = 10  # readers of 0.1 refuse greater tiles: memory is bounded by a tile
MAX_PAYLOAD = 2**32 - 1  # bytes of one chunk: its length is a u32
MODEL_ID_BYTES = 16
MOST_BOUND = 16383  # of the error of whole samples
SAMPLES_A_PIXEL = 4  # that a reader's limit of pixels makes room for


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader (and so, unless told, a writer) accepts; each can be raised.

    `max_pixels` bounds width times height, and four times it the samples of all channels;
    `max_metadata` bounds the bytes of each metadata chunk, `max_tiles` the tiles of the picture,
    `max_other_chunks` the chunks that are not tiles (a file could hold millions of empty ones), and
    `max_frames` the frames of a sequence.

    >>> Limits(max_pixels=2**30).max_pixels
    1073741824
    """

    max_pixels: int = 2**28
    max_metadata: int = 64 * 2**20
    max_tiles: int = 2**16
    max_other_chunks: int = 1024
    max_frames: int = 2**20


DEFAULT_LIMITS = Limits()


def check_limits(limits: object) -> None:
    """Raise OptionError unless these are `Limits`."""
    if not isinstance(limits, Limits):
        raise OptionError(
            f"limits is {limits!r}; give pellucid.Limits(max_pixels=...) to raise or lower them"
        )


def is_number(value: object) -> bool:
    """Whether an option is a real number; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool)
