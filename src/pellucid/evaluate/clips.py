"""Clean clips made from photographs, whose every motion is known, and noise as a camera stores it.

A camera moves over a photograph: each frame is an affine view of it, drawn at twice the size by
cubic interpolation and averaged down, as the cells of a sensor do. So frames at half a sample's
distance are as sharp as the others, and a view that holds more of the photograph has no aliasing.
No view is ever drawn larger than its photograph.

    static   nothing moves
    pan      steady, by fractions of a sample
    zoom     closer, or away
    rotate   about the middle
    shake    held in a hand
    layers   one or two parts of other photographs move over one that moves too, and hide it
    cut      another scene from the middle on
    light    nothing moves, brightness and colour of the light drift
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import InputError, OptionError
from pellucid.evaluate._extras import require
from pellucid.evaluate.metrics import PEAK
from pellucid.evaluate.peers.base import Floats, Rgb
from pellucid.video.clip import Frame
from pellucid.video.read import VideoSource

FINER = 2  # samples drawn a side for each that is kept
BORDER = 3  # samples at the edge of a photograph that cubic interpolation needs
FASTEST = 3.0  # samples a frame of a camera; parts that move on their own are up to twice as fast
CLOSER = 1.2  # how much of a zoom, in all
TURN = np.radians(0.3)  # a frame
TREMOR = 1.5  # samples, standard deviation of the hand's place
DIMMEST = 0.7  # of the light
MOST_SEEN = 3  # photographs in a clip
HALVED = 480  # columns from which a file's frames are reduced


@dataclass(frozen=True)
class Course:
    """Where a camera is in each of T frames.

    `shift` (T, 2) is right and down in samples of the clip, `width` (T,) how much wider than the
    narrowest its view is, `angle` (T,) in radians.
    """

    shift: NDArray[np.float64]
    width: NDArray[np.float64]
    angle: NDArray[np.float64]

    def room(self, size: tuple[int, int]) -> NDArray[np.float64]:
        """Columns and rows (2,) that all views cover around the middle, in samples of the clip."""
        sine, cosine = np.abs(np.sin(self.angle)), np.abs(np.cos(self.angle))
        height, width = size
        sides = np.stack([width * cosine + height * sine, width * sine + height * cosine], -1)
        found = sides * self.width[:, None] + 2 * np.abs(self.shift)
        most: NDArray[np.float64] = found.max(axis=0)
        return most


def still(frames: int, _generator: np.random.Generator) -> Course:
    """Where nothing moves."""
    return Course(np.zeros((frames, 2)), np.ones(frames), np.zeros(frames))


def pan(frames: int, generator: np.random.Generator, fastest: float = FASTEST) -> Course:
    """Steady, in any direction but for less up and down than to the sides."""
    speed, angle = generator.uniform(0.2, 1.0) * fastest, generator.uniform(0, 2 * np.pi)
    way = speed * np.array([np.cos(angle), 0.4 * np.sin(angle)])
    return Course(np.outer(_centred(frames), way), np.ones(frames), np.zeros(frames))


def zoom(frames: int, generator: np.random.Generator) -> Course:
    """By `CLOSER` in all, a little to the side."""
    width = np.geomspace(1.0, CLOSER, frames)[:: generator.choice([1, -1])]
    drift = np.outer(_centred(frames), generator.uniform(-0.3, 0.3, 2))
    return Course(drift, width, np.zeros(frames))


def rotate(frames: int, generator: np.random.Generator) -> Course:
    """By `TURN` a frame."""
    angle = _centred(frames) * TURN * generator.choice([1, -1])
    return Course(np.zeros((frames, 2)), np.ones(frames), angle)


def shake(frames: int, generator: np.random.Generator) -> Course:
    """A hand's tremor: noise with memory, in place and a little in angle."""
    steps = generator.standard_normal((frames + 8, 3))
    kept = np.stack([np.convolve(one, [0.5, 0.7, 0.5], "valid")[:frames] for one in steps.T], -1)
    return Course(TREMOR * kept[:, :2], np.ones(frames), 0.002 * kept[:, 2])


