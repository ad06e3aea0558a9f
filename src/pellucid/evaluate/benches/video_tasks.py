"""Where noisy and clean clips come from, and what `bench video` is told."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import numpy as np

from pellucid.errors import InputError, OptionError
from pellucid.evaluate import clips
from pellucid.evaluate.bench import Case
from pellucid.evaluate.benches.video_rows import REAL, STILL
from pellucid.evaluate.peers.base import own_names
from pellucid.evaluate.peers.video import CLIP_DENOISERS, FRAMES, Clip
from pellucid.evaluate.pictures import SUFFIXES, find_pictures, load_rgb
from pellucid.evaluate.plan import BasePlan, Option, Request

VIDEOS = (".mp4", ".mkv", ".webm", ".mov", ".avi", ".y4m")
TIMED = 10.0  # sigma
TASKS = ("file", "camera", "long", "compress", "decompress")
PEERS = (
    "Filters of FFmpeg, comma between: nlmeans, nlmeans_default, hqdn3d, atadenoise; or all, or "
    "none."
)
OWN = (
    "pellucid's denoisers, each over time and frame by frame, in ONNX Runtime, or with -fast "
    "behind the name in OpenVINO; or none."
)
KINDS = "Kinds of made clips, comma between; none leaves them out."
CLIPS = "Made clips of each kind, each of other photographs."
SPEED_SIZES = "Sizes of what is timed, as WIDTHxHEIGHT, comma between."
COSTS = f"What else to measure, comma between: {', '.join(TASKS)}; or none."
QUICK: dict[str, Any] = {
    "models": ("s",),
    "against": ("atadenoise",),
    "kinds": (STILL, "pan", "layers"),
    "sigma": (TIMED,),
    "clips": 1,
    "frames": 6,
    "width": 192,
    "height": 128,
    "repeats": 1,
    "speed_sizes": ("192x128",),
    "speed_frames": 6,
    "costs": ("none",),
}  # of a plan


@dataclass(frozen=True, kw_only=True)
class Plan(BasePlan):
    """Quality and speed of pellucid and FFmpeg's filters at removing noise from clips.

    Photographs in the folder become clips whose motion is made, and files of video clips as they
    are, those of 480 columns or more at half the size. White noise is added, new in each frame,
    clipped and rounded to 8 bits, and every method is told sigma.

    \b
    static pan zoom rotate shake   one photograph
    layers                         parts of others move over it
    cut                            another scene from the middle on
    light                          its light drifts

    Needs the extra: pip install 'pellucid[bench]'.
    """

    data: Annotated[Path, Option("Folder of photographs, files of video, or both.")]
    kinds: Annotated[tuple[str, ...], Option(KINDS, choices=(*clips.KINDS, "none"))] = tuple(
        clips.KINDS
    )
    sigma: Annotated[tuple[float, ...], Option("Strengths of the noise.", over=0, most=255)] = (
        10,
        25,
    )
    against: Annotated[tuple[str, ...], Option(PEERS)] = ("all",)
    models: Annotated[tuple[str, ...], Option(OWN)] = ("s",)
    clips: Annotated[int, Option(CLIPS, least=1)] = 3
    frames: Annotated[int, Option("Of each clip.", least=2)] = 24
    width: Annotated[int, Option("Of made clips.", least=16)] = 576
    height: Annotated[int, Option("Of made clips.", least=16)] = 384
    repeats: Annotated[int, Option("Runs a timing; 0 measures no speed.", least=0)] = 3
    speed_sizes: Annotated[tuple[str, ...], Option(SPEED_SIZES)] = ("640x480", "1280x720")
    costs: Annotated[tuple[str, ...], Option(COSTS, choices=(*TASKS, "none"))] = TASKS
    cost_frames: Annotated[int, Option("Of each of those but long.", least=2)] = 120
    long_frames: Annotated[int, Option("Of the task long.", least=2)] = 2200
    rate: Annotated[float, Option("Frames a second of the task camera.", over=0)] = 25.0
    speed_frames: Annotated[int, Option("Of each timing.", least=2)] = 16
    fresh: Annotated[bool, Option("Forget earlier rows of these methods.")] = False

    def check(self) -> None:
        """Raise OptionError for an unknown word or a number out of range."""
        super().check()
        CLIP_DENOISERS.expand(self.names)
        self.sizes()

    @property
    def names(self) -> tuple[str, ...]:
        """All methods that are asked for."""
        own = own_names(self.models)
        return (*own, *(name + FRAMES for name in own), *self.against)

    def sizes(self) -> list[tuple[int, int]]:
        """(rows, columns) of what is timed; OptionError for what isn't two numbers."""
        found = []
        for text in self.speed_sizes:
            width, _, height = text.partition("x")
            if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
                raise OptionError(f"speed_sizes has {text!r}; give sizes such as 640x480")
            found.append((int(height), int(width)))
        return found

    @classmethod
    def requested(cls, request: Request) -> list[Self]:
        """Everything; of a quick run a few small frames, of three kinds, beside `atadenoise`."""
        more = {"data": request.pictures, "models": request.models}
        more |= QUICK if request.quick else {}
        return [request.plan(cls, **more)]

    @property
    def data_name(self) -> str:
        """The folder's name, for the rows."""
        return self.data.resolve().name


