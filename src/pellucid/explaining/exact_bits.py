"""Where the bytes of a lossless or error-bounded file went: by tile and plane, and the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pellucid.bitstream import PelFile
from pellucid.exact.floats import map_of
from pellucid.exact.kind import opened
from pellucid.exact.tables import exact_model
from pellucid.exact.tile import decode_tile
from pellucid.explaining.container import container_bytes


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

    tiles: NDArray[np.float64]
    planes: NDArray[np.float64]
    plain: float
    frame: float
    container: dict[str, int]
    file_bytes: int

    @property
    def total(self) -> float:
        """Bits of all parts."""
        return float(self.tiles.sum()) + 8 * sum(self.container.values())


def exact_bits(file: PelFile) -> ExactBits:
    """Decode an exact file and count what each plane cost.

    Raises:
        DamagedFileError: a tile is damaged.
    """
    header = file.header
    (layer,) = header.layer_numbers
    tables, _ = exact_model()
    floats = map_of(file)
    tiles = np.zeros(header.tile_count)
    planes = np.zeros(header.channels + header.alpha)
    plain = 0.0
    for number in range(header.tile_count):
        payload = file.tile(number, layer=layer)
        tiles[number] = 8 * len(payload)
        left = [float(tiles[number])]
        kind, body, _ = opened(header, number, payload, floats)
        decode_tile(
            body,
            kind,
            bounded=header.layers != 0b10,
            tables=tables,
            watch=watcher(planes, left, 1 if floats is None else floats.planes // floats.channels),
        )
        if len(left) == 1:
            plain += left[0]
    container = container_bytes(file)
    shape = (header.rows, header.columns)
    frame = float(tiles.sum() - planes.sum()) - plain
    total = file.chunks[-1].end
    return ExactBits(tiles.reshape(shape), planes, plain, frame, container, total)


def watcher(
    planes: NDArray[np.float64], left: list[float], parts: int
) -> Callable[[int, float], None]:
    """Books what a plane took as the bits that are fewer after it than before.

    `parts` planes make a channel.
    """

    def watch(plane: int, bits: float) -> None:
        if plane >= 0:
            planes[plane // parts] += left[-1] - bits
        left.append(bits)

    return watch
