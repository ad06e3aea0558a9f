"""How near a decoded picture is to its source: PSNR, SSIM, and the registry of all codec metrics.

Scoring is far slower than coding, so `scorer` spreads it over processes; a batch is scored to its
end before the next picture is timed, so that it never runs beside a timed encoder.

Every metric in `METRICS` is a function (reference, decoded) -> float over HxWx3 uint8 arrays;
higher is better, but for Butteraugli, a distance. `quality_for_bd` gives the scale on which curves
are compared, where higher is better for all: decibels for PSNR and MS-SSIM (-10 log10(1 - value),
customary since Ballé et al. 2018), the plain score for SSIMULACRA2, -10 log10(distance) for
Butteraugli. On that scale halving a distance counts alike wherever it happens; on minus the
distance the worst files, whose distances are the largest, would decide nearly alone.

`DEFAULT_METRICS` are those that the extra `bench` brings; Butteraugli is measured when asked for.

All raise OptionError for shapes that differ, InputError for a side that is too short (11 samples
for MS-SSIM, 8 for SSIMULACRA2, 16 for Butteraugli), and MissingExtraError where what measures isn't
installed.
"""

from __future__ import annotations

import math
import multiprocessing
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from pellucid.errors import InputError, MissingExtraError, OptionError, PellucidError
from pellucid.evaluate._extras import require
from pellucid.evaluate.peers.base import Rgb, Samples

Scores = dict[str, float | None]
Scorer = Callable[[Rgb, Sequence[Rgb]], list[Scores]]

PEAK = 255.0
WINDOW = 11  # samples a side that SSIM looks at
GAUSSIAN = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales of MS-SSIM
NO_LUMINANCE = 1e9  # a constant so large that luminance counts nothing
SSIMULACRA2_LEAST = 8  # samples a side
BUTTERAUGLI_LEAST = 16  # smaller ones may end the first program, or be all alike to it
PROGRAMS = ("butteraugli", "butteraugli_main")


def psnr(reference: Samples, result: Samples) -> float:
    """Peak signal-to-noise ratio over all samples of all channels.

    Args:
        reference: samples of 0 to 255, of any shape.
        result: of the same shape; what lies outside that range is clipped, as in a file of such
            samples, and nothing is rounded.

    Returns:
        Decibels; `inf` where both are equal.

    Raises:
        OptionError: the shapes differ, or both are integers of different types.
    """
    kinds = {array.dtype for array in (reference, result) if array.dtype.kind in "iu"}
    if reference.shape != result.shape or len(kinds) > 1:
        raise OptionError(
            f"PSNR needs two pictures alike, got {reference.dtype} {reference.shape} "
            f"and {result.dtype} {result.shape}"
        )
    error = reference.astype(np.float64) - np.clip(result.astype(np.float64), 0.0, PEAK)
    mse = float(np.mean(np.square(error)))
    return 10.0 * math.log10(PEAK**2 / mse) if mse > 0 else math.inf


def ssim(clean: Samples, result: Samples) -> float | None:
    """Structural similarity (Wang et al. 2004; Gaussian window), the mean over channels.

    Args:
        clean: (H, W, C) samples of 0..255.
        result: the same, clipped to that range.

    Returns:
        At most 1; None where a side is shorter than the window of 11.
    """
    similarity = require("skimage.metrics", "scikit-image").structural_similarity
    if min(clean.shape[:2]) < WINDOW:
        return None
    pair = clean.astype(np.float64), np.clip(result.astype(np.float64), 0.0, PEAK)
    return float(similarity(*pair, data_range=PEAK, channel_axis=2, **GAUSSIAN))