class Shot(NamedTuple):
    """A clean clip and the noisy one, (T, H, W, 3) uint8 each."""

    clean: Clip
    noisy: Clip


def shot(clean: Callable[[], Clip], sigma: float, name: str) -> Shot:
    """With noise from a seed made of its name, the same pattern at every strength."""
    clip = clean()
    return Shot(clip, clips.noisy(clip, sigma, zlib.crc32(name.encode())))


def made(paths: list[Path], kind: str, seed: int, frames: int, size: tuple[int, int]) -> Clip:
    """A made clip of the photographs from number `seed` on, and then from the start."""
    seen = [load_rgb(paths[(seed + n) % len(paths)]) for n in range(clips.MOST_SEEN)]
    return clips.make_clip(kind, seen, frames=frames, size=size, seed=seed)


def photographs(folder: Path) -> list[Path]:
    """Those of a folder, which may have none; InputError if it isn't one."""
    if not folder.is_dir():
        raise InputError(f"{folder} isn't a folder of photographs or files of video")
    kept = any(path.suffix.lower() in SUFFIXES for path in folder.iterdir())
    return find_pictures(folder) if kept else []


def cases(plan: Plan) -> list[Case]:
    """Each clip at each strength; InputError if there is none."""
    pictures, found = photographs(plan.data), list[tuple[str, str, Callable[[], Clip]]]()
    kinds = [kind for kind in plan.kinds if kind != "none"] if pictures else []
    for number in range(plan.clips):
        for at, kind in enumerate(kinds):
            seed, size = number * len(clips.KINDS) + at, (plan.height, plan.width)
            title = pictures[seed % len(pictures)].stem
            found.append((kind, title, partial(made, pictures, kind, seed, plan.frames, size)))
    for path in sorted(path for path in plan.data.iterdir() if path.suffix.lower() in VIDEOS):
        found.append((REAL, path.stem, partial(clips.read_clip, path, plan.frames)))
    if not found:
        raise InputError(f"{plan.data} has neither photographs nor files of video")
    return [
        Case(
            f"{name}, sigma {sigma:g}", partial(shot, load, sigma, name), kind, (kind, name, sigma)
        )
        for kind, name, load in found
        for sigma in plan.sigma
    ]


def timed_cases(plan: Plan) -> list[Case]:
    """A clip of each size that pans over the first photograph; InputError without photographs."""
    if not (pictures := photographs(plan.data)):
        raise InputError(
            f"{plan.data} has no photographs to time on; give --repeats 0 --costs none"
        )
    return [
        Case(f"{w}x{h}", partial(timed, pictures[0], plan.speed_frames, (h, w)), plan.data_name)
        for h, w in plan.sizes()
    ]


def timed(path: Path, frames: int, size: tuple[int, int]) -> Shot:
    """A clip over a photograph that is mirrored at its edges as often as its size takes."""
    photograph = load_rgb(path)
    sides = zip(size, photograph.shape, strict=False)
    more = [(0, max(0, 2 * side - have)) for side, have in sides]
    large = np.pad(photograph, [*more, (0, 0)], mode="symmetric")
    return shot(
        partial(clips.make_clip, "pan", [large], frames=frames, size=size), TIMED, path.stem
    )
