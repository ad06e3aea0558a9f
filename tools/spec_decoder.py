"""A second decoder for .pel files, written from docs/format.md alone.

It shares no code with the package: if both give the same latents, the specification says enough.
It is laid out in the order of the specification, whose section numbers stand in the comments, and
it is plain rather than fast: a 256 x 256 picture takes seconds. Only NumPy is needed for the
latents, `onnx` for the weights of the synthesis network, Pillow to save a PNG.

    python tools/spec_decoder.py photo.pel --model DIR [-o out.png] [--latents]

Exact layers (section 11) are in `spec_exact.py`, alpha (section 15) in `spec_alpha.py`, the source
beside a base (section 17) in `spec_kept.py`.
The idea of an educational decoder beside the specification is that of zstd.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import sys
import zlib
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # [channel, row, column] unless said otherwise

SIGNATURE = b"\x89PEL\r\n\x1a\n"
MAX_PIXELS = 2**28
MAX_TILES = 2**16
MAX_METADATA = 64 * 2**20  # bytes of a chunk
METADATA = (
    b"exif",
    b"iccp",
    b"xmp0",
    b"axes",
    b"dicm",
    b"FMAP",
    b"nois",
    b"RANG",
    b"ALPH",
    b"EDGE",
    b"KEPT",
)
KNOWN_CHUNKS = (b"HEAD", *METADATA, b"TIDX", b"TILE", b"DONE")
CODED_BITS = 24  # of a probability in the coder


class PelError(ValueError):
    """A file that can't be decoded; `kind` is one of the kinds that section 9 tells apart."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind


def check(condition: bool, detail: str, kind: str = "damaged") -> None:
    """Refuse the file unless `condition` holds."""
    if not condition:
        raise PelError(kind, detail)


# --- Sections 1 and 2: file and chunks ------------------------------------------------------------


class Chunk(NamedTuple):
    """One chunk, its CRC checked."""

    type: bytes
    payload: bytes


def read_chunks(data: bytes) -> list[Chunk]:
    """Split the file into its chunks, HEAD first, each CRC checked."""
    check(data[:8] == SIGNATURE, "wrong signature", "not a .pel file")
    chunks = []
    at = len(SIGNATURE)
    while at < len(data):
        check(len(data) - at >= 12, f"cut off at byte {at}")
        name, length = struct.unpack_from("<4sI", data, at)
        check(name.isalnum() and name[:1].isalpha(), f"chunk type {name!r} at byte {at}")
        check(length <= len(data) - at - 12, f"{name!r} at byte {at} is longer than the file")
        (crc,) = struct.unpack_from("<I", data, at + 8 + length)
        check(crc == zlib.crc32(data[at : at + 8 + length]), f"CRC of {name!r} at byte {at}")
        chunks.append(Chunk(name, data[at + 8 : at + 8 + length]))
        at += length + 12
    check(bool(chunks) and chunks[0].type == b"HEAD", "HEAD is not first")
    return chunks


def check_order(chunks: list[Chunk]) -> None:
    """The rules of section 2 about types, numbers and order."""
    names = [chunk.type for chunk in chunks]
    for name in names:
        known = name in KNOWN_CHUNKS or name[:1].islower()
        check(known, f"critical chunk {name!r}", "unknown feature")
    check(names.count(b"HEAD") == 1, "HEAD doubled")
    check(names[-1] == b"DONE" and names.count(b"DONE") == 1, "DONE is not last")
    check(chunks[-1].payload == b"", "DONE is not empty")
    check(b"TILE" in names, "no tile")
    first_tile = names.index(b"TILE")
    for number, (name, payload) in enumerate(chunks):
        if name in METADATA:
            check(names.count(name) == 1, f"{name!r} doubled")
            check(number < first_tile, f"{name!r} after a tile")
            check(len(payload) <= MAX_METADATA, f"{name!r} is too long", "over the limits")
    lengths = [len(chunk.payload) for chunk in chunks if chunk.type == b"TILE"]
    if len(lengths) > 1:
        check(names.count(b"TIDX") == 1, "not exactly one TIDX")
        check(names[first_tile - 1] == b"TIDX", "TIDX is not just before the tiles")
        index = struct.pack(f"<{len(lengths)}I", *lengths)
        check(chunks[first_tile - 1].payload == index, "TIDX disagrees with the tiles")
    else:
        check(b"TIDX" not in names, "TIDX with one tile")


