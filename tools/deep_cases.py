"""The conformance cases of alpha and 16 bits in the learned layer, good ones and bad ones.

A bad case is a good one's file with one change, CRCs made right.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tools.bad_files import DECODE, BadCase, chunks_of, file_of

from pellucid.bitstream import PelFile, write_chunk

Samples = NDArray[Any]  # height x width x channels


class DeepCase(NamedTuple):
    """A picture, the quality it is compressed at and what the case tests.

    With `kept` it is denoised, and the source kept within that bound.
    """

    picture: Samples
    quality: int
    tests: str
    tile: int | None = None
    kept: int | None = None


# --- good -----------------------------------------------------------------------------------------


def colours(width: int, height: int, channels: int) -> NDArray[np.float64]:
    """Slopes, a disc and grain between 0 and 1; the same on every machine."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    wave = 0.5 + 0.25 * np.sin(x / 13) * np.cos(y / 11) + 0.2 * ((x - 40) ** 2 + y**2 < 900)
    grain = np.random.Generator(np.random.PCG64(5)).integers(-9, 10, (height, width, channels))
    levels: NDArray[np.float64] = wave[..., None] - 0.05 * np.arange(channels) + grain / 2000
    return levels.clip(0, 1)


def disc(width: int, height: int) -> NDArray[np.float64]:
    """Alpha between 0 and 1: a disc with a soft edge, nothing around it."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    reach = min(width, height) / 2.5
    inside: NDArray[np.float64] = (reach - np.hypot(x - width / 2, y - height / 2)) / 4 + 0.5
    return inside.clip(0, 1)


def sprite(width: int, height: int, channels: int, dtype: str) -> Samples:
    """Colours with noise under alpha 0, and alpha, over a type's whole range."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    alpha = np.rint(disc(width, height) * high)
    noise = np.random.Generator(np.random.PCG64(6)).random((height, width, channels))
    shown = np.where(alpha[..., None] > 0, colours(width, height, channels), noise)
    samples: Samples = np.dstack([np.rint(low + shown * (high - low)), alpha]).astype(dtype)
    return samples


def deep(width: int, height: int, channels: int, low: int, high: int, dtype: str) -> Samples:
    """Colours between two samples of a type, which both occur."""
    levels = colours(width, height, channels)
    levels = (levels - levels.min()) / (levels.max() - levels.min())
    samples: Samples = np.rint(low + levels * (high - low)).astype(dtype)
    return samples


def deep_cases() -> dict[str, Callable[[], DeepCase]]:
    """All good cases, made when called."""
    y, x = np.mgrid[0:96, 0:128]
    slope = (7 * (x + 2 * y) + 12000)[..., None].astype(np.uint16)
    flat = np.full((9, 20, 3), 12345, np.uint16)
    hidden = sprite(30, 20, 3, "uint8")
    hidden[..., 3] = 0
    return {
        "deep_alpha": lambda: DeepCase(sprite(120, 90, 3, "uint8"), 60, "RGB and alpha of 8 bits"),
        "deep_alpha_grey": lambda: DeepCase(sprite(70, 66, 1, "uint8"), 60, "grey and alpha"),
        "deep_alpha_hidden": lambda: DeepCase(hidden, 60, "alpha 0 everywhere"),
        "deep_alpha_tiles": lambda: DeepCase(
            sprite(530, 20, 3, "uint8"), 40, "two tiles of colours and two of alpha"
        ),
        "deep_rgb": lambda: DeepCase(deep(120, 90, 3, 0, 65535, "uint16"), 60, "RGB of 16 bits"),
        "deep_grey_12": lambda: DeepCase(
            deep(90, 70, 1, 80, 4095, "uint16"), 60, "grey, 12 bits in 16: the range is 80 .. 4095"
        ),
        "deep_signed": lambda: DeepCase(
            deep(80, 60, 3, -1024, 3071, "int16"), 60, "RGB of 16 bits with a sign"
        ),
        "deep_slope": lambda: DeepCase(slope, 60, "a slope of 16 bits: more than 256 levels"),
        "deep_flat": lambda: DeepCase(flat, 60, "one value of 16 bits, which comes back"),
        "deep_tiles": lambda: DeepCase(
            deep(1100, 20, 1, 0, 1000, "uint16"), 40, "two tiles of 16 bits", 1024
        ),
        "deep_both": lambda: DeepCase(sprite(90, 70, 3, "uint16"), 60, "16 bits and alpha"),
        "deep_both_signed": lambda: DeepCase(
            sprite(60, 50, 1, "int16"), 60, "grey of 16 bits with a sign, and alpha"
        ),
        "deep_edges": lambda: DeepCase(
            framed(deep(90, 70, 3, 0, 255, "uint8")), 30, "lines of one colour on all sides"
        ),
        "deep_edges_signed": lambda: DeepCase(
            framed(deep(1100, 40, 1, -500, 500, "int16")),
            30,
            "the same, out of the range, two tiles",
            1024,
        ),
    }


