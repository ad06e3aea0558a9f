"""An analysis that leaves noise out, moved from one codec to another that was trained from it.

    python -m tools.moved_analysis checkpoints/analysis-m.pt m m-eye -o runs/start.pt

What is before the codec's own layers stays, and these move by what the two codecs' analyses differ
in. It is a start: `pellucid train recipes/analysis-m-eye.toml --start runs/start.pt`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from pellucid.runtime import locate
from pellucid.runtime.store import CODEC
from pellucid.train.checkpoint import average_in, read_state, write_state
from pellucid.train.import_codec import import_codec


def moved(weights: Path, before: str, after: str) -> dict[str, object]:
    """Weights that `--start` takes; the codecs are names or folders of models."""
    state = read_state(weights, torch.device("cpu"))
    average = average_in(weights, state)
    old, new = (
        import_codec(locate(name, CODEC))[0].analysis.state_dict() for name in (before, after)
    )
    for name, value in old.items():
        average[name] += new[name] - value
    half = {name: value.half() for name, value in average.items()}
    return {"recipe": after, "average": half, "progress": state["progress"]}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.moved_analysis", description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("before", help="the codec that they are of")
    parser.add_argument("after")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    write_state(options.output, moved(options.weights, options.before, options.after))


if __name__ == "__main__":
    main()
