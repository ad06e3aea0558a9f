"""`bench compress`: pictures x codecs x settings, and the speed of the codecs.

DIR/compress-<codec>.tsv   the sweep, a file for each codec so that one can be run again alone
DIR/speed.tsv              medians of all codecs, from one run

Every file is made for real and its length is the rate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Self

import numpy as np

from pellucid.evaluate import fresh
from pellucid.evaluate.bench import Bench, Case, Key, Measurement
from pellucid.evaluate.benches import compress_plots as plots
from pellucid.evaluate.benches import compress_tables as tables
from pellucid.evaluate.benches.compress_rows import SPEED_ROWS, SWEEP, Result, Timing, setting_near
from pellucid.evaluate.metrics import (
    DEFAULT_METRICS,
    METRICS,
    Scores,
    check_metrics,
    need,
    program,
    psnr,
    scorer,
)
from pellucid.evaluate.peers.base import Codec, Files, Rgb, kind_of, own_names
from pellucid.evaluate.peers.lossy import LOSSY
from pellucid.evaluate.pictures import find_pictures, load_rgb
from pellucid.evaluate.plan import BasePlan, Option, Request
from pellucid.evaluate.speed import interleaved

QUICK_PICTURES = 2
QUICK_SETTINGS = 4
QUICK_REPEATS = 3
QUICK_PEERS = ("jpeg420", "webp", "avif_psnr")
PEERS = (
    "Codecs, comma between: jpeg, jpeg2000, webp, avif, heic, jxl, slow (AVIF speed 4 and JPEG XL "
    "effort 9); or all, or none."
)
LOOK = "A look: 2 pictures, 4 settings, PSNR, three timings."

Sweep = Measurement["Plan", Codec]


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Rate, quality and speed of pellucid and its peers on a folder of pictures."""

    data: Annotated[Path, Option("Folder of source pictures.")]
    out: Annotated[Path, Option("Folder for rows and plots.")]
    codecs: Annotated[tuple[str, ...], Option(PEERS, flag="against")] = ("all",)
    models: Annotated[tuple[str, ...], Option("pellucid's own; m-e4 is m at effort 4.")] = (
        "m",
        "m-eye",
        "s",
        "s-eye",
    )
    metrics: Annotated[
        tuple[str, ...],
        Option("Must have psnr. There is butteraugli too.", choices=tuple(METRICS)),
    ] = DEFAULT_METRICS
    images: Annotated[int | None, Option("Only the first N pictures.", least=1)] = None
    threads: Annotated[int, Option("Of every codec.", least=1)] = 2
    repeats: Annotated[int, Option("Runs a timing; 0 leaves the speed table out.", least=0)] = 5
    fresh: Annotated[bool, Option("Forget earlier rows of these codecs.")] = False
    quick: Annotated[bool, Option(LOOK)] = False
    speed_images: int = 4
    processes: int = 2
    memory: bool = True  # measure peaks too, on the first picture that is timed
    peers: tuple[Codec, ...] = ()  # adapters made elsewhere, in place of `codecs` and `models`

    def check(self) -> None:
        """Raise OptionError for an unknown metric or a number out of range."""
        super().check()
        check_metrics(self.metrics)
        self.names()

    def names(self) -> tuple[str, ...]:
        """pellucid's codecs and the others; OptionError for one that there isn't."""
        return LOSSY.expand((*own_names(self.models), *self.codecs))

    def settled(self) -> Self:
        """A quick look has one metric and measures no memory."""
        return replace(self, metrics=("psnr",), memory=False) if self.quick else self

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """All metrics and codecs; of a quick run PSNR, and few."""
        more: dict[str, Any] = {"data": request.pictures, "models": request.models}
        if request.quick:
            more |= {"codecs": QUICK_PEERS, "metrics": ("psnr",), "processes": 0, "quick": True}
        return [request.plan(cls, **more)]

    def settings(self, codec: Codec) -> tuple[float, ...]:
        """All settings of a codec, or of a quick run a few spread over them."""
        return spread(codec.settings, QUICK_SETTINGS if self.quick else None)


