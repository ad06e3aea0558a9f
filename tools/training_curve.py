"""How a codec in training compares with an anchor, checkpoint by checkpoint.

    python -m tools.training_curve recipes/codec-m.toml CHECKPOINT... --train DIR --test DIR \\
        --anchor results/v0.1/compress-webp.tsv -o results/v0.1/training-m.tsv

A checkpoint is one of `pellucid train`, or weights as in `checkpoints/`. Each is exported as it
would be shipped and codes the test pictures through the public API; the anchor is another one, of
the same recipe or of `--anchor-recipe`, or kept rows of one codec. Rows are named by the files:
write NAME=FILE for another name. `--rows DIR` keeps those of every picture as `compress-NAME.tsv`
and goes on where an earlier run stopped, so that every figure comes from real files and can be made
again.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from pellucid.errors import InputError, OptionError, PellucidError
from pellucid.evaluate.bench import run
from pellucid.evaluate.benches.compress import BENCH, Plan
from pellucid.evaluate.benches.compress_rows import SWEEP, Result, codecs_in, compare
from pellucid.evaluate.benches.training import ROWS, TrainingPoint
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.peers import pellucid_codec
from pellucid.evaluate.pictures import find_pictures
from pellucid.evaluate.runs import path_word
from pellucid.nets.codec import Codec
from pellucid.runtime.store import MODELS_VARIABLE, installed_models
from pellucid.train.checkpoint import average_in, read_state, take_weights
from pellucid.train.codec_trainer import CodecTrainer
from pellucid.train.data import encoded_pictures, load_tiles
from pellucid.train.export import export_codec
from pellucid.train.recipe import CodecRecipe, load_recipe
from pellucid.train.trainer import Progress

QUALITIES = "10,22,35,48,60,72,85"  # about 0.1 to 1.5 bits per pixel
TILES = 48  # for the probability tables
CPU = torch.device("cpu")


@dataclass
class Snapshot:
    """What an export reads of a trainer, without one: no optimisers, no principal components."""

    recipe: CodecRecipe
    net: nn.Module
    progress: Progress = field(default_factory=Progress)
    device: torch.device = CPU

    @property
    def average(self) -> nn.Module:
        """The net that is shipped: a file's averaged weights."""
        return self.net


def load_snapshot(path: Path, recipe: CodecRecipe) -> Snapshot:
    """The averaged weights in `path` and how long they were trained.

    Raises:
        InputError: the file can't be read, or holds another net.
    """
    state = read_state(path, CPU)
    if missing := sorted({"average", "progress"} - state.keys()):
        raise InputError(f"{path} is neither a checkpoint nor weights, it lacks {missing[0]}")
    found = Snapshot(recipe, Codec(recipe.shape))
    take_weights(path, found.net, average_in(path, state))
    found.progress = Progress(**state["progress"])
    return found


@dataclass
class Course:
    """How everything is coded: the bench's plan, and what a model's tables are made from."""

    plan: Plan
    tiles: Tensor
    qualities: tuple[float, ...]

    def rows(self, label: str, snapshot: Snapshot, root: Path) -> list[Result]:
        """The rows of one snapshot, which is exported into `root`; the bench keeps them.

        Raises:
            PellucidError: a picture couldn't be coded.
        """
        model = export_codec(cast(CodecTrainer, snapshot), self.tiles, root / label, print)
        identity = json.loads((model / "card.json").read_text("utf-8"))["id"]
        os.environ[MODELS_VARIABLE] = ""
        if identity in installed_models().values():
            print(f"{label} has the id of an installed model, whose networks will decode it")
        os.environ[MODELS_VARIABLE] = str(root)
        peer = pellucid_codec.make(
            self.plan.threads, model=str(model), label=label, settings=self.qualities
        )
        failures = run(BENCH, replace(self.plan, peers=(peer,)), print).failures
        if failures:
            raise PellucidError(f"{len(failures)} failed, the first: {failures[0]}")
        asked = {path.stem for path in find_pictures(self.plan.data, self.plan.images)}
        kept = SWEEP.load(self.plan.out)
        return [row for row in kept if row.codec == label and row.image in asked]