def _centred(frames: int) -> NDArray[np.float64]:
    """Numbers of the frames, 0 in the middle."""
    return np.arange(frames, dtype=np.float64) - (frames - 1) / 2


def views(photograph: Rgb | Floats, path: Course, size: tuple[int, int]) -> Floats:
    """What a camera sees, (T, H, W, channels) float32; of a photograph (rows, columns, channels)
    as much as it can.

    Raises:
        InputError: the photograph is too small to be seen without being enlarged.
    """
    cv2 = require("cv2", "opencv-python-headless")
    source = np.rot90(photograph) if _lies(photograph.shape) != _lies(size) else photograph
    room, have = path.room(size), np.array(source.shape[1::-1])
    step = float(((have - 2 * BORDER) / room).min())  # samples of the photograph for one of a clip
    if step < 1:
        need, there = (f"{w:.0f} x {h:.0f}" for w, h in (np.ceil(room) + 2 * BORDER, have))
        raise InputError(f"a photograph of {there} is too small for this clip, it takes {need}")
    if step > FINER:  # or drawing would leave samples out
        rows, columns = (round(side * FINER / step) for side in source.shape[:2])
        source = cv2.resize(np.float32(source), (columns, rows), interpolation=cv2.INTER_AREA)
        have, step = np.array([columns, rows]), float(FINER)
    source = np.ascontiguousarray(source, np.float32)
    moves = zip(path.shift, path.width, path.angle, strict=True)
    drawn = [
        _view(cv2, source, size, step * width, angle, have / 2 + step * shift)
        for shift, width, angle in moves
    ]
    return np.stack(drawn).reshape(len(drawn), *size, -1)


def _lies(shape: Sequence[int]) -> bool:
    return shape[1] >= shape[0]


def _view(
    cv2: Any, source: Floats, size: tuple[int, int], step: float, angle: float, middle: Any
) -> Floats:
    """One frame; a sample's middle is half a sample from its edge."""
    height, width = (side * FINER for side in size)
    turn = (
        step / FINER * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    )
    start = np.asarray(middle) - 0.5 - turn @ ((np.array([width, height]) - 1) / 2)
    matrix = np.column_stack([turn, start])
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(
        source, matrix, (width, height), flags=how, borderMode=cv2.BORDER_REFLECT_101
    )
    seen: Floats = cv2.resize(fine, size[::-1], interpolation=cv2.INTER_AREA)
    return seen


def part(photograph: Rgb, size: tuple[int, int], generator: np.random.Generator) -> Floats:
    """A piece of a photograph with a soft, irregular outline: (rows, columns, 4) float32, the last
    how much it hides, 0 to 1. It has room to move within a clip of `size`."""
    cv2 = require("cv2", "opencv-python-headless")
    rows, columns = photograph.shape[:2]
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    around = np.arctan2(y, x)
    waves = sum(
        generator.uniform(-0.12, 0.12) * np.cos(n * around + generator.uniform(0, 7))
        for n in (2, 3, 5, 9)
    )
    radius = generator.uniform(0.25, 0.45) * (1 + waves)
    place = generator.uniform(-0.3, 0.3, 2)
    inside = np.hypot(x - place[0], y - place[1]) < radius
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.0 * max(1.0, columns / size[1]))
    return np.dstack([photograph.astype(np.float32), soft])


def layers(
    photographs: Sequence[Rgb], frames: int, size: tuple[int, int], generator: Any
) -> Floats:
    """One or two parts move over a background, each its own way."""
    clip = views(photographs[0], pan(frames, generator), size)
    for number in range(1, generator.integers(2, MOST_SEEN + 1)):
        piece = part(photographs[number % len(photographs)], size, generator)
        moved = views(piece, pan(frames, generator, 2 * FASTEST), size)
        hides = np.clip(moved[..., 3:], 0, 1)
        clip += hides * (moved[..., :3] - clip)
    return clip


