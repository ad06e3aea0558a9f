"""Where noisy and clean pictures come from, and what a denoiser is told about them.

Synthetic noise comes from a seed made of the picture's name; it's neither clipped nor rounded.
Where the noise is real, nobody knows sigma: pellucid measures it, and each peer is given the sigma
of a short list that serves it best over the whole set, which is more than its user would know.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pellucid.errors import InputError, OptionError
from pellucid.evaluate.peers.denoiser import Denoiser, NoiseGiven, Samples
from pellucid.evaluate.pictures import find_pictures, load_pixels, load_rgb
from pellucid.pixels import read_image

NOISY_MARK, CLEAN_MARK = "_real", "_mean"
RAW, CLEAN = "raw", "gt"  # folders of pairs
SEARCH = (5.0, 10.0, 15.0, 20.0)  # sigmas that peers may choose from


@dataclass(frozen=True)
class Source:
    """A picture by name: its file, and that of the clean one where there are two."""

    image: str
    path: Path
    clean: Path


@dataclass(frozen=True)
class Pair:
    """One noisy picture and what it should be; `bits` as in `NoiseGiven`."""

    noisy: Samples
    clean: Samples
    bits: int | None = None


@dataclass(frozen=True)
class Task:
    """A kind of test.

    `levels` are its strengths, (0,) if there is only one; `known` says that methods are told the
    level as sigma. `note` says how it's done, for the report.
    """

    name: str
    title: str
    find: Callable[[Path], list[Source]]
    load: Callable[[Source, float], Pair]
    levels: tuple[float, ...]
    level_label: str
    note: str
    known: bool = False


def single(folder: Path) -> list[Source]:
    """Every picture of a folder, noisy once noise is added."""
    return [Source(path.stem, path, path) for path in find_pictures(folder)]


def marked(folder: Path) -> list[Source]:
    """NAME_real.png and NAME_mean.png, side by side."""
    sources = []
    for path in find_pictures(folder):
        name, mark, _ = path.stem.rpartition(NOISY_MARK)
        if mark:
            clean = path.with_name(name + CLEAN_MARK + path.suffix)
            sources.append(Source(name, path, clean))
    return _with_both(folder, sources, f"pictures called NAME{NOISY_MARK}, NAME{CLEAN_MARK}")


def folders(folder: Path) -> list[Source]:
    """raw/NAME.png and gt/NAME.png."""
    paths = find_pictures(folder / RAW)
    sources = [Source(path.stem, path, folder / CLEAN / path.name) for path in paths]
    return _with_both(folder, sources, f"pictures of the same name in {RAW}/ and {CLEAN}/")


def _with_both(folder: Path, sources: list[Source], wanted: str) -> list[Source]:
    if not sources or not all(source.clean.is_file() for source in sources):
        raise InputError(f"{folder} needs {wanted}")
    return sources


def gaussian(source: Source, sigma: float) -> Pair:
    """RGB and white noise of strength `sigma`."""
    clean = load_rgb(source.path).astype(np.float32)
    return Pair(with_noise(clean, sigma, source.image), clean)


def grey(source: Source, sigma: float) -> Pair:
    """Luma (ITU-R 601, rounded) and white noise of strength `sigma`."""
    clean = load_pixels(source.path, grey=True).astype(np.float32)
    return Pair(with_noise(clean, sigma, source.image), clean)


def real(source: Source, _level: float) -> Pair:
    """A photograph, and the mean of many of the same."""
    return Pair(_samples(source.path), _samples(source.clean), bits=8)


def pairs(source: Source, _level: float) -> Pair:
    """The same for a microscope; samples are given as 16 bits, 257 steps for each of 255."""
    return Pair(_samples(source.path), _samples(source.clean), bits=16)


def jpeg(source: Source, quality: float) -> Pair:
    """A picture after Pillow's JPEG with its default, 4:2:0 chroma."""
    clean = load_rgb(source.path)
    stream = io.BytesIO()
    Image.fromarray(clean).save(stream, "JPEG", quality=int(quality))
    with Image.open(stream, formats=["JPEG"]) as image:
        coded = np.asarray(image.convert("RGB"))
    return Pair(coded.astype(np.float32), clean.astype(np.float32), bits=8)


def with_noise(clean: Samples, sigma: float, name: str) -> Samples:
    """White Gaussian noise, the same pattern for one name whatever its strength."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return (clean + sigma * generator.standard_normal(clean.shape)).astype(np.float32)


def _samples(path: Path) -> Samples:
    pixels, _ = read_image(path)
    return pixels.astype(np.float32)


_SYNTHETIC = "White Gaussian noise from a seed for each picture, neither clipped nor rounded."
_SEARCHED = (
    "pellucid measures the noise; other methods are given what serves them best (last column)."
)
TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            "gaussian", "Gaussian noise, colour", single, gaussian, (15, 25, 50), "sigma {:g}",
            f"{_SYNTHETIC} Every method knows sigma. PSNR over RGB.", known=True,
        ),
        Task(
            "grey", "Gaussian noise, grey", single, grey, (15, 25, 50), "sigma {:g}",
            f"Luma as 8 bits. {_SYNTHETIC} Every method knows sigma.", known=True,
        ),
        Task(
            "real", "Noise of cameras", marked, real, (0,), "as taken",
            f"The clean picture is a mean of many. 8 bits. {_SEARCHED}",
        ),
        Task(
            "pairs", "Noise of microscopes", folders, pairs, (0,), "as taken",
            f"The clean picture is a mean of many. 16 bits for pellucid. {_SEARCHED} The line is "
            "the variance fitted to noisy and clean picture, which nobody has in practice.",
        ),
        Task(
            "jpeg", "JPEG", single, jpeg, (10, 20, 40), "quality {:g}",
            f"Pillow's JPEG, 4:2:0; in brackets the gain over it. {_SEARCHED}",
        ),
    )
}  # fmt: skip


def find_sources(task: Task, folder: Path, every: int = 1) -> list[Source]:
    """The pictures of a task, each `every`-th of them.

    Raises:
        InputError: no such folder, no pictures, or half of a pair is missing.
        OptionError: `every` below 1.
    """
    if every < 1:
        raise OptionError(f"every must be at least 1, got {every}")
    return task.find(folder)[::every]


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
    clean: NDArray[np.float64] = pair.clean.astype(np.float64).ravel()
    squares = np.square(pair.noisy.astype(np.float64).ravel() - clean)
    spread = clean - clean.mean()
    power = float(np.mean(spread**2))
    slope = float(np.mean(spread * squares)) / power if power > 0 else 0.0
    if slope <= 0:
        return 0.0, float(squares.mean())
    return slope, float(squares.mean() - slope * clean.mean())
