"""Train the network that reads guides on photographs, and write it as a model's folder.

    python tools/train_guide.py --data DIR -o src/pellucid/models/guide --minutes 72

It needs the extra `train`. Results: docs/guided.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from pellucid.train.data import encoded_pictures
from pellucid.train.guide_training import GuideRecipe, GuideTrainer, Pairs, export_guide


def main() -> None:
    """Read the options, train, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, action="append")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=72)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pictures = (data for folder in options.data for data in encoded_pictures(folder))
    recipe = GuideRecipe()
    trainer = GuideTrainer(recipe, Pairs(pictures, recipe.seed))
    facts = {"minutes": options.minutes, "seed": recipe.seed, "data": "photographs"}

    def save() -> None:
        export_guide(trainer.average, options.out, {"steps": trainer.progress.step, **facts})

    def report(figures: dict[str, float]) -> None:
        print(trainer.describe(figures), flush=True)

    trainer.run(options.minutes, save=save, report=report)
    print(f"wrote {options.out}", flush=True)


if __name__ == "__main__":
    main()
