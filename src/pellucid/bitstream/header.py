"""The header: geometry, sample type, quality, tile grid and model of a picture, in 35 bytes.

`docs/format.md`, sections 3 and 4. The fields leave room for what later versions decode (residual
layers, whole numbers of 32 bits, larger tiles); `require_supported` in `reader.py` says what this
version decodes. A value the format doesn't have is damage; a feature bit it doesn't know is
*not supported yet*; a greater version is a newer file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np

from pellucid.bitstream.limits import (
    FORMAT_VERSION,
    MAX_CHANNELS,
    MAX_QUALITY,
    MAX_SIDE,
    MAX_TILE_LOG2,
    MIN_TILE_LOG2,
    MODEL_ID_BYTES,
    SAMPLES_A_PIXEL,
    Limits,
)
from pellucid.errors import (
    DamagedFileError,
    LimitError,
    OptionError,
    UnsupportedError,
    VersionError,
)
from pellucid.pixels.box import Box

_LAYOUT = struct.Struct("<BIIHBBBBBBBB16s")
HEADER_BYTES = _LAYOUT.size

_RANGES = {
    "width": (1, MAX_SIDE),
    "height": (1, MAX_SIDE),
    "channels": (1, MAX_CHANNELS),
    "sample_type": (0, 2),
    "colour": (0, 2),
    "alpha": (0, 1),
    "layers": (1, 0b11111),
    "quality": (0, MAX_QUALITY),
    "tile_log2": (MIN_TILE_LOG2, MAX_TILE_LOG2),
}
_BIT_DEPTHS = (8, 16, 32)
UNSIGNED, SIGNED, FLOAT = range(3)  # sample types
BASE = 0b1  # values of the header's layers: the learned transform alone,
BASE_AND_ALPHA = 0b10001  # with alpha in a layer of its own,
EXACT = (0b10, 0b100)  # or samples themselves, without loss or within a bound
ALPHA_LAYER, SOURCE_LAYER = 4, 3
KEPT_NOISE = 1 << SOURCE_LAYER  # is added to the learned ones where the source lies beside
LEARNED = (BASE, BASE_AND_ALPHA, BASE | KEPT_NOISE, BASE_AND_ALPHA | KEPT_NOISE)
_NAMES = {ALPHA_LAYER: "alpha of ", SOURCE_LAYER: "source of "}  # before that of a tile
_KNOWN_LAYERS = 0b11111
_KNOWN_FEATURES = 0b10  # a pair of pictures


@dataclass(frozen=True, slots=True)
class Header:
    """What section 3 of the format stores, less the version; the order is the file's.

    `width`, `height` in samples; `sample_type` 0 unsigned, 1 signed, 2 float; `colour` 0 grey,
    1 RGB, 2 no colour meaning; `alpha` 0 none, 1 straight; `layers` one bit a layer, bit 0 the
    base; tiles are 2^`tile_log2` samples a side; `model_id` 16 bytes.

    >>> header = Header(768, 512, 3, 8, 0, 1, 0, 1, 0, 60, 9, bytes(16))
    >>> header.columns, header.rows, header.tile_box(1)
    (2, 1, Box(y=0, x=512, height=512, width=256))
    """

    width: int
    height: int
    channels: int
    bit_depth: int
    sample_type: int
    colour: int
    alpha: int
    layers: int
    features: int
    quality: int
    tile_log2: int
    model_id: bytes

    def pack(self) -> bytes:
        """Return the 35 bytes of the HEAD payload; OptionError if a field is out of its range."""
        for problem in _problems(self):
            raise OptionError(f"this header can't be written: {problem}")
        if self.features & ~_KNOWN_FEATURES:
            raise OptionError(
                f"this header can't be written: features is {self.features:#x}, and version "
                f"{FORMAT_VERSION} has 0 or {_KNOWN_FEATURES:#x} only; use one of these"
            )
        return _LAYOUT.pack(FORMAT_VERSION, *astuple(self))

    @classmethod
    def unpack(cls, payload: bytes | memoryview) -> Header:
        """Return the header in a HEAD payload whose CRC has been checked.

        Raises VersionError if it is newer, DamagedFileError if a value is impossible,
        UnsupportedError for features or layers that version 1 doesn't have.
        """
        _check_version(payload)
        if len(payload) != HEADER_BYTES:
            raise DamagedFileError(
                f"chunk HEAD holds {len(payload)} bytes, version {FORMAT_VERSION} has "
                f"{HEADER_BYTES}; get the file again"
            )
        header = cls(*_LAYOUT.unpack(payload)[1:])
        _check_bits(header)
        for problem in _problems(header):
            raise DamagedFileError(f"chunk HEAD is impossible: {problem}; get the file again")
        return header

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the samples, in this machine's byte order, of a kind that can be decoded."""
        return np.dtype(f"{'uif'[self.sample_type]}{self.bit_depth // 8}")

    @property
    def tile_size(self) -> int:
        """Samples a side of a whole tile."""
        return 1 << self.tile_log2

    @property
    def columns(self) -> int:
        """Tiles in a row."""
        return -(-self.width >> self.tile_log2)

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.height >> self.tile_log2)

    @property
    def tile_count(self) -> int:
        """Tiles of one layer."""
        return self.columns * self.rows

    @property
    def layer_numbers(self) -> tuple[int, ...]:
        """The layers the file holds in their order: 0 is the base, and the source comes last."""
        found = (bit for bit in range(8) if self.layers >> bit & 1)
        return tuple(sorted(found, key=lambda bit: bit == SOURCE_LAYER))

    @property
    def has_alpha_layer(self) -> bool:
        """Whether alpha is in a layer of its own."""
        return bool(self.layers >> ALPHA_LAYER & 1)

    @property
    def has_source_layer(self) -> bool:
        """Whether the source of a denoised picture is in a layer of its own."""
        return bool(self.layers & KEPT_NOISE)

    @property
    def tile_chunks(self) -> int:
        """TILE chunks of the file: one for each tile and layer."""
        return self.tile_count * len(self.layer_numbers)

    @property
    def box(self) -> Box:
        """All of the picture."""
        return Box(0, 0, self.height, self.width)

    def tile_box(self, number: int) -> Box:
        """Return where a tile lies, in samples; OptionError if there is no such."""
        self.check_tile_number(number)
        row, column = divmod(number, self.columns)
        size = self.tile_size
        return Box(row * size, column * size, size, size).overlap(self.box)

    def tile_name(self, number: int) -> str:
        """Return what messages call a tile: its number and where it lies, in samples."""
        x, y, width, height = self.tile_box(number).region
        return f"tile {number} ({width} x {height} pixels at {x},{y})"

    def chunk_name(self, place: int) -> str:
        """Return the same of a TILE chunk by its place among all: alpha comes after the base."""
        return _NAMES.get(self.layer_at(place), "") + self.tile_name(place % self.tile_count)

    def layer_at(self, place: int) -> int:
        """Return the layer of the TILE chunk at a place among all."""
        return self.layer_numbers[place // self.tile_count]

    def check_tile_number(self, number: int) -> None:
        """Raise OptionError if the picture has no tile of this number."""
        if not 0 <= number < self.tile_count:
            raise OptionError(
                f"there is no tile {number}: the tiles are 0 .. {self.tile_count - 1}"
            )

    def check_limits(self, limits: Limits) -> None:
        """Raise LimitError if the picture is bigger than `limits` allow."""
        pixels = self.width * self.height
        if pixels > limits.max_pixels:
            raise LimitError(
                f"the picture has {self.width} x {self.height} = {pixels} pixels, over the limit "
                f"of {limits.max_pixels}; if you trust it, raise max_pixels"
            )
        samples = pixels * (self.channels + self.alpha)
        if samples > SAMPLES_A_PIXEL * limits.max_pixels:
            raise LimitError(
                f"the picture has {self.width} x {self.height} pixels of "
                f"{self.channels + self.alpha} samples, {samples} in all, over "
                f"{SAMPLES_A_PIXEL} times the limit of {limits.max_pixels}; if you trust it, raise "
                "max_pixels"
            )
        if self.tile_count > limits.max_tiles:
            raise LimitError(
                f"the picture has {self.tile_count} tiles of {self.tile_size} x {self.tile_size}, "
                f"over the limit of {limits.max_tiles}; if you trust it, raise max_tiles"
            )


def _problems(header: Header) -> Iterator[str]:
    """Say what is wrong with each field that has a value the format doesn't have."""
    for name, (low, high) in _RANGES.items():
        value = getattr(header, name)
        if not low <= value <= high:
            yield f"{name} is {value}, outside {low} .. {high}"
    if header.bit_depth not in _BIT_DEPTHS:
        yield f"bit_depth is {header.bit_depth}, not one of 8, 16, 32"
    if len(header.model_id) != MODEL_ID_BYTES:
        yield f"model_id has {len(header.model_id)} bytes, not {MODEL_ID_BYTES}"


def _check_version(payload: bytes | memoryview) -> None:
    if len(payload) == 0 or payload[0] == 0:
        what = "is empty" if len(payload) == 0 else "has version 0"
        raise DamagedFileError(f"chunk HEAD {what}: no such file exists; get the file again")
    if payload[0] > FORMAT_VERSION:
        raise VersionError(
            f"the file has format version {payload[0]}, this pellucid reads up to "
            f"{FORMAT_VERSION}; update it: pip install -U pellucid"
        )


def _check_bits(header: Header) -> None:
    unknown = header.features & ~_KNOWN_FEATURES
    if unknown:
        raise UnsupportedError(
            f"the file needs features {header.features:#04x} that this pellucid doesn't know; "
            "update it: pip install -U pellucid"
        )
    unknown = header.layers & ~_KNOWN_LAYERS
    if unknown:
        raise UnsupportedError(
            f"the file has layers {unknown:#04x} that this pellucid doesn't know; update it: "
            "pip install -U pellucid"
        )
