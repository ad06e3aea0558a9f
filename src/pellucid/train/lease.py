"""Training on a machine that is lent for minutes: one command, a plan, and an end before the limit.

    python -m pellucid.train.lease recipes/lease.toml --seconds 540 -o OUT

The runs of the plan share the seconds, reading and compiling included.
Every minute and at its end a run writes OUT/<name>.pt, its averaged weights in half precision,
which `pellucid train --start` takes and which stay whole if the machine is taken away; figures.tsv
and log.txt tell how it went. Called again with the same OUT, each run goes on from its weights.

A plan:

    data = "shard.bin"                  a folder of pictures, a shard, or a folder of shards

    [[run]]
    recipe = "codec-m.toml"             paths are relative to the plan's own folder
    start = "../checkpoints/codec-m.pt"
    share = 0.6                         of the time; all of them give 1 at most, and what they
                                        leave is shared out in the same proportions

    [[run]]
    recipe = "codec-m-eye.toml"
    after = "codec-m"                   starts from what that run wrote
    share = 0.4
    schedule = "decay"                  `constant` if it is not said
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from pellucid.errors import OptionError, OutputError, PellucidError, refusing
from pellucid.train.checkpoint import only_run, write_state
from pellucid.train.data import Tiles, encoded_pictures, load_split
from pellucid.train.optimisers import Schedule
from pellucid.train.recipe import NAME, load_recipe, made_from, read_table
from pellucid.train.run import choose_device, make_trainer
from pellucid.train.speed import fit
from pellucid.train.trainer import Scores, Trainer

LEAST_SECONDS = 2.0  # of a run
RESERVE = 0.01, 1.0  # of the seconds, and seconds: kept for the last step and for writing
JUDGED = 16  # held-out tiles
MOST_COMPILING = 0.4  # likewise
MOST_JUDGED = 0.2  # of a run's time; where judging takes more, it is left out at the end
FIGURES, LOG = "figures.tsv", "log.txt"
HEADER = "run\tseconds\tstep\tmegapixels\tmpx_per_s\tfigure\tvalue\n"


@dataclass(frozen=True)
class PlannedRun:
    """One run; `name` (the recipe's file, if it isn't said) is that of the weights it writes."""

    recipe: str = ""
    share: float = 1.0
    name: str = ""
    start: str = ""
    after: str = ""
    schedule: str = "constant"

    @property
    def label(self) -> str:
        """Name of the weights' file, without its ending."""
        return self.name or Path(self.recipe).stem


@dataclass(frozen=True)
class Plan:
    """Runs in the order in which they are made, and the folder that paths are relative to."""

    folder: Path
    data: str
    runs: tuple[PlannedRun, ...]

    def check(self, seconds: float) -> None:
        """Raise OptionError unless the runs fit into `seconds`."""
        total = sum(run.share for run in self.runs)
        if total > 1 + 1e-6:
            raise OptionError(
                f"the runs ask for {total:.2f} of the time; their shares give 1 at most"
            )
        for run in self.runs:
            if run.share * seconds < LEAST_SECONDS:
                raise OptionError(
                    f"run {run.label} would get {run.share * seconds:.1f} of {seconds:g} s; give "
                    "it a larger share, or the whole more time"
                )


