r"""Tiles of photographs that are unlike BSDS500's, and how well denoisers do on them.

    python -m tools.structure_tiles DIR... -o recipes/structure.tsv
    python -m tools.structure_tiles DIR... --score recipes/structure.tsv \
        -o results/v0.1/denoise-structure.tsv

The first picks tiles of 256 x 256 of three kinds, at most one a picture: `repeated` has the highest
second peak of the autocorrelation of its brightness, `saturated` the strongest colours, `random`
any. The second adds white noise, the same for all methods, and writes a row a tile, method and
strength. A second peak is a local maximum beyond `NEAREST` samples with a dip before it, so that a
straight edge, which is like itself all along, is none; the period is that of the nearest peak which
is about as high.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pellucid.evaluate.benches.denoise_tools import SCORES, TILES, Tile, TileScore
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.base import Denoiser, NoiseGiven
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.train.data import TILE, places
from pellucid.train.pack import find_pictures, open_rgb

COUNT = 24  # tiles of each kind
COARSE = 8  # standard deviation in samples of the blur that is taken off
LEAST_DETAIL = 8.0  # standard deviation of what is left, of 255
NEAREST, FARTHEST = 6, 120  # samples
LEAST_OVERLAP = 0.5  # of the energy; a thing in a corner is not repeated for being like its part
PADDING = 128  # so that what leaves at one side doesn't meet the other
AS_HIGH = 0.9  # of the highest peak
SIGMAS = (25, 50)
METHODS = ("pellucid-m", "bm3d", "ffdnet")


def find_named(folders: Iterable[Path]) -> dict[str, Path]:
    """Pictures by their folder's name and their own, so that a list says nothing of a machine."""
    return {f"{f.name}/{path.relative_to(f)}": path for f in folders for path in find_pictures([f])}


def detail_of(tile: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Brightness without what is coarse, (H, W) with mean 0."""
    grey = Image.fromarray(tile).convert("L")
    coarse = grey.filter(ImageFilter.GaussianBlur(COARSE))
    detail = np.asarray(grey, np.float32) - np.asarray(coarse, np.float32)
    return np.asarray(detail - detail.mean())


def autocorrelation(detail: NDArray[np.float32]) -> NDArray[np.float64]:
    """The correlation of what overlaps for each lag (y, x) up to `FARTHEST`, 0 in the middle."""
    shape = (TILE + PADDING, TILE + PADDING)

    def sums(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
        spectrum = np.fft.rfft2(one, shape).conj() * np.fft.rfft2(other, shape)
        near = np.arange(-FARTHEST, FARTHEST + 1)
        return np.fft.irfft2(spectrum, shape).astype(np.float64)[np.ix_(near, near)]

    energy = sums(np.square(detail), np.ones_like(detail))
    overlap = np.sqrt(np.maximum(energy * energy[::-1, ::-1], 0))
    least = LEAST_OVERLAP * np.square(detail).sum()
    return np.asarray(sums(detail, detail) / np.maximum(overlap, least))


def second_peak(correlation: NDArray[np.float64]) -> tuple[float, float]:
    """(height, period) of the highest peak but that at lag 0; (0, 0) if there is none."""
    lines = np.lib.stride_tricks.sliding_window_view(np.pad(correlation, 2), 5, axis=0).max(axis=2)
    around = np.lib.stride_tricks.sliding_window_view(lines, 5, axis=1).max(axis=2)
    y, x = np.nonzero(correlation >= around)
    radius = np.hypot(y - FARTHEST, x - FARTHEST)
    kept = (radius >= NEAREST) & (radius <= FARTHEST) & (y >= FARTHEST) & (correlation[y, x] > 0.1)
    peaks = []
    for row, column, far in zip(y[kept], x[kept], radius[kept], strict=True):
        steps = np.linspace(0, 1, int(far) + 1)
        way = [np.rint(FARTHEST + steps * (end - FARTHEST)).astype(int) for end in (row, column)]
        height = correlation[row, column]
        if correlation[way[0], way[1]].min() < height / 2:
            peaks.append((float(height), float(far)))
    highest = max(peaks, default=(0.0, 0.0))[0]
    return highest, min((far for height, far in peaks if height >= AS_HIGH * highest), default=0.0)


def measured(name: str, path: Path) -> Iterator[Tile]:
    """All tiles of a picture that have detail."""
    picture = open_rgb(path.read_bytes())
    for y in places(picture.shape[0]):
        for x in places(picture.shape[1]):
            tile = picture[y : y + TILE, x : x + TILE]
            detail = detail_of(tile)
            if detail.std() >= LEAST_DETAIL:
                height, period = second_peak(autocorrelation(detail))
                colour = float(np.ptp(tile.astype(np.float32), axis=2).mean())
                yield Tile(name, y, x, "", round(height, 3), round(period, 1), round(colour, 1))


def pick(pictures: dict[str, Path]) -> list[Tile]:
    """`COUNT` tiles of each kind from `COUNT` pictures."""
    tiles = [tile for name, path in pictures.items() for tile in measured(name, path)]
    shuffled = random.Random(0).sample(tiles, len(tiles))
    order = {
        "repeated": sorted(tiles, key=lambda tile: -tile.repeated),
        "saturated": sorted(tiles, key=lambda tile: -tile.saturated),
        "random": shuffled,
    }
    chosen: dict[str, Tile] = {}
    for number, (kind, candidates) in enumerate(order.items(), start=1):
        for tile in candidates:
            if len(chosen) < number * COUNT and tile.picture not in chosen:
                place = (tile.picture, tile.y, tile.x, kind)
                chosen[tile.picture] = Tile(*place, tile.repeated, tile.period, tile.saturated)
    return list(chosen.values())


def scored(tile: Tile, path: Path, seed: int, sigma: int, one: Denoiser) -> TileScore:
    """What a method makes of a tile; the noise is drawn from a seed and not clipped."""
    picture = open_rgb(path.read_bytes())
    clean = picture[tile.y : tile.y + TILE, tile.x : tile.x + TILE].astype(np.float32)
    noise = np.random.default_rng(seed).standard_normal(clean.shape, np.float32)
    result = one.denoise(clean + sigma * noise, NoiseGiven(sigma=sigma))
    facts = (tile.picture, tile.y, tile.x, tile.kind, tile.repeated, tile.period, tile.saturated)
    return TileScore(*facts, sigma, one.name, round(psnr(clean, result), 3))


def score(tiles: list[Tile], pictures: dict[str, Path], output: Path, names: list[str]) -> None:
    """Add to `output` what it lacks, the kinds in turn: a run that is cut short is a fair part."""
    denoisers, missing = DENOISERS.load(names, 1)
    if missing:
        raise SystemExit(str(missing))
    known = SCORES.read(output) if output.exists() else []
    done = {(row.picture, row.sigma, row.method) for row in known}
    order = sorted(range(len(tiles)), key=lambda number: number % COUNT)
    for sigma, seed, one in product(SIGMAS, order, denoisers):
        tile = tiles[seed]
        if (tile.picture, sigma, one.name) not in done:
            row = scored(tile, pictures[tile.picture], seed, sigma, one)
            SCORES.append(output, [row])


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Tiles unlike BSDS500's, for denoisers.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--score", type=Path, metavar="TSV", help="denoise the tiles of this list")
    parser.add_argument("--methods", nargs="+", default=METHODS, help="as in the bench")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    pictures = find_named(options.folders)
    if options.score is None:
        TILES.write(options.output, pick(pictures))
    else:
        score(TILES.read(options.score), pictures, options.output, options.methods)


if __name__ == "__main__":
    main()
