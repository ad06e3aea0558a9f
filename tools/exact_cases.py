"""The conformance cases of exact layers: good pictures, and files that must be refused.

A bad case is one tile of 8 x 8 samples, written number by number as `docs/format.md`, section 11,
has them, with one of them wrong.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tools.bad_files import DECODE, BadCase

from pellucid.bitstream import Header, NoiseModel, write_file
from pellucid.entropy import SymbolEncoder
from pellucid.exact import exact_model
from pellucid.exact.counted import Counts

Samples = NDArray[Any]  # height x width x channels
STORED, DEFLATED, PREDICTED = (bytes([kind]) for kind in range(3))
FIRST = ([0, 0], 17)  # number of the first plane, and of its references
BYTES = ([2**15, 2**15 + 255, 1, 0], 17)  # low, high, unit, hole
BOMB = 8 * 2**20  # bytes


class ExactCase(NamedTuple):
    """A picture, the bound it is compressed with and what the case tests."""

    picture: Samples
    max_error: float
    tests: str
    nodata: float | None = None
    axes: bytes = b""
    guide: Samples | None = None
    noise: NoiseModel | None = None  # of which grain is made


# --- good -----------------------------------------------------------------------------------------


def slopes(width: int, height: int, planes: int, dtype: str) -> Samples:
    """Waves that the planes share, an edge and grain, over most of the type's range."""
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    wave = 0.45 + 0.25 * np.sin(x / 11) * np.cos(y / 9) + 0.2 * (x + 2 * y > width)
    grain = np.random.Generator(np.random.PCG64(9)).integers(-4, 5, (height, width, planes)) / 1000
    levels = wave[..., None] - 0.02 * np.arange(planes) + grain
    samples: Samples = np.clip(np.rint(low + levels * (high - low)), low, high).astype(dtype)
    return samples