def spread(settings: tuple[float, ...], number: int | None) -> tuple[float, ...]:
    """So many of them, 2 or more, from the first to the last; all if there are no more, or None."""
    last = len(settings) - 1
    if number is None or number > last:
        return settings
    return tuple(settings[round(i * last / (number - 1))] for i in range(number))


def cases(plan: Plan) -> list[Case]:
    """The pictures of a folder; MissingExtraError without the library or program of a metric."""
    need(plan.metrics)
    limit = min(plan.images or QUICK_PICTURES, QUICK_PICTURES) if plan.quick else plan.images
    paths = find_pictures(plan.data, limit)
    return [Case(path.stem, partial(load_rgb, path)) for path in paths]


def codecs(plan: Plan) -> tuple[Sequence[Codec], dict[str, str]]:
    """Those that are asked for."""
    return (plan.peers, {}) if plan.peers else LOSSY.load(plan.names(), plan.threads)


def usable(plan: Plan, codec: Codec, row: Result) -> bool:
    """Not a row of other versions or threads, at a setting that is no longer in the sweep, or
    without a metric that is now asked for."""
    same = (row.versions, row.threads) == (codec.version, plan.threads)
    measured = all(getattr(row, name) is not None for name in plan.metrics)
    return same and measured and row.setting in codec.settings


def code(current: Sweep) -> Iterator[Result]:
    """One picture by each codec at its settings."""
    for codec, keys in current.todo:
        for cells in swept(current, codec, keys, current.data):
            yield Result(**cells)


def swept(
    current: Measurement[Any, Any], codec: Codec, keys: Sequence[Key], reference: Rgb
) -> Iterator[dict[str, Any]]:
    """Cells of the picture by one codec: all coded first, then all scored beside `reference`.

    The last of each key is the setting.
    """
    coded: list[tuple[dict[str, Any], Rgb]] = []
    for *_, setting in keys:
        with current.outcome.attempt(f"{current.case.title} by {codec.name} at {setting:g}"):
            coded.append(_coded(current, codec, setting))
    scores: list[Scores] = current.tool(reference, [decoded for _, decoded in coded])
    for (cells, _), found in zip(coded, scores, strict=True):
        yield {**cells, **found, "psnr": found["psnr"] or 0.0}


def _coded(
    current: Measurement[Any, Any], codec: Codec, setting: float
) -> tuple[dict[str, Any], Rgb]:
    start = time.perf_counter()
    files = codec.encode(current.data, setting)
    middle = time.perf_counter()
    decoded = codec.decode(files, kind_of(current.data))
    end = time.perf_counter()
    times = {"encode_s": round(middle - start, 6), "decode_s": round(end - middle, 6)}
    return {**cells_of(current, codec, setting, files), **times, "repeats": 1}, decoded


def cells_of(
    current: Measurement[Any, Any], codec: Codec, setting: float, files: Files
) -> dict[str, Any]:
    """What rows of both tables have, without time; no metric is known yet."""
    height, width = current.data.shape[:2]
    size = sum(map(len, files))
    return {
        "codec": codec.name,
        "setting": float(setting),
        "image": current.case.name,
        "width": width,
        "height": height,
        "bytes": size,
        "bpp": round(8 * size / (width * height), 6),
        "threads": current.plan.threads,
        "versions": codec.version,
        **dict.fromkeys(METRICS),
    }


def facts(plan: Any, _codec: object) -> dict[str, Any]:
    """The program of Butteraugli, on which its scale depends."""
    return {"butteraugli": program().stem} if "butteraugli" in plan.metrics else {}


