"""A plan: which runs share the seconds that a machine is lent for.

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

from dataclasses import dataclass
from pathlib import Path

from pellucid.errors import OptionError
from pellucid.train.optimisers import Schedule
from pellucid.train.recipe import NAME, made_from, read_table

LEAST_SECONDS = 2.0  # of a run


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
        wrong = {
            f"a run needs a recipe and a share above 0; found {run}": not run.recipe
            or run.share <= 0,
            f"{run.label} comes after {run.after!r}, which is no run before": run.after
            and run.after not in known,
            f"the name {run.label!r} must be a plain one": not NAME.fullmatch(run.label),
            f"{run.label} has both a start and a run it comes after": run.after and run.start,
            f"two runs are called {run.label}; give one another name": run.label in known,
        }
        if problem := next((text for text, found in wrong.items() if found), None):
            raise OptionError(f"{path}: {problem}")
        known.add(run.label)
    return Plan(path.parent, data, tuple(planned))
