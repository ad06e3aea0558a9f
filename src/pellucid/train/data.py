"""Training pictures as one tensor of tiles, and random crops of it made on the device.

Every picture is cut into 256 x 256 tiles, once at its own size and once reduced by a random factor
of 0.5 to 1 (a sharper, cleaner picture of the same thing). The tiles stay 8-bit on the training
device; a batch is cut, flipped and turned there, so that no loader process is needed.

One picture in 32 is held out. Its own bytes decide that and its tiles, so that no codec and no
denoiser learns from these pictures, in whatever folder or shard they come.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pellucid.errors import InputError
from pellucid.train.pack import SHARD, Encoded, find_pictures, read_shard, training_samples

TILE = 256
HELD_OUT_EVERY = 32  # pictures
HELD_OUT = 96  # tiles at most


def encoded_pictures(source: Path) -> Iterator[Encoded]:
    """Pictures of a folder, of one shard, or of all shards (`*.bin`) in a folder."""
    shards = [source] if source.suffix == SHARD else sorted(source.glob(f"*{SHARD}"))
    for shard in shards:
        yield from read_shard(shard)
    for path in [] if shards else find_pictures([source]):
        yield Encoded(str(path), path.read_bytes())


@dataclass(frozen=True)
class Tiles:
    """What to learn from and what to judge by, each (n, 3, 256, 256) uint8, shuffled.

    `left_out` counts pictures smaller than a tile.
    """

    train: Tensor
    held_out: Tensor
    left_out: int = 0

    def __str__(self) -> str:
        counts = f"{len(self.train)} tiles of {TILE} x {TILE}, {len(self.held_out)} held out"
        return f"{counts}, left out as too small: {self.left_out}" if self.left_out else counts


def load_split(pictures: Iterable[Encoded], *, limit: int | None = None) -> Tiles:
    """Tiles of `pictures` (of the first `limit`), those of held-out pictures apart.

    If no picture is to be held out, as in a small folder, a tenth of the tiles is.

    Raises InputError: they give fewer than two tiles.
    """
    cut = cut_all(pictures, limit)
    train, kept = (
        shuffled([tile for held, tiles in cut if held == which for tile in tiles])
        for which in (False, True)
    )
    if not kept or not train:
        both = train + kept
        count = min(HELD_OUT, max(1, len(both) // 10))
        kept, train = both[:count], both[count:]
    if not train:
        raise InputError(
            f"the pictures give {len(kept)} tile(s) of {TILE} x {TILE}; two are the least"
        )
    left_out = sum(not tiles for _, tiles in cut)
    return Tiles(as_tensor(train), as_tensor(kept[:HELD_OUT]), left_out)


def load_tiles(pictures: Iterable[Encoded], *, limit: int | None = None) -> Tensor:
    """All tiles of `pictures` (of the first `limit`), as `Tiles` holds them."""
    tiles = [tile for _, tiles in cut_all(pictures, limit) for tile in tiles]
    if not tiles:
        raise InputError(f"no picture is as large as a training tile ({TILE} x {TILE})")
    return as_tensor(shuffled(tiles))


def cut_all(
    pictures: Iterable[Encoded], limit: int | None
) -> list[tuple[bool, list[NDArray[np.uint8]]]]:
    """Whether each picture is held out, and its tiles."""
    with ThreadPoolExecutor() as pool:
        cut = pool.map(lambda one: (held_out(one.data), cut_tiles(one)), islice(pictures, limit))
        return list(cut)


def held_out(data: bytes) -> bool:
    """Whether an encoded picture is kept from learning."""
    return hashlib.sha256(data).digest()[4] < 256 // HELD_OUT_EVERY


def cut_tiles(picture: Encoded) -> list[NDArray[np.uint8]]:
    """One picture -> its tiles (256, 256, 3), at full and at reduced size."""
    rng = random.Random(hashlib.sha256(picture.data).digest()[:4])
    full = training_samples(picture)
    factor = rng.uniform(0.5, 1.0)
    size = (round(full.shape[1] * factor), round(full.shape[0] * factor))
    reduced = np.asarray(Image.fromarray(full).resize(size, Image.Resampling.LANCZOS))
    return [tile for version in (full, reduced) for tile in grid(version)]


def grid(picture: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Tiles that cover (H, W, 3) evenly, overlapping where the sides are no multiples."""
    for y, x in product(*map(places, picture.shape[:2])):
        yield picture[y : y + TILE, x : x + TILE]


def places(length: int) -> list[int]:
    """Starts of the fewest tiles that cover `length` samples; none if it is shorter than one."""
    if length < TILE:
        return []
    count = -(-length // TILE)
    return [round(i * (length - TILE) / max(1, count - 1)) for i in range(count)]


def shuffled(tiles: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    """In another order, the same every time."""
    return random.Random(0).sample(tiles, len(tiles))


def as_tensor(tiles: list[NDArray[np.uint8]]) -> Tensor:
    """Tiles (256, 256, 3) as (n, 3, 256, 256)."""
    return torch.from_numpy(np.stack(tiles)).permute(0, 3, 1, 2).contiguous()


def textured(tiles: Tensor, share: float) -> Tensor:
    """The `share` (0-1] of the tiles that have the most detail."""
    # Numbers, not tensors: those would lie between the tiles' buffers and keep them all.
    detail = [float((t[:, :, 1:].int() - t[:, :, :-1].int()).abs().float().mean()) for t in tiles]
    order = torch.tensor(detail).argsort(descending=True)
    return tiles[order[: max(1, round(share * len(tiles)))]]


def random_crops(tiles: Tensor, count: int, size: int, generator: torch.Generator) -> Tensor:
    """(count, 3, size, size) in 0-1 from random tiles, places, flips and turns.

    One gather on the device of `tiles` and `generator`, whatever the count.
    """

    def draw(high: int) -> Tensor:
        shape = (count, 1, 1)
        return torch.randint(high, shape, generator=generator, device=tiles.device)

    along = torch.arange(size, device=tiles.device)
    row, column = along.view(1, -1, 1), along.view(1, 1, -1)
    turned = draw(2) == 1
    row, column = torch.where(turned, column, row), torch.where(turned, row, column)
    row = torch.where(draw(2) == 1, size - 1 - row, row) + draw(TILE - size + 1)
    column = torch.where(draw(2) == 1, size - 1 - column, column) + draw(TILE - size + 1)
    crops = tiles[draw(len(tiles)), :, row, column]  # the samples of a place lie together
    return (crops.float() / 255).permute(0, 3, 1, 2)
