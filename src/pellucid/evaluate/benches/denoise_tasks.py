"""Where noisy and clean pictures come from, and what a denoiser is told about them.

Synthetic noise comes from a seed made of the picture's name; it's neither clipped nor rounded.
Where the noise is real, nobody knows sigma: pellucid measures it, and each peer is given the sigma
of a short list that serves it best over the whole set, which is more than its user would know.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from PIL import Image

from pellucid.errors import InputError, OptionError
from pellucid.evaluate.bench import Case
from pellucid.evaluate.peers.base import Denoiser, Floats, NoiseGiven
from pellucid.evaluate.peers.denoisers import SIGMA
from pellucid.evaluate.pictures import find_pictures, load_pixels, load_rgb
from pellucid.evaluate.plan import BasePlan, Option, Request
from pellucid.pixels import read_image

SEARCH = (5.0, 10.0, 15.0, 20.0)  # sigmas that peers may choose from
TIMED = "gaussian"  # task of the speed table
ESTIMATE_TASK = "estimate"
QUICK_DENOISERS = ("wavelet", "tv", "opencv_nlm", "median")
OWN = "pellucid's own, or none."
PEERS = (
    "Methods, comma between: bm3d, bm3d_vst, ffdnet, wavelet, nlm, opencv_nlm, tv, median; or all, "
    "or none."
)
STRENGTHS = "Strengths of the noise, of 255; in real, pairs and jpeg those that peers may choose."
QUALITIES = "Of the task jpeg.  [default: 10,20,40]"
TIMINGS = "Runs a timing, with the task gaussian; 0 measures no speed."


@dataclass(frozen=True)
class Source:
    """A picture by name: its file, and that of the clean one, the same where noise is added."""

    image: str
    path: Path
    clean: Path


@dataclass(frozen=True)
class Pair:
    """One noisy picture and what it should be; `bits` as in `NoiseGiven`."""

    noisy: Floats
    clean: Floats
    bits: int | None = None


@dataclass(frozen=True)
class Task:
    """A kind of test.

    `levels` are its strengths, (0,) if there is only one; `known` says that methods are told the
    level as sigma. `note` says how it's done, for the report. `noisy` and `clean` say how files are
    called.
    """

    name: str
    title: str
    load: Callable[[Source, float], Pair]
    levels: tuple[float, ...]
    level_label: str
    note: str
    known: bool = False
    noisy: str = "NAME"
    clean: str = "NAME"


def noised(source: Source, sigma: float, *, grey: bool = False) -> Pair:
    """RGB, or luma (ITU-R 601, rounded), and white noise of strength `sigma`."""
    pixels = load_pixels(source.path, grey=True) if grey else load_rgb(source.path)
    clean = pixels.astype(np.float32)
    return Pair(with_noise(clean, sigma, source.image), clean)


def as_taken(source: Source, _level: float, *, bits: int) -> Pair:
    """A picture and the mean of many of the same, as 8 bits; given as 16, 257 steps a level."""
    noisy, clean = (read_image(path)[0] for path in (source.path, source.clean))
    return Pair(noisy.astype(np.float32), clean.astype(np.float32), bits)


def jpeg(source: Source, quality: float) -> Pair:
    """A picture after Pillow's JPEG with its default, 4:2:0 chroma."""
    clean = load_rgb(source.path)
    stream = io.BytesIO()
    Image.fromarray(clean).save(stream, "JPEG", quality=int(quality))
    with Image.open(stream, formats=["JPEG"]) as image:
        coded = np.asarray(image.convert("RGB"))
    return Pair(coded.astype(np.float32), clean.astype(np.float32), bits=8)