def drawing(width: int, height: int) -> Samples:
    """Three flat colours in a pattern that repeats."""
    y, x = np.mgrid[0:height, 0:width]
    colours = np.array([[255, 255, 255], [20, 40, 90], [230, 60, 10]], np.uint8)
    samples: Samples = colours[(x % 16 < 5) * 1 + ((x // 4 + y // 4) % 6 == 0)]
    return samples


def labels(width: int, height: int) -> Samples:
    """Regions about points, each a number of its own, as a segmentation has them."""
    rng = np.random.Generator(np.random.PCG64(6))
    y, x = np.mgrid[0:height, 0:width]
    points = rng.integers(0, (height, width), (40, 2))
    nearest = np.argmin([(y - top) ** 2 + (x - left) ** 2 for top, left in points], axis=0)
    samples: Samples = rng.permutation(5000)[nearest].astype(np.uint16)[..., None]
    return samples


def depth_map(width: int, height: int) -> Samples:
    """A floor and a ball in the steps of a depth camera, with a shadow of no depth, 0."""
    y, x = np.mgrid[0:height, 0:width]
    ball = 0.09 * ((x - width / 3) ** 2 + (y - height / 2) ** 2)
    depth = np.where(ball < 90, 60 + ball / 3, 140 - 70 * y / height + 9 * np.sin(x / 13))
    steps = np.rint(depth + np.random.Generator(np.random.PCG64(8)).normal(0, 0.15, depth.shape))
    shadow = (abs(x - width / 3 - 36) < 5) & (abs(y - height / 2) < 24)
    samples: Samples = np.where(shadow, 0, 900 + steps**2 // 40).astype(np.uint16)[..., None]
    return samples


def poster(width: int, height: int) -> Samples:
    """Colours, hardly shaded, whose edges are smoothed, RGB: planes tell much of each other."""
    y, x = np.mgrid[0 : 4 * height, 0 : 4 * width] / 4
    ring = abs(np.hypot(x - width / 2, y - height / 2) - 22) < 5
    bars = (x + 0.5 * y) % 17 < 4
    colours = np.array([[250, 250, 252], [40, 60, 110], [200, 90, 20]], np.float64)
    drawn = colours[np.where(ring, 2, bars & (y < height / 2))]
    drawn *= (1 - 0.05 * (x / width) ** 2 - 0.02 * np.sin(y / 37))[..., None]
    means = drawn.reshape(height, 4, width, 4, 3).mean(axis=(1, 3))
    samples: Samples = np.clip(np.rint(means), 0, 255).astype(np.uint8)
    return samples


def exact_cases() -> dict[str, Callable[[], ExactCase]]:
    """All good cases, made when called."""
    noise = np.random.Generator(np.random.PCG64(4)).integers(0, 256, (24, 20, 3), np.uint8)
    deep = np.random.Generator(np.random.PCG64(5)).integers(0, 65536, (24, 20, 1), np.uint16)
    calm = slopes(160, 160, 1, "uint8") // 8
    grid = 300 + 16 * (slopes(50, 40, 1, "uint8").astype(np.uint16))
    depth = 4500 + slopes(60, 50, 1, "uint8").astype(np.uint16) * 4
    y, x = np.mgrid[:50, :60]
    holes = np.where(((x - 20) ** 2 + (y - 18) ** 2 < 90) | (x > 55), 0, depth[..., 0])[..., None]
    holes = holes.astype(np.uint16)
    few = (np.round(slopes(60, 50, 1, "uint8") / 9.0) ** 2).astype(np.uint16)
    stack = slopes(44, 36, 6, "uint16")
    return {
        "exact_axes": lambda: ExactCase(
            stack, 0, "a stack: the chunk axes says Z 3, C 2", axes=b"Z\3\0\0\0C\2\0\0\0"
        ),
        "exact_rgb": lambda: ExactCase(slopes(60, 44, 3, "uint8"), 0, "lossless, RGB of 8 bits"),
        "exact_grey_16": lambda: ExactCase(slopes(50, 40, 1, "uint16"), 0, "grey of 16 bits"),
        "exact_rgba": lambda: ExactCase(slopes(40, 40, 4, "uint8"), 0, "RGB and alpha"),
        "exact_int16": lambda: ExactCase(
            slopes(24, 25, 5, "int16") // 50, 0, "5 channels of int16"
        ),
        "exact_unit": lambda: ExactCase(grid, 0, "values in steps of 16: the unit"),
        "exact_within_2": lambda: ExactCase(slopes(60, 44, 3, "uint8"), 2, "within 2, RGB"),
        "exact_within_2_alpha": lambda: ExactCase(
            slopes(40, 30, 4, "uint8"), 2, "within 2, alpha without loss"
        ),
        "exact_within_most": lambda: ExactCase(
            slopes(33, 20, 2, "int16")[..., :1], 16383, "the largest bound"
        ),
        "exact_stored": lambda: ExactCase(noise, 0, "noise: a stored tile"),
        "exact_deflated": lambda: ExactCase(drawing(64, 48), 0, "a drawing: a deflated tile"),
        "exact_classes": lambda: ExactCase(calm, 0, "classes of activity"),
        "exact_counted": lambda: ExactCase(labels(160, 120), 0, "labels: passes that are counted"),
        "exact_counted_holes": lambda: ExactCase(
            depth_map(128, 96), 0, "a depth map: counted, holes, means and others"
        ),
        "exact_counted_rgb": lambda: ExactCase(
            poster(168, 160), 0, "smoothed edges in RGB: counted with references and classes"
        ),
        "exact_grain": lambda: ExactCase(
            slopes(60, 44, 3, "uint8"),
            0,
            "coarse noise that the channels share in part: grain",
            noise=NoiseModel(5, 140, 100, 20261130, 16, 235, ((40, 160), (90, 30), (7, 255))),
        ),
        "exact_grain_16": lambda: ExactCase(
            slopes(50, 40, 1, "int16"),
            3,
            "noise of 16 bits with a sign, independent: grain",
            noise=NoiseModel(12, 0, 0, 7, -30000, 30000, ((2, 90, 250),)),
        ),
        "exact_grain_alpha": lambda: ExactCase(
            slopes(530, 9, 4, "uint8"),
            0,
            "grain in two tiles, none of it in alpha",
            noise=NoiseModel(4, 90, 200, 3, 20, 220, ((160, 40), (30, 90), (120, 200))),
        ),
        "exact_tiles": lambda: ExactCase(slopes(530, 6, 1, "uint8"), 1, "two tiles"),
        "exact_palette": lambda: ExactCase(few, 0, "few of many values: a palette"),
        "exact_holes": lambda: ExactCase(holes, 0, "holes of the value 0"),
        "exact_holes_within_5": lambda: ExactCase(holes, 5, "holes stay, the rest within 5"),
        "exact_holes_inside": lambda: ExactCase(
            np.where(holes == 0, 5000, holes), 5, "a hole between the values: no error at all", 5000
        ),
        **{f"exact_{name}": case for name, case in float_cases().items()},
        "exact_pair": lambda: ExactCase(
            holes, 0, "a pair: RGB of 8 bits guides 16 bits", guide=slopes(60, 50, 3, "uint8")
        ),
        "exact_pair_within_3": lambda: ExactCase(
            slopes(40, 30, 2, "uint8"),
            3,
            "a pair: a guide of int16 without loss, grey within 3, its alpha without loss",
            guide=slopes(40, 30, 1, "int16"),
        ),
        "exact_pair_tiles": lambda: ExactCase(
            slopes(530, 6, 1, "uint8"), 0, "a pair in two tiles", guide=slopes(530, 6, 4, "uint8")
        ),
        "exact_pair_stored": lambda: ExactCase(
            deep, 0, "a stored pair: RGB of 8 bits guides 16", guide=noise
        ),
        "exact_pair_deflated": lambda: ExactCase(
            -drawing(64, 48)[..., :1].astype(np.int16),
            0,
            "a deflated pair: 8 bits guide int16",
            guide=drawing(64, 48),
        ),
        "exact_pixel": lambda: ExactCase(slopes(1, 1, 3, "uint16"), 0, "1 x 1"),
    }


def float_cases() -> dict[str, Callable[[], ExactCase]]:
    """Floats: maps that are found, marks, the bits themselves."""
    thousandths = (slopes(50, 40, 1, "uint16") / 1000).astype(np.float32)
    wild = (slopes(44, 30, 2, "uint16") / 65535 - 0.5).astype(np.float32) ** 3
    marked = wild.copy()
    marked[:9, :, 0] = np.nan
    marked[20:24, 5:30] = -9999
    marked[25, 25:] = (np.inf, -np.inf)
    marked[29] = -0.0
    return {
        "float_map": lambda: ExactCase(thousandths, 0, "float32, thousandths: a map without loss"),
        "float_bits": lambda: ExactCase(marked, 0, "float32, 2 channels: ordered bits"),
        "float_within": lambda: ExactCase(wild, 0.001, "float32, 2 channels, within 0.001"),
        "float_marks": lambda: ExactCase(
            marked, 0.001, "float32 within 0.001, with NaN, infinities and -9999", -9999
        ),
        "float16_bits": lambda: ExactCase(wild.astype(np.float16), 0, "float16: ordered bits"),
        "float16_within": lambda: ExactCase(wild.astype(np.float16), 0.01, "float16 within 0.01"),
    }


# --- bad ------------------------------------------------------------------------------------------


def words(*lists: tuple[list[int], int]) -> bytes:
    """A predicted tile of lists of numbers with as many bits each."""
    encoder = SymbolEncoder(exact_model()[0])
    for values, bits in lists:
        encoder.put_uniform(np.array(values, np.int32), bits)
    return PREDICTED + encoder.finish()


def palette(low: int, high: int, gaps: list[int]) -> bytes:
    """A predicted tile that begins with a palette."""
    encoder = SymbolEncoder(exact_model()[0])
    head = (FIRST, ([low, high, 0, 0], 17), ([len(gaps)], 17), ([80], 8))
    for values, bits in head:
        encoder.put_uniform(np.array(values, np.int32), bits)
    encoder.put(np.array(gaps, np.int32), np.full(len(gaps), 80, np.uint8))
    return PREDICTED + encoder.finish()


def one_sample_rules(
    *,
    classes: int = 1,
    cuts: tuple[int, ...] = (),
    coarse: int = 0,
    weights: int = 0,
    weight: int = 0,
    table: int = 0,
    shift: int = 0,
    symbol: int = 0,
) -> bytes:
    """A predicted tile of 2 x 1 samples: one pass of one sample, 16 terms, 5 numbers of unrest."""
    encoder = SymbolEncoder(exact_model()[0])

    def put(values: list[int], bits: int) -> None:
        encoder.put_uniform(np.array(values, np.int32), bits)

    for values, bits in (FIRST, BYTES, ([100], 8), ([classes], 8), (list(cuts), 8)):
        put(values, bits)
    put([coarse, weights], 8)
    differences = np.zeros(16 * classes, np.int32)
    differences[::16] = weight
    encoder.put(differences, np.full(differences.size, min(weights, 89), np.uint8))
    put([2**15] * 5, 16)
    put([table], 8)
    put([shift], 8)
    encoder.put(np.array([symbol], np.int32), np.array([min(table, 89)], np.uint8))
    if 0 < shift <= 16:
        put([2 ** (shift - 1)], shift)
    return PREDICTED + encoder.finish()


def counted_rules(classes: int = 0, number: int = 0) -> bytes:
    """A predicted tile of 2 x 1 samples whose one pass is counted; the nearest are all alike."""
    encoder = SymbolEncoder(exact_model()[0])
    for values, bits in (FIRST, BYTES, ([100], 8), ([128 + classes, 0], 8)):
        encoder.put_uniform(np.array(values, np.int32), bits)
    table = Counts().chances(np.zeros((2, 1), np.int64))
    encoder.put_apart(np.array([number], np.int32), table)
    return PREDICTED + encoder.finish()


def exact_bad_cases() -> dict[str, BadCase]:
    """All bad cases; all need the tables, so all are found when decoded."""
    header = Header(8, 8, 1, 8, 0, 0, 0, 0b10, 0, 100, 9, exact_model()[1])
    pair = replace(header, width=2, height=1)
    damaged = "DamagedFileError"
    cases = {}
    for name, (tile, what) in _tiles().items():
        cases[name] = (header, tile, what)
    for name, (tile, what) in _rules().items():
        cases[name] = (pair, tile, what)
    for name, bound in (("0", 0), ("16384", 16384)):
        tile = struct.pack("<H", bound) + STORED + bytes(64)
        cases[f"bound_{name}"] = (replace(header, layers=0b100), tile, f"a bound of {bound}")
    tile = struct.pack("<H", 1) + counted_rules()
    what = "a pass that is counted, within 1"
    cases["counted_within"] = (replace(pair, layers=0b100), tile, what)
    for name, (tile, what) in _pairs().items():
        two = replace(header, channels=2, colour=2, bit_depth=16, features=2)
        cases[f"pair_{name}"] = (two, tile, what)
    foreign = write_file(replace(header, model_id=b"no such tables:("), {}, [STORED + bytes(64)])
    bad = {
        f"exact_{name}": BadCase(write_file(head, {}, [tile]), damaged, what, DECODE)
        for name, (head, tile, what) in cases.items()
    }
    what = "a sound file of tables that don't exist"
    bad |= {f"exact_float_{name}": case for name, case in _float_maps().items()}
    return {"exact_tables": BadCase(foreign, "UnknownModelError", what, DECODE), **bad}


def _float_maps() -> dict[str, BadCase]:
    """Maps of floats that can't be, or that are missing, with a sound tile."""
    head = Header(8, 8, 1, 32, 2, 0, 0, 0b10, 0, 100, 9, exact_model()[1])
    tile = [STORED + bytes(128)]
    nan, pair = b"\0\0\xc0\x7f", struct.pack("<dd", 0, 1)

    def affine(bound: float, marks: bytes, count: int, rest: bytes) -> bytes:
        return b"\0" + struct.pack("<dB", bound, count) + marks + rest

    maps: dict[str, tuple[bytes | None, str]] = {
        "none": (None, "floats without a map"),
        "empty": (b"", "an empty map of floats"),
        "kind": (b"\2", "a map of kind 2"),
        "long": (b"\1\0", "ordered bits, and one byte more"),
        "cut": (affine(0, b"", 0, pair[:-1]), "a map that is cut off"),
        "channels": (affine(0, b"", 0, pair * 2), "maps of two channels of one"),
        "marks": (affine(0, nan, 2, pair), "a mark that isn't there"),
        "mark": (affine(0, nan + nan, 2, pair), "a mark twice"),
        "bound": (affine(-1, b"", 0, pair), "a bound below 0"),
        "bound_nan": (affine(float("nan"), b"", 0, pair), "a bound that is no number"),
        "step": (affine(0, b"", 0, struct.pack("<dd", 5, 0)), "a step of 0"),
        "offset": (affine(0, b"", 0, struct.pack("<dd", float("inf"), 1)), "an infinite offset"),
        "far": (affine(0, b"", 0, struct.pack("<dd", 0, 1e308)), "a step beyond all numbers"),
    }
    return {
        name: BadCase(
            write_file(head, {}, tile, extras={} if payload is None else {"FMAP": payload}),
            "DamagedFileError",
            what,
            DECODE,
        )
        for name, (payload, what) in maps.items()
    }


def _tiles() -> dict[str, tuple[bytes, str]]:
    """Wrong from the first bytes on."""
    flat = (FIRST, ([2**15 + 7, 2**15 + 7, 1, 0], 17))
    sound, squeezed = words(*flat), zlib.compress(bytes(64), 9)
    low, high, unit, _ = BYTES[0]
    return {
        "empty": (b"", "not even a kind"),
        "kind": (b"\3" + bytes(64), "kind 3"),
        "stored_short": (STORED + bytes(63), "a stored tile of 63 bytes in place of 64"),
        "stored_long": (STORED + bytes(65), "a stored tile of 65 bytes in place of 64"),
        "deflated_short": (DEFLATED + zlib.compress(bytes(63), 9), "63 bytes, deflated"),
        "deflated_cut": (DEFLATED + squeezed[:-3], "a zlib stream cut off"),
        "deflated_more": (DEFLATED + squeezed + b"\0", "a byte after the zlib stream"),
        "deflated_damaged": (DEFLATED + b"\0" + squeezed[1:], "no zlib stream"),
        "deflated_bomb": (DEFLATED + zlib.compress(bytes(BOMB), 9), f"{BOMB} bytes, deflated"),
        "words_cut": (sound[:-4], "the last word is missing"),
        "words_broken": (sound + b"\1", "not a whole number of words"),
        "words_left": (words(*flat, ([1], 8)), "a number after the last plane"),
        "words_none": (PREDICTED, "no words at all"),
        "plane": (words(([1, 0], 17), BYTES), "plane 1 of one plane"),
        "references": (words(([0, 3], 17), ([0, 0, 0], 17), BYTES), "3 references"),
        "reference": (words(([0, 1], 17), ([0], 17), BYTES), "a plane that refers to itself"),
        "range_turned": (words(FIRST, ([high, low, 1, 0], 17)), "the range 255 .. 0"),
        "range_wide": (words(FIRST, ([low, high + 1, 1, 0], 17)), "the range 0 .. 256 of 8 bits"),
        "range_below": (words(FIRST, ([low - 1, high, 1, 0], 17)), "the range -1 .. 255 of 8 bits"),
        "hole": (words(FIRST, ([low, high, 1, low], 17)), "the hole -1 of 8 bits"),
        "palette_none": (words(FIRST, ([low, high, 0, 0], 17), ([0], 17), ([0], 8)), "no gaps"),
        "palette_long": (words(FIRST, ([low, high, 0, 0], 17), ([4096], 17)), "4096 gaps"),
        "palette_table": (
            words(FIRST, ([low, high, 0, 0], 17), ([1], 17), ([90], 8)),
            "a table that doesn't exist, for a palette",
        ),
        "palette_short": (palette(low, high, [10, 20]), "a palette that ends below its highest"),
        "palette_flat": (palette(low, low + 9, [0, 9]), "a palette with a value twice"),
        "first_level": (
            words(FIRST, ([low, low + 4, unit, 0], 17), ([5], 3)),
            "the value 5 in a plane of 0 .. 4",
        ),
    }  # fmt: skip


def _pairs() -> dict[str, tuple[bytes, str]]:
    """Pairs of 2 planes, widened to uint16, that can't be."""

    def start(planes: int, guide: int, picture: int, wide: bytes = STORED + bytes(256)) -> bytes:
        return struct.pack("<HBB", planes, guide, picture) + wide

    flat = [2**15 + 256, 2**15 + 256, 1, 0]
    predicted = words(FIRST, (flat, 17), ([1, 0], 17), (flat, 17))

    return {
        "short": (b"\1\0\0", "cut off in its start"),
        "no_guide": (start(0, 0, 1), "a guide of no planes"),
        "no_picture": (start(2, 0, 1), "a guide of all planes"),
        "type": (start(1, 0, 3), "a type that doesn't exist"),
        "narrow": (start(1, 0, 0), "two of 8 bits, widened to 16"),
        "range": (start(1, 0, 1, predicted), "256 in a guide of 8 bits"),
        "widened": (start(1, 0, 1), "8 bits stored as 16"),
    }


def _rules() -> dict[str, tuple[bytes, str]]:
    """Wrong rules of a pass, or symbols."""
    make = one_sample_rules
    return {
        "classes_0": (make(classes=0), "no class"),
        "classes_9": (make(classes=9, cuts=(1,) * 8), "9 classes"),
        "cuts": (make(classes=3, cuts=(2, 1)), "cuts that descend"),
        "coarse": (make(coarse=9), "bins taken together by 2^9"),
        "weights_table": (make(weights=90), "a table that doesn't exist, for the weights"),
        "weight": (make(classes=2, cuts=(3,), weight=20000), "a weight of 40000"),
        "table": (make(table=90), "a table that doesn't exist, for the symbols"),
        "shift": (make(shift=17), "a shift by 17"),
        "error": (make(shift=16, symbol=2), "an error of 2^17"),
        "counted_classes": (counted_rules(classes=9), "9 classes of a pass that is counted"),
        "counted_value": (counted_rules(number=1), "the second value of nearest that have one"),
    }
