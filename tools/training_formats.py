r"""What bfloat16 brings a training of a codec: how fast a step is, and whether it learns the same.

    python -m tools.training_formats recipes/codec-m.toml --data DIR \
        --start checkpoints/codec-m.pt -o results/v0.2/formats-m.tsv

Steps of each number format, compiled and not, take turns on one thread; what counts is the time of
the process. Then each format trains from the same weights with the same draws, and the held-out
loss is compared. Where the processor has no units for bfloat16 its speed is left out and its
arithmetic emulated: factors and results of each convolution are rounded, sums are float32, as such
units have it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, cast

import torch
from tools.training_curve import codec_recipe
from torch import Tensor
from torch.overrides import TorchFunctionMode

from pellucid.errors import PellucidError
from pellucid.evaluate.rows import Rows
from pellucid.evaluate.runs import describe_machine
from pellucid.evaluate.speed import interleaved
from pellucid.train.checkpoint import only_run
from pellucid.train.codec_trainer import CodecTrainer
from pellucid.train.data import Tiles, encoded_pictures, load_split
from pellucid.train.recipe import CodecRecipe
from pellucid.train.run import make_trainer
from pellucid.train.speed import has_bfloat16_units, has_compiler, one_pass

CPU = torch.device("cpu")
FORMATS = ("float32", "bfloat16")
EMULATED = "bfloat16, emulated"
TILES = 24  # held out, to judge by
STEPS_A_TURN, TURNS = 10, 7


@dataclass(frozen=True, slots=True)
class FormatRow:
    """One way to compute a step; None is what was not measured.

    Attributes:
        megapixels_per_second: median of `TURNS` turns, loss and gradients.
        steps: of training from `start`; held_out_loss: after them.
    """

    processor: str
    recipe: str
    format: str
    compiled: int
    megapixels_per_second: float | None
    steps: int
    held_out_loss: float | None


TABLE = Rows(FormatRow)


class Emulated(TorchFunctionMode):
    """Convolutions under autocast as units for bfloat16 work them out, on any processor."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is not torch.conv2d or not torch.is_autocast_enabled("cpu"):
            return func(*args, **kwargs)
        args = [a.bfloat16().float() if isinstance(a, Tensor) else a for a in args]
        with torch.autocast("cpu", enabled=False):
            return func(*args, **kwargs).bfloat16()


def new_trainer(recipe: CodecRecipe, tiles: Tensor, start: Path, form: str) -> CodecTrainer:
    """A trainer that computes in `form`."""
    trainer = cast(CodecTrainer, make_trainer(recipe, tiles, CPU, start))
    trainer.use_bfloat16(form != FORMATS[0])
    return trainer


def speeds(
    recipe: CodecRecipe, tiles: Tensor, start: Path, forms: Sequence[str]
) -> list[FormatRow]:
    """Mpx/s of each format, as it is and compiled, side by side."""
    ways = list(product(forms, (False, True) if has_compiler(CPU) else (False,)))
    steps: dict[str, Callable[[], None]] = {}
    for form, compiled in ways:
        trainer = new_trainer(recipe, tiles, start, form)
        if compiled:
            trainer.measure = torch.compile(trainer.measure, dynamic=False)
        one_pass(trainer)
        steps[f"{form} {compiled}"] = partial(turn, trainer)
    found = interleaved(steps, repeats=TURNS, warmup=0, clock=time.process_time)
    pixels = STEPS_A_TURN * trainer.recipe.batch * trainer.recipe.patch**2 / 1e6
    return [
        row_of(recipe, form, compiled, speed=pixels / found[f"{form} {compiled}"].median)
        for form, compiled in ways
    ]


def turn(trainer: CodecTrainer) -> None:
    """Some steps' worth of loss and gradients."""
    for _ in range(STEPS_A_TURN):
        one_pass(trainer)


def learned(recipe: CodecRecipe, tiles: Tiles, start: Path, form: str, steps: int) -> FormatRow:
    """Held-out loss after `steps` from `start`; the last part of them is that of a run."""
    trainer = new_trainer(recipe, tiles.train, start, form)
    mode: AbstractContextManager[Any] = Emulated() if form == EMULATED else nullcontext()
    with mode:
        for number in range(steps):
            trainer.step(number / steps)
    trainer.use_bfloat16(False)  # figures are those of the net that is shipped
    loss = trainer.judge(tiles.held_out[:TILES])["held_out_loss"]
    return replace(row_of(recipe, form, False), steps=steps, held_out_loss=round(loss, 4))


def row_of(
    recipe: CodecRecipe, form: str, compiled: bool, *, speed: float | None = None
) -> FormatRow:
    """A row with a speed or with none."""
    rounded = None if speed is None else round(speed, 3)
    processor = describe_machine()["processor"]
    return FormatRow(processor, recipe.label, form, int(compiled), rounded, 0, None)


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="bfloat16 in a codec's training.")
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="pictures, or a shard")
    parser.add_argument("--limit", type=int, help="only the first so many pictures")
    parser.add_argument("--start", type=Path, required=True, help="weights to train from")
    parser.add_argument("--steps", type=int, default=200, help="of the training that is compared")
    parser.add_argument("-o", "--output", type=Path, required=True)
    return parser.parse_args(words)


def measure(options: argparse.Namespace) -> list[FormatRow]:
    """All rows, kept as they come: speeds, then what was learned."""
    recipe = codec_recipe(options.recipe)
    tiles = load_split(encoded_pictures(options.data), limit=options.limit)
    units = has_bfloat16_units(CPU)
    rows = speeds(recipe, tiles.train, options.start, FORMATS if units else FORMATS[:1])
    TABLE.write(options.output, rows)
    for form in FORMATS if units else (FORMATS[0], EMULATED):
        rows.append(learned(recipe, tiles, options.start, form, options.steps))
        TABLE.write(options.output, rows)
    return rows


def main(words: Sequence[str] | None = None) -> None:
    """Command line."""
    options = parse(words)
    torch.set_num_threads(1)
    try:
        with only_run(options.output.resolve()):
            rows = measure(options)
    except PellucidError as error:
        raise SystemExit(str(error)) from error
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