def warm(codec: Codec, rgb: Rgb) -> None:
    """Load what a codec loads on first use."""
    files = codec.encode(rgb, codec.settings[len(codec.settings) // 2])
    codec.decode(files, kind_of(rgb))


def time_codecs(current: Sweep) -> Iterator[Timing]:
    """A row a codec, at its setting nearest to one common rate; the codecs take turns."""
    rgb, kind = current.data, kind_of(current.data)
    sweep = SWEEP.load(current.plan.out)
    tasks: dict[str, Callable[[], object]] = {}
    made: list[tuple[Codec, float, Files]] = []
    for codec, _ in current.todo:
        with current.outcome.attempt(f"speed of {current.case.name} by {codec.name}"):
            setting = setting_near(row for row in sweep if row.codec == codec.name)
            files = codec.encode(rgb, setting)
            made.append((codec, setting, files))
            tasks[f"encode {codec.name}"] = partial(codec.encode, rgb, setting)
            tasks[f"decode {codec.name}"] = partial(codec.decode, files, kind)
    repeats = (
        min(current.plan.repeats, QUICK_REPEATS) if current.plan.quick else current.plan.repeats
    )
    times = interleaved(tasks, repeats=repeats)
    for codec, setting, files in made:
        cells = cells_of(current, codec, setting, files)
        for task in ("encode", "decode"):
            found = times[f"{task} {codec.name}"].rounded("s")
            cells |= {f"{task}_{name}": value for name, value in found.items()}
        cells |= {"psnr": round(psnr(rgb, codec.decode(files, kind)), 4), "repeats": repeats}
        row = Timing(**cells)
        yield _with_peaks(current, row) if current.first and current.plan.memory else row


def _with_peaks(current: Sweep, row: Timing) -> Timing:
    """The row with the peaks of processes that do nothing else; a failure leaves them out."""
    if fresh.can_measure():
        with current.outcome.attempt(f"memory of {row.codec}"):
            encode, decode = peaks(row.codec, row.setting, current.data, current.plan.threads)
            return replace(row, encode_mb=round(encode, 1), decode_mb=round(decode, 1))
    return row


def peaks(name: str, setting: float, rgb: Rgb, threads: int) -> tuple[float, float]:
    """Peak of coding and of decoding one picture, in millions of bytes; PellucidError if it can't
    be measured, or the codec failed."""
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


# All rows are measured together, since only times of one run compare.
SPEED: Bench[Plan, Codec, Timing] = Bench(
    name="compress",
    columns=(SPEED_ROWS,),
    what=lambda plan: f"speed and memory of codecs: {plan.data.resolve().name}",
    cases=lambda plan: cases(plan)[: plan.speed_images],
    methods=codecs,
    wanted=lambda _plan, case, codec: [(codec.name, case.name)],
    measure=time_codecs,
    key=lambda row: (row.codec, row.image),
    order=lambda row: row.image,
    usable=lambda _plan, _found, _row: False,
)
BENCH: Bench[Plan, Codec, Result] = Bench(
    name="compress",
    columns=(SWEEP, SPEED_ROWS),
    plan=Plan,
    title="Compression",
    report="report.md",
    tables=tables.report,
    plots=plots.plots,
    sections={"bench": tables.overview, "overview-compression": tables.short_overview},
    steps=lambda plan: [BENCH, SPEED] if plan.repeats else [BENCH],
    requested=Plan.requested,
    quick=True,
    what=lambda plan: f"compression: {plan.data.resolve().name}",
    cases=cases,
    methods=codecs,
    wanted=lambda plan, case, codec: [
        (codec.name, case.name, float(setting)) for setting in plan.settings(codec)
    ],
    measure=code,
    key=lambda row: (row.codec, row.image, row.setting),
    order=lambda row: (row.image, row.bytes),
    makes=lambda _plan, codec, row: codec.name == row.codec,
    usable=usable,
    warm=warm,
    tool=lambda plan: scorer(plan.metrics, plan.processes),
    facts=facts,
)