def with_noise(clean: Floats, sigma: float | Floats, name: str) -> Floats:
    """White Gaussian noise, the same pattern for one name whatever its strength, which each sample
    may have its own of."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return (clean + sigma * generator.standard_normal(clean.shape)).astype(np.float32)


_SYNTHETIC = "White Gaussian noise from a seed for each picture, neither clipped nor rounded."
_SEARCHED = (
    "pellucid measures the noise; other methods are given what serves them best (last column)."
)
TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            "gaussian", "Gaussian noise, colour", noised, (15, 25, 50), "sigma {:g}",
            f"{_SYNTHETIC} Every method knows sigma. PSNR over RGB.", known=True,
        ),
        Task(
            "grey", "Gaussian noise, grey", partial(noised, grey=True), (15, 25, 50), "sigma {:g}",
            f"Luma as 8 bits. {_SYNTHETIC} Every method knows sigma.", known=True,
        ),
        Task(
            "real", "Noise of cameras", partial(as_taken, bits=8), (0,), "as taken",
            f"The clean picture is a mean of many. 8 bits. {_SEARCHED}",
            noisy="NAME_real", clean="NAME_mean",
        ),
        Task(
            "pairs", "Noise of microscopes", partial(as_taken, bits=16), (0,), "as taken",
            f"The clean picture is a mean of many. 16 bits for pellucid. {_SEARCHED} The line is "
            "the variance fitted to noisy and clean picture, which nobody has in practice.",
            noisy="raw/NAME", clean="gt/NAME",
        ),
        Task(
            "jpeg", "JPEG", jpeg, (10, 20, 40), "quality {:g}",
            f"Pillow's JPEG, 4:2:0; in brackets the gain over it. {_SEARCHED}",
        ),
    )
}  # fmt: skip


def find_sources(task: Task, folder: Path, every: int = 1) -> list[Source]:
    """The pictures of a task, each `every`-th of them.

    Raises:
        InputError: no such folder, no pictures, or half of a pair is missing.
    """
    sources, mark = [], task.noisy.rpartition("NAME")[2]
    for path in find_pictures((folder / task.noisy).parent):
        if path.stem.endswith(mark):
            name = path.stem.removesuffix(mark)
            clean = folder / task.clean.replace("NAME", name)
            sources.append(Source(name, path, clean.with_name(clean.name + path.suffix)))
    if not sources or not all(source.clean.is_file() for source in sources):
        raise InputError(f"{folder} needs pictures called {task.noisy} and {task.clean}")
    return sources[::every]


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Quality and speed of pellucid and its peers at removing noise.

    \b
    gaussian, grey  clean pictures, to which noise is added
    real            NAME_real.png and NAME_mean.png of cameras
    pairs           raw/NAME.png and gt/NAME.png of microscopes, as 16 bits
    jpeg            clean pictures, coded as JPEG
    estimate        clean pictures: how near the measured noise level is
    """

    data: Annotated[Path, Option("Folder of pictures.")]
    task: Annotated[str, Option("See above.", choices=(*TASKS, ESTIMATE_TASK))] = TIMED
    methods: Annotated[tuple[str, ...], Option(PEERS, flag="against")] = ("all",)
    models: Annotated[tuple[str, ...], Option(OWN, flag="model")] = ("m", "s")
    sigma: Annotated[tuple[float, ...], Option(STRENGTHS, over=0, most=255)] = ()
    quality: Annotated[tuple[int, ...], Option(QUALITIES, least=1, most=100)] = ()
    every: Annotated[int, Option("Each N-th picture.", least=1)] = 1
    repeats: Annotated[int, Option(TIMINGS, least=0)] = 0
    speed_images: Annotated[int, Option("Pictures that are timed.", least=1)] = 1
    fresh: Annotated[bool, Option("Forget earlier rows of these methods and this task.")] = False

    def check(self) -> None:
        """Raise OptionError for an unknown task or a number out of range."""
        super().check()
        if self.quality and self.task != "jpeg":
            raise OptionError("--quality goes with --task jpeg only")
        if self.repeats and self.task != TIMED:
            raise OptionError(f"--repeats goes with --task {TIMED} only")

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """White noise on colour; of a quick run of one strength, and few peers."""
        more: dict[str, Any] = {"data": request.pictures, "models": request.models, "repeats": 3}
        if request.quick:
            more |= {"methods": QUICK_DENOISERS, "sigma": (SIGMA,)}
        return [request.plan(cls, **more)]

    @property
    def kind(self) -> Task:
        """The task; noise levels are measured on that of white noise."""
        return TASKS[TIMED if self.task == ESTIMATE_TASK else self.task]

    @property
    def levels(self) -> tuple[float, ...]:
        """Strengths of noise or JPEG qualities, empty for the task's own."""
        return self.sigma if self.kind.known else self.quality

    @property
    def search(self) -> tuple[float, ...]:
        """Sigmas that peers may choose from where nobody knows."""
        return (not self.kind.known and self.sigma) or SEARCH

    @property
    def data_name(self) -> str:
        """The folder's name, for the rows."""
        return self.data.resolve().name


def cases(plan: Plan, levels: Sequence[float] = ()) -> list[Case]:
    """Each picture at each strength."""
    task = plan.kind
    return [
        Case(
            f"{source.image}, {task.level_label.format(level)}",
            partial(task.load, source, level),
            about=(source.image, float(level)),
        )
        for source in find_sources(task, plan.data, plan.every)
        for level in plan.levels or levels or task.levels
    ]


def what_to_tell(
    task: Task, denoiser: Denoiser, level: float, search: Iterable[float]
) -> list[str]:
    """Each way to run a denoiser on a picture, as rows call it; none if the task isn't for it."""
    if task.known:
        return [] if denoiser.needs == "line" else [f"{level:g}"]
    if denoiser.needs == "sigma":
        return [f"{sigma:g}" for sigma in search]
    return ["line" if denoiser.needs == "line" else "auto"]


def given(word: str, pair: Pair) -> NoiseGiven:
    """What a denoiser is told about a picture in one of these ways."""
    if word == "line":
        return NoiseGiven(line=fitted_line(pair), bits=pair.bits)
    return NoiseGiven(None if word == "auto" else float(word), bits=pair.bits)


def fitted_line(pair: Pair) -> tuple[float, float]:
    """Slope and offset of the variance of `noisy - clean` over `clean`, by least squares."""
    clean = pair.clean.astype(np.float64).ravel()
    squares = np.square(pair.noisy.astype(np.float64).ravel() - clean)
    (power, shared), _ = np.cov(clean, squares)
    slope = max(0.0, float(shared / power)) if power else 0.0
    return slope, float(squares.mean() - slope * clean.mean())
