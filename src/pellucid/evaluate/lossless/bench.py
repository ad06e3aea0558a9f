"""`bench lossless`: pictures x codecs x bounds -> rows, written as they come.

Each file is made for real and decoded, and a row is kept only if what came back is within the
bound. Then the codecs take turns to be timed. Pictures are the outer loop, so that an interrupted
run leaves whole pictures; started again, it does only what's missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shlex import join

import numpy as np

from pellucid.errors import OptionError, OutputError, PellucidError
from pellucid.evaluate.exact_codecs import ExactCodec, Files, Samples, kind_of, load_codecs
from pellucid.evaluate.lossless import rows as store
from pellucid.evaluate.lossless.inputs import Sets, find_sets, load_samples, set_of
from pellucid.evaluate.lossless.rows import ExactResult
from pellucid.evaluate.speed import interleaved_medians

CODEC_ERRORS = (PellucidError, OSError, ValueError, RuntimeError)
LARGEST_BOUND = 16383  # of pellucid's format

Notify = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. `match`, `name` and `images` are those of `inputs.find_sets`."""

    data: tuple[Path, ...]
    out: Path
    codecs: tuple[str, ...]
    bounds: tuple[int, ...] = (0, 1)
    match: str = "*"
    name: str | None = None
    images: int | None = None
    threads: int = 2
    repeats: int = 3
    fresh: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of it: codecs that aren't installed, single failures, and refusals by set."""

    missing: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    refused: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    new_rows: int = 0


def run(plan: Plan, notify: Notify = lambda _line: None) -> Outcome:
    """Run a bench; rows end up in `plan.out`.

    Raises:
        InputError: no pictures.
        OptionError: an unknown codec, a number out of range.
        OutputError: the folder can't be written.
    """
    _check(plan)
    sets = find_sets(plan.data, match=plan.match, name=plan.name, limit=plan.images)
    codecs, missing = load_codecs(plan.codecs, plan.threads)
    outcome = Outcome(missing)
    for name, reason in missing.items():
        notify(f"without {name}: {reason}")
    done = _prepare_folder(plan, codecs, sets)
    for data, paths in sets.items():
        outcome.refused[data] = {}
        for number, path in enumerate(paths, start=1):
            notify(f"{data}, picture {number} of {len(paths)}: {path.stem}")
            try:
                samples = load_samples(path)
            except PellucidError as error:
                outcome.failures.append(f"{path.name}: {error}")
                continue
            for bound in plan.bounds:
                able = _able(codecs, samples, bound, outcome.refused[data])
                todo = [c for c in able if (c.name, data, path.stem, bound) not in done]
                made = measure(todo, samples, bound, (data, path.stem), plan, outcome)
                for row in made:
                    store.TABLE.append(store.rows_path(plan.out, row.method), [row])
                outcome.new_rows += len(made)
    for codec in codecs:
        store.sort_rows(plan.out, codec.name)
    commands = {data: command_of(plan, data) for data in sets}
    store.save_methods(plan.out, codecs, refused=outcome.refused, commands=commands)
    return outcome


def command_of(plan: Plan, data: str) -> str:
    """The command that measures one set again; of paths it gives the last names only."""
    words = ["pellucid", "bench", "lossless"]
    for source in plan.data:
        if data in (plan.name, set_of(source)):
            file = f"/{source.name}" if source.is_file() else ""
            words += ["--data", set_of(source) + file]
    words += ["-o", plan.out.resolve().name]
    words += ["--set", plan.name] if plan.name else []
    words += ["--match", plan.match] if plan.match != "*" else []
    words += ["--images", str(plan.images)] if plan.images else []
    words += ["--bounds", ",".join(map(str, plan.bounds))]
    return join([*words, "--threads", str(plan.threads), "--repeats", str(plan.repeats)])


def measure(
    codecs: Sequence[ExactCodec],
    samples: Samples,
    bound: int,
    names: tuple[str, str],
    plan: Plan,
    outcome: Outcome,
) -> list[ExactResult]:
    """One row a codec for one picture (`names`: set, picture); failures go to `outcome`."""
    kind = kind_of(samples)
    made: dict[str, tuple[ExactCodec, Files, int]] = {}
    for codec in codecs:
        try:
            files = codec.encode(samples, bound)
            made[codec.name] = (
                codec,
                files,
                largest_error(samples, codec.decode(files, kind), bound),
            )
        except CODEC_ERRORS as error:
            outcome.failures.append(f"{names[1]} by {codec.name} within {bound}: {error}")
    tasks: dict[str, Callable[[], object]] = {}
    for name, (codec, files, _) in made.items():
        tasks["encode " + name] = partial(codec.encode, samples, bound)
        tasks["decode " + name] = partial(codec.decode, files, kind)
    seconds = interleaved_medians(tasks, repeats=plan.repeats, warmup=0)  # all ran once above
    height, width, channels = kind.shape
    return [
        ExactResult(
            method=name,
            data=names[0],
            picture=names[1],
            width=width,
            height=height,
            channels=channels,
            dtype=kind.dtype.name,
            bound=bound,
            files=len(files),
            bytes=(size := sum(map(len, files))),
            bits=round(8 * size / samples.size, 6),
            worst=worst,
            encode_s=round(seconds["encode " + name], 6),
            decode_s=round(seconds["decode " + name], 6),
            threads=plan.threads,
            repeats=plan.repeats,
            version=codec.version,
        )
        for name, (codec, files, worst) in made.items()
    ]


def largest_error(samples: Samples, decoded: Samples, bound: int) -> int:
    """The largest difference of two pictures; ValueError if they differ in kind or by too much."""
    if (decoded.shape, decoded.dtype) != (samples.shape, samples.dtype):
        raise ValueError(
            f"decoded to {decoded.dtype} {decoded.shape}, source is {samples.dtype} {samples.shape}"
        )
    worst = int(np.abs(decoded.astype(np.int32) - samples).max())
    if worst > bound:
        raise ValueError(f"a sample came back {worst} off, the bound is {bound}")
    return worst


def _able(
    codecs: Sequence[ExactCodec], samples: Samples, bound: int, refused: dict[str, list[str]]
) -> list[ExactCodec]:
    """The codecs that take such a picture; for the others the reason goes to `refused`, once."""
    able = []
    for codec in codecs:
        if bound and not codec.bounded:
            continue
        why = codec.refuses(kind_of(samples), bound)
        if not why:
            able.append(codec)
        elif why not in refused.setdefault(codec.name, []):
            refused[codec.name].append(why)
    return able


def _check(plan: Plan) -> None:
    if not plan.bounds:
        raise OptionError("no bounds; give some, such as --bounds 0,1")
    for bound in plan.bounds:
        if not 0 <= bound <= LARGEST_BOUND:
            raise OptionError(
                f"a bound is {bound}; it must be from 0 (lossless) to {LARGEST_BOUND}"
            )
    if plan.repeats < 1:
        raise OptionError(f"repeats must be at least 1, got {plan.repeats}")


def _prepare_folder(
    plan: Plan, codecs: Sequence[ExactCodec], sets: Sets
) -> set[tuple[str, str, str, int]]:
    """Makes the folder, takes out stale rows; returns codec, set, picture and bound of the rest."""
    try:
        plan.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't write to {plan.out}: {error}") from error
    done = set()
    for codec in codecs:
        for row in store.keep_usable(
            plan.out,
            codec,
            sets,
            threads=plan.threads,
            repeats=plan.repeats,
            fresh=plan.fresh,
        ):
            done.add((codec.name, *row.key))
    return done
