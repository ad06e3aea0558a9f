"""`pellucid bench intervals --calibrate`: makes the intervals that the bench measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pellucid.cli._program import tell
from pellucid.errors import OptionError


def with_calibrate(measure: click.Command) -> click.Command:
    """The bench, or instead of `--out` the option to make intervals."""
    run = measure.callback
    assert run is not None

    def either(calibrate: bool, out: Path | None, **given: Any) -> None:
        if calibrate == (out is not None):
            raise OptionError("give either --out, for rows, or --calibrate")
        if not calibrate:
            run(out=out, **given)
        elif given["grey"]:
            raise OptionError("--grey goes with --out; give grey pictures to calibrate on such")
        else:
            make(given["data"], given["images"], given["task"], given["model"])

    text = "Make the model's intervals from DATA, in its folder."
    measure.callback = either
    measure.params.append(click.Option(["--calibrate"], is_flag=True, help=text))
    next(option for option in measure.params if option.name == "out").required = False
    return measure


def make(data: tuple[Path, ...], images: int | None, task: Any, model: str) -> None:
    """Make the intervals of a model from the pictures of folders, and keep them beside it."""
    from pellucid.evaluate.calibrate import calibrate, net_of, save_intervals
    from pellucid.evaluate.pictures import find_pictures

    pictures = [path for folder in data for path in find_pictures(folder, images)]
    found = calibrate(pictures, task, model, tell)
    tell(f"wrote {save_intervals(found, net_of(task, model).folder)}")
