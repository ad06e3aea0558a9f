"""Kept rows -> the commands that make them again.

Nothing but the rows says what was measured, so a command can't claim other settings than those the
rows have. Folders are given by their last name, as in the rows. A command makes at least the rows
it stands for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pellucid.evaluate import store
from pellucid.evaluate.denoisers import in_order
from pellucid.evaluate.denoising import adapting, block_rows, estimates
from pellucid.evaluate.denoising import rows as denoising
from pellucid.evaluate.denoising.rows import DenoiseResult
from pellucid.evaluate.denoising.summary import is_own
from pellucid.evaluate.denoising.tasks import TASKS
from pellucid.evaluate.exact_codecs import OWN as OWN_EXACT
from pellucid.evaluate.lossless import rows as lossless
from pellucid.evaluate.metrics import METRICS
from pellucid.evaluate.peers import LABELS, OWN
from pellucid.evaluate.sizes import rows as sizes
from pellucid.evaluate.sizes.bench import SAMPLE

UNKNOWN = "FOLDER"  # where rows don't say which pictures


@dataclass(frozen=True, slots=True)
class Command:
    """What makes some of the rows: `files` are patterns of their names, `what` they hold."""

    what: str
    files: tuple[str, ...]
    line: str


def commands_of(folder: Path, out: str | None = None) -> list[Command]:
    """The commands of all rows in a folder, kind by kind.

    Args:
        folder: with the rows.
        out: how commands call it; its last name if not given.

    Raises:
        InputError: a file that can't be read.
    """
    found: list[Command] = []
    for make in (_compress, _denoise, _denoise_speed, _estimate, _adapt, _blocks, _lossless, _size):
        found += make(folder)
    named = out or folder.resolve().name
    return [replace(one, line=one.line.replace(f" -o {folder}", f" -o {named}")) for one in found]


def commands_section(results: Path) -> str:
    """The table of the docs."""
    lines = [
        [one.what, ", ".join(f"`{name}`" for name in one.files), f"`{one.line}`"]
        for one in commands_of(results, "results/v0.1")
    ]
    head = ["rows", "files in results/v0.1", "command"]
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))


def _compress(folder: Path) -> Iterable[Command]:
    paths = sorted(folder.glob(f"{store.PREFIX}*.tsv"))
    rows = store.load_sweep(folder) if paths else []
    speed = store.load_speed(folder)
    if not rows:
        return
    names = {row.codec for row in rows}
    sources = store.load_machine(folder).get("data", {})
    data = sorted({sources.get(row.image, UNKNOWN) for row in rows})
    metrics = [m for m in METRICS if any(getattr(row, m) is not None for row in rows)]
    line = [
        "pellucid bench compress",
        *(f"--data {name}" for name in data),
        f"-o {folder}",
        f"--models {_list(name.rpartition('-')[2] for name in OWN if name in names)}",
        f"--against {_list(name for name in LABELS if name in names and name not in OWN)}",
        f"--metrics {_list(metrics)} --threads {rows[0].threads}",
        f"--repeats {speed[0].repeats if speed else 0}",
    ]
    files = (f"{store.PREFIX}*.tsv", *((store.SPEED,) if speed else ()))
    yield Command("compression and its speed", files, " ".join(line))


def _denoise(folder: Path) -> Iterable[Command]:
    """A command a task, set of pictures and group of methods that ran on the same."""
    every = _pictures(folder)
    for task in TASKS:
        rows = denoising.load_rows(folder, [task])
        for data in sorted({row.data for row in rows}):
            own = [row for row in rows if row.data == data]
            groups: dict[tuple[int, str], list[str]] = {}
            for method in in_order(row.method for row in own):
                here = [row for row in own if row.method == method]
                step = _step({row.image for row in here}, every.get(data, ()))
                told = sorted({row.told for row in here if row.told[0].isdigit()}, key=float)
                searched = "" if TASKS[task].known else ",".join(told)
                groups.setdefault((step, searched), []).append(method)
            # Those that search nothing go along with the first group of the same pictures.
            for (step, searched), methods in _joined(groups).items():
                line = _denoise_line(folder, task, data, own, methods, step, searched)
                files = tuple(f"denoise-{task}-{method}.tsv" for method in methods)
                yield Command(f"{TASKS[task].title}: {data}", files, line)


def _joined(groups: dict[tuple[int, str], list[str]]) -> dict[tuple[int, str], list[str]]:
    joined: dict[tuple[int, str], list[str]] = {}
    for (step, searched), methods in groups.items():
        fitting = next((key for key in groups if key[0] == step and key[1]), (step, searched))
        joined.setdefault((step, searched) if searched else fitting, []).extend(methods)
    return joined


def _denoise_line(
    folder: Path,
    task: str,
    data: str,
    rows: Sequence[DenoiseResult],
    methods: Sequence[str],
    step: int,
    searched: str,
) -> str:
    levels = _list(f"{level:g}" for level in sorted({row.level for row in rows}))
    words = [f"pellucid bench denoise --data {data} -o {folder} --task {task}", _who(methods)]
    words += [f"--sigma {levels}"] if TASKS[task].known else []
    words += [f"--quality {levels}"] if task == "jpeg" else []
    words += [f"--sigma {searched}"] if searched else []
    words += [f"--every {step}"] if step > 1 else []
    return " ".join([*words, f"--threads {rows[0].threads}"])


def _denoise_speed(folder: Path) -> Iterable[Command]:
    rows = denoising.load_speed(folder)
    if rows:
        some = rows[0]
        step = _step({row.image for row in rows}, _pictures(folder).get(some.data, ()))
        line = (
            f"pellucid bench denoise --data {some.data} -o {folder} --task {some.task} "
            f"{_who(in_order(row.method for row in rows))} --sigma {some.level:g}"
            f"{f' --every {step}' if step > 1 else ''} --threads {some.threads} "
            f"--repeats {some.repeats} --speed-images {len({row.image for row in rows})}"
        )
        yield Command("speed and memory of denoisers", (denoising.SPEED,), line)


def _estimate(folder: Path) -> Iterable[Command]:
    rows = estimates.load_estimates(folder)
    for data in sorted({row.data for row in rows}):
        levels = _list(f"{x:g}" for x in sorted({row.level for row in rows if row.data == data}))
        line = f"pellucid bench denoise --data {data} -o {folder} --task estimate --sigma {levels}"
        yield Command(f"measured noise level: {data}", (estimates.FILE,), line)


def _adapt(folder: Path) -> Iterable[Command]:
    rows = adapting.load_adaptations(folder)
    for data in sorted({row.data for row in rows}):
        own = [row for row in rows if row.data == data]
        step = _step({row.image for row in own}, _pictures(folder).get(data, ()))
        line = (
            f"pellucid bench adapt --data {data} -o {folder} --minutes {own[0].minutes:g} "
            f"--every {step} --model {own[0].prior.split()[0]} --threads {own[0].threads}"
        )
        yield Command(f"tuning: {data}", (adapting.FILE,), line)


def _blocks(folder: Path) -> Iterable[Command]:
    if (folder / block_rows.FILE).exists():
        line = f"python -m tools.block_speed -o {folder / block_rows.FILE}"
        yield Command("speed of building blocks", (block_rows.FILE,), line)


def _lossless(folder: Path) -> Iterable[Command]:
    rows, facts = lossless.load_rows(folder), lossless.load_methods(folder)
    for data in sorted({row.data for row in rows}):
        own = [row for row in rows if row.data == data]
        names = [n for n in dict.fromkeys(row.method for row in own) if n not in OWN_EXACT]
        bounds = _list(str(bound) for bound in sorted({row.bound for row in own}))
        derived = (
            f"pellucid bench lossless --data {data} --bounds {bounds} "
            f"--images {len({row.picture for row in own})} --threads {own[0].threads} "
            f"--repeats {own[0].repeats}"
        )
        line = facts.get("commands", {}).get(data, derived)
        line += "" if " -o " in line else f" -o {folder}"
        line += "" if "--against" in line else f" --against {_list(names)}"
        yield Command(f"lossless and bounded: {data}", (f"{lossless.PREFIX}*.tsv",), line)


def _size(folder: Path) -> Iterable[Command]:
    rows = sizes.load_rows(folder)
    for data in sorted({row.data for row in rows}):
        own = [row for row in rows if row.data == data]
        given = "" if data == SAMPLE.stem else f" --data {data}"
        line = (
            f"pellucid bench size{given} -o {folder} "
            f"--megapixels {_list(f'{x:g}' for x in sorted({row.megapixels for row in own}))} "
            f"--models {_list(sorted({row.model for row in own}))} "
            f"--threads {own[0].threads} --repeats {own[0].repeats}"
        )
        yield Command("cost against size", (sizes.FILE,), line)


def _pictures(folder: Path) -> dict[str, set[str]]:
    """Set -> every picture of it that some row names."""
    found: dict[str, set[str]] = {}
    names = [(row.data, row.image) for row in denoising.load_rows(folder, TASKS)]
    names += [(row.data, row.image) for row in estimates.load_estimates(folder)]
    for data, image in names:
        found.setdefault(data, set()).add(image)
    return found


def _step(images: Collection[str], known: Collection[str]) -> int:
    """The largest N so that each N-th of the known pictures includes all of `images`."""
    ordered = sorted(known)
    steps = range(len(ordered), 0, -1)
    return next((n for n in steps if set(images) <= set(ordered[::n])), 1)


def _who(methods: Sequence[str]) -> str:
    own = [name.partition("-")[2] for name in methods if is_own(name)]
    others = [name for name in methods if not is_own(name)]
    return f"--model {_list(own)} --against {_list(others)}"


def _list(words: Iterable[str]) -> str:
    return ",".join(words) or "none"
