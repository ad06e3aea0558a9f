"""BD-rate of a codec in training against WebP, checkpoint by checkpoint.

    python -m tools.training_curve recipes/codec-m.toml CHECKPOINT... --train DIR --test DIR \\
        --webp results/v0.1/compress-webp.tsv -o results/v0.1/training-m.tsv

Each checkpoint is exported as it would be shipped and codes the test pictures through the public
API. Rows are the run so far: they come from real files, as every figure does.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import torch

import pellucid
from pellucid.evaluate.bd_rate import bd_rate
from pellucid.evaluate.metrics import psnr
from pellucid.evaluate.pictures import find_pictures, load_rgb
from pellucid.evaluate.record import read_results
from pellucid.train.checkpoint import load_checkpoint
from pellucid.train.codec_trainer import CodecTrainer
from pellucid.train.data import encoded_pictures, load_tiles
from pellucid.train.export import export_codec
from pellucid.train.recipe import CodecRecipe, load_recipe

QUALITIES = (20, 35, 50, 65, 80)
TILES = 400  # for the tables and the transform that a checkpoint then replaces
HEADER = "minutes\tsteps\tmegapixels\tbd_rate_webp"


def mean_curve(model: Path, pictures: list[Path]) -> list[tuple[float, float]]:
    """(bits per pixel, PSNR) averaged over `pictures` at each quality."""
    curve = []
    for quality in QUALITIES:
        rates, scores = [], []
        for path in pictures:
            rgb = load_rgb(path)
            data = pellucid.compress(rgb, quality=quality, model=str(model))
            rates.append(8 * len(data) / (rgb.shape[0] * rgb.shape[1]))
            scores.append(psnr(rgb, pellucid.decompress(data)))
        curve.append((sum(rates) / len(rates), sum(scores) / len(scores)))
    return curve


def webp_curve(path: Path) -> list[tuple[float, float]]:
    """The same for WebP, from the rows of `pellucid bench compress`."""
    by_setting: dict[float, list[tuple[float, float]]] = {}
    for row in read_results(path):
        by_setting.setdefault(row.setting, []).append((row.bpp, row.psnr))
    return [
        (sum(r for r, _ in rows) / len(rows), sum(s for _, s in rows) / len(rows))
        for rows in by_setting.values()
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="BD-rate against WebP by checkpoint.")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("checkpoints", nargs="+", type=Path)
    for name in ("--train", "--test", "--webp"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    recipe = load_recipe(options.recipe)
    if not isinstance(recipe, CodecRecipe):
        parser.error(f"{options.recipe} is not a codec's")
    tiles = load_tiles(encoded_pictures(options.train), limit=TILES // 4)[:TILES]
    pictures, webp = find_pictures(options.test), webp_curve(options.webp)
    rows = [HEADER]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PELLUCID_MODELS"] = folder
        for number, checkpoint in enumerate(options.checkpoints):
            trainer = CodecTrainer(recipe, tiles, torch.device("cpu"))
            load_checkpoint(checkpoint, trainer)
            model = export_codec(trainer, tiles[:48], Path(folder) / str(number), print)
            saved = bd_rate(webp, mean_curve(model, pictures))
            done = trainer.progress
            cells = (
                f"{done.seconds / 60:.1f}",
                done.step,
                round(done.pixels / 1e6),
                f"{saved:.2f}",
            )
            rows.append("\t".join(map(str, cells)))
            print(rows[-1])
    options.output.write_text("\n".join(rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