def framed(samples: Samples) -> Samples:
    """The picture with lines of one colour along its edges, of two colours below."""
    low, high = np.iinfo(samples.dtype).min, np.iinfo(samples.dtype).max
    samples[:1], samples[-3:] = low, high
    samples[-1:] = low
    samples[1:-3, :4], samples[1:-3, -2:] = high, low
    return samples


# --- bad ------------------------------------------------------------------------------------------


def deep_bad_cases(good: dict[str, bytes]) -> dict[str, BadCase]:
    """All bad cases, made from the files of the good ones."""
    return {
        f"deep_{name}": case
        for name, case in (_ranges(good) | _alphas(good) | _edges(good)).items()
    }


def changed(data: bytes, type_: str, *payloads: bytes) -> bytes:
    """The file with other chunks of a type: as many as there are payloads."""
    chunks = chunks_of(data)
    new = [write_chunk(type_, payload) for payload in payloads]
    kept = [chunk for chunk in chunks if chunk[:4] != type_.encode()]
    return file_of([kept[0], *new, *kept[1:]])


def head_changed(data: bytes, offset: int, value: int) -> bytes:
    """The file with one byte of its header set."""
    payload = bytearray(PelFile.parse(data).header.pack())
    payload[offset] = value
    return file_of([write_chunk("HEAD", bytes(payload)), *chunks_of(data)[1:]])


def _ranges(good: dict[str, bytes]) -> dict[str, BadCase]:
    """Of RANG."""
    damaged, deep, plain = "DamagedFileError", good["deep_rgb"], good["deep_alpha"]
    sound = struct.pack("<ii", 0, 65535)
    files = {
        "range_turned": (struct.pack("<ii", 9, 8), "the range 9 .. 8"),
        "range_below": (struct.pack("<ii", -1, 8), "the range -1 .. 8, unsigned"),
        "range_above": (struct.pack("<ii", 0, 65536), "the range 0 .. 65536"),
        "range_short": (sound[:7], "RANG of 7 bytes"),
        "range_long": (sound + b"\0", "RANG of 9 bytes"),
        "range_empty": (b"", "RANG of no bytes"),
    }
    cases = {
        name: BadCase(changed(deep, "RANG", payload), damaged, what)
        for name, (payload, what) in files.items()
    }
    wide = struct.pack("<ii", -32769, 0)
    late = chunks_of(deep)
    late.insert(-1, late.pop([chunk[:4] for chunk in late].index(b"RANG")))
    return cases | {
        "range_wide": BadCase(
            changed(good["deep_signed"], "RANG", wide), damaged, "the range -32769 .. 0, signed"
        ),
        "range_doubled": BadCase(changed(deep, "RANG", sound, sound), damaged, "two RANG"),
        "range_8_bits": BadCase(changed(plain, "RANG", sound), damaged, "RANG with 8 bits"),
        "range_late": BadCase(file_of(late), damaged, "RANG after the tiles"),
        "range_none": BadCase(changed(deep, "RANG"), damaged, "16 bits without RANG"),
    }


