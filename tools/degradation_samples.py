"""The demo's photograph under each kind of damage that denoisers train on.

    python -m tools.degradation_samples -o docs/degradations.png

A row a kind. `DRAWS` pictures are damaged by `pellucid.train.degrade` as training crops are, each
with a seed of its own, and those at the shares `SHOWN` of them are shown, weakest damage first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

import pellucid
from pellucid.train.degrade import Degraded, Dice, Mixture, degrade

SAMPLE = Path(pellucid.__file__).parent / "samples" / "chelsea.png"
BOX = (148, 68, 228, 148)  # left, top, right, bottom: an eye and fur; multiples of 16 wide and high
SCALE, GAP, LINE, TEXT_SIZE, SIDE = 2, 6, 18, 12, 62
BACKGROUND, INK = (255, 255, 255), (30, 30, 30)
DRAWS, SHOWN = 60, (0.1, 0.4, 0.7, 0.95)
KINDS = {
    "white": Mixture(grain=0, camera=0, jpeg=0, grey=0),
    "grain": Mixture(grain=1, camera=0, jpeg=0, grey=0),
    "camera": Mixture(grain=0, camera=1, jpeg=0, grey=0),
    "jpeg": Mixture(grain=0, camera=0, jpeg=1, grey=0),
}
LEGEND = (
    "white: independent from sample to sample",
    "grain: neighbours and channels agree",
    "camera: through a sensor and its processing",
    "jpeg: once or twice, grids shifted, also of noise",
    "",
    f"Of {DRAWS} draws of each kind, those {', '.join(f'{share:.0%}' for share in SHOWN)}",
    "of the way from the weakest to the strongest.",
    "told: strength in the network's map, of 255",
)


def damaged(clean: Tensor, mixture: Mixture, seed: int) -> Degraded:
    """One picture (1, 3, H, W) with the damage that belongs to a seed."""
    return degrade(clean, mixture, Dice.seeded(seed, clean.device))


def error_of(part: Degraded) -> float:
    """Mean squared error of the damage."""
    return float((part.noisy - part.clean).square().mean())


def caption(part: Degraded) -> str:
    """The strength that the network is told (of 255), and the PSNR."""
    told = 255 * float(part.maps.sum(dim=1).mean())
    return f"told {told:.1f}, {-10 * np.log10(error_of(part)):.1f} dB"


def to_image(picture: Tensor) -> Image.Image:
    """(1, 3, H, W) in about 0-1 as a picture, each sample a square of `SCALE` pixels."""
    levels = (picture[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(levels.repeat(SCALE, axis=0).repeat(SCALE, axis=1))


def sheet(clean: Tensor) -> Image.Image:
    """The clean crop and what the kinds are, then a row a kind."""
    height, width = (SCALE * side for side in clean.shape[2:])
    step = height + LINE + GAP
    size = (SIDE + len(SHOWN) * (width + GAP), (1 + len(KINDS)) * step + GAP)
    page = Image.new("RGB", size, BACKGROUND)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(TEXT_SIZE)

    def write(x: int, y: int, text: str) -> None:
        pen.text((x, y), text, fill=INK, font=font)

    def put(row: int, column: int, picture: Tensor, text: str) -> None:
        x, y = SIDE + column * (width + GAP), GAP + row * step
        page.paste(to_image(picture), (x, y))
        write(x, y + height + 2, text)

    put(0, 0, clean, "clean")
    for number, line in enumerate(LEGEND):
        write(SIDE + width + 3 * GAP, GAP + number * LINE, line)
    for row, (kind, mixture) in enumerate(KINDS.items(), start=1):
        write(GAP, GAP + row * step + height // 2, kind)
        parts = sorted((damaged(clean, mixture, seed) for seed in range(DRAWS)), key=error_of)
        for column, share in enumerate(SHOWN):
            part = parts[int(share * DRAWS)]
            put(row, column, part.noisy, caption(part))
    return page


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with Image.open(SAMPLE) as image:
        crop = np.asarray(image.crop(BOX))
    clean = torch.from_numpy(crop.copy()).permute(2, 0, 1)[None].float() / 255
    sheet(clean).save(options.out, optimize=True)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
