"""Where the bits of a file went: by place, by channel, by pass, and what holds no samples.

In a learned file a symbol costs minus the logarithm of its probability, which the tables say. The
sum over a tile is what its payload ought to have; the rest of the payload, the coder's last words
and up to 0.01 bits a symbol that it loses by rounding, is reported as such. So all parts together
are the file's size, to the byte.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import ALPHA_LAYER, SOURCE_LAYER, PelFile
from pellucid.codec.decompress import tile_reader
from pellucid.codec.geometry import latents_of
from pellucid.codec.latents import (
    MEAN_UNIT,
    Given,
    TileLatents,
    View,
    even_anchors,
    non_anchors,
    odd_anchors,
    spread,
    three_passes,
    z_tables,
)
from pellucid.entropy import SymbolCosts
from pellucid.exact.floats import map_of
from pellucid.exact.kind import opened
from pellucid.exact.tables import exact_model
from pellucid.exact.tile import decode_tile
from pellucid.runtime import CodecModel

Bits = NDArray[np.float64]
PASSES = ("even anchors", "odd anchors", "non-anchors")  # A, B, C of `docs/format.md`


@dataclass(frozen=True)
class BitMap:
    """The bits of a file, which sum to 8 times its bytes.

    Attributes:
        latents: (h, w) of each position of y, one for 16 x 16 samples, all channels together.
        hyper: (h / 4, w / 4) of each position of z, one for 64 x 64 samples.
        latent_channels, hyper_channels: the same bits by channel.
        passes: the bits of y by pass, in the order of `PASSES`.
        coder: bits of the payloads beyond what their symbols need.
        container: bytes by part of the file that is no payload.
        file_bytes: of the whole file.
        alpha, source: bits of the payloads of these layers, 0 without one.
    """

    latents: Bits
    hyper: Bits
    latent_channels: Bits
    hyper_channels: Bits
    passes: tuple[float, ...]
    coder: float
    container: dict[str, int]
    file_bytes: int
    alpha: float = 0.0
    source: float = 0.0

    @property
    def total(self) -> float:
        """Bits of all parts."""
        places = float(self.latents.sum() + self.hyper.sum())
        beside = self.alpha + self.source
        return places + self.coder + beside + 8 * sum(self.container.values())


@dataclass(frozen=True)
class ExactBits:
    """The bits of an exact file, which sum to 8 times its bytes.

    Attributes:
        tiles: (rows, columns) bits of each tile's payload.
        planes: (C,) bits of each channel, in all tiles that were predicted.
        plain: bits of tiles that are stored or deflated, all planes together.
        frame: bits that belong to no plane: bounds, kinds, and the coder's last words.
        container: bytes by part of the file that is no payload.
        file_bytes: of the whole file.
    """

    tiles: Bits
    planes: Bits
    plain: float
    frame: float
    container: dict[str, int]
    file_bytes: int

    @property
    def total(self) -> float:
        """Bits of all parts."""
        return float(self.tiles.sum()) + 8 * sum(self.container.values())


def bit_map(file: PelFile, model: CodecModel) -> BitMap:
    """Decode the latents of a learned file and count what each cost.

    Raises:
        DamagedFileError: a tile is damaged.
    """
    header = file.header
    whole = latents_of(header.box)
    y = np.zeros((whole.height, whole.width))
    z = np.zeros((whole.height // 4, whole.width // 4))
    y_channels, z_channels = np.zeros(model.latents), np.zeros(model.hyper_latents)
    passes = np.zeros(len(PASSES))
    read = tile_reader(header, file.tile, model)
    costs = SymbolCosts(model.tables)

    def count(number: int) -> tuple[NDArray[np.float32], NDArray[np.float32], list[float]]:
        return tile_bits(read(number), model, header.quality, costs)

    with ThreadPoolExecutor(model.threads) as pool:
        for number, (own_z, own_y, own) in enumerate(pool.map(count, range(header.tile_count))):
            place = latents_of(header.tile_box(number)).within(whole)
            y[place] = own_y.sum(axis=0)
            z[tuple(slice(s.start // 4, s.stop // 4) for s in place)] = own_z.sum(axis=0)
            y_channels += own_y.sum(axis=(1, 2))
            z_channels += own_z.sum(axis=(1, 2))
            passes += own
    container = container_bytes(file)
    total = file.chunks[-1].end
    alpha, source = (
        8.0 * payload_bytes(file, layer) if layer in header.layer_numbers else 0.0
        for layer in (ALPHA_LAYER, SOURCE_LAYER)
    )
    coder = 8 * (total - sum(container.values())) - alpha - source - float(y.sum() + z.sum())
    by_pass = tuple(passes.tolist())
    return BitMap(y, z, y_channels, z_channels, by_pass, coder, container, total, alpha, source)


def tile_bits(
    latents: TileLatents, model: CodecModel, quality: int, costs: SymbolCosts
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[float]]:
    """What the latents of one tile cost, by the tables a decoder would choose.

    Returns:
        Bits of each z (Z, h/4, w/4) and each y (M, h, w), and of y by pass.
    """
    parts = []

    def spent(view: View, given: Given) -> NDArray[np.int32]:
        symbols = np.rint((view(latents.y) - given.mean) / MEAN_UNIT).astype(np.int32)
        parts.append(costs(symbols, given.index, model.skip))
        return symbols

    three_passes(model, latents.z, quality, spent)
    y = np.empty(latents.y.shape, np.float32)
    for view, part in zip((even_anchors, odd_anchors, non_anchors), parts, strict=True):
        spread(view, part, y)
    z = costs(latents.z, z_tables(model, quality, latents.z.shape))
    return z, y, [float(part.sum(dtype=np.float64)) for part in parts]


def exact_bits(file: PelFile) -> ExactBits:
    """Decode a lossless or error-bounded file and count what each plane cost.

    Raises:
        DamagedFileError: a tile is damaged.
    """
    header = file.header
    (layer,) = header.layer_numbers
    tables, _ = exact_model()
    floats = map_of(file)
    each = 1 if floats is None else floats.planes // floats.channels  # planes of a channel
    tiles = np.zeros(header.tile_count)
    planes = np.zeros(header.channels + header.alpha)
    plain = 0.0
    for number in range(header.tile_count):
        payload = file.tile(number, layer=layer)
        tiles[number] = 8 * len(payload)
        left = [float(tiles[number])]  # before and after each plane

        def watch(plane: int, bits: float, left: list[float] = left) -> None:
            if plane >= 0:
                planes[plane // each] += left[-1] - bits
            left.append(bits)

        kind, body, _ = opened(header, number, payload, floats)
        decode_tile(body, kind, bounded=header.layers != 0b10, tables=tables, watch=watch)
        if len(left) == 1:
            plain += left[0]
    frame = float(tiles.sum() - planes.sum()) - plain
    places = tiles.reshape(header.rows, header.columns)
    return ExactBits(places, planes, plain, frame, container_bytes(file), file.chunks[-1].end)


def container_bytes(file: PelFile) -> dict[str, int]:
    """Bytes of a file's parts other than the tiles' payloads, by chunk type."""
    parts = {"signature": file.chunks[0].offset}
    for chunk in file.chunks:
        size = chunk.end - chunk.offset
        name = f"{chunk.type} frames" if chunk.type == "TILE" else chunk.type
        parts[name] = parts.get(name, 0) + size
    payloads = (payload_bytes(file, layer) for layer in file.header.layer_numbers)
    parts["TILE frames"] -= sum(payloads)
    return parts


def payload_bytes(file: PelFile, layer: int) -> int:
    """Bytes of the payloads of a layer."""
    return sum(len(file.tile(n, layer=layer)) for n in range(file.header.tile_count))