def _alphas(good: dict[str, bytes]) -> dict[str, BadCase]:
    """Of ALPH and the tiles of alpha."""
    damaged, plain, wide = "DamagedFileError", good["deep_alpha"], good["deep_alpha_tiles"]
    identity = PelFile.parse(plain).alpha_model or b""
    chunks = chunks_of(plain)
    tiles = [n for n, chunk in enumerate(chunks) if chunk[:4] == b"TILE"]
    turned = list(chunks)
    turned[tiles[0]], turned[tiles[1]] = chunks[tiles[1]], chunks[tiles[0]]
    lost = chunks[: tiles[1]] + chunks[tiles[1] + 1 :]
    unknown = "UnsupportedError"
    return {
        "alpha_no_tables": BadCase(changed(plain, "ALPH"), damaged, "an alpha layer without ALPH"),
        "alpha_doubled": BadCase(changed(plain, "ALPH", identity, identity), damaged, "two ALPH"),
        "alpha_short": BadCase(changed(plain, "ALPH", identity[:-1]), damaged, "15 bytes of ALPH"),
        "alpha_alone": BadCase(
            changed(good["deep_rgb"], "ALPH", identity), damaged, "ALPH without an alpha layer"
        ),
        "alpha_unknown": BadCase(
            changed(plain, "ALPH", b"no such tables:("),
            "UnknownModelError",
            "an alpha layer of tables that don't exist",
            DECODE,
        ),
        "alpha_tile_missing": BadCase(file_of(lost), damaged, "no tile of alpha"),
        "alpha_tiles_first": BadCase(file_of(turned), damaged, "alpha before the base"),
        "alpha_tiles_short": BadCase(
            file_of([c for n, c in enumerate(chunks_of(wide)) if n != len(chunks_of(wide)) - 2]),
            damaged,
            "the last tile of alpha is missing",
        ),
        "alpha_bits_32": BadCase(head_changed(plain, 11, 32), unknown, "valid: 32 bits and alpha"),
        "alpha_none": BadCase(head_changed(plain, 14, 0), unknown, "an alpha layer and no alpha"),
        **{
            f"alpha_{name}": BadCase(with_tile(plain, payload), damaged, what, DECODE)
            for name, (payload, what) in _tiles(plain).items()
        },
    }


def _tiles(plain: bytes) -> dict[str, tuple[bytes, str]]:
    """Payloads of the one tile of alpha."""
    header = PelFile.parse(plain).header
    count = header.width * header.height
    return {
        "tile_empty": (b"", "a tile of alpha without a kind"),
        "tile_kind": (b"\3", "a tile of alpha of kind 3"),
        "tile_bound": (b"\2\0\0" + bytes(count), "a tile of alpha that begins with a bound"),
        "tile_planes": (b"\0" + bytes(4 * count), "four planes in a tile of alpha"),
        "tile_cut": (b"\0" + bytes(count - 1), "a tile of alpha that lacks a sample"),
    }


def with_tile(data: bytes, payload: bytes) -> bytes:
    """The file of one tile with another payload of alpha."""
    chunks = chunks_of(data)
    names = [chunk[:4] for chunk in chunks]
    at = len(names) - 2
    chunks[at] = write_chunk("TILE", struct.pack("<IB", 0, 4) + payload)
    lengths = [len(chunks[at - 1]) - 12, len(payload) + 5]
    chunks[names.index(b"TIDX")] = write_chunk("TIDX", struct.pack("<2I", *lengths))
    return file_of(chunks)


def _edges(good: dict[str, bytes]) -> dict[str, BadCase]:
    """Of EDGE."""
    file, damaged = good["deep_edges"], "DamagedFileError"
    sound = next(chunk for chunk in chunks_of(file) if chunk[:4] == b"EDGE")[8:-4]
    line, none = b"\1\1\0\0\0\0", b"\0"
    payloads = {
        "cut": (sound[:-1], "EDGE is cut off"),
        "long": (sound + b"\0", "a byte behind the sides of EDGE"),
        "empty": (b"", "EDGE of no bytes"),
        "none": (4 * none, "EDGE without lines"),
        "no_lines": (b"\1\0\0\0\0\0" + 3 * none, "a run of no lines in EDGE"),
        "all": (b"\1\x46\0\0\0\0" + 3 * none, "lines over the whole height in EDGE"),
    }
    cases = {
        f"edges_{name}": BadCase(changed(file, "EDGE", payload), damaged, what)
        for name, (payload, what) in payloads.items()
    }
    alpha = changed(good["deep_alpha"], "EDGE", line + 3 * none)
    late = chunks_of(file)
    late.insert(-1, late.pop([chunk[:4] for chunk in late].index(b"EDGE")))
    return cases | {
        "edges_doubled": BadCase(changed(file, "EDGE", sound, sound), damaged, "two EDGE"),
        "edges_late": BadCase(file_of(late), damaged, "EDGE after the tiles"),
        "edges_alpha": BadCase(alpha, damaged, "EDGE beside alpha"),
    }
