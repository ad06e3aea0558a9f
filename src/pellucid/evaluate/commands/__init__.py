"""Kept rows -> the commands that make them again.

Nothing but the rows says what was measured, so a command can't claim other settings than those the
rows have. Folders are given by their last name, as in the rows. A command makes at least the rows
it stands for.

    base.py        a command, and the words of one
    coding.py      compression, lossless, size, training
    denoising.py   denoisers: each task, speed, measured noise, tuning, blocks, bands
    special.py     toy, large, guided, intervals

A new kind of rows is a function in one of them and its name in `MAKERS`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from shlex import quote

from pellucid.evaluate.commands import coding, denoising, special
from pellucid.evaluate.commands.base import Command, step_of

__all__ = ["Command", "commands_of", "commands_section", "step_of"]

MAKERS = (
    coding.compress,
    denoising.denoise,
    denoising.denoise_speed,
    denoising.estimate,
    denoising.adapt,
    denoising.blocks,
    denoising.bands,
    denoising.structure,
    special.intervals,
    special.guided,
    special.large,
    special.toy,
    coding.lossless,
    coding.size,
    coding.training,
)


def commands_of(folder: Path, out: str | None = None) -> list[Command]:
    """The commands of all rows in a folder, kind by kind.

    Args:
        folder: with the rows.
        out: how commands call it; its last name if not given.

    Raises:
        InputError: a file that can't be read.
    """
    found: list[Command] = []
    for make in MAKERS:
        found += make(folder)
    named = quote((out or folder.resolve().name).replace("\\", "/"))
    before = re.compile(rf"( -o| --anchor) {re.escape(str(folder))}(?=[/\\ ]|$)")
    return [replace(one, line=before.sub(rf"\1 {named}", one.line)) for one in found]


def commands_section(results: Path) -> str:
    """The table of the docs."""
    lines = [
        [one.what, ", ".join(f"`{name}`" for name in one.files), f"`{one.line}`"]
        for one in commands_of(results, "results/v0.1")
    ]
    head = ["rows", "files in results/v0.1", "command"]
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))