def ms_ssim(reference: Rgb, decoded: Rgb) -> float:
    """Multi-scale structural similarity of two HxWx3 pictures: 1 for identical ones, 0 at the least
    (Wang, Simoncelli, Bovik, Asilomar 2003, with the paper's weights and constants).

    Halving is the mean of 2x2 samples; an odd last row or column is left out. As is customary for
    codecs it is taken per colour channel in RGB and averaged. A picture with a side under 176
    doesn't have five scales: then it uses as many as fit, with the weights of those brought to a
    sum of one, so the value isn't comparable with that of bigger pictures.
    """
    similarity = require("skimage.metrics", "scikit-image").structural_similarity
    _check_pair("MS-SSIM", reference, decoded, WINDOW)
    scales = scale_count(*reference.shape[:2])
    planes = [np.moveaxis(picture.astype(np.float32), 2, 0) for picture in (reference, decoded)]
    value = np.ones(len(planes[0]))
    for scale, weight in enumerate(WEIGHTS[:scales], start=1):
        constant = {} if scale == scales else {"K1": NO_LUMINANCE}
        terms = [
            similarity(*pair, data_range=PEAK, **constant, **GAUSSIAN)
            for pair in zip(*planes, strict=True)
        ]
        value *= np.maximum(terms, 0.0) ** (weight / sum(WEIGHTS[:scales]))
        planes = [_halve(side) for side in planes]
    return float(np.mean(value))


def scale_count(height: int, width: int) -> int:
    """How many of the five scales still hold a whole window."""
    return sum(min(height, width) >> scale >= WINDOW for scale in range(len(WEIGHTS)))


def _halve(x: Samples) -> Samples:
    x = x[:, : x.shape[1] // 2 * 2, : x.shape[2] // 2 * 2]
    rows = x[:, 0::2] + x[:, 1::2]
    return np.asarray((rows[..., 0::2] + rows[..., 1::2]) * np.float32(0.25))


def ssimulacra2(reference: Rgb, decoded: Rgb) -> float:
    """SSIMULACRA2 (Sneyers, Cloudinary 2022) of two HxWx3 sRGB pictures: 100 is identical, 70 high
    quality, 30 low.

    The package `ssimulacra2` takes file names and works both pictures out anew for every pair. Here
    its own functions are called on arrays instead, and the side of the reference is kept for the
    next call. Same result, about half the time; a test compares the two.
    """
    package = require("ssimulacra2.ssimulacra2", "ssimulacra2")
    _check_pair("SSIMULACRA2", reference, decoded, SSIMULACRA2_LEAST)
    total = package.Msssim()
    sides = (_scales(picture.tobytes(), picture.shape) for picture in (reference, decoded))
    for (x, mean_x, square_x), (y, mean_y, square_y) in zip(*sides, strict=True):
        scale, product = package.MsssimScale(), package.blur_image(x * y)
        scale.avg_ssim = package.ssim_map(mean_x, mean_y, square_x, square_y, product)
        scale.avg_edgediff = package.edge_diff_map(x, mean_x, y, mean_y)
        total.scales.append(scale)
    return float(total.score())


@lru_cache(maxsize=2)
def _scales(data: bytes, shape: tuple[int, ...]) -> list[tuple[Samples, Samples, Samples]]:
    """Per scale, of up to six: a picture in positive XYB, its local mean and local mean square."""
    package = require("ssimulacra2.ssimulacra2", "ssimulacra2")
    linear = package.srgb_to_linear(np.arange(256))[np.frombuffer(data, np.uint8).reshape(shape)]
    found: list[tuple[Samples, Samples, Samples]] = []
    while len(found) < package.kNumScales and min(linear.shape[:2]) >= SSIMULACRA2_LEAST:
        xyb = package.make_positive_xyb(package.linear_rgb_to_xyb(linear))
        found.append((xyb, package.blur_image(xyb), package.blur_image(xyb * xyb)))
        linear = package.downsample(linear, 2, 2)
    return found


def program() -> Path:
    """The program that measures Butteraugli: the first of `PROGRAMS` that is on PATH.

    `butteraugli` is Google's first one, packaged by Debian and Ubuntu; `butteraugli_main` libjxl's,
    a later model of the eye. Their numbers differ, so results say which it was and must not mix
    them.
    """
    if found := next(filter(None, map(shutil.which, PROGRAMS)), None):
        return Path(found)
    install = "apt-get install butteraugli"
    raise MissingExtraError(f"the program {PROGRAMS[0]}", "bench", command=install)


def butteraugli(reference: Rgb, decoded: Rgb) -> float:
    """Butteraugli (Alakuijala et al., Google 2016) of two HxWx3 sRGB pictures, by a published
    program: how visible the worst place is.

    A distance: 0 for pictures alike, about 1 where a difference begins to be seen. Of libjxl's
    program it is the first line, the largest distance, not the norm of the second.

    Raises:
        PellucidError: the program failed; says what it said.
    """
    _check_pair("Butteraugli", reference, decoded, BUTTERAUGLI_LEAST)
    tool = program()
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("reference.png", "decoded.png")]
        for path, picture in zip(paths, (reference, decoded), strict=True):
            Image.fromarray(picture).save(path, compress_level=1)
        done = subprocess.run([tool, *paths], capture_output=True, text=True, check=False)
    try:
        done.check_returncode()
        return float(done.stdout.splitlines()[0])
    except (subprocess.CalledProcessError, IndexError, ValueError) as error:
        said = (done.stderr or done.stdout).strip() or f"it ended with {done.returncode}"
        raise PellucidError(f"{tool} gave no distance: {said}") from error


