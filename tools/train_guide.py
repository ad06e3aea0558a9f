"""Train the network that reads guides on photographs, and write it as a model's folder.

    python tools/train_guide.py --data DIR -o src/pellucid/models/guide --minutes 23

It needs the extra `train`. Results: docs/guided.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from pellucid.train.data import encoded_pictures
from pellucid.train.guide_training import Pairs, export_guide, train_guide

SEED = 1


def main() -> None:
    """Read the options, train, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, action="append")
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=23)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pictures = (data for folder in options.data for data in encoded_pictures(folder))
    pairs = Pairs(pictures, SEED)
    net, steps = train_guide(pairs, minutes=options.minutes, seed=SEED, report=print)
    facts = {"steps": steps, "minutes": options.minutes, "seed": SEED, "data": "photographs"}
    print(f"wrote {export_guide(net, options.out, facts)}")


if __name__ == "__main__":
    main()
