"""The second decoder's part for exact layers, written from docs/format.md alone.

As in `spec_decoder.py`, whose frame, header and coder it uses, nothing is shared with the package,
and the code is laid out in the order of the specification, sections 11 and 12, plain rather than
fast.

    python -m tools.spec_exact photo.pel --model DIR [-o out.npy]
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
import zlib
from collections import defaultdict
from functools import cache
from itertools import product
from math import inf, isfinite
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tools.spec_decoder import (
    AnsDecoder,
    Array,
    Header,
    Model,
    PelError,
    check,
    decode_part,
    read_chunks,
    read_header,
    read_model,
    split_range,
    tile_boxes,
    tile_payloads,
)
from tools.spec_decoder import check_order as check_chunk_order

STORED, DEFLATED, PREDICTED = 0, 1, 2
PAIR_TYPES = ("uint8", "uint16", "int16")
FIRST_LEVEL = 5
MAX_BOUND, MAX_CLASSES, MAX_COARSE, MAX_SHIFT, MAX_WEIGHT = 16383, 8, 8, 16, 32767
MAX_ERROR = 2**17
COUNTED, OTHER, MAX_SUM = 128, 5, 2048


# --- The coder's further symbols ------------------------------------------------------------------


@cache
def uniform_table(bits: int) -> list[int]:
    """left_0 .. left_n of a table with 2^bits equal counts; 8 bits at most."""
    return split_range([2**16 >> bits] * 2**bits)


class Coder(AnsDecoder):
    """The coder of section 6 with the symbols of section 11."""

    def __init__(self, payload: bytes, model: Model) -> None:
        super().__init__(payload)
        self.model = model

    def u(self, n: int, bits: int) -> Array:
        """n x u(bits)."""
        if bits > 8:
            high = self.u(n, bits - 8)
            return high * 256 + self.u(n, 8)
        table = uniform_table(bits)
        return np.array([self.decode(table) for _ in range(n)], np.int64)

    def coded(self, index: Array) -> Array:
        """A number for each table index of a list."""
        check(bool((index < len(self.model.lefts)).all()), "a table that the model doesn't have")
        return decode_part(self, self.model, index, np.ones(index.shape, bool))


# --- Planes ---------------------------------------------------------------------------------------


class Plane(NamedTuple):
    """The numbers k of a plane, the errors e and the samples, [h, w] each."""

    k: Array
    e: Array
    samples: Array


def decode_planes(
    coder: Coder, header: Header, bound: int, h: int, w: int, guide: int = 0
) -> Array:
    """Samples [P, h, w] of a predicted tile."""
    count = header.channels + header.alpha
    planes: dict[int, Plane] = {}
    for _ in range(count):
        number, references = coder.u(2, 17).tolist()
        check(number < count and number not in planes, f"plane {number}")
        check(references <= 2, f"{references} references")
        numbers = coder.u(references, 17).tolist()
        check(all(one in planes for one in numbers), "a reference that comes later")
        exact = number < guide or (header.alpha == 1 and number == count - 1)
        values, hole, step = read_values(coder, header, 0 if exact else bound)
        taken = [planes[one] for one in numbers]
        mask = np.zeros((h, w), np.int64)
        if hole is not None:
            mask, _ = decode_plane(coder, 1, 1, [], mask)
        k, e = decode_plane(coder, len(values) - 1, step, taken, mask)
        samples = values[k] if hole is None else np.where(mask == 1, hole, values[k])
        planes[number] = Plane(k, e, samples)
    coder.finish()
    return np.stack([planes[n].samples for n in range(count)])


def read_values(coder: Coder, header: Header, bound: int) -> tuple[Array, int | None, int]:
    """The values that k stands for, the hole's, and the quantiser step D."""
    low, high, unit, hole = coder.u(4, 17).tolist()
    low, high = low - 2**15, high - 2**15
    nothing = None if hole == 0 else hole - 2**15 - 1
    least, most = value_range(header)
    check(least <= low <= high <= most, f"range {low} .. {high}")
    check(nothing is None or least <= nothing <= most, f"hole {nothing}")
    if nothing is not None and low < nothing < high:
        bound = 0
    if unit:
        return np.arange(low, high + 1, unit), nothing, 2 * (bound // unit) + 1
    (count,), (table,) = coder.u(1, 17).tolist(), coder.u(1, 8).tolist()
    check(1 <= count <= 4095, f"{count} gaps")
    gaps = coder.coded(np.full(count, table))
    values = low + np.append(0, gaps.cumsum())
    check(int(gaps.min()) >= 1 and int(values[-1]) == high, "a palette that doesn't ascend to high")
    return values, nothing, 1


def value_range(header: Header) -> tuple[int, int]:
    """The least and the greatest sample of the header's type."""
    half = 2 ** (header.bit_depth - 1)
    return (-half, half - 1) if header.sample_type == 1 else (0, 2 * half - 1)


# --- Levels ---------------------------------------------------------------------------------------

CROSS = [(-1, 0), (1, 0), (0, -1), (0, 1)]
CORNERS = [(-1, -1), (-1, 1), (1, -1), (1, 1)]
ODD = [(dy, dx) for dy, dx in product((-3, -1, 1, 3), repeat=2) if (dy, dx) not in CORNERS]
CLOSE = [
    (dy, dx)
    for dy, dx in product(range(-3, 4), repeat=2)
    if abs(dy) + abs(dx) <= 3 and (dy % 2 or dx % 2) and (dy, dx) not in CROSS
]


class Pass(NamedTuple):
    """A row of the table of passes."""

    row: int
    column: int
    nearest: list[tuple[int, int]]
    others: list[tuple[int, int]]
    reference: list[tuple[int, int]]


PASSES = [
    Pass(1, 1, CORNERS, ODD, [(0, 0), *CORNERS, *CROSS]),
    Pass(0, 1, CROSS, [at for at in CLOSE if at not in CORNERS], [(0, 0), *CROSS]),
    Pass(1, 0, CROSS, CLOSE, [(0, 0), *CROSS]),
]


def decode_plane(
    coder: Coder, size: int, step: int, references: list[Plane], mask: Array
) -> tuple[Array, Array]:
    """k and e of a plane: level 5 as it is stored, then the others; mask is 1 at holes."""
    h, w = mask.shape
    if size == 0:
        return np.zeros((h, w), np.int64), np.zeros((h, w), np.int64)
    rows, columns = -(-h >> FIRST_LEVEL), -(-w >> FIRST_LEVEL)
    x = coder.u(rows * columns, size.bit_length()).reshape(rows, columns)
    check(int(x.max()) <= size, "a value beyond its plane's range")
    e, counts = np.zeros_like(x), Counts()
    for level in range(FIRST_LEVEL - 1, -1, -1):
        rows, columns = -(-h >> level), -(-w >> level)
        x = x.repeat(2, 0).repeat(2, 1)[:rows, :columns]
        above, e = e, np.zeros((rows, columns), np.int64)
        e[::2, ::2] = above
        s = 2**level
        at_level = [one._replace(k=one.k[::s, ::s], e=one.e[::s, ::s]) for one in references]
        for one in PASSES:
            if rows > one.row and columns > one.column:
                decode_pass(coder, one, x, e, size, step, at_level, mask[::s, ::s], counts)
    return x, e


def mirror(index: Array, length: int) -> Array:
    """Indices of a side, mirrored about its first and last as often as it takes."""
    if length == 1:
        return np.zeros_like(index)
    folded = index % (2 * length - 2)
    mirrored: Array = np.minimum(folded, 2 * length - 2 - folded)
    return mirrored


def look(x: Array, which: Pass, offsets: list[tuple[int, int]]) -> Array:
    """[offsets, samples]: what lies at each offset from each sample of a pass."""
    rows, columns = np.arange(which.row, x.shape[0], 2), np.arange(which.column, x.shape[1], 2)
    return np.stack([
        x[mirror(rows + dy, x.shape[0])[:, None], mirror(columns + dx, x.shape[1])].ravel()
        for dy, dx in offsets
    ])  # fmt: skip


# --- Known ----------------------------------------------------------------------------------------


class Known(NamedTuple):
    """What is known of each sample of a pass before its symbol."""

    base: Array  # [n]
    terms: Array  # [t', n]
    texture: Array  # [u, n]
    activity: Array  # [n]
    nearest: Array  # [4, n]
    alike: Array  # [4 R, n], 1 where a reference's nearest is equal to its sample at (0,0)


def known_of(which: Pass, x: Array, e: Array, references: list[Plane]) -> Known:
    """See section *Known*."""
    offsets = which.nearest + which.others
    nearest, own = look(x, which, which.nearest), look(x, which, offsets)
    base = (nearest.sum(0) + 2) // 4
    near, far = abs(nearest - base).sum(0), look(e, which, offsets).sum(0)
    terms = [own - base]
    texture = [near, abs(own - base).sum(0), look(e, which, which.nearest).sum(0), far]
    activity = near + 2 * far
    alike = [np.zeros((0, len(base)), np.int64)]
    for number, plane in enumerate(references):
        about = (look(plane.k, which, which.nearest).sum(0) + 2) // 4
        terms.append(look(plane.k, which, which.reference) - about)
        here = look(plane.k, which, [(0, 0)])
        alike.append((look(plane.k, which, which.nearest) == here).astype(np.int64))
        around = look(plane.e, which, [(0, 0), *CROSS])
        texture += [around[0], around.sum(0), abs(terms[-1][0])]
        if number == 0:
            activity = activity + 2 * around.sum(0)
    texture.append(np.ones_like(base))
    return Known(
        base, np.concatenate(terms), np.stack(texture), activity, nearest, np.concatenate(alike)
    )


# --- Rules and symbols ----------------------------------------------------------------------------


def decode_pass(
    coder: Coder,
    which: Pass,
    x: Array,
    e: Array,
    size: int,
    step: int,
    references: list[Plane],
    mask: Array,
    counts: Counts,
) -> None:
    """Give the samples of a pass, in x, and their errors, in e."""
    known = known_of(which, x, e, references)
    part = (slice(which.row, None, 2), slice(which.column, None, 2))
    there = mask[part].ravel() == 0
    mean, q = np.clip(known.base, 0, size), np.zeros(len(there), np.int64)
    if there.any():
        mean, q[there] = rules_of(coder, which, known, there, size, step, counts)
    check(int(abs(q).max()) * step < MAX_ERROR, "a sample is further off than any can be")
    x[part] = np.clip(mean + q * step, 0, size).reshape(x[part].shape)
    e[part] = abs(q * step).reshape(x[part].shape)


def rules_of(
    coder: Coder,
    which: Pass,
    known: Known,
    there: Array,
    size: int,
    step: int,
    counts: Counts,
) -> tuple[Array, Array]:
    """The means of all samples of a pass, and q of those that are no holes (`there`)."""
    bins = coder.model.arrays["bins"].astype(np.int64)

    (classes,) = coder.u(1, 8).tolist()
    counted = classes >= COUNTED
    check(not counted or step == 1, "a pass that is counted, within a bound")
    classes -= COUNTED if counted else 0
    check((0 if counted else 1) <= classes <= MAX_CLASSES, f"{classes} classes")
    cuts = coder.u(max(classes - 1, 0), 8)
    check(bool((np.diff(cuts) >= 0).all()), "cuts are not ascending")
    (coarse,) = coder.u(1, 8).tolist()
    check(coarse <= MAX_COARSE, f"coarse is {coarse}")
    if classes > 0:
        (weight_table,) = coder.u(1, 8).tolist()
        differences = coder.coded(np.full(classes * len(known.terms), weight_table))
        weights = differences.reshape(classes, len(known.terms)).cumsum(0)
        check(int(abs(weights).max()) <= MAX_WEIGHT, "a weight is out of its range")
    else:
        weights = np.array([[64] * 4 + [0] * (len(known.terms) - 4)])

    bin_of = np.searchsorted(bins, known.activity, side="right")
    class_of = np.searchsorted(cuts, bin_of, side="right")
    moved = (known.terms * weights[class_of].T).sum(0)
    fine = np.clip(256 * known.base + moved, 0, 256 * size)
    mean = (fine + 128) // 256

    texture = known.texture[:, there]
    if not counted:
        return mean, symbols_of(coder, texture, coarse)
    number, value = numbers_of(coder, which, known, there, fine, counts)
    q = np.where(number < 4, value - mean[there], 0)
    if (number == OTHER).any():
        q[number == OTHER] = symbols_of(coder, texture[:, number == OTHER], coarse)
    return mean, q


def symbols_of(coder: Coder, texture: Array, coarse: int) -> Array:
    """q of the samples with this texture, after what is written of their scale and tables."""
    bins = coder.model.arrays["bins"].astype(np.int64)
    scale = coder.u(len(texture), 16) - 2**15
    expected = (texture * scale[:, None]).sum(0) // 16
    spot = np.searchsorted(bins, expected, side="right") >> coarse

    spots, place = np.unique(spot, return_inverse=True)
    tables, shifts = coder.u(len(spots), 8), coder.u(len(spots), 8)
    check(int(shifts.max()) <= MAX_SHIFT, "a shift is out of its range")
    q, shift = coder.coded(tables[place]), shifts[place]
    for s in np.unique(shift[shift > 0]).tolist():
        q[shift == s] = q[shift == s] * 2**s + coder.u(int((shift == s).sum()), s) - 2 ** (s - 1)
    return q


# --- Counted passes -------------------------------------------------------------------------------


class Counts:
    """What a plane's counted passes have counted so far."""

    def __init__(self) -> None:
        self.often: dict[int, list[int]] = defaultdict(lambda: [0] * 6)
        self.finer: dict[int, list[int]] = defaultdict(lambda: [0] * 6)
        self.seen = 0

    def table(self, r: int, s: int) -> list[int]:
        """left_0 .. left_6 of the table of a sample with these rows."""
        c = [16 * n + more for n, more in zip(self.often[r], (20, 6, 2, 1, 1, 3), strict=True)]
        w = [n * sum(c) + 8 * one for n, one in zip(self.finer[s], c, strict=True)]
        t = [1 + 65530 * one // sum(w) for one in w]
        t[t.index(max(t))] += 2**16 - sum(t)
        return split_range(t)

    def add(self, rows: list[tuple[int, int]], numbers: list[int]) -> None:
        """Count a run."""
        for (r, s), number in zip(rows, numbers, strict=True):
            self.often[r][number] += 1
            self.finer[s][number] += 1
        for r, s in rows:
            for row in (self.often[r], self.finer[s]):
                while sum(row) > MAX_SUM:
                    row[:] = [n // 2 for n in row]
        self.seen += len(rows)


def values_of(nearest: list[int]) -> list[int]:
    """The distinct values of the four nearest, the most frequent first."""
    first = list(dict.fromkeys(nearest))
    return sorted(first, key=nearest.count, reverse=True)


def row_of(n: int) -> int:
    """A row of `often` or `finer`."""
    return 2654435769 * n % 2**32 // 2**16


def rows_of(number: int, nearest: list[int], alike: list[int], fine: int) -> tuple[int, int]:
    """The rows of a sample in `often` and `finer`; `number` is that of the pass, less 1."""
    v = values_of(nearest)
    a = 0
    for i, j in ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)):
        a = 2 * a + (nearest[i] == nearest[j])
    a = 7 * a + 3 + (min(max(v[1] - v[0], -3), 3) if len(v) > 1 else 0)
    a = 3 * a + number
    for one in alike:
        a = 2 * a + one
    b = 9 * a + 4 + min(max((fine - 256 * v[0] + 32) // 64, -4), 4)
    return row_of(a), row_of(b)


def numbers_of(
    coder: Coder, which: Pass, known: Known, there: Array, fine: Array, counts: Counts
) -> tuple[Array, Array]:
    """The number of each sample that is no hole, and the value that it stands for, if below 4."""
    nearest, alike = known.nearest[:, there].T.tolist(), known.alike[:, there].T.tolist()
    rows = [
        rows_of(PASSES.index(which), *one)
        for one in zip(nearest, alike, fine[there].tolist(), strict=True)
    ]
    numbers: list[int] = []
    while len(numbers) < len(rows):
        start = len(numbers)
        run = rows[start : start + max(32, counts.seen // 64)]
        numbers += [coder.decode(counts.table(r, s)) for r, s in run]
        counts.add(run, numbers[start:])
    values = np.zeros(len(rows), np.int64)
    for at, number in enumerate(numbers):
        if number < 4:
            v = values_of(nearest[at])
            check(number < len(v), "a value that the nearest don't have")
            values[at] = v[number]
    return np.array(numbers), values


# --- Tiles ----------------------------------------------------------------------------------------


class Pair(NamedTuple):
    """Section 14: what a tile of a pair begins with."""

    planes: int
    guide: str
    picture: str


def read_pair(header: Header, payload: bytes) -> Pair:
    """What a tile of a pair begins with."""
    check(len(payload) >= 4, "a tile without the start of a pair")
    planes, guide, picture = struct.unpack_from("<HBB", payload)
    check(1 <= planes < header.channels, f"a guide of {planes} planes")
    check(max(guide, picture) < len(PAIR_TYPES), "a type of a pair")
    names = PAIR_TYPES[guide], PAIR_TYPES[picture]
    wide = f"{'int' if header.sample_type == 1 else 'uint'}{header.bit_depth}"
    check(str(np.promote_types(*names)) == wide, "types of a pair that the header's doesn't fit")
    return Pair(planes, *names)


def check_pair(pair: Pair, samples: Array) -> None:
    """Samples [P, h, w] must be of the types of their pictures."""
    for part, name in (
        (samples[: pair.planes], pair.guide),
        (samples[pair.planes :], pair.picture),
    ):
        low, high = np.iinfo(name).min, np.iinfo(name).max
        check(low <= part.min() and part.max() <= high, f"samples out of the range of {name}")


def decode_tile(
    model: Model, header: Header, payload: bytes, h: int, w: int, pair: Pair | None = None
) -> tuple[int, Array]:
    """The bound and the samples [P, h, w] of a tile; of a `pair` without its start."""
    bound = 0
    if header.layers == 4:
        check(len(payload) >= 2, "a tile without a bound")
        (bound,) = struct.unpack_from("<H", payload)
        check(1 <= bound <= MAX_BOUND, f"bound {bound}")
        payload = payload[2:]
    check(len(payload) >= 1, "a tile without a kind")
    kind, body = payload[0], payload[1:]
    check(kind <= PREDICTED, f"kind {kind}")
    if kind == PREDICTED:
        check(len(body) % 4 == 0, "not whole words")
        guide = pair.planes if pair else 0
        return bound, decode_planes(Coder(body, model), header, bound, h, w, guide)
    planes = header.channels + header.alpha
    name = f"{'int' if header.sample_type == 1 else 'uint'}{header.bit_depth}"
    names = [name] * planes
    if pair is not None:  # each plane as in its own picture
        names = [pair.guide] * pair.planes + [pair.picture] * (planes - pair.planes)
    types = [np.dtype(one).newbyteorder("<") for one in names]
    length = h * w * sum(one.itemsize for one in types)
    if kind == DEFLATED:
        body = inflate(body, length)
    check(len(body) == length, "a tile's samples are not as many as they should be")
    samples = np.zeros((planes, h, w), np.int64)
    start = 0
    for plane, one in zip(samples, types, strict=True):
        plane[...] = np.frombuffer(body, one, h * w, start).reshape(h, w)
        start += h * w * one.itemsize
    return bound, samples


def inflate(body: bytes, length: int) -> bytes:
    """One zlib stream that gives no more than `length` bytes."""
    stream = zlib.decompressobj()
    try:
        out = stream.decompress(body, length + 1)
    except zlib.error as error:
        raise PelError("damaged", str(error)) from error
    check(stream.eof and not stream.unused_data, "a zlib stream that ends elsewhere")
    return out


# --- Section 12: floats ---------------------------------------------------------------------------


class FloatMap(NamedTuple):
    """What FMAP says; offsets and steps are None for ordered bits."""

    marks: list[int]
    pairs: list[tuple[float, float]] | None


def read_float_map(payload: bytes, bits: int, channels: int) -> FloatMap:
    """The chunk FMAP."""
    if payload[:1] == b"\1":
        check(len(payload) == 1, "FMAP of ordered bits is longer than its kind")
        return FloatMap([], None)
    check(payload[:1] == b"\0" and len(payload) >= 10, "FMAP")
    bound, count = struct.unpack_from("<dB", payload, 1)
    width = bits // 8
    check(len(payload) == 10 + count * width + channels * 16, "length of FMAP")
    marks = [int.from_bytes(payload[10 + n * width :][:width], "little") for n in range(count)]
    pairs = list(struct.iter_unpack("<dd", payload[10 + count * width :]))
    check(0 <= bound < inf, f"bound {bound}")
    check(len(set(marks)) == count, "a mark twice")
    for offset, step in pairs:
        check(all(map(isfinite, (offset, step, offset + step * 65535))) and step > 0, "a map")
    return FloatMap(marks, pairs)


def floats_of(numbers: Array, bits: int, map_: FloatMap) -> NDArray[np.floating[Any]]:
    """Numbers [h, w, planes] -> floats [h, w, channels]."""
    if map_.pairs is None:
        k = numbers if bits == 16 else numbers[..., ::2] * 65536 + numbers[..., 1::2]
        half = 1 << (bits - 1)
        whole = np.where(k >= half, k - half, 2 * half - 1 - k)
        return whole.astype(f"u{bits // 8}").view(f"f{bits // 8}")
    with np.errstate(over="ignore"):
        planes = [
            (offset + step * numbers[..., channel].astype(np.float64)).astype(f"f{bits // 8}")
            for channel, (offset, step) in enumerate(map_.pairs)
        ]
    floats = np.stack(planes, axis=-1)
    whole = floats.view(f"u{bits // 8}")
    for place, mark in enumerate(map_.marks):
        whole[numbers == 65535 - place] = mark
    return floats


def decode_samples(data: bytes, model_dir: str | Path, which: str = "picture") -> NDArray[Any]:
    """Samples [height, width, P] of a .pel file with an exact layer; of a pair those of one.

    Raises PelError.
    """
    chunks = read_chunks(data)
    header = read_header(chunks[0].payload)
    check(header.layers in (2, 4), "no exact layer", "unknown feature")
    check_chunk_order(chunks)
    payloads = tile_payloads(header, chunks)
    model = read_model(Path(model_dir))
    check(header.model_id == model.model_id, header.model_id.hex(), "unknown model")
    maps = [chunk.payload for chunk in chunks if chunk.type == b"FMAP"]
    check(len(maps) == (header.sample_type == 2), "FMAP is missing, or has no floats")
    planes, bits = header.channels + header.alpha, header.bit_depth
    if maps:
        map_ = read_float_map(maps[0], bits, header.channels)
        check(map_.pairs is not None or header.layers == 2, "ordered bits in layer 2")
        planes *= 2 if bits == 32 and map_.pairs is None else 1
        header = header._replace(sample_type=0, bit_depth=16, channels=planes)
    dtype = f"{'i' if header.sample_type == 1 else 'u'}{header.bit_depth // 8}"
    samples = np.zeros((header.height, header.width, planes), dtype)
    bounds, pairs = set(), set()
    for (left, top, w, h), payload in zip(tile_boxes(header), payloads, strict=True):
        pair = read_pair(header, payload) if header.features == 2 else None
        bound, tile = decode_tile(model, header, payload[4 if pair else 0 :], h, w, pair)
        if pair is not None:
            check_pair(pair, tile)
            pairs.add(pair)
        bounds.add(bound)
        samples[top : top + h, left : left + w] = tile.transpose(1, 2, 0)
    check(len(bounds) == 1, "tiles differ in their bound")
    if maps:
        return floats_of(samples.astype(np.int64), bits, map_)
    if not pairs:
        return samples
    check(len(pairs) == 1, "tiles differ in their pair")
    (pair,) = pairs
    if which == "guide":
        return samples[..., : pair.planes].astype(pair.guide)
    return samples[..., pair.planes :].astype(pair.picture)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Decode exact layers by the specification alone.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="the folder of the model `exact`")
    parser.add_argument("-o", "--output", type=Path, help="save the samples as .npy")
    options = parser.parse_args(arguments)
    try:
        samples = decode_samples(options.file.read_bytes(), options.model)
    except (PelError, OSError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    print(hashlib.sha256(samples.astype(samples.dtype.newbyteorder("<")).tobytes()).hexdigest())
    if options.output is not None:
        np.save(options.output, samples)
    return 0


if __name__ == "__main__":
    sys.exit(main())
