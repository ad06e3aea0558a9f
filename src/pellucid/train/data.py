"""Training pictures as one tensor of tiles, and random crops of it made on the device.

Every picture is cut into 256 x 256 tiles, once at its own size and once reduced by a random factor
of 0.5 to 1 (a sharper, cleaner picture of the same thing). The tiles stay 8-bit on the training
device; a batch is cut, flipped and turned there, so that no loader process is needed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pellucid.errors import InputError
from pellucid.train.pack import find_pictures, open_rgb, read_shard, refuse_test_picture

TILE = 256


def encoded_pictures(source: Path) -> Iterator[bytes]:
    """Pictures of a folder, of one shard, or of all shards (`*.bin`) in a folder."""
    shards = sorted(source.glob("*.bin")) if source.is_dir() else []
    if source.suffix == ".bin":
        shards = [source]
    if shards:
        for shard in shards:
            yield from read_shard(shard)
    else:
        for path in find_pictures([source]):
            yield path.read_bytes()


def cut_tiles(data: bytes, seed: int) -> list[NDArray[np.uint8]]:
    """One encoded picture -> its tiles (256, 256, 3), at full and at reduced size."""
    rng = random.Random(seed)
    picture = open_rgb(data)
    refuse_test_picture(picture, "a training picture")
    factor = rng.uniform(0.5, 1.0)
    size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    reduced = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    return [tile for version in (picture, reduced) for tile in grid(version)]


def grid(picture: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Tiles that cover (H, W, 3) evenly, overlapping where the sides are no multiples."""
    for y in places(picture.shape[0]):
        for x in places(picture.shape[1]):
            yield picture[y : y + TILE, x : x + TILE]


def places(length: int) -> list[int]:
    """Starts of the fewest tiles that cover `length` samples; none if it is shorter than one."""
    if length < TILE:
        return []
    count = -(-length // TILE)
    return [round(i * (length - TILE) / max(1, count - 1)) for i in range(count)]


def load_tiles(pictures: Iterable[bytes], *, seed: int = 0, limit: int | None = None) -> Tensor:
    """All tiles of `pictures` (of the first `limit`) as (n, 3, 256, 256) uint8, shuffled."""
    tiles: list[NDArray[np.uint8]] = []
    with ThreadPoolExecutor() as pool:
        for cut in pool.map(cut_tiles, islice(pictures, limit), range(seed, 2**31)):
            tiles += cut
    if not tiles:
        raise InputError(f"no picture is as large as a training tile ({TILE} x {TILE})")
    random.Random(seed).shuffle(tiles)
    return torch.from_numpy(np.stack(tiles)).permute(0, 3, 1, 2).contiguous()


def textured(tiles: Tensor, share: float) -> Tensor:
    """The `share` (0-1] of the tiles that have the most detail."""
    detail = [(t[:, :, 1:].int() - t[:, :, :-1].int()).abs().float().mean() for t in tiles]
    order = torch.stack(detail).argsort(descending=True)
    return tiles[order[: max(1, round(share * len(tiles)))]]


def random_crops(tiles: Tensor, count: int, size: int, generator: torch.Generator) -> Tensor:
    """(count, 3, size, size) in 0-1 from random tiles, places, flips and turns."""
    pick = torch.randint(len(tiles), (count,), generator=generator).tolist()
    places = torch.randint(TILE - size + 1, (count, 2), generator=generator).tolist()
    turns = torch.randint(8, (count,), generator=generator).tolist()
    crops = []
    for tile, (y, x), turn in zip(pick, places, turns, strict=True):
        crop = tiles[tile, :, y : y + size, x : x + size]
        if turn & 1:
            crop = crop.flip(1)
        if turn & 2:
            crop = crop.flip(2)
        crops.append(crop.transpose(1, 2) if turn & 4 else crop)
    return torch.stack(crops).float().div_(255).contiguous(memory_format=torch.channels_last)
