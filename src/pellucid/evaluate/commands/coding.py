"""Rows of codecs -> commands: compression, lossless files, cost against size, training."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from pellucid.evaluate import store, training_rows
from pellucid.evaluate.commands.base import UNKNOWN, Command, words_of
from pellucid.evaluate.exact_codecs import OWN as OWN_EXACT
from pellucid.evaluate.lossless import rows as lossless_rows
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.peers import LABELS, OWN
from pellucid.evaluate.sizes import rows as sizes
from pellucid.evaluate.sizes.bench import SAMPLE


def compress(folder: Path) -> Iterable[Command]:
    """One of all codecs, a set of pictures."""
    paths = sorted(folder.glob(f"{store.PREFIX}*.tsv"))
    rows = store.load_sweep(folder) if paths else []
    speed = store.load_speed(folder)
    sources = store.load_machine(folder).get("data", {})
    for data in sorted({sources.get(row.image, UNKNOWN) for row in rows}):
        own = [row for row in rows if sources.get(row.image, UNKNOWN) == data]
        names = {row.codec for row in own}
        metrics = [m for m in METRICS if any(getattr(row, m) is not None for row in own)]
        line = [
            f"pellucid bench compress --data {quote(data)} -o {folder}",
            f"--models {words_of(name.rpartition('-')[2] for name in OWN if name in names)}",
            f"--against {words_of(n for n in LABELS if n in names and n not in OWN)}",
            f"--metrics {words_of(metrics)} --threads {own[0].threads}",
            f"--repeats {speed[0].repeats if speed else 0}",
        ]
        files = (f"{store.PREFIX}*.tsv", *((store.SPEED,) if speed else ()))
        yield Command("compression and its speed", files, " ".join(line))


def lossless(folder: Path) -> Iterable[Command]:
    """One a set of pictures."""
    rows, facts = lossless_rows.load_rows(folder), lossless_rows.load_methods(folder)
    for data in sorted({row.data for row in rows}):
        own = [row for row in rows if row.data == data]
        names = [n for n in dict.fromkeys(row.method for row in own) if n not in OWN_EXACT]
        bounds = words_of(str(bound) for bound in sorted({row.bound for row in own}))
        derived = (
            f"pellucid bench lossless --data {quote(data)} --bounds {bounds} "
            f"--images {len({row.picture for row in own})} --threads {own[0].threads} "
            f"--repeats {own[0].repeats}"
        )
        line = facts.get("commands", {}).get(data, derived)
        line = re.sub(r" -o ('[^']*'|\S+)", "", line) + f" -o {folder}"  # which may have moved
        line += "" if "--against" in line else f" --against {words_of(names)}"
        yield Command(f"lossless and bounded: {data}", (f"{lossless_rows.PREFIX}*.tsv",), line)


def size(folder: Path) -> Iterable[Command]:
    """One a picture."""
    rows = sizes.load_rows(folder)
    for data in sorted({row.data for row in rows}):
        own = [row for row in rows if row.data == data]
        given = "" if data == SAMPLE.stem else f" --data {quote(data)}"
        line = (
            f"pellucid bench size{given} -o {folder} "
            f"--megapixels {words_of(f'{x:g}' for x in sorted({row.megapixels for row in own}))} "
            f"--models {words_of(sorted({row.model for row in own}))} "
            f"--threads {own[0].threads} --repeats {own[0].repeats}"
        )
        yield Command("cost against size", (sizes.FILE,), line)


def training(folder: Path) -> Iterable[Command]:
    """One a model; rows don't say which files and pictures."""
    for path in training_rows.files_in(folder):
        model, points = training_rows.model_of(path), training_rows.read_points(path)
        kept = store.sweep_path(folder, points[0].anchor if points else UNKNOWN)
        anchor = kept if kept.exists() else "ANCHOR"
        first = bool(points) and not points[0].checkpoint
        line = (
            f"python -m tools.training_curve recipes/codec-{model}.toml CHECKPOINT... "
            f"--train {UNKNOWN} --test {UNKNOWN} --anchor {anchor} "
            f"--metrics {words_of(training_rows.metrics_of(points))} "
            + (f"--qualities {training_rows.FIRST_QUALITIES} " if first else "")
            + f"-o {folder / path.name}"
        )
        yield Command(f"training of codec {model}", (path.name,), line)