def load_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        InputError: the file can't be read or isn't TOML.
        OptionError: no runs, an unknown key, a wrong value, or runs that can't follow each other.
    """
    table = read_table(path)
    runs, data = table.pop("run", None), table.pop("data", "")
    if not isinstance(runs, list) or not runs:
        raise OptionError(f"{path} has no runs; add a table [[run]] with a recipe")
    if table or not isinstance(data, str):
        raise OptionError(
            f"{path}: beside the runs it may have data, a path; found {table or data!r}"
        )
    planned: list[PlannedRun] = [made_from(PlannedRun, run, path) for run in runs]
    known: set[str] = set()
    for run in planned:
        Schedule(run.schedule)
        label, after = run.label, run.after
        for fine, message in (
            (run.recipe and run.share > 0, f"a run needs a recipe and a share above 0, not {run}"),
            (
                run.after in ("", *known),
                f"{label} comes after {run.after!r}, which is no run before",
            ),
            (NAME.fullmatch(label), f"the name {label!r} must be a plain one"),
            (not (after and run.start), f"{label} has both a start and a run it comes after"),
            (label not in known, f"two runs are called {label}; give one another name"),
        ):
            if not fine:
                raise OptionError(f"{path}: {message}")
        known.add(label)
    return Plan(path.parent, data, tuple(planned))


@dataclass
class Lease:
    """A plan on its machine, with its clock and the folder that things are written to."""

    plan: Plan
    seconds: float
    out: Path
    device: torch.device
    compiled: bool = False
    judged: int = JUDGED  # held-out tiles
    began: float = field(default_factory=time.monotonic)
    training: float = 0.0  # seconds that were steps

    def carry_out(self, data: Path) -> None:
        """Make all runs, each in its share of the seconds that are left."""
        self.plan.check(self.seconds)
        with only_run(self.out / LOG):
            self.say(f"lease of {self.seconds:g} s, {time.strftime('%Y-%m-%d %H:%M')}")
            if not (self.out / FIGURES).exists():
                self.add(FIGURES, HEADER)
            tiles = load_split(encoded_pictures(data))
            self.say(f"{tiles}; {self.device}")
            failed = self.make_runs(tiles)
            share = self.training / self.passed
            self.say(f"done; {share:.1%} of the time was training; weights are in {self.out}")
        if failed:
            raise PellucidError(f"{', '.join(failed)} did not end well; see {self.out / LOG}")

    def make_runs(self, tiles: Tiles) -> list[str]:
        """All runs of the plan; returns which of them failed."""
        stop = self.began + self.seconds * (1 - RESERVE[0]) - RESERVE[1]
        unspent = sum(run.share for run in self.plan.runs)
        failed = []
        for run in self.plan.runs:
            now = time.monotonic()
            try:
                make_run(run, self, tiles, end=now + (stop - now) * run.share / unspent)
            except PellucidError as error:  # the others have their time all the same
                failed.append(run.label)
                self.say(f"{run.label}: {error}")
            unspent -= run.share
        return failed

    @property
    def passed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    def say(self, line: str) -> None:
        """To the log and to standard output."""
        line = f"{self.passed:6.1f} s  {line}\n"
        self.add(LOG, line)
        sys.stdout.write(line)
        sys.stdout.flush()

    def keep(self, run: PlannedRun, trainer: Trainer, figures: Scores) -> None:
        """A row for each figure."""
        done = trainer.progress
        where = (
            f"{run.label}\t{self.passed:.1f}\t{done.step}\t{(done.pixels + done.earlier) / 1e6:.1f}"
            f"\t{done.speed:.3f}"
        )
        rows = (f"{where}\t{name}\t{value:.6g}\n" for name, value in figures.items())
        self.add(FIGURES, "".join(rows))

    def add(self, name: str, text: str) -> None:
        """Append to a file in `out`."""
        path = self.out / name
        with (
            refusing(f"cannot write {path}", OutputError),
            path.open("a", encoding="utf-8") as file,
        ):
            file.write(text)


def make_run(run: PlannedRun, lease: Lease, tiles: Tiles, *, end: float) -> None:
    """One run, until `end` on the clock of `time.monotonic`."""
    if end - time.monotonic() < LEAST_SECONDS / 2:
        raise PellucidError("no time is left for it; give it a larger share, or the whole more")
    weights = lease.out / f"{run.label}.pt"
    start = lease.plan.folder / run.start if run.start else None
    if run.after:
        start = lease.out / f"{run.after}.pt"
    if weights.exists() and not (start and run.schedule == "decay"):  # which is always of a copy
        start = weights
    recipe = load_recipe(lease.plan.folder / run.recipe)
    trainer = make_trainer(recipe, tiles.train, lease.device, start)
    trainer.schedule = Schedule(run.schedule, recipe.warmup)
    lease.say(f"{run.label}: from {start or 'nothing'}, {end - time.monotonic():.0f} s")

    def judge() -> None:
        figures = trainer.judge(tiles.held_out[: lease.judged])
        lease.keep(run, trainer, figures)
        name, value = next(iter(figures.items()))
        lease.say(f"{run.label}: {name} {value:.4f}")

    def report(figures: Scores) -> None:
        lease.say(f"{run.label} {trainer.describe(figures)}")
        lease.keep(run, trainer, figures)

    began = time.monotonic()
    judge()
    again = 1.5 * (time.monotonic() - began)  # what judging takes at the end
    judged = again < MOST_JUDGED * (end - began)
    end -= again if judged else 0.0
    limit = MOST_COMPILING * (end - time.monotonic())
    fit(trainer, lease.say, compiled=lease.compiled, limit=limit)
    began = time.monotonic()
    trainer.run(
        (end - began) / 60,
        save=lambda: write_state(weights, trainer.averaged()),
        report=report,
        deadline=end,
    )
    lease.training += time.monotonic() - began
    if judged:
        judge()


def main(words: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Carry out a plan of training runs.")
    parser.add_argument("plan", type=Path, metavar="PLAN.toml", help="see pellucid.train.lease")
    seconds = "for everything but starting Python: reading, compiling, training, writing"
    parser.add_argument("--seconds", type=float, required=True, help=seconds)
    out = "folder for weights, figures and log; what it has is gone on from"
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help=out)
    parser.add_argument("--data", type=Path, help="pictures or shards, in place of the plan's")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=int, help="on a CPU")
    parser.add_argument("--compile", action="store_true", help="on a CPU; always on an accelerator")
    options = parser.parse_args(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a machine that is taken away
    try:
        plan = load_plan(options.plan)
        data = options.data or (plan.folder / plan.data if plan.data else None)
        if data is None:
            raise OptionError(f"{options.plan} names no data; say where pictures are with --data")
        device = choose_device(options.device)
        if options.threads:
            torch.set_num_threads(options.threads)
        compiled = options.compile or device.type == "cuda"
        Lease(plan, options.seconds, options.output, device, compiled).carry_out(data)
    except PellucidError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.stderr.write(f"interrupted; what was reached is in {options.output}\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