# --- Section 3: header ----------------------------------------------------------------------------


class Header(NamedTuple):
    """The fields of HEAD in their order."""

    version: int
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


def read_header(payload: bytes) -> Header:
    """The header, if this decoder can decode what it announces."""
    check(payload[:1] not in (b"", b"\0"), "HEAD has no version")
    check(payload[0] == 1, f"version {payload[0]}", "newer version")
    check(len(payload) == 35, "HEAD is not 35 bytes long")
    header = Header._make(struct.unpack("<BIIHBBBBBBBB16s", payload))
    # Values outside the table of section 3 are damage ...
    check(1 <= header.width <= 2**24 and 1 <= header.height <= 2**24, "impossible size")
    check(header.channels >= 1 and header.bit_depth in (8, 16, 32), "impossible samples")
    check(header.sample_type <= 2 and header.colour <= 2 and header.alpha <= 1, "impossible kind")
    check(header.quality <= 100 and 6 <= header.tile_log2 <= 12, "impossible quality or tile size")
    check(header.layers != 0, "no layer at all")
    # ... and those inside it that this decoder doesn't know are not.
    samples = (header.bit_depth, header.sample_type)
    learned = header.layers in (1, 17, 9, 25)
    if learned:
        known = samples in ((8, 0), (16, 0), (16, 1)) and header.alpha == header.layers >> 4
        known = known and (header.channels, header.colour) in ((1, 0), (3, 1))
    else:
        known = header.layers in (2, 4) and samples in ((8, 0), (16, 0), (16, 1))
        floats = header.sample_type == 2 and header.bit_depth >= 16  # section 12
        floats = floats and header.alpha == 0 and header.features == 0
        known = known or (header.layers in (2, 4) and floats)
    features = (0,) if learned else (0, 2)
    known = known and header.features in features and header.tile_log2 <= 10
    check(known, f"{header}", "unknown feature")
    pixels, planes = header.width * header.height, header.channels + header.alpha
    few = pixels <= MAX_PIXELS and pixels * planes <= 4 * MAX_PIXELS
    check(few, "too many pixels", "over the limits")
    return header


# --- Section 4: tiles -----------------------------------------------------------------------------


def tile_boxes(header: Header) -> list[tuple[int, int, int, int]]:
    """(x, y, width, height) of each tile in samples, by number."""
    side = 2**header.tile_log2
    return [
        (x, y, min(side, header.width - x), min(side, header.height - y))
        for y in range(0, header.height, side)
        for x in range(0, header.width, side)
    ]


