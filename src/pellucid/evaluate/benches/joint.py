"""`bench joint`: noisy pictures compressed, measured against the clean ones; and the speed of that.

DIR/joint-<way>.tsv   the sweep, a file for each way so that one can be run again alone
DIR/joint-speed.tsv   medians of all ways, from one run

A picture is denoised once for all qualities and codecs behind a denoiser.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Self

from pellucid.errors import OptionError
from pellucid.evaluate.bench import Bench, Case, Key, Measurement
from pellucid.evaluate.benches import joint_tables as tables
from pellucid.evaluate.benches.compress import cells_of, facts, spread, swept
from pellucid.evaluate.benches.compress_rows import setting_near
from pellucid.evaluate.benches.denoise_tasks import find_sources
from pellucid.evaluate.benches.joint_rows import SPEED_ROWS, SWEEP, JointResult, JointTiming
from pellucid.evaluate.benches.joint_tasks import KINDS, REAL, Scene
from pellucid.evaluate.metrics import METRICS, check_metrics, need, psnr, scorer
from pellucid.evaluate.peers.base import Rgb, kind_of
from pellucid.evaluate.peers.joint import WAYS, Way, denoised, own_ways, warm
from pellucid.evaluate.plan import BasePlan, Option, Request
from pellucid.evaluate.speed import Spread, interleaved

TIMED = "sigma10"
DENOISE = "denoise "  # before the name of a denoiser that is timed
REST = 0.5  # seconds, for threads of the run before
NOISE = "Kinds of noise, comma between; real has pictures of its own."
PEERS = (
    "Methods, comma between: webp, avif, jxl, pellucid-m+avif (denoised, then AVIF), bm3d+avif; or "
    "all, or none."
)
OWN = "pellucid's codecs: each alone, joint, and behind pellucid's denoiser; or none."
SETTINGS = "Only N settings of each codec, spread over all, 11 or 13."

Sweep = Measurement["Plan", Way]


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Rate of noisy pictures, and quality against the clean ones.

    \b
    none        clean pictures, where denoising should change nothing
    sigma5 ...  white noise, clipped and rounded to 8 bits
    camera      noise that grows with light, before the curve of sRGB
    real        NAME_real.png and NAME_mean.png of cameras
    jpeg10 ...  coded as JPEG at that quality
    """

    data: Annotated[Path, Option("Folder of pictures.")]
    tasks: Annotated[tuple[str, ...], Option(NOISE, choices=tuple(KINDS))] = tuple(
        name for name in KINDS if name != REAL
    )
    against: Annotated[tuple[str, ...], Option(PEERS)] = ("all",)
    models: Annotated[tuple[str, ...], Option(OWN)] = ("m", "m-eye")
    metrics: Annotated[
        tuple[str, ...],
        Option("Must have psnr. There are ms_ssim and butteraugli too.", choices=tuple(METRICS)),
    ] = ("psnr", "ssimulacra2")
    images: Annotated[int | None, Option("Only the first N pictures.", least=1)] = None
    settings: Annotated[int | None, Option(SETTINGS, least=2)] = None
    repeats: Annotated[int, Option("Runs a timing; 0 leaves the speed table out.", least=0)] = 3
    speed_images: Annotated[int, Option("Pictures that are timed.", least=1)] = 1
    fresh: Annotated[bool, Option("Forget earlier rows of these methods and kinds.")] = False
    processes: int = 2

    def check(self) -> None:
        """Raise OptionError for an unknown word or a number out of range."""
        super().check()
        check_metrics(self.metrics)
        if not self.tasks:
            raise OptionError(f"no tasks; give some of {', '.join(KINDS)}")
        self.names()

    def names(self) -> tuple[str, ...]:
        """All methods; OptionError for one that there isn't."""
        return WAYS.expand((*own_ways(self.models), *self.against))

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """Everything, but real pairs, which have folders of their own."""
        return [request.plan(cls, data=request.pictures, models=request.models)]

    @property
    def data_name(self) -> str:
        """The folder's name, for the rows."""
        return self.data.resolve().name


def cases(plan: Plan) -> list[Case]:
    """Each picture with each kind of noise; MissingExtraError without what measures a metric."""
    need(plan.metrics)
    return [
        Case(source.image, partial(KINDS[task].load, source), task)
        for task in plan.tasks
        for source in find_sources(KINDS[task].files, plan.data)[: plan.images]
    ]


def ways(plan: Plan) -> tuple[Sequence[Way], dict[str, str]]:
    """Those that are asked for."""
    return WAYS.load(plan.names(), plan.threads)


def timed_cases(plan: Plan) -> list[Case]:
    """The first pictures of the kind that is timed, or else of the first kind."""
    task = TIMED if TIMED in plan.tasks else plan.tasks[0]
    return cases(replace(plan, tasks=(task,)))[: plan.speed_images]


def wanted(plan: Plan, case: Case, way: Way) -> list[Key]:
    """A row a setting; none where what it must be told can't be known."""
    if way.estimator and not KINDS[case.data].noise:
        return []
    about = (way.name, case.data, plan.data_name, case.name)
    return [(*about, float(setting)) for setting in spread(way.settings, plan.settings)]


def usable(plan: Plan, way: Way, row: JointResult) -> bool:
    """Not a row of other versions or threads, at a setting that is no longer in the sweep, or
    without a metric that is now asked for."""
    version = way.version(KINDS[row.task].sigma)
    measured = all(getattr(row, name) is not None for name in plan.metrics)
    same = (row.versions, row.threads) == (version, plan.threads)
    return same and measured and row.setting in way.settings


