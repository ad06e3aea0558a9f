"""`pellucid demo`: one real photograph, end to end.

WebP and JPEG stand beside pellucid's files at the same PSNR, and at the same size. Each is probed
at whole qualities by bisection; the bytes at a PSNR are interpolated between the two neighbouring
qualities (linear in dB and log bytes), so that no codec gains by the others' coarser steps.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray

from pellucid.cli import _options as options
from pellucid.cli._jobs import make_folder
from pellucid.cli._options import option
from pellucid.errors import PellucidError

if TYPE_CHECKING:
    from pellucid.evaluate.peers.base import Codec

SAMPLE = Path(__file__).parent.parent / "samples" / "chelsea.png"
QUALITIES = (40, 60, 80)
SHOWN = 40  # the quality of the comparison
REGION = (115, 50, 220, 150)  # x, y, width, height of its crops: the eyes
PEERS = {"WebP": "webp", "JPEG": "jpeg420"}
LOWEST, HIGHEST = 1, 100  # their qualities
SIGMA, SEED, MODEL = 25, 0, "m"  # of the noise, and what takes it off

ZOOM = 3
MARGIN, LABEL, TEXT = 12, 34, 20  # in pixels of the drawing
BACKGROUND, INK = (250, 250, 248), (30, 30, 30)

Rgb = NDArray[np.uint8]  # (H, W, 3)
Panel = tuple[str, Rgb]  # what to write above a version of the picture


@click.command(short_help="One photograph, end to end.")
@option("-o --out", "Folder for the files that it makes.", options.FOLDER, default=Path("demo"))
@option("--force", "Overwrite files there that differ.")
def demo(out: Path, force: bool) -> None:
    """Compress, decode and denoise one photograph, beside WebP and JPEG; a few seconds."""
    from pellucid.pixels import read_image

    stage = Stage(make_folder(out), force)
    picture, _ = read_image(SAMPLE)
    panels = [*show_compression(stage, picture), *show_denoising(stage, picture)]
    comparison = stage.write("comparison.png", draw_comparison(panels, REGION))
    click.echo(f"\nOpen {comparison}; all files are in {out}{'' if str(out) == '.' else '/'}.")


@dataclass(frozen=True)
class Stage:
    """Where the files go. A file that is there and holds the same bytes is left as it is."""

    folder: Path
    force: bool

    def write(self, name: str, data: bytes) -> Path:
        """Write a file of the demo; OutputError if another one has its name."""
        from pellucid.pixels import write_atomic

        path = self.folder / name
        if not (path.is_file() and path.read_bytes() == data):
            write_atomic(path, data, force=self.force)
        return path

    def write_png(self, name: str, picture: Rgb) -> Path:
        """Write a picture as NAME.png; errors as in `write`."""
        from pellucid.evaluate.peers.lossy import save

        return self.write(f"{name}.png", save("PNG", {}, picture))


@dataclass(frozen=True)
class Coded:
    """The photograph coded once."""

    size: int
    decoded: Rgb
    psnr: float


class Rival:
    """A peer and one picture; remembers what it has coded."""

    def __init__(self, label: str, peer: Codec, picture: Rgb) -> None:
        self.label, self._peer, self._picture = label, peer, picture
        self.at = cache(self._coded)

    def size_at(self, decibels: float) -> float | None:
        """Bytes at this PSNR; None if the peer's range doesn't hold it."""
        if not self.at(LOWEST).psnr <= decibels <= self.at(HIGHEST).psnr:
            return None
        below, above = self._around(lambda coded: coded.psnr <= decibels)
        span = above.psnr - below.psnr
        part = (decibels - below.psnr) / span if span > 0 else 0.0
        return float(below.size * math.exp(part * math.log(above.size / below.size)))

    def nearest_to(self, size: int) -> Coded:
        """The picture at the quality whose file is nearest to `size` bytes."""
        around = self._around(lambda coded: coded.size <= size)
        return min(around, key=lambda coded: abs(coded.size - size))

    def _around(self, is_below: Callable[[Coded], bool]) -> tuple[Coded, Coded]:
        """The picture at two neighbouring qualities, of which the lower one is below, if one is."""
        low, high = LOWEST, HIGHEST
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_below(self.at(middle)) else (low, middle)
        return self.at(low), self.at(high)

    def _coded(self, quality: int) -> Coded:
        from pellucid.evaluate.metrics import psnr
        from pellucid.evaluate.peers.base import kind_of

        files = self._peer.encode(self._picture, quality)
        decoded = self._peer.decode(files, kind_of(self._picture))
        return Coded(sum(map(len, files)), decoded, psnr(self._picture, decoded))


def show_compression(stage: Stage, picture: Rgb) -> list[Panel]:
    """The photograph at a few qualities; returns the original and all codecs at one size."""
    import pellucid
    from pellucid.evaluate.metrics import psnr
    from pellucid.evaluate.peers.lossy import LOSSY

    height, width, _ = picture.shape
    original = SAMPLE.read_bytes()
    stage.write("original.png", original)
    click.echo(f"A photograph of {width} x {height} pixels, {len(original):,} bytes as PNG.\n")
    shown = pellucid.compress(picture, quality=SHOWN)
    pellucid.decompress(shown)  # loads the model, so that the times below are those of the work
    rivals = [Rival(label, LOSSY.make(name, 1), picture) for label, name in PEERS.items()]
    beside = "".join(f"{rival.label:>19}" for rival in rivals)
    click.echo(f"{'':>55}{'bytes at the same PSNR':>38}")
    click.echo(
        f"{'quality':>7}{'bytes':>9}{'bpp':>7}{'PSNR':>10}{'compress':>10}{'decompress':>12}{beside}"
    )
    for quality in QUALITIES:
        start = time.perf_counter()
        data = pellucid.compress(picture, quality=quality)
        middle = time.perf_counter()
        decoded = pellucid.decompress(data)
        seconds = middle - start, time.perf_counter() - middle
        coded = Coded(len(data), decoded, psnr(picture, decoded))
        stage.write(f"quality-{quality}.pel", data)
        stage.write_png(f"quality-{quality}", decoded)
        print_row(quality, coded, seconds, rivals)
    click.echo("\nIn brackets: how much smaller (-) or larger (+) the .pel file is.")
    click.echo(f"\nDecoded twice, the same latents: SHA-256 {same_latents(shown)[:16]}…")
    found = {rival.label: rival.nearest_to(len(shown)) for rival in rivals}
    decoded = pellucid.decompress(shown)
    found = {"pellucid": Coded(len(shown), decoded, psnr(picture, decoded)), **found}
    return [(f"original: {len(original):,} bytes as PNG", picture)] + [
        (f"{label}: {coded.size:,} bytes, {coded.psnr:.2f} dB", coded.decoded)
        for label, coded in found.items()
    ]


def print_row(
    quality: int, coded: Coded, seconds: tuple[float, float], rivals: list[Rival]
) -> None:
    """One quality: bytes, rate, PSNR, seconds to compress and decompress, peers at that PSNR."""
    size, pixels = coded.size, coded.decoded.size / 3
    cells = [f"{quality:>7}{size:>9,}{8 * size / pixels:>7.3f}{coded.psnr:>7.2f} dB"]
    cells.append(f"{seconds[0]:>8.2f} s{seconds[1]:>10.2f} s")
    for rival in rivals:
        there = rival.size_at(coded.psnr)
        beside = "out of its range" if there is None else f"{there:,.0f} ({size / there - 1:+.0%})"
        cells.append(f"{beside:>19}")
    click.echo("".join(cells))


def same_latents(data: bytes) -> str:
    """The hash of a file's latents, decoded twice; PellucidError if it differs."""
    import pellucid

    first, second = (pellucid.info(data, latents=True).latents_sha256 for _ in range(2))
    if first is None or first != second:
        raise PellucidError(f"decoded twice, the latents differ: {first} and {second}")
    return first