def tile_payloads(header: Header, chunks: list[Chunk]) -> list[bytes]:
    """What each tile holds, in the file's order: by layer, the source last, then by number."""
    side = 2**header.tile_log2
    count = -(-header.width // side) * -(-header.height // side)
    check(count <= MAX_TILES, f"{count} tiles", "over the limits")
    tiles = [chunk.payload for chunk in chunks if chunk.type == b"TILE"]
    layers = [layer for layer in (0, 1, 2, 4, 3) if header.layers >> layer & 1]
    wanted = [(number, layer) for layer in layers for number in range(count)]
    check(len(tiles) == len(wanted), f"{len(tiles)} tiles in place of {len(wanted)}")
    for place, payload in zip(wanted, tiles, strict=True):
        check(payload[:5] == struct.pack("<IB", *place), f"tile {place} is not in its place")
    return [payload[5:] for payload in tiles]


# --- Section 5: model -----------------------------------------------------------------------------


class Model(NamedTuple):
    """All that decides bits."""

    arrays: dict[str, Array]  # of entropy.npz
    lefts: list[list[int]]  # of each table: left_0 .. left_n
    model_id: bytes


def read_model(path: Path) -> Model:
    """Read `entropy.npz` in a model's folder."""
    with np.load(path / "entropy.npz", allow_pickle=False) as file:
        arrays = {name: np.asarray(file[name]) for name in file.files}
    lefts = [
        split_range(counts[: 2 * int(reach) + 2].tolist())
        for counts, reach in zip(arrays["tables"], arrays["reach"], strict=True)
    ]
    return Model(arrays, lefts, hash_arrays(arrays))


def hash_arrays(arrays: dict[str, Array]) -> bytes:
    """The model's id: 16 bytes."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name].astype(arrays[name].dtype.newbyteorder("<"))
        shape = ",".join(str(length) for length in array.shape)
        for text in (name, array.dtype.str, shape):
            digest.update(text.encode("ascii") + b"\0")
        digest.update(array.tobytes(order="C"))
    return digest.digest()[:16]


def cross_correlate(x: Array, weight: Array, bias: Array) -> Array:
    """[in, h, w] -> [out, h, w] with weight [out, in/groups, k, k] and zero padding (k - 1)/2.

    One matrix product for each of the k * k taps, on the input shifted by that tap.
    """
    (_, h, w), (out, taken, k, _) = x.shape, weight.shape
    groups = x.shape[0] // taken
    edge = (k - 1) // 2
    padded = np.pad(x, ((0, 0), (edge, edge), (edge, edge)))
    total: Array = np.zeros((groups, out // groups, h * w), x.dtype)
    for row in range(k):
        for column in range(k):
            shifted = padded[:, row : row + h, column : column + w].reshape(groups, taken, h * w)
            total += weight[:, :, row, column].reshape(groups, out // groups, taken) @ shifted
    result: Array = total.reshape(out, h, w) + bias[:, None, None]
    return result


def conv(model: Model, layer: str, x: Array) -> Array:
    """Integer convolution. The sums are far below 2^53, so that float64 computes them exactly."""
    weight, bias, shift = (model.arrays[f"{layer}.{part}"] for part in ("weight", "bias", "shift"))
    total = cross_correlate(x.astype(np.float64), weight.astype(np.float64), bias)
    result: Array = total.astype(np.int64) >> shift.astype(np.int64)[:, None, None]
    return result


def act(x: Array) -> Array:
    """The activation of the integer networks."""
    return np.clip(x, 0, 255)


def shuffle(x: Array, r: int = 2) -> Array:
    """[r * r * C, h, w] -> [C, r * h, r * w]."""
    channels, h, w = x.shape[0] // (r * r), x.shape[1], x.shape[2]
    parts = x.reshape(channels, r, r, h, w)  # [c, a, b, i, j]
    return parts.transpose(0, 3, 1, 4, 2).reshape(channels, r * h, r * w)  # [c, (i, a), (j, b)]


def latents_of_y(
    model: Model, quality: int, z: Array, take: Callable[[Array, Array], Array]
) -> Array:
    """z -> y_int in three passes; `take(index, where)` gives the symbols of a pass, 0 elsewhere."""
    offset = model.arrays["y_offset"][quality].astype(np.int64)[:, None, None]
    last_table = len(model.lefts) - 1
    f1 = shuffle(act(conv(model, "hyper.enter", np.clip(z, -255, 255))))
    f2 = act(conv(model, "hyper.mix", f1))
    features = shuffle(act(conv(model, "hyper.leave", f2)))
    head1 = conv(model, "hyper.index", features)
    mean1 = conv(model, "hyper.mean", features)
    row, column = (axis % 2 for axis in np.indices(mean1.shape[1:]))
    at_a, at_b, at_c = (row + column == 0), (row * column == 1), (row != column)

    symbols_a = take(np.clip(head1 + offset, 0, last_table), at_a)
    smooth = len(model.arrays["prior.diagonal.weight"])
    mean_b = mean1.copy()
    mean_b[:smooth] += conv(model, "prior.diagonal", symbols_a[:smooth])
    more = model.arrays["centre_offset"].astype(np.int64)[:, None, None]
    symbols_b = take(np.clip(head1 + offset + more, 0, last_table), at_b)

    seen = 16 * symbols_a + np.where(at_b, 16 * symbols_b + mean_b - mean1, 0)
    near = np.clip(seen[: int(model.arrays["context"])] >> 1, -248, 248)
    p1 = act(conv(model, "prior.context", near) + conv(model, "prior.features", features))
    p2 = act(conv(model, "prior.mix", p1))
    wide = np.clip(seen, -32767, 32767)
    mean_c = mean1 + conv(model, "prior.mean", p2) + conv(model, "prior.predictor", wide)
    symbols_c = take(np.clip(conv(model, "prior.index", p2) + offset, 0, last_table), at_c)
    y: Array = np.where(at_c, 16 * symbols_c + mean_c, mean1 + seen)
    return y


# --- Section 6: entropy coder ---------------------------------------------------------------------


def split_range(counts: list[int]) -> list[int]:
    """left_0 .. left_n of a table with n counts."""
    n = len(counts)
    lefts = []
    below = 0  # C_i
    for i, count in enumerate(counts):
        lefts.append(i + ((below * (2**CODED_BITS - n)) >> 16))
        below += count
    return [*lefts, 2**CODED_BITS]


BYTE_TABLE = split_range([256] * 256)


class AnsDecoder:
    """A stack of words and a state; see the pseudocode of section 6."""

    def __init__(self, payload: bytes) -> None:
        self.words = list(struct.unpack(f"<{len(payload) // 4}I", payload))
        check(not self.words or self.words[-1] != 0, "the last word is zero")
        self.state = 0
        for _ in range(min(2, len(self.words))):
            self.refill()

    def refill(self) -> None:
        self.state = (self.state << 32) + self.words.pop()

    def decode(self, lefts: list[int]) -> int:
        """The number i of the next symbol, 0 .. n - 1."""
        q = self.state & (2**CODED_BITS - 1)
        i = bisect_right(lefts, q) - 1
        self.state = (self.state >> CODED_BITS) * (lefts[i + 1] - lefts[i]) + q - lefts[i]
        if self.state < 2**32 and self.words:
            self.refill()
        return i

    def finish(self) -> None:
        check(not self.words and self.state == 0, "words are left after the last symbol")


# --- Section 7: tile payload ----------------------------------------------------------------------


def decode_part(decoder: AnsDecoder, model: Model, index: Array, coded: Array) -> Array:
    """One of the four parts: symbols of the shape of `index`, 0 where not `coded`."""
    positions = np.flatnonzero(coded)
    tables = index.ravel()[positions]
    by_table = np.argsort(tables, kind="stable")
    order = positions[by_table].tolist()
    symbols = np.zeros(index.size, np.int64)
    escaped = []
    for position, table in zip(order, tables[by_table].tolist(), strict=True):
        lefts = model.lefts[table]
        n = len(lefts) - 1
        i = decoder.decode(lefts)
        symbols[position] = i - (n - 2) // 2  # n = 2 R + 2
        if i == n - 1:
            escaped.append(position)
    for position in escaped:
        value = decoder.decode(BYTE_TABLE) * 256
        value += decoder.decode(BYTE_TABLE)
        check(value != 0x8000, "an escaped value is -32768")
        symbols[position] = value - 0x10000 if value > 0x7FFF else value
    return symbols.reshape(index.shape)


def decode_tile(model: Model, quality: int, width: int, height: int, payload: bytes) -> Tile:
    """The integer latents of one tile of `width` x `height` samples."""
    check(len(payload) % 4 == 0, "a tile is not whole words")
    rows, columns = -(-height // 64), -(-width // 64)  # of z; y has four times as many
    decoder = AnsDecoder(payload)
    z_index = model.arrays["z_index"][quality].astype(np.int64)
    index = np.broadcast_to(z_index[:, None, None], (len(z_index), rows, columns)).copy()
    z = decode_part(decoder, model, index, np.ones(index.shape, bool))

    skip = int(model.arrays["skip"])
    y_int = latents_of_y(
        model,
        quality,
        z,
        lambda index, where: decode_part(decoder, model, index, where & (index >= skip)),
    )
    decoder.finish()
    return Tile(z, y_int)


# --- Section 8: reconstruction --------------------------------------------------------------------


Sides = list[list[tuple[int, tuple[int, ...]]]]  # top, bottom, left, right: (lines, colour)


class Tile(NamedTuple):
    """The integer latents of a tile."""

    z: Array  # [Z, h64/64, w64/64]
    y: Array  # [M, h64/16, w64/16], y_int


class Latents(NamedTuple):
    """The integer latents of a picture."""

    header: Header
    tiles: list[Tile]  # by number
    range: tuple[int, int] | None = None  # of 16 bits: what RANG says
    edges: Sides | None = None  # what EDGE says

    def sha256(self, alpha: bytes = b"") -> str:
        """The fingerprint that every decoder must agree on, in hexadecimal; `alpha` is its end."""
        digest = hashlib.sha256()
        for tile in self.tiles:
            digest.update(tile.z.astype("<i2").tobytes() + tile.y.astype("<i4").tobytes())
        digest.update(alpha)
        return digest.hexdigest()

    def grid(self) -> Array:
        """y_int of all tiles side by side: [M, ceil(height / 64) * 4, ceil(width / 64) * 4]."""
        rows, columns = -(-self.header.height // 64) * 4, -(-self.header.width // 64) * 4
        grid = np.zeros((len(self.tiles[0].y), rows, columns), np.int64)
        for (x, y, _, _), tile in zip(tile_boxes(self.header), self.tiles, strict=True):
            _, h, w = tile.y.shape
            grid[:, y // 16 : y // 16 + h, x // 16 : x // 16 + w] = tile.y
        return grid


def decode_latents(data: bytes, model_dir: str | Path) -> Latents:
    """The integer latents of layer 0 of a .pel file. Raises PelError."""
    chunks = read_chunks(data)
    header = read_header(chunks[0].payload)  # before the rest, for a newer version may differ there
    check(header.layers & 1 == 1, "an exact layer: see spec_exact.py", "unknown feature")
    check_order(chunks)
    found, edges = read_range(header, chunks), read_edges(header, chunks)
    read_kept(header, chunks)
    names = [chunk.type for chunk in chunks]
    check((b"ALPH" in names) == (header.alpha == 1), "ALPH without layer 4, or layer 4 without it")
    boxes = tile_boxes(header)
    payloads = tile_payloads(header, chunks)[: len(boxes)]
    model = read_model(Path(model_dir))
    check(header.model_id == model.model_id, header.model_id.hex(), "unknown model")
    tiles = [
        decode_tile(model, header.quality, width, height, payload)
        for (_, _, width, height), payload in zip(boxes, payloads, strict=True)
    ]
    return Latents(header, tiles, found, edges)


def read_range(header: Header, chunks: list[Chunk]) -> tuple[int, int] | None:
    """What RANG says; None for 8 bits."""
    payloads = [chunk.payload for chunk in chunks if chunk.type == b"RANG"]
    if header.bit_depth == 8:
        check(not payloads, "RANG with 8 bits")
        return None
    check(bool(payloads), "16 bits without RANG")
    check(len(payloads[0]) == 8, "RANG is not 8 bytes long")
    low, high = struct.unpack("<ii", payloads[0])
    least = -(2**15) if header.sample_type == 1 else 0
    check(least <= low <= high <= least + 2**16 - 1, f"the range {low} .. {high}")
    return low, high


def read_edges(header: Header, chunks: list[Chunk]) -> Sides | None:
    """What EDGE says (section 16); None without it."""
    payloads = [chunk.payload for chunk in chunks if chunk.type == b"EDGE"]
    if not payloads:
        return None
    check(header.layers in (1, 9), "EDGE without layer 0, or beside alpha")
    letter = ("bh" if header.sample_type == 1 else "BH")[header.bit_depth == 16]
    run, at, sides = struct.Struct(f"<H{header.channels}{letter}"), 0, Sides()
    for _ in range(4):
        check(at < len(payloads[0]), "EDGE is cut off")
        runs, at = payloads[0][at], at + 1
        check(at + runs * run.size <= len(payloads[0]), "EDGE is cut off")
        found = [run.unpack_from(payloads[0], at + number * run.size) for number in range(runs)]
        sides.append([(one[0], one[1:]) for one in found])
        at += runs * run.size
    check(at == len(payloads[0]), "bytes behind the sides of EDGE")
    check(all(lines > 0 for side in sides for lines, _ in side), "a run of no lines in EDGE")
    top, bottom, left, right = (sum(lines for lines, _ in side) for side in sides)
    check(top + bottom + left + right > 0, "EDGE without lines")
    check(top + bottom < header.height and left + right < header.width, "EDGE leaves nothing")
    return sides


def read_kept(header: Header, chunks: list[Chunk]) -> tuple[bytes, int] | None:
    """What KEPT says (section 17), the id of a model and a bound; None without layer 3."""
    payloads = [chunk.payload for chunk in chunks if chunk.type == b"KEPT"]
    check(len(payloads) == header.layers >> 3 & 1, "KEPT without layer 3, or layer 3 without it")
    if not payloads:
        return None
    check(len(payloads[0]) == 18, "KEPT is not 18 bytes long")
    identity, bound = struct.unpack("<16sH", payloads[0])
    check(bound <= 16383, f"bound {bound}")
    return identity, bound


def draw(samples: NDArray[Any], sides: Sides) -> NDArray[Any]:
    """Samples [height, width, channels] with the lines of EDGE."""
    top, bottom = (sum(lines for lines, _ in side) for side in sides[:2])
    middle = samples[top : len(samples) - bottom].swapaxes(0, 1)
    for rows, side in zip((samples, samples[::-1], middle, middle[::-1]), sides, strict=True):
        start = 0
        for lines, colour in side:
            rows[start : start + lines] = colour
            start += lines
    return samples


def reconstruct(latents: Latents, model_dir: str | Path) -> NDArray[Any]:
    """Colour samples [height, width, 1 or 3] from the latents."""
    header = latents.header
    with np.load(Path(model_dir) / "gains.npz", allow_pickle=False) as gains:
        inverse_gain = gains["inverse_gain"][header.quality].astype(np.float32)
        scale = gains["synthesis_scale"][header.quality].astype(np.float32)
    y = latents.grid().astype(np.float32) / np.float32(16) * inverse_gain.reshape(-1, 1, 1)
    rgb = synthesise(read_weights(Path(model_dir) / "synthesis.onnx"), y, scale.reshape(-1, 1, 1))
    rgb = rgb[:, : header.height, : header.width]
    if latents.range is not None:
        samples = deep_samples(header, rgb, *latents.range)
    else:
        levels = np.clip(np.rint(rgb), 0, 255).astype(int)
        if header.channels == 1:
            levels = (levels.sum(axis=0, keepdims=True) + 1) // 3
        samples = np.ascontiguousarray(levels.transpose(1, 2, 0), np.uint8)
    return samples if latents.edges is None else draw(samples, latents.edges)


def deep_samples(header: Header, rgb: Array, low: int, high: int) -> NDArray[Any]:
    """Samples of 16 bits from the network's output."""
    v = np.clip(np.where(np.isnan(rgb), 0, rgb), 0, 255).astype(np.float64)
    if header.channels == 1:
        v = (((v[0] + v[1]) + v[2]) / 3)[None]
    samples = low + np.rint(v * (high - low) / 255)
    kind = "i2" if header.sample_type == 1 else "u2"
    return np.ascontiguousarray(samples.transpose(1, 2, 0).astype(kind))


def decode_pixels(data: bytes, model_dir: str | Path) -> NDArray[Any]:
    """Colour samples [height, width, 1 or 3] of a .pel file. Raises PelError."""
    return reconstruct(decode_latents(data, model_dir), model_dir)


# --- Appendix A: the synthesis network of models s and m ------------------------------------------


def read_weights(path: Path) -> dict[str, Array]:
    """The initializers of an ONNX file by name, as float32."""
    import onnx

    initializers = onnx.load(str(path)).graph.initializer
    arrays = {one.name: np.asarray(onnx.numpy_helper.to_array(one)) for one in initializers}
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def silu(a: Array) -> Array:
    """a * sigmoid(a), by way of tanh, which can't overflow."""
    result: Array = a * (0.5 + 0.5 * np.tanh(0.5 * a))
    return result


def synthesise(weights: dict[str, Array], y: Array, scale: Array) -> Array:
    """y [M, h, w], scale [C, 1, 1] -> RGB [3, 16 h, 16 w], about 0 .. 255, not clipped."""

    def layer(name: str, x: Array) -> Array:
        return cross_correlate(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def block(name: str, x: Array) -> Array:
        x = x + layer(f"{name}.leave", layer(f"{name}.depthwise", silu(layer(f"{name}.enter", x))))
        gate, value = layer(f"{name}.widen.gate", x), layer(f"{name}.widen.value", x)
        return x + layer(f"{name}.narrow", silu(gate) * value)

    trunk = shuffle(layer("enter", y))
    number = 0
    while f"rest.{number}.enter.weight" in weights:
        trunk = block(f"rest.{number}", trunk)
        number += 1
    trunk = block("last", trunk * scale)
    return shuffle(layer("leave", trunk), 8)


# --- Command line ---------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Decode a .pel file by the specification alone.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="the model's folder")
    parser.add_argument("-o", "--output", type=Path, help="save the picture as PNG")
    parser.add_argument(
        "--latents", action="store_true", help="print the latents' SHA-256 (done anyway without -o)"
    )
    options = parser.parse_args(arguments)
    try:
        latents = decode_latents(options.file.read_bytes(), options.model)
    except (PelError, OSError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    if latents.header.alpha == 1:
        print(f"{options.file}: has alpha, see spec_alpha.py", file=sys.stderr)
        return 1
    if options.latents or options.output is None:
        print(latents.sha256())
    if options.output is not None:
        from PIL import Image

        samples = reconstruct(latents, options.model)
        grey = samples.shape[2] == 1
        Image.fromarray(samples[:, :, 0] if grey else samples).save(options.output, format="PNG")
    return 0


if __name__ == "__main__":
    sys.exit(main())