def cut(photographs: Sequence[Rgb], frames: int, size: tuple[int, int], generator: Any) -> Floats:
    """Two scenes that move."""
    parts = [frames // 2, frames - frames // 2]
    scenes = [
        views(photographs[at % len(photographs)], pan(length, generator), size)
        for at, length in enumerate(parts)
        if length
    ]
    return np.concatenate(scenes)


def light(photographs: Sequence[Rgb], frames: int, size: tuple[int, int], generator: Any) -> Floats:
    """A still picture under light that swings to `DIMMEST` and back once in 60 frames."""
    phase = generator.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(frames) / 60
    swing = 0.5 + 0.5 * np.sin(phase[:, None] + np.array([0, 0.2, 0.4]))
    gain = (DIMMEST + (1 - DIMMEST) * swing).astype(np.float32)
    seen = views(photographs[0], still(frames, generator), size)
    seen *= gain[:, None, None]
    return seen


Maker = Callable[[Sequence[Rgb], int, tuple[int, int], np.random.Generator], Floats]


def _seen(path: Callable[[int, np.random.Generator], Course]) -> Maker:
    return lambda photographs, frames, size, generator: views(
        photographs[0], path(frames, generator), size
    )


KINDS: dict[str, Maker] = {
    "static": _seen(still), "pan": _seen(pan), "zoom": _seen(zoom), "rotate": _seen(rotate),
    "shake": _seen(shake), "layers": layers, "cut": cut, "light": light,
}  # fmt: skip


def make_clip(
    kind: str,
    photographs: Sequence[Rgb],
    *,
    frames: int = 24,
    size: tuple[int, int] = (480, 640),
    seed: int = 0,
) -> NDArray[np.uint8]:
    """A clean clip, (T, H, W, 3) uint8, the same for the same arguments.

    Args:
        kind: a name in `KINDS`.
        photographs: (rows, columns, 3) uint8 each, up to `MOST_SEEN` of which are seen, the first
            first. One that stands is turned if the clip lies, and the reverse.
        frames: T.
        size: H and W.
        seed: of directions, speeds and outlines.

    Raises:
        OptionError: no such kind. InputError: no photographs, or one is too small.
    """
    if kind not in KINDS:
        raise OptionError(f"no kind of clip called {kind!r}; there are: {', '.join(KINDS)}")
    if not len(photographs):
        raise InputError("no photographs to make a clip of; give at least one")
    generator = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    return _stored(KINDS[kind](photographs, frames, size, generator))


def read_clip(path: Path, frames: int) -> NDArray[np.uint8]:
    """The first frames of a file of video, (T, H, W, 3) uint8.

    Those of `HALVED` columns or more are reduced by two, each sample the mean of four: what
    compression left in them is then far below any noise that is added.

    Raises:
        MissingExtraError: PyAV isn't installed. InputError: it can't be read, or has no frame.
    """
    with path.open("rb") as file, VideoSource(file, path.name) as source:
        seen = (item.samples for item in source.items() if isinstance(item, Frame))
        clip = np.stack(list(islice(seen, frames))) * np.float32(PEAK / source.info.white)
    colour = np.broadcast_to(clip, (*clip.shape[:3], 3))
    if colour.shape[2] < HALVED:
        return _stored(colour)
    height, width = (side // 2 for side in colour.shape[1:3])
    cells = colour[:, : 2 * height, : 2 * width].reshape(-1, height, 2, width, 2, 3)
    return _stored(cells.mean(axis=(2, 4), dtype=np.float32))


def noisy(
    clip: NDArray[np.uint8], sigma: float, seed: int = 0, *, slope: float = 0.0
) -> NDArray[np.uint8]:
    """A clip with white noise, new in each frame, clipped and rounded to 8 bits.

    The variance is `sigma ** 2 + slope * value`, of 255: with a slope like a camera's.
    """
    generator, found = np.random.default_rng([seed, 1]), np.empty_like(clip)
    for number, frame in enumerate(clip.astype(np.float32)):
        level = np.sqrt(sigma**2 + slope * frame) if slope else sigma
        found[number] = _stored(frame + level * generator.standard_normal(frame.shape, np.float32))
    return found


def _stored(values: Floats) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