def point_of(
    label: str, progress: Progress, rows: list[Result], anchor: list[Result], metrics: Sequence[str]
) -> TrainingPoint:
    """A checkpoint's BD-rates; those that can't be had are None."""
    name = anchor[0].codec
    rates: dict[str, float] = {}
    for metric in metrics:
        if found := compare([*anchor, *rows], name, label, metric):
            rates[f"bd_{metric}"] = round(found.per_picture, 2)
            rates[f"bd_{metric}_mean"] = round(found.of_mean_curve, 2)
    return TrainingPoint(
        checkpoint=label,
        anchor=name,
        minutes=round(progress.seconds / 60, 1),
        steps=progress.step,
        megapixels=round((progress.pixels + progress.earlier) / 1e6),
        pictures=len({row.image for row in rows}),
        bpp=round(statistics.fmean(row.bpp for row in rows), 4),
        psnr=round(statistics.fmean(row.psnr for row in rows), 3),
        **rates,
    )


def named(text: str) -> tuple[str, Path]:
    """`NAME=FILE`, or a file that gives the name."""
    name, equals, path = text.partition("=")
    return (name, Path(path)) if equals else (Path(text).stem, Path(text))


def codec_recipe(path: Path) -> CodecRecipe:
    """A recipe that must be a codec's."""
    recipe = load_recipe(path)
    if not isinstance(recipe, CodecRecipe):
        raise OptionError(f"{path} is not a codec's recipe")
    return recipe


def anchor_rows(path: Path) -> list[Result]:
    """Kept rows of one codec."""
    rows = SWEEP.read(path)
    if len(codecs_in(rows)) != 1:
        raise InputError(f"{path} must hold rows of one codec, has {len(codecs_in(rows))}")
    return rows


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Checkpoints of a codec against an anchor.")
    parser.add_argument("recipe", type=Path, help="of all checkpoints")
    what = "of `pellucid train`, or weights as in checkpoints/; rows are called NAME"
    parser.add_argument(
        "checkpoints", nargs="+", type=named, metavar="[NAME=]CHECKPOINT", help=what
    )
    parser.add_argument("--anchor", type=named, required=True, help="checkpoint, or rows (.tsv)")
    parser.add_argument("--anchor-recipe", type=Path, help="if it isn't that of the others")
    parser.add_argument("--train", type=Path, required=True, help="pictures for tables")
    parser.add_argument("--test", type=Path, required=True, help="pictures to code")
    parser.add_argument("--metrics", default="psnr", help=f"of {','.join(METRICS)}")
    parser.add_argument("--qualities", default=QUALITIES, help=f"{QUALITIES} if not said")
    parser.add_argument("--images", type=int, help="only the first N pictures")
    parser.add_argument("--threads", type=int, default=2, help="pictures at a time; 2 if not said")
    parser.add_argument("--rows", type=Path, help="folder that keeps the rows of every picture")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="a row for each checkpoint (.tsv)"
    )
    options = parser.parse_args(words)
    given = [path_word(Path(word)) if "/" in word else word for word in words or sys.argv[1:]]
    options.command = shlex.join(["python", "-m", "tools.training_curve", *given])
    return options


def compare_all(options: argparse.Namespace, folder: Path) -> list[TrainingPoint]:
    """A row for each checkpoint; models and, unless they are kept, rows go to `folder`."""
    metrics = tuple(options.metrics.split(","))
    recipe = codec_recipe(options.recipe)
    label, path = options.anchor
    rows = anchor_rows(path) if path.suffix == ".tsv" else []
    names = [rows[0].codec if rows else label, *(name for name, _ in options.checkpoints)]
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise OptionError(f"two files are called {doubled}; write NAME=FILE for one of them")
    plan = Plan(
        data=options.test,
        out=options.rows or folder / "rows",
        metrics=metrics,
        images=options.images,
        threads=options.threads,
        command=options.command,
        repeats=0,
        processes=options.threads if options.threads > 1 else 0,
    )
    tiles = load_tiles(encoded_pictures(options.train), limit=TILES)[:TILES]
    course = Course(plan, tiles, tuple(float(q) for q in options.qualities.split(",")))
    if not rows:
        other = codec_recipe(options.anchor_recipe) if options.anchor_recipe else recipe
        rows = course.rows(label, load_snapshot(path, other), folder / "anchor")
    points = []
    for number, (name, checkpoint) in enumerate(options.checkpoints):
        snapshot = load_snapshot(checkpoint, recipe)
        own = course.rows(name, snapshot, folder / str(number))
        points.append(point_of(name, snapshot.progress, own, rows, metrics))
        print(points[-1])
        ROWS.write(options.output, points)
    return points


def main(words: Sequence[str] | None = None) -> None:
    """Command line."""
    options = parse(words)
    torch.set_num_threads(options.threads)
    try:
        with tempfile.TemporaryDirectory() as folder:
            compare_all(options, Path(folder))
    except PellucidError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