def _check_pair(metric: str, one: Samples, other: Samples, least: int) -> None:
    if one.shape != other.shape:
        raise OptionError(f"{metric} needs one shape, got {one.shape} and {other.shape}")
    height, width = one.shape[:2]
    if min(height, width) < least:
        raise InputError(f"{metric} needs at least {least} samples a side, got {width}x{height}")


def _distance_to_db(value: float) -> float:
    return -10.0 * math.log10(value) if value > 0.0 else math.inf


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as the bench knows it: `name` is its column in the TSV."""

    name: str
    label: str
    function: Callable[[Rgb, Rgb], float]
    quality_for_bd: Callable[[float], float]
    axis: str
    decimals: int


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("psnr", "PSNR", psnr, float, "RGB PSNR (dB)", 4),
        Metric(
            "ms_ssim", "MS-SSIM", ms_ssim, lambda value: _distance_to_db(1.0 - value),
            "MS-SSIM (dB)", 6,
        ),
        Metric("ssimulacra2", "SSIMULACRA2", ssimulacra2, float, "SSIMULACRA2", 4),
        Metric(
            "butteraugli", "Butteraugli", butteraugli, _distance_to_db,
            "Butteraugli (-10 log10 of the distance)", 6,
        ),
    )
}  # fmt: skip
DEFAULT_METRICS = ("psnr", "ms_ssim", "ssimulacra2")


def check_metrics(names: Sequence[str]) -> None:
    """Raise OptionError without PSNR, which every row has."""
    if "psnr" not in names:
        raise OptionError("the metrics must include psnr")


def need(names: Sequence[str]) -> None:
    """Raise MissingExtraError for a library or program of a metric that isn't there."""
    black = np.zeros((BUTTERAUGLI_LEAST, BUTTERAUGLI_LEAST, 3), np.uint8)
    for name in names:
        METRICS[name].function(black, black)


def score(reference: Rgb, decoded: Rgb, names: Sequence[str]) -> Scores:
    """The named metrics, rounded as they're kept; None where the picture is too small for one.

    Raises:
        MissingExtraError: the library of a metric isn't installed.
    """
    scores: Scores = {}
    for name in names:
        metric = METRICS[name]
        try:
            scores[name] = round(metric.function(reference, decoded), metric.decimals)
        except InputError:
            scores[name] = None
    return scores


def _score_share(reference: Rgb, names: Sequence[str], share: Sequence[Rgb]) -> list[Scores]:
    return [score(reference, decoded, names) for decoded in share]


@contextmanager
def scorer(names: Sequence[str], processes: int = 2) -> Iterator[Scorer]:
    """Scores of pictures beside a reference, in order; by workers or, if they are 0, right here."""
    if not processes:
        yield lambda reference, decoded: _score_share(reference, names, decoded)
        return
    context = multiprocessing.get_context("spawn")  # forking would copy codec threads
    with ProcessPoolExecutor(processes, mp_context=context) as pool:

        def scored(reference: Rgb, decoded: Sequence[Rgb]) -> list[Scores]:
            # worker k takes every k-th picture; each prepares the reference once
            shares = [decoded[k::processes] for k in range(processes)]
            found = [*pool.map(partial(_score_share, reference, names), shares)]
            return [found[i % processes][i // processes] for i in range(len(decoded))]

        yield scored