def show_denoising(stage: Stage, picture: Rgb) -> list[Panel]:
    """Add noise to the photograph, take it off, say how well; returns what to show."""
    import pellucid
    from pellucid.evaluate.metrics import psnr

    noisy = with_noise(picture)
    pellucid.denoise(noisy[:64, :64], sigma=SIGMA, model=MODEL)  # loads the model, as for the codec
    start = time.perf_counter()
    noise = pellucid.noise_level(noisy)
    clean = pellucid.denoise(noisy, sigma=noise, model=MODEL)
    seconds = time.perf_counter() - start
    before, after = psnr(picture, noisy), psnr(picture, clean)
    stage.write_png("noisy", noisy)
    stage.write_png("denoised", clean)
    click.echo(
        f"\nWith noise of standard deviation {SIGMA} added: {before:.2f} dB. Measured as "
        f"{noise.sigma:.1f} and taken off: {after:.2f} dB, in {seconds:.2f} s."
    )
    label = f"denoised by pellucid: {after:.2f} dB"
    return [(f"noise added: {before:.2f} dB", noisy), (label, clean)]


def with_noise(picture: Rgb) -> Rgb:
    """The picture with Gaussian noise, always the same, as 8-bit samples."""
    noise = np.random.default_rng(SEED).normal(0, SIGMA, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


def draw_comparison(panels: list[Panel], region: tuple[int, int, int, int]) -> bytes:
    """The panels' `region` (x, y, width, height), two in a row, as the bytes of a PNG."""
    from PIL import Image, ImageDraw, ImageFont

    x, y, width, height = region
    cell = (ZOOM * width + MARGIN, ZOOM * height + LABEL + MARGIN)
    rows = -(-len(panels) // 2)
    sheet = Image.new("RGB", (2 * cell[0] + MARGIN, rows * cell[1] + MARGIN), BACKGROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=TEXT)
    for number, (label, picture) in enumerate(panels):
        row, column = divmod(number, 2)
        left, top = MARGIN + column * cell[0], MARGIN + row * cell[1]
        pen.text((left, top), label, fill=INK, font=font)
        crop = Image.fromarray(picture[y : y + height, x : x + width])
        enlarged = crop.resize((ZOOM * width, ZOOM * height), Image.Resampling.NEAREST)
        sheet.paste(enlarged, (left, top + LABEL))
    buffer = BytesIO()
    sheet.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
