"""`pellucid demo`: one real photograph, end to end.

Each part of the show is a function of `Stage`, so that a further one is a line in `demo`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray

from pellucid.cli._jobs import make_folder
from pellucid.errors import PellucidError

if TYPE_CHECKING:
    from pellucid.cli._demo_peers import Rival
    from pellucid.cli._demo_picture import Panel

SAMPLE = Path(__file__).parent.parent / "samples" / "chelsea.png"
QUALITIES = (40, 60, 80)
SHOWN = 40  # the quality of the comparison
REGION = (115, 50, 220, 150)  # x, y, width, height of its crops: the eyes
DEFAULT_FOLDER = Path("demo")


@click.command(short_help="One photograph, end to end.")
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="Folder for the files that it makes.",
)
@click.option("--force", is_flag=True, help="Overwrite files there that differ.")
def demo(out: Path, force: bool) -> None:
    """Compress, decode and denoise one photograph, beside WebP and JPEG; a few seconds."""
    from pellucid.cli._demo_denoise import show_denoising
    from pellucid.cli._demo_picture import draw_comparison
    from pellucid.pixels import read_image

    stage = Stage(make_folder(out), force)
    picture, _ = read_image(SAMPLE)
    panels = show_compression(stage, picture)
    panels += show_denoising(picture, stage.write_png)
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

    def write_png(self, name: str, picture: NDArray[np.uint8]) -> Path:
        """Write a picture as NAME.png; errors as in `write`."""
        return self.write(f"{name}.png", as_png(picture))


@dataclass(frozen=True)
class Coded:
    """The photograph at one quality."""

    data: bytes
    decoded: NDArray[np.uint8]
    psnr: float
    compress_s: float
    decompress_s: float


def show_compression(stage: Stage, picture: NDArray[np.uint8]) -> list[Panel]:
    """The photograph at a few qualities; returns what to show."""
    from pellucid.cli._demo_peers import rivals

    height, width, _ = picture.shape
    original = SAMPLE.read_bytes()
    stage.write("original.png", original)
    click.echo(f"A photograph of {width} x {height} pixels, {len(original):,} bytes as PNG.\n")
    code(picture, SHOWN)  # loads the model, so that the times below are those of the work
    peers = rivals(picture)
    print_head(peers)
    shown = None
    for quality in QUALITIES:
        coded = code(picture, quality)
        stage.write(f"quality-{quality}.pel", coded.data)
        stage.write_png(f"quality-{quality}", coded.decoded)
        print_row(quality, coded, peers, width * height)
        shown = coded if quality == SHOWN else shown
    assert shown is not None
    click.echo("\nIn brackets: how much smaller (-) or larger (+) the .pel file is.")
    click.echo(f"\nDecoded twice, the same latents: SHA-256 {same_latents(shown.data)[:16]}…")
    return compare(picture, len(original), shown, peers)


def code(picture: NDArray[np.uint8], quality: int) -> Coded:
    """Compress and decode once, timed."""
    import pellucid
    from pellucid.evaluate.metrics import psnr

    start = time.perf_counter()
    data = pellucid.compress(picture, quality=quality)
    middle = time.perf_counter()
    decoded = pellucid.decompress(data)
    end = time.perf_counter()
    return Coded(data, decoded, psnr(picture, decoded), middle - start, end - middle)


def print_head(peers: list[Rival]) -> None:
    """The table's head."""
    beside = "".join(f"{peer.label:>19}" for peer in peers)
    click.echo(f"{'':>55}{'bytes at the same PSNR':>38}")
    click.echo(
        f"{'quality':>7}{'bytes':>9}{'bpp':>7}{'PSNR':>10}{'compress':>10}{'decompress':>12}{beside}"
    )


def print_row(quality: int, coded: Coded, peers: list[Rival], pixels: int) -> None:
    """One quality: bytes, rate, PSNR, seconds to compress and decompress, peers at that PSNR."""
    size = len(coded.data)
    cells = [f"{quality:>7}{size:>9,}{8 * size / pixels:>7.3f}{coded.psnr:>7.2f} dB"]
    cells.append(f"{coded.compress_s:>8.2f} s{coded.decompress_s:>10.2f} s")
    for peer in peers:
        there = peer.size_at(coded.psnr)
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


def as_png(picture: NDArray[np.uint8]) -> bytes:
    """The bytes of a PNG file."""
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def compare(
    picture: NDArray[np.uint8], original_bytes: int, shown: Coded, peers: list[Rival]
) -> list[Panel]:
    """The original and all codecs at equal size in bytes."""
    from pellucid.cli._demo_picture import Panel

    size = len(shown.data)
    panels = [
        Panel(f"original: {original_bytes:,} bytes as PNG", picture),
        Panel(f"pellucid: {size:,} bytes, {shown.psnr:.2f} dB", shown.decoded),
    ]
    for peer in peers:
        point = peer.nearest_to(size)
        label = f"{peer.label}: {point.size:,} bytes, {point.psnr:.2f} dB"
        panels.append(Panel(label, point.decoded))
    return panels
