"""Train the network that reads guides on photographs, and write it as a model's folder.

    python tools/train_guide.py --data DIR -o src/pellucid/models/guide --minutes 72

It needs the extra `train`. Results: docs/guided.md.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import torch

from pellucid.nets.guide import GuideNet
from pellucid.train.data import encoded_pictures
from pellucid.train.guide_training import Pairs, export_guide, train_guide

SEED = 1


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
    pairs = Pairs(pictures, SEED)

    def keep(net: GuideNet, steps: int) -> Path:
        facts = {"steps": steps, "minutes": options.minutes, "seed": SEED, "data": "photographs"}
        return export_guide(net, options.out, facts)

    report = partial(print, flush=True)
    net, steps = train_guide(pairs, minutes=options.minutes, seed=SEED, report=report, keep=keep)
    report(f"wrote {keep(net, steps)}")


if __name__ == "__main__":
    main()
