"""Where the bits of a learned file went: by place, by channel, by pass, and what is not latents.

A symbol costs minus the logarithm of its probability, which the tables say. The sum over a tile is
what its payload ought to have; the rest of the payload, the coder's last words and up to 0.01 bits
a symbol that it loses by rounding, is reported as such. So all parts together are the file's size,
to the byte.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import ALPHA_LAYER, PelFile
from pellucid.codec.decompress import tile_reader
from pellucid.codec.geometry import latents_of
from pellucid.codec.latents import (
    MEAN_UNIT,
    Given,
    Passes,
    TileLatents,
    even_anchors,
    non_anchors,
    odd_anchors,
    z_tables,
)
from pellucid.entropy import TableSet
from pellucid.explaining.container import container_bytes, payload_bytes
from pellucid.runtime import CodecModel

Bits = NDArray[np.float64]
ESCAPED = 16  # bits that follow an escape
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
        alpha: bits of the payloads of the alpha layer, 0 without one.
    """

    latents: Bits
    hyper: Bits
    latent_channels: Bits
    hyper_channels: Bits
    passes: tuple[float, float, float]
    coder: float
    container: dict[str, int]
    file_bytes: int
    alpha: float = 0.0

    @property
    def total(self) -> float:
        """Bits of all parts."""
        places = float(self.latents.sum() + self.hyper.sum())
        return places + self.coder + self.alpha + 8 * sum(self.container.values())


def bit_map(file: PelFile, model: CodecModel) -> BitMap:
    """Decode the latents of a learned file and count what each cost.

    Raises:
        DamagedFileError: a tile is damaged.
    """
    header = file.header
    whole = latents_of(header.box)
    y = np.zeros((whole.height, whole.width))
    z = np.zeros((whole.height // 4, whole.width // 4))
    y_channels, z_channels, passes = (
        np.zeros(model.latents),
        np.zeros(model.hyper_latents),
        [0.0] * 3,
    )
    read = tile_reader(header, file.tile, model)
    costs = cost_of(model.tables)

    def count(number: int) -> TileBits:
        return tile_bits(read(number), model, header.quality, costs)

    with ThreadPoolExecutor(model.threads) as pool:
        for number, tile in enumerate(pool.map(count, range(header.tile_count))):
            place = latents_of(header.tile_box(number))
            y[place.within(whole)] = tile.y.sum(axis=0)
            rows, columns = (slice(s.start // 4, s.stop // 4) for s in place.within(whole))
            z[rows, columns] = tile.z.sum(axis=0)
            y_channels += tile.y.sum(axis=(1, 2))
            z_channels += tile.z.sum(axis=(1, 2))
            passes = [a + b for a, b in zip(passes, tile.passes, strict=True)]
    container = container_bytes(file)
    total = file.chunks[-1].end
    alpha = 8.0 * payload_bytes(file, ALPHA_LAYER) if header.has_alpha_layer else 0.0
    payload = 8 * (total - sum(container.values())) - alpha
    coder = payload - float(y.sum() + z.sum())
    by_pass = (passes[0], passes[1], passes[2])
    return BitMap(y, z, y_channels, z_channels, by_pass, coder, container, total, alpha)


@dataclass(frozen=True)
class TileBits:
    """Bits of each z (Z, h/4, w/4) and each y (M, h, w), and of y by pass."""

    z: NDArray[np.float32]
    y: NDArray[np.float32]
    passes: tuple[float, float, float]


def tile_bits(
    latents: TileLatents, model: CodecModel, quality: int, costs: Callable[..., NDArray[np.float32]]
) -> TileBits:
    """What the latents of one tile cost, by the tables a decoder would choose."""
    z = costs(latents.z, z_tables(model, quality, latents.z.shape), 0)
    y = np.zeros(latents.y.shape, np.float32)
    passes = Passes(model, latents.z, quality)

    def symbols(part: NDArray[np.float32], given: Given) -> NDArray[np.int32]:
        return np.rint((part - given.mean) / MEAN_UNIT).astype(np.int32)

    given = passes.even_anchors()
    found = symbols(even_anchors(latents.y), given)
    even_anchors(y)[...] = first = costs(found, given.index, model.skip)
    passes.take_even_anchors(found)
    given = passes.odd_anchors()
    found = symbols(odd_anchors(latents.y), given)
    odd_anchors(y)[...] = second = costs(found, given.index, model.skip)
    passes.take_odd_anchors(found)
    given = passes.non_anchors()
    third = costs(symbols(non_anchors(latents.y), given), given.index, model.skip)
    y[:, 0::2, 1::2], y[:, 1::2, 0::2] = third[:, 0::2], third[:, 1::2]
    sums = [float(part.sum(dtype=np.float64)) for part in (first, second, third)]
    return TileBits(z, y, (sums[0], sums[1], sums[2]))


def cost_of(tables: TableSet) -> Callable[..., NDArray[np.float32]]:
    """(symbols, tables' numbers, first table that is coded) -> bits of each symbol."""
    most = max(tables.reach)
    bits = np.zeros((len(tables), 2 * most + 2), np.float32)
    for table, reach in enumerate(tables.reach):
        row = -np.log2(tables.probabilities(table))
        bits[table, most - reach : most + reach + 1] = row[:-1]
        bits[table, : most - reach] = bits[table, most + reach + 1 :] = row[-1] + ESCAPED

    def costs(
        symbols: NDArray[np.int32], index: NDArray[np.uint8], skip: int
    ) -> NDArray[np.float32]:
        column = np.clip(symbols, -most, most + 1) + most
        found: NDArray[np.float32] = bits[index, column]
        if skip:
            found[index < skip] = 0
        return found

    return costs
