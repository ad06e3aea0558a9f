"""What is measured of denoisers beside the sweep: the rows, and the tables made of them.

denoise-estimate.tsv    how near the measured noise level is (`bench denoise --task estimate`)
denoise-blocks.tsv      how fast candidate blocks are (`tools/block_speed.py`)
denoise-bands.tsv       ways to denoise many bands (`tools/denoise_bands.py`)
denoise-structure.tsv   repeated structure and saturated colours (`tools/structure_tiles.py`)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import StatisticsError, correlation, fmean

from pellucid.evaluate.bench import Part
from pellucid.evaluate.peers.denoisers import DENOISERS
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.table import Table, count, grouped, percent

OWN = "pellucid-m"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One picture: `level` is the sigma of the noise added, `sigma` what was measured."""

    data: str
    level: float
    image: str
    width: int
    height: int
    sigma: float
    seconds: float
    version: str


@dataclass(frozen=True, slots=True)
class BlockSpeed:
    """One network of random weights.

    Attributes:
        kmac: thousands of multiply-adds a pixel, of convolutions.
        one_thread, seconds: seconds a megapixel on one thread, and on `threads` of them.
        gflops: twice the multiply-adds in a second, in thousands of millions, on `threads`.
        repeats: interleaved runs that the medians are of.
        side: of the square picture, in samples.
    """

    name: str
    kmac: float
    one_thread: float
    threads: int
    seconds: float
    gflops: float
    repeats: int
    side: int
    version: str


@dataclass(frozen=True, slots=True)
class BandWay:
    """One way on one picture of many bands.

    Attributes:
        crop: samples a side, at most, from the picture's middle.
        level: of the added noise, in standard deviations of each clean band.
        psnr: dB over 5 of them, the mean of all bands.
    """

    picture: str
    crop: int
    level: float
    way: str
    psnr: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Tile:
    """Where a tile is, and why it was picked.

    Attributes:
        picture: the folder's name and the picture's; y, x: of the tile's corner.
        kind: `repeated`, `saturated` or `random`.
        repeated: height of the second peak of the autocorrelation of the brightness, 0-1.
        period: samples between repetitions; 0 where nothing is repeated.
        saturated: mean of the largest sample of a pixel less its smallest, of 255.
    """

    picture: str
    y: int
    x: int
    kind: str
    repeated: float
    period: float
    saturated: float


@dataclass(frozen=True, slots=True)
class TileScore(Tile):
    """One tile denoised once: PSNR in dB of all samples, clipped and not rounded."""

    sigma: int
    method: str
    psnr: float


ESTIMATES = Rows(Estimate, "denoise-estimate.tsv")
BLOCKS = Rows(BlockSpeed, "denoise-blocks.tsv")
BANDS = Rows(BandWay, "denoise-bands.tsv")
TILES, SCORES = Rows(Tile), Rows(TileScore, "denoise-structure.tsv")
GROUPS: dict[str, Callable[[Tile], bool]] = {
    "repeated": lambda tile: tile.kind == "repeated",
    "- period below 25": lambda tile: tile.kind == "repeated" and tile.period < 25,
    "- 25 to 80": lambda tile: tile.kind == "repeated" and 25 <= tile.period <= 80,
    "- above 80": lambda tile: tile.kind == "repeated" and tile.period > 80,
    "saturated": lambda tile: tile.kind == "saturated",
    "random": lambda tile: tile.kind == "random",
}


def estimates(folder: Path) -> list[Part]:
    """How near the measured noise level is, a row a sigma."""
    if not (rows := ESTIMATES.load(folder)):
        return []
    body = []
    for level, own in grouped(rows, lambda row: row.level).items():
        errors = [100 * (row.sigma / level - 1) for row in own]
        sizes = [abs(error) for error in errors]
        shown = [f"{level:g}", f"{fmean(row.sigma for row in own):.2f}", percent(fmean(errors))]
        body.append([*shown, *(f"{value:.1f} %" for value in (fmean(sizes), max(sizes)))])
    pictures = count(len({(row.data, row.image) for row in rows}), "picture")
    note = (
        f"{pictures} ({', '.join(sorted({row.data for row in rows}))}) with white Gaussian noise, "
        "neither clipped nor rounded. Errors are in percent of the true sigma, of each picture: "
        "their mean with sign (bias), their mean without, and the largest."
    )
    return [Table(["true sigma", "measured", "bias", "mean error", "worst picture"], body), note]


def blocks(rows: Sequence[BlockSpeed]) -> list[Part]:
    """A row a network, in the order given, and how it was measured."""
    if not rows:
        return []
    some = rows[0]
    columns: dict[str, Callable[[BlockSpeed], str]] = {
        "network": lambda row: row.name,
        "kMAC/pixel": lambda row: f"{row.kmac:.1f}",
        "s/MP, 1 thread": lambda row: f"{row.one_thread:.3f}",
        f"s/MP, {some.threads} threads": lambda row: f"{row.seconds:.3f}",
        "GFLOP/s": lambda row: f"{row.gflops:.0f}",
    }
    note = (
        f"Random weights, one picture of {some.side} x {some.side}, medians of {some.repeats} "
        f"interleaved runs, {some.version}; GFLOP/s on {some.threads} threads."
    )
    return [Table.of(rows, columns), note]


def bands(folder: Path) -> list[Part]:
    """A row a picture of many bands and way."""
    if not (rows := BANDS.load(folder)):
        return []
    levels = sorted({row.level for row in rows})
    found = {(row.picture, row.way, row.level): f"{row.psnr:.2f}" for row in rows}
    body = [
        [*named, *(found.get((*named, level), "") for level in levels)]
        for named in dict.fromkeys((row.picture, row.way) for row in rows)
    ]
    noise = [f"noise {level:g} of a band's spread, dB" for level in levels]
    return [Table(["picture", "way", *noise], body)]


def structure(folder: Path) -> list[Part]:
    """A row a strength and kind of tile; how much better the others are, and on how many tiles."""
    if not (rows := SCORES.load(folder)):
        return []
    body = []
    peers = [name for name in DENOISERS.in_order(row.method for row in rows) if name != OWN]
    for sigma, scored in grouped(rows, lambda row: row.sigma).items():
        found = {name: {r.picture: r for r in scored if r.method == name} for name in (OWN, *peers)}
        for label, belongs in (*GROUPS.items(), ("correlation with the peak", None)):
            own = [row for row in found[OWN].values() if belongs is None or belongs(row)]
            mean = f"{fmean(row.psnr for row in own):.2f}" if own and belongs else ""
            cells = [_gain(own, found[name], related=belongs is None) for name in peers]
            body.append([label, f"{sigma}", mean, *cells])
    more = [f"{DENOISERS.label(name)}, more" for name in peers]
    return [Table(["tiles", "sigma", DENOISERS.label(OWN), *more], body)]


def _gain(own: Sequence[TileScore], found: Mapping[str, TileScore], *, related: bool) -> str:
    """Mean gain of a method over `own`, or how it goes with `repeated`, and the number of tiles."""
    both = [row for row in own if row.picture in found]
    gains = [found[row.picture].psnr - row.psnr for row in both]
    try:
        value = correlation(gains, [row.repeated for row in both]) if related else fmean(gains)
    except StatisticsError:  # too few
        return ""
    return f"{value:+.2f} ({len(gains)})"
