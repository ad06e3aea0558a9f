"""`bench compress`: pictures x codecs x settings, and the speed of the codecs.

DIR/compress-<codec>.tsv   the sweep, a file for each codec so that one can be run again alone
DIR/speed.tsv              medians of all codecs, from one run

Every file is made for real and its length is the rate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from pellucid.errors import OptionError
from pellucid.evaluate import bench, fresh
from pellucid.evaluate._extras import require
from pellucid.evaluate.bench import Bench, Case, Key, Notify, Outcome, Turn
from pellucid.evaluate.benches import compress_tables as tables
from pellucid.evaluate.benches.compress_rows import SPEED_ROWS, SWEEP, Result, Timing, setting_near
from pellucid.evaluate.metrics import DEFAULT_METRICS, METRICS, program, psnr
from pellucid.evaluate.peers.base import Codec, Files, Rgb, kind_of
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.pictures import find_pictures, load_rgb
from pellucid.evaluate.scoring import Scorer, Scores
from pellucid.evaluate.speed import interleaved

QUICK_PICTURES = 2
QUICK_SETTINGS = 4
QUICK_REPEATS = 3

Sweep = Turn["Plan", Codec]


@dataclass(frozen=True, kw_only=True)
class Plan(bench.Plan):
    """What to run. `images` limits the pictures (None: all); `repeats` 0 leaves speed out.

    `memory`: measure peaks too, on the first picture that is timed. `peers`: adapters made
    elsewhere, in place of `codecs`.
    """

    data: Path
    codecs: tuple[str, ...] = ()
    metrics: tuple[str, ...] = DEFAULT_METRICS
    images: int | None = None
    repeats: int = 5
    speed_images: int = 4
    processes: int = 2
    quick: bool = False
    memory: bool = True
    peers: tuple[Codec, ...] = ()

    def check(self) -> None:
        """Raise OptionError for an unknown metric or a number out of range."""
        super().check()
        if unknown := [name for name in self.metrics if name not in METRICS]:
            raise OptionError(f"no metric called {unknown[0]!r}; there are: {', '.join(METRICS)}")
        if "psnr" not in self.metrics:
            raise OptionError("the metrics must include psnr")
        if self.images is not None and self.images < 1:
            raise OptionError(f"images must be at least 1, got {self.images}")
        if self.repeats < 0 or self.speed_images < 1:
            raise OptionError("repeats must be at least 0 and speed_images at least 1")

    def settings(self, codec: Codec) -> tuple[float, ...]:
        """All settings of a codec, or of a quick run a few spread over them."""
        last = len(codec.settings) - 1
        if not self.quick or last < QUICK_SETTINGS:
            return codec.settings
        return tuple(codec.settings[round(i * last / (QUICK_SETTINGS - 1))] for i in range(4))


def run(plan: Plan, notify: Notify = lambda _line: None) -> Outcome:
    """Run the sweep and time the codecs; rows end up in `plan.out`.

    Raises:
        As `bench.run` does. MissingExtraError: the library or program of a metric isn't installed.
    """
    outcome = bench.run(BENCH, plan, notify)
    if plan.repeats:
        timed = bench.run(SPEED, plan, lambda line: None if "without" in line else notify(line))
        outcome.failures += timed.failures
    return outcome


def cases(plan: Plan) -> list[Case]:
    """The pictures of a folder."""
    for metric, library in (("ms_ssim", "skimage.metrics"), ("ssimulacra2", "ssimulacra2")):
        if metric in plan.metrics:
            require(library)
    if "butteraugli" in plan.metrics:
        program()
    limit = min(plan.images or QUICK_PICTURES, QUICK_PICTURES) if plan.quick else plan.images
    paths = find_pictures(plan.data, limit)
    return [Case(path.stem, partial(load_rgb, path)) for path in paths]


def codecs(plan: Plan) -> tuple[Sequence[Codec], dict[str, str]]:
    """Those that are asked for."""
    return (plan.peers, {}) if plan.peers else LOSSY.load(plan.codecs, plan.threads)


def usable(plan: Plan, found: Sequence[Codec], row: Result) -> bool:
    """Not a row of other versions or threads, at a setting that is no longer in the sweep, or
    without a metric that is now asked for."""
    codec = next((one for one in found if one.name == row.codec), None)
    return codec is None or (
        not plan.fresh
        and row.versions == codec.version
        and row.threads == plan.threads
        and row.setting in codec.settings
        and all(getattr(row, name) is not None for name in plan.metrics)
    )


def code(turn: Sweep) -> Iterator[Result]:
    """One picture by each codec at its settings: all coded first, then all scored."""
    for codec, keys in turn.todo:
        coded: list[tuple[Result, Rgb]] = []
        for *_, setting in keys:
            with turn.outcome.attempt(f"{turn.case.name} by {codec.name} at {setting:g}"):
                coded.append(_coded(turn, codec, setting))
        scores: list[Scores] = turn.tool(turn.data, [decoded for _, decoded in coded])
        for (row, _), found in zip(coded, scores, strict=True):
            quality: dict[str, Any] = {**found, "psnr": found["psnr"] or 0.0}
            yield replace(row, **quality)


def _coded(turn: Sweep, codec: Codec, setting: float) -> tuple[Result, Rgb]:
    start = time.perf_counter()
    files = codec.encode(turn.data, setting)
    middle = time.perf_counter()
    decoded = codec.decode(files, kind_of(turn.data))
    end = time.perf_counter()
    if decoded.shape != turn.data.shape:
        raise ValueError(f"decoded to {decoded.shape}, source is {turn.data.shape}")
    row = _row(turn, codec, setting, files)
    return replace(row, encode_s=round(middle - start, 6), decode_s=round(end - middle, 6)), decoded


def _row(turn: Sweep, codec: Codec, setting: float, files: Files) -> Result:
    """What rows of both tables have, without quality and time."""
    height, width = turn.data.shape[:2]
    size = sum(map(len, files))
    return Result(
        codec=codec.name,
        setting=float(setting),
        image=turn.case.name,
        width=width,
        height=height,
        bytes=size,
        bpp=round(8 * size / (width * height), 6),
        psnr=0.0,
        ms_ssim=None,
        ssimulacra2=None,
        encode_s=0.0,
        decode_s=0.0,
        threads=turn.plan.threads,
        repeats=1,
        versions=codec.version,
    )


def warm(codec: Codec, rgb: Rgb) -> None:
    """Load what a codec loads on first use."""
    files = codec.encode(rgb, codec.settings[len(codec.settings) // 2])
    codec.decode(files, kind_of(rgb))


def scorer(plan: Plan) -> AbstractContextManager[Scorer]:
    """Scores in processes of their own, after a picture has been coded."""
    return Scorer(plan.metrics, plan.processes)


def time_codecs(turn: Sweep) -> Iterator[Timing]:
    """A row a codec, at its setting nearest to one common rate; the codecs take turns."""
    rgb, kind = turn.data, kind_of(turn.data)
    sweep = SWEEP.load(turn.plan.out)
    tasks: dict[str, Callable[[], object]] = {}
    made: list[tuple[Codec, float, Files]] = []
    for codec, _ in turn.todo:
        with turn.outcome.attempt(f"speed of {turn.case.name} by {codec.name}"):
            setting = setting_near(row for row in sweep if row.codec == codec.name)
            files = codec.encode(rgb, setting)
            made.append((codec, setting, files))
            tasks[f"encode {codec.name}"] = partial(codec.encode, rgb, setting)
            tasks[f"decode {codec.name}"] = partial(codec.decode, files, kind)
    repeats = min(turn.plan.repeats, QUICK_REPEATS) if turn.plan.quick else turn.plan.repeats
    times = interleaved(tasks, repeats=repeats)
    for codec, setting, files in made:
        encode, decode = times[f"encode {codec.name}"], times[f"decode {codec.name}"]
        row = Timing.of(
            _row(turn, codec, setting, files),
            psnr=round(psnr(rgb, codec.decode(files, kind)), 4),
            repeats=repeats,
            **{f"encode_{name}": value for name, value in encode.rounded("s").items()},
            **{f"decode_{name}": value for name, value in decode.rounded("s").items()},
        )
        yield _with_peaks(turn, row) if turn.first and turn.plan.memory else row


def _with_peaks(turn: Sweep, row: Timing) -> Timing:
    """The row with the peaks of processes that do nothing else; a failure leaves them out."""
    if fresh.can_measure():
        with turn.outcome.attempt(f"memory of {row.codec}"):
            encode, decode = peaks(row.codec, row.setting, turn.data, turn.plan.threads)
            return replace(row, encode_mb=round(encode, 1), decode_mb=round(decode, 1))
    return row


def peaks(name: str, setting: float, rgb: Rgb, threads: int) -> tuple[float, float]:
    """Peak of coding and of decoding one picture, in millions of bytes.

    Raises:
        PellucidError: it can't be measured, or the codec failed.
    """
    with TemporaryDirectory() as folder:
        picture, file = Path(folder) / "picture.npy", Path(folder) / "coded"
        np.save(picture, rgb)
        order = {"name": name, "setting": setting, "threads": threads, "file": str(file)}
        order["picture"] = str(picture)
        encode, decode = (
            fresh.measure("pellucid.evaluate.peers.lossy:work", {**order, "task": task})
            for task in ("compress", "decompress")
        )
    return encode.peak_mb, decode.peak_mb


def sweep_keys(plan: Plan, case: Case, codec: Codec) -> list[Key]:
    """A row for each setting."""
    return [(codec.name, case.name, float(setting)) for setting in plan.settings(codec)]


def measured_facts(plan: Plan, _codec: Codec) -> dict[str, str]:
    """Which program measured Butteraugli, whose scale depends on it."""
    return {"butteraugli": program().stem} if "butteraugli" in plan.metrics else {}


BENCH: Bench[Plan, Codec, Result] = Bench(
    name="compress",
    title="Compression",
    columns=(SWEEP, SPEED_ROWS),
    report="report.md",
    tables=tables.report,
    plots=tables.plots,
    sections={"bench": tables.overview, "overview-compression": tables.short_overview},
    what=lambda plan: f"compression: {plan.data.resolve().name}",
    cases=cases,
    methods=codecs,
    wanted=sweep_keys,
    measure=code,
    key=lambda row: (row.codec, row.image, row.setting),
    order=lambda row: (row.image, row.bytes),
    usable=usable,
    warm=warm,
    tool=scorer,
    facts=measured_facts,
)
# All rows are measured together, since only times of one run compare.
SPEED: Bench[Plan, Codec, Timing] = replace(
    BENCH,
    columns=(SPEED_ROWS,),
    what=lambda plan: f"speed and memory of codecs: {plan.data.resolve().name}",
    cases=lambda plan: cases(plan)[: plan.speed_images],
    wanted=lambda _plan, case, codec: [(codec.name, case.name)],
    measure=time_codecs,
    key=lambda row: (row.codec, row.image),
    order=lambda row: row.image,
    usable=lambda _plan, _found, _row: False,
    warm=None,
    tool=bench.no_tool,
    facts=bench.no_facts,
)  # type: ignore[assignment]  # mypy takes replace() to keep the type of the rows
