"""Train the network that reads guides on photographs, and write it as a model's folder.

    python -m tools.train_guide --data DIR -o runs

What is reached is kept every minute in `runs/guide.pt`; the model, `runs/guide`, is written at the
end. It ships from `src/pellucid/models/guide`. It needs the extra `train`. Results: docs/guided.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from pellucid.errors import PellucidError
from pellucid.train.checkpoint import only_run, write_state
from pellucid.train.data import encoded_pictures
from pellucid.train.folder import check_place
from pellucid.train.guide_training import POOL, GuideRecipe, GuideTrainer, Pairs, export_guide


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the network that reads guides.")
    folders = "of photographs, or shards; may be given again"
    parser.add_argument("--data", type=Path, required=True, action="append", help=folders)
    out = "folder for weights and, as guide, the model"
    parser.add_argument("-o", "--out", type=Path, required=True, help=out)
    parser.add_argument("--minutes", type=float, default=72, help="72 if not said")
    pool = f"pairs at hand at a time, each denoised first; {POOL} if not said"
    parser.add_argument("--pool", type=int, default=POOL, help=pool)
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; 1 if not said")
    return parser.parse_args(words)


def train(options: argparse.Namespace) -> Path:
    """Train, then export; returns the folder of the model."""
    recipe = GuideRecipe()
    folder = options.out / recipe.name
    check_place(folder)
    weights = options.out / f"{recipe.name}.pt"
    with only_run(weights):
        pictures = (data for source in options.data for data in encoded_pictures(source))
        trainer = GuideTrainer(recipe, Pairs(pictures, recipe.seed, pool=options.pool))
        trainer.run(
            options.minutes,
            save=lambda: write_state(weights, trainer.averaged()),
            report=lambda figures: print(trainer.describe(figures), flush=True),
        )
        return export_guide(trainer, folder)


def main(words: Sequence[str] | None = None) -> None:
    """Command line."""
    options = parse(words)
    torch.set_num_threads(options.threads)
    try:
        print(f"wrote {train(options)}")
    except PellucidError as error:
        raise SystemExit(f"error: {error}") from error


if __name__ == "__main__":
    main()