def code(current: Sweep) -> Iterator[JointResult]:
    """One picture by each way at its settings; each denoiser is run once."""
    left: dict[str, tuple[Rgb, float]] = {}
    for way, keys in current.todo:
        with current.outcome.attempt(f"{current.case.title} by {way.name}"):
            picture, seconds = before_codec(way, current.data, left)
            own = own_cells(current, way, current.data) | {"denoise_s": seconds}
            coding = replace(current, data=picture)
            for cells in swept(coding, way.codec, keys, current.data.clean):
                yield JointResult(**cells | own)


def own_cells(current: Sweep, way: Way, scene: Scene) -> dict[str, Any]:
    """What rows have beside those of `bench compress`, or other than them."""
    return {
        "task": current.case.data,
        "data": current.plan.data_name,
        "noisy_psnr": round(psnr(scene.clean, scene.noisy), 4),
        "versions": way.version(scene.sigma),
    }


def before_codec(way: Way, scene: Scene, left: dict[str, tuple[Rgb, float]]) -> tuple[Rgb, float]:
    """What the codec gets, and the seconds of the denoiser; `left` keeps both by its name."""
    if way.denoiser is None:
        return scene.noisy, 0.0
    if way.denoiser.name not in left:
        start = time.perf_counter()
        picture = denoised(way.denoiser, scene.noisy, scene.sigma)
        left[way.denoiser.name] = picture, round(time.perf_counter() - start, 6)
    return left[way.denoiser.name]


def time_ways(current: Sweep) -> Iterator[JointTiming]:
    """A row a way, at its setting nearest to one common rate; denoisers and codecs take turns."""
    scene, plan, task = current.data, current.plan, current.case.data
    sweep = [r for r in SWEEP.load(plan.out) if (r.task, r.data) == (task, plan.data_name)]
    tasks: dict[str, Callable[[], object]] = {}
    made: list[tuple[Way, Rgb, float]] = []
    left: dict[str, tuple[Rgb, float]] = {}
    for way, _ in current.todo:
        with current.outcome.attempt(f"speed of {current.case.title} by {way.name}"):
            setting = setting_near(row for row in sweep if row.codec == way.name)
            picture, _ = before_codec(way, scene, left)
            made.append((way, picture, setting))
            tasks[way.name] = partial(way.codec.encode, picture, setting)
            if way.denoiser:
                clean = partial(denoised, way.denoiser, scene.noisy, scene.sigma)
                tasks[DENOISE + way.denoiser.name] = clean
    times = interleaved(tasks, repeats=plan.repeats, rest=REST)
    for way, picture, setting in made:
        yield timing_of(replace(current, data=picture), way, setting, scene, times)


def timing_of(
    current: Sweep, way: Way, setting: float, scene: Scene, times: Mapping[str, Spread]
) -> JointTiming:
    """The row of one way, whose file is made and decoded once more."""
    files = way.codec.encode(current.data, setting)
    start = time.perf_counter()
    decoded = way.codec.decode(files, kind_of(current.data))
    cells: dict[str, Any] = {"decode_s": round(time.perf_counter() - start, 6)}
    cells |= {f"encode_{name}": value for name, value in times[way.name].rounded("s").items()}
    if way.denoiser:
        spent = times[DENOISE + way.denoiser.name].rounded("s")
        cells |= {f"denoise_{name}": value for name, value in spent.items()}
    cells |= {"psnr": round(psnr(scene.clean, decoded), 4), "repeats": current.plan.repeats}
    known = cells_of(current, way.codec, setting, files) | own_cells(current, way, scene)
    return JointTiming(**known | cells)


def key(row: JointResult) -> Key:
    """What tells a row of either kind apart, but for the setting."""
    return (row.codec, row.task, row.data, row.image)


# All rows are measured together, since only times of one run compare.
SPEED: Bench[Plan, Way, JointTiming] = Bench(
    name="joint",
    columns=(SPEED_ROWS,),
    what=lambda plan: f"speed on noisy pictures: {plan.data_name}",
    cases=timed_cases,
    methods=ways,
    wanted=lambda plan, case, way: [one[:-1] for one in wanted(plan, case, way)[:1]],
    measure=time_ways,
    key=key,
    order=lambda row: row.image,
    usable=lambda _plan, _way, _row: False,
)
BENCH: Bench[Plan, Way, JointResult] = Bench(
    name="joint",
    columns=(SWEEP, SPEED_ROWS),
    plan=Plan,
    title="Noisy pictures compressed",
    tables=tables.report,
    plots=tables.plots,
    sections={"joint": tables.overview},
    steps=lambda plan: [BENCH, SPEED] if plan.repeats else [BENCH],
    requested=Plan.requested,
    what=lambda plan: f"noisy pictures compressed: {plan.data_name}",
    cases=cases,
    methods=ways,
    wanted=wanted,
    measure=code,
    key=lambda row: (*key(row), row.setting),
    order=lambda row: (row.data, list(KINDS).index(row.task), row.image, row.bytes),
    makes=lambda plan, way, row: (
        (way.name, plan.data_name) == (row.codec, row.data) and row.task in plan.tasks
    ),
    usable=usable,
    warm=lambda way, scene: warm(way, scene.noisy),
    tool=lambda plan: scorer(plan.metrics, plan.processes),
    facts=facts,
)
