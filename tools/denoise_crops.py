"""Crops side by side for the docs: noisy, clean and what each method makes of it, with PSNR.

    python -m tools.denoise_crops --data DIR --crop 302008:140,60,96,96 -o docs/denoise.png

A row a crop (NAME:x,y,width,height). The whole picture is denoised and the crop cut from the
result; the PSNR is the crop's. Methods are told sigma in the tasks `gaussian` and `grey`; in the
others pellucid measures the noise and the rest are told `--sigma`, best that of the report.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pellucid.evaluate.benches.denoise_tasks import (
    TASKS,
    Task,
    find_sources,
    given,
    what_to_tell,
)
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.peers.base import Denoiser, Floats
from pellucid.evaluate.peers.denoisers import DENOISERS

GAP, LINE, TEXT_SIZE = 6, 20, 13
BACKGROUND, INK = (255, 255, 255), (30, 30, 30)

Box = tuple[int, int, int, int]  # x, y, width, height
Panel = tuple[str, Floats]


def parse_crop(text: str) -> tuple[str, Box]:
    """NAME:x,y,width,height."""
    name, _, numbers = text.rpartition(":")
    try:
        x, y, width, height = map(int, numbers.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"NAME:x,y,width,height, got {text!r}") from error
    return name, (x, y, width, height)


def cut(samples: Floats, box: Box) -> Floats:
    """A part of (H, W, C) samples."""
    x, y, width, height = box
    part = samples[y : y + height, x : x + width]
    if part.shape[:2] != (height, width):
        raise SystemExit(f"the crop {box} doesn't fit a picture of {samples.shape[1::-1]}")
    return part


def panels(
    task: Task,
    folder: Path,
    name: str,
    box: Box,
    denoisers: Sequence[Denoiser],
    level: float,
    sigma: float,
) -> list[Panel]:
    """Noisy, each method, clean: label and crop."""
    source = next((s for s in find_sources(task, folder) if s.image == name), None)
    if source is None:
        raise SystemExit(f"no picture called {name!r} in {folder}")
    case = task.load(source, level)
    clean = cut(case.clean, box)

    def panel(label: str, samples: Floats) -> Panel:
        part = cut(samples, box)
        return f"{label} {psnr(clean, part):.2f} dB", part

    found = [panel("noisy", case.noisy)]
    for one in denoisers:
        words = what_to_tell(task, one, level, [sigma])
        if words and case.noisy.shape[2] in one.channels:
            label = DENOISERS.label(one.name).split(" (")[0].split(",")[0]
            found.append(panel(label, one.denoise(case.noisy, given(words[0], case))))
    return [*found, ("clean", clean)]


def draw(rows: Sequence[Sequence[Panel]], scale: int) -> Image.Image:
    """All panels in one picture, each sample a square of `scale` pixels, labels below."""
    lines = [LINE * max(1 + label.count("\n") for label, _ in row) for row in rows]
    heights = [scale * row[0][1].shape[0] + line for row, line in zip(rows, lines, strict=True)]
    height = sum(heights) + GAP * (len(rows) + 1)
    width = max(sum(scale * p.shape[1] + GAP for _, p in row) for row in rows) + GAP
    sheet = Image.new("RGB", (width, height), BACKGROUND)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT_SIZE)
    y = GAP
    for row, taken in zip(rows, heights, strict=True):
        x = GAP
        for label, part in row:
            levels = np.clip(np.rint(part), 0, 255).astype(np.uint8)
            big = np.repeat(np.repeat(levels, scale, axis=0), scale, axis=1)
            sheet.paste(Image.fromarray(big[..., 0] if big.shape[2] == 1 else big), (x, y))
            pen.text((x, y + big.shape[0] + 2), label, fill=INK, font=font)
            x += big.shape[1] + GAP
        y += taken + GAP
    return sheet


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--task", choices=list(TASKS), default="gaussian")
    parser.add_argument("--level", type=float, default=25.0, help="sigma, or quality for jpeg")
    parser.add_argument("--sigma", type=float, default=10.0, help="for peers, where not the level")
    parser.add_argument("--crop", type=parse_crop, action="append", required=True)
    parser.add_argument("--methods", default="pellucid-s,pellucid-m,bm3d")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scale", type=int, default=2)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    denoisers, missing = DENOISERS.load(options.methods.split(","), options.threads)
    for name, reason in missing.items():
        print(f"without {name}: {reason}")
    task = TASKS[options.task]
    rows = [
        panels(task, options.data, name, box, denoisers, options.level, options.sigma)
        for name, box in options.crop
    ]
    draw(rows, options.scale).save(options.out, optimize=True)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
